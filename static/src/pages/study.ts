/** Which workspace a study opens in, and what the address of the reading page names. */
import type { Series } from "../reading/manifest.ts";
import { secondPart } from "./routes.ts";

export type StudyKind = "image" | "ecg";

/** Images decide when a study has both; a study with nothing to show opens as images, which say so. Null while there is
 * none yet. */
export function studyKind(
	study: { readonly series: readonly Pick<Series, "kind">[] } | null,
): StudyKind | null {
	if (study === null) return null;
	const kinds = new Set(study.series.map((series) => series.kind));
	return kinds.has("ecg") && !kinds.has("image") ? "ecg" : "image";
}

export interface ReadAddress {
	readonly studyInstanceUid: string;
	readonly consultId: string | null;
}

/** The study and the case that an address of the reading page names. */
export function readAddress(path: string, query: string): ReadAddress {
	return { studyInstanceUid: secondPart(path), consultId: new URLSearchParams(query).get("consult") };
}
