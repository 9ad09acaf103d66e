/** The case beside the images: opening it, beginning to read, finding the next one. */
import { answer, api, ifMatch } from "../api/client.ts";
import type { components } from "../api/schema.gen.ts";

export type ConsultOut = components["schemas"]["ConsultOut"];

/** Opens the case and, where it waits for this reader, begins the reading. */
export async function openCase(consultId: string): Promise<ConsultOut> {
	const path = { consult_id: consultId };
	const opened = await answer(api.GET("/api/consults/{consult_id}", { params: { path } }));
	if (!opened.verbs.includes("start")) return opened;
	const params = { path, header: ifMatch(opened.version) };
	return answer(api.POST("/api/consults/{consult_id}/start", { params }));
}

/** The address of the case after this one in the reader's list; null when it was the last. A free case is
 * claimed first. */
export async function nextCase(consultId: string): Promise<string | null> {
	const [{ claim, loadPage }, { may, readHref }] = await Promise.all([
		import("../consults/worklist/calls.ts"),
		import("../consults/worklist/rows.ts"),
	]);
	const { rows } = await loadPage({ view: "mine" }, "", null);
	const at = rows.findIndex((row) => row.consult_id === consultId);
	const next = [...rows.slice(at + 1), ...rows.slice(0, Math.max(at, 0))][0];
	if (!next) return null;
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
