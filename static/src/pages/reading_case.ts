/** The case beside the images: opening it, beginning to read, finding the next one. */
import { answer, api, ifMatch } from "../api/client.ts";
import type { components } from "../api/schema.gen.ts";
import { claim, loadPage } from "../consults/worklist/calls.ts";
import { may, readHref } from "../consults/worklist/rows.ts";

export type ConsultOut = components["schemas"]["ConsultOut"];

/** Opens the case and, where it waits for this reader, begins the reading. */
export async function openCase(consultId: string): Promise<ConsultOut> {
	const path = { consult_id: consultId };
	const opened = await answer(api.GET("/api/consults/{consult_id}", { params: { path } }));
	if (!opened.verbs.includes("start")) return opened;
	const params = { path, header: ifMatch(opened.version) };
	return answer(api.POST("/api/consults/{consult_id}/start", { params }));
}

/** The case `steps` after (1) or before (-1) a place in the list, going round; null when there is no other. */
export function neighbourOf<Row extends { readonly consult_id: string }>(
	rows: readonly Row[],
	consultId: string,
	steps: 1 | -1,
): Row | null {
	const at = rows.findIndex((row) => row.consult_id === consultId);
	const others = [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0))];
	return others.at(steps === 1 ? 0 : -1) ?? null;
}

async function neighbour(consultId: string, steps: 1 | -1) {
	const { rows } = await loadPage({ view: "mine" }, "", null);
	return neighbourOf(rows, consultId, steps);
}

/** The study of the next case, to fetch ahead; null when there is none. Nothing is claimed. */
export async function nextStudy(consultId: string): Promise<string | null> {
	return (await neighbour(consultId, 1))?.study_instance_uid ?? null;
}

/** The address of the case after (or before) this one in the reader's list; null when it was the last. A free
 * case is claimed first. */
export async function nextCase(consultId: string, steps: 1 | -1 = 1): Promise<string | null> {
	const next = await neighbour(consultId, steps);
	if (next === null) return null;
	if (may(next, "claim")) await claim(next);
	return readHref(next);
}

/** A case in these states may have a call. */
const CALLS = new Set<string>(["accepted", "assigned", "reporting", "signed"]);

export function mayCall(consult: Pick<ConsultOut, "status">): boolean {
	return CALLS.has(consult.status);
}

/** Who holds the pen: the case's reader while it is being read. */
export function penOf(consult: Pick<ConsultOut, "status" | "specialist" | "verbs">): "mine" | "other" | null {
	if (consult.status !== "reporting" || !consult.specialist) return null;
	return consult.verbs.includes("abandon") ? "mine" : "other";
}
