/** A document's bytes, as an address that a frame or a picture can show. */
import { answer, api } from "../../api/client.ts";

export interface Fetched {
	/** Good until it is let go. */
	readonly url: string;
	letGo(): void;
}

/** Fetches a document and takes it for what its object says that it is, whatever is in it. Throws Problem. */
export async function fetchDocument(
	studyInstanceUid: string,
	sopInstanceUid: string,
	mediaType: string,
): Promise<Fetched> {
	const path = { study_instance_uid: studyInstanceUid, sop_instance_uid: sopInstanceUid };
	const got = await answer(
		api.GET("/api/studies/{study_instance_uid}/documents/{sop_instance_uid}", {
			params: { path },
			parseAs: "arrayBuffer",
		}),
	);
	const url = URL.createObjectURL(new Blob([got as ArrayBuffer], { type: mediaType }));
	return { url, letGo: () => URL.revokeObjectURL(url) };
}
