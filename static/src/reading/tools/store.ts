/** Marks and settings at the server, as the tools ask for them. */
import { answer, api, ifMatch } from "../../api/client.ts";
import { asProblem } from "../../api/problem.ts";
import type { components } from "../../api/schema.gen.ts";
import type { Mark } from "./mark.ts";
import type { Kept, MarkStore, Outcome } from "./sync.ts";

type MarkOut = components["schemas"]["MarkOut"];

export function keptFrom(wire: MarkOut): Kept {
	return {
		version: wire.version,
		own: wire.own,
		mark: {
			id: wire.annotation_id,
			kind: wire.kind,
			seriesUid: wire.series_instance_uid,
			sopInstanceUid: wire.sop_instance_uid,
			frameNumber: wire.frame_number,
			points: wire.points,
			text: wire.text,
			author: { accountId: wire.author_id, name: wire.author_name, at: wire.changed_at },
		},
	};
}

const CONFLICT = 409;
const PASSED = 412;
const GONE = 404;
const SERVER = 500;

/** What a refusal means for a change that was sent. */
export function outcomeOf(status: number): Outcome {
	if (status === CONFLICT || status === PASSED || status === GONE) return { kind: "outdone" };
	return { kind: status === 0 || status >= SERVER ? "offline" : "refused" };
}

async function outcome(call: Promise<{ data?: { version: number }; response: Response }>): Promise<Outcome> {
	try {
		const { version } = await answer(call);
		return { kind: "kept", version };
	} catch (error) {
		return outcomeOf(asProblem(error).status);
	}
}

export function serverMarks(studyInstanceUid: string): MarkStore {
	const path = { study_instance_uid: studyInstanceUid };
	const one = "/api/studies/{study_instance_uid}/annotations/{annotation_id}";
	const asked = (id: string, version: number) => ({
		params: { path: { ...path, annotation_id: id }, header: ifMatch(version) },
	});
	return {
		list: async () =>
			(await answer(api.GET("/api/studies/{study_instance_uid}/annotations", { params: { path } }))).map(
				keptFrom,
			),
		put: (mark: Mark, version) =>
			outcome(
				api.PUT(one, {
					...asked(mark.id, version),
					body: {
						kind: mark.kind,
						series_instance_uid: mark.seriesUid,
						sop_instance_uid: mark.sopInstanceUid,
						frame_number: mark.frameNumber,
						points: [...mark.points],
						text: mark.text,
					},
				}),
			),
		remove: (id, version) => outcome(api.DELETE(one, asked(id, version))),
	};
}

/** What the objects say beyond the manifest; null while the line is down. */
export async function spatialFacts(studyInstanceUid: string): Promise<unknown> {
	const params = { path: { study_instance_uid: studyInstanceUid } };
	return answer(api.GET("/api/studies/{study_instance_uid}/spatial", { params })).catch(() => null);
}

const KEYS = { path: { name: "reading.keys" as const } };

export async function loadKeys(): Promise<unknown> {
	return answer(api.GET("/api/me/preferences/{name}", { params: KEYS })).catch(() => null);
}

export async function saveKeys(value: Record<string, unknown>): Promise<boolean> {
	try {
		await answer(api.PUT("/api/me/preferences/{name}", { params: KEYS, body: { value } }));
		return true;
	} catch {
		return false;
	}
}
