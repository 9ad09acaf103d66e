/** A case's way as a row of stages with their real times; a case that came back shows the loop. */
import type { components } from "../../api/schema.gen.ts";
import { clockTime, isoDay, shortDateTime, spanWords } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import type { Stage } from "../../ui/stages.ts";
import { texts } from "./texts.ts";

export type Consult = components["schemas"]["ConsultOut"];
type Verb = components["schemas"]["Verb"];
type StepOut = components["schemas"]["StepOut"];

const WAY = [
	{ key: "submit", text: "stageSubmit", verbs: ["submit"] },
	{ key: "accept", text: "stageAccept", verbs: ["accept"] },
	{ key: "assign", text: "stageAssign", verbs: ["assign", "claim"] },
	{ key: "report", text: "stageReport", verbs: ["start"] },
	{ key: "sign", text: "stageSign", verbs: ["sign"] },
	{ key: "adopt", text: "stageAdopt", verbs: ["adopt"] },
] as const;

/** The stage a case stands before, by status; what lies before it in the way is done. */
const NEXT: Readonly<Record<string, number>> = {
	draft: 0,
	returned: 0,
	submitted: 1,
	accepted: 2,
	assigned: 3,
	reporting: 4,
	signed: 5,
	closed: 6,
};
const ENDS = { withdrawn: "stageWithdrawn", declined: "stageDeclined" } as const;

const inOrder = (steps: readonly StepOut[]): StepOut[] =>
	[...steps].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));

/** The newest step of one of these verbs that still counts: a return takes back all that came before it, a
 * reader giving a case back takes back claim and reading. */
function standing(steps: readonly StepOut[], verbs: readonly Verb[]): StepOut | null {
	let found: StepOut | null = null;
	for (const step of steps) {
		if (verbs.includes(step.verb)) found = step;
		const undone = step.verb === "return" || (step.verb === "abandon" && !verbs.includes("accept"));
		if (undone && !verbs.includes("submit")) found = null;
	}
	return found;
}

/** `11:04` on the day of submission, else `11-22 09:10`. */
function timeOf(at: string, submittedAt: string | null): string {
	return submittedAt !== null && isoDay(at) === isoDay(submittedAt) ? clockTime(at) : shortDateTime(at);
}

function waiting(consult: Consult): string {
	const name = consult.specialist?.name ?? "";
	switch (consult.status) {
		case "draft":
		case "returned":
			return consult.verbs.includes("submit") ? t(texts).waitsYou : t(texts).waitsAuthor;
		case "submitted":
			return t(texts).waitsCentre;
		case "accepted":
			return t(texts).waitsReader;
		case "assigned":
			return consult.verbs.includes("start") ? t(texts).waitsYou : say(t(texts).waitsStart, { name });
		case "reporting":
			return consult.verbs.includes("sign") ? t(texts).waitsYou : say(t(texts).waitsReport, { name });
		case "signed":
			return consult.verbs.includes("adopt") ? t(texts).waitsYou : t(texts).waitsAdopt;
		default:
			return "";
	}
}

function doneNote(key: string, step: StepOut | null, consult: Consult): string {
	if (step === null) return "";
	const time = timeOf(step.at, consult.submitted_at);
	if (key !== "sign" || consult.submitted_at === null) return time;
	return say(t(texts).took, {
		time,
		span: spanWords(Date.parse(step.at) - Date.parse(consult.submitted_at)),
	});
}

function ended(consult: Consult, steps: readonly StepOut[]): Stage[] | null {
	const { status } = consult;
	if (status !== "withdrawn" && status !== "declined") return null;
	const last = steps.at(-1);
	const reached = WAY.filter(({ verbs }) => standing(steps, verbs) !== null);
	return [
		...reached.map((one) => doneStage(one, consult, steps)),
		{
			key: status,
			label: t(texts)[ENDS[status]],
			state: "failed",
			note: last ? timeOf(last.at, consult.submitted_at) : "",
		},
	];
}

function doneStage(one: (typeof WAY)[number], consult: Consult, steps: readonly StepOut[]): Stage {
	const note = doneNote(one.key, standing(steps, one.verbs), consult);
	return { key: one.key, label: t(texts)[one.text], state: "done", note };
}

/** The stages of a case, for whoever looks. */
export function stagesOf(consult: Consult): Stage[] {
	const steps = inOrder(consult.steps);
	const over = ended(consult, steps);
	if (over) return over;
	const next = NEXT[consult.status] ?? 0;
	const stages = WAY.map((one, index): Stage => {
		if (index < next) return doneStage(one, consult, steps);
		const label = t(texts)[one.text];
		return index === next
			? { key: one.key, label, state: "now", note: waiting(consult) }
			: { key: one.key, label, state: "next" };
	});
	const back = steps.findLast((step) => step.verb === "return");
	if (consult.status !== "returned" || !back) return stages;
	const note = timeOf(back.at, consult.submitted_at);
	return [{ key: "returned", label: t(texts).stageReturned, state: "failed", looped: true, note }, ...stages];
}
