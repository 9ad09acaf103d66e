/** What a save that failed means for the text that was to be saved. */
import type { Failure } from "../kit/autosave.ts";
import { asProblem, type ProblemKind } from "./problem.ts";

/** The text is fine, the moment was not: no line, a server at its limits, a sign-in that ended. */
const LATER: ReadonlySet<ProblemKind> = new Set(["offline", "unavailable", "signed_out", "unexpected"]);

/** Somebody was faster (412), it can be tried again later, or the server will not have it. */
export function judge(thrown: unknown): Failure {
	const { status, kind } = asProblem(thrown);
	if (status === 412) return "conflict";
	return LATER.has(kind) ? "later" : "refused";
}
