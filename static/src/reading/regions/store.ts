/** Masks and contours at the server. */
import { answer, api } from "../../api/client.ts";
import { Problem } from "../../api/problem.ts";
import type { Contours, MaskFrames } from "../objects/told.ts";
import { type FrameRecord, RecordsDamaged } from "../records.ts";
import { recordsIn } from "./masks.ts";

export interface RegionServer {
	/** The frames of a segmentation and their records. Throws Problem. */
	masks(sopInstanceUid: string): Promise<[MaskFrames, FrameRecord[]]>;
	contours(sopInstanceUid: string): Promise<Contours>;
}

const UNREADABLE = "objects.unreadable";

/** The records of an answer. Throws Problem: what breaks off is no answer, what is damaged cannot be read. */
async function records(body: ReadableStream<Uint8Array> | null | undefined): Promise<FrameRecord[]> {
	try {
		return body == null ? [] : await recordsIn(body);
	} catch (error) {
		throw error instanceof RecordsDamaged
			? new Problem({ status: 422, code: UNREADABLE })
			: new Problem({ status: 0 });
	}
}

export function serverRegions(studyInstanceUid: string): RegionServer {
	const params = (sopInstanceUid: string) => ({
		path: { study_instance_uid: studyInstanceUid, sop_instance_uid: sopInstanceUid },
	});
	const SEGMENTATION = "/api/studies/{study_instance_uid}/segmentations/{sop_instance_uid}";
	const STRUCTURES = "/api/studies/{study_instance_uid}/structure-sets/{sop_instance_uid}";
	return {
		masks: async (uid) => {
			const [frames, masks] = await Promise.all([
				// openapi-fetch forgets that places are triples.
				answer(api.GET(SEGMENTATION, { params: params(uid) })) as Promise<MaskFrames>,
				answer(api.GET(`${SEGMENTATION}/masks`, { params: params(uid), parseAs: "stream" })),
			]);
			return [frames, await records(masks as ReadableStream<Uint8Array> | null)];
		},
		contours: (uid) => answer(api.GET(STRUCTURES, { params: params(uid) })),
	};
}
