/** Asks for the manifest of a study, and reads the answer. Nothing here knows words for people. */
import type { Fetch } from "./loader.ts";
import { parseManifest, type Study } from "./manifest.ts";

/** The server's refusal as it came. */
export class ManifestDenied extends Error {
	constructor(
		readonly status: number,
		readonly body: unknown,
	) {
		super(`the manifest was answered with ${status}`);
	}
}

export function requestManifest(studyInstanceUid: string, fetch: Fetch): Promise<Response> {
	const url = `/api/studies/${encodeURIComponent(studyInstanceUid)}/manifest`;
	return fetch(url, { signal: new AbortController().signal, priority: "high" });
}

/** Throws ManifestDenied, ManifestRefused, and the TypeError of a line that gives no answer. */
export async function readManifest(request: Promise<Response>): Promise<Study> {
	const response = await request;
	if (response.ok) return parseManifest(await response.json());
	throw new ManifestDenied(response.status, await response.json().catch(() => null));
}
