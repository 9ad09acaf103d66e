/** Which workspace a study opens in, read from its manifest; and what the bar says without a case. */

import { problemFrom } from "../api/problem.ts";
import type { components } from "../api/schema.gen.ts";
import { secondPart } from "./routes.ts";

type Manifest = components["schemas"]["Manifest"];
export type StudyKind = "image" | "ecg";

/** Images decide when a study has both; a study with nothing to show opens as images, which say so. */
export function studyKind(manifest: Pick<Manifest, "series">): StudyKind {
	const kinds = new Set<string>(manifest.series.map((series) => series.kind));
	return kinds.has("ecg") && !kinds.has("image") ? "ecg" : "image";
}

/** The study and the case that an address of the reading page names. */
export function readAddress(
	path: string,
	query: string,
): { studyInstanceUid: string; consultId: string | null } {
	return { studyInstanceUid: secondPart(path), consultId: new URLSearchParams(query).get("consult") };
}

/** Asks for the manifest before anything else of the page is there. */
export function requestManifest(studyInstanceUid: string): Promise<Response> {
	return fetch(`/api/studies/${encodeURIComponent(studyInstanceUid)}/manifest`, {
		credentials: "same-origin",
	});
}

/** The kind of the study; the answer itself stays unread for the workspace. */
export async function kindOf(request: Promise<Response>): Promise<StudyKind> {
	const copy = (await request).clone();
	const body: unknown = await copy.json();
	if (!copy.ok) throw problemFrom(copy.status, body);
	return studyKind(body as Manifest);
}
