/** The request form without its looks: the fields, what the server's verdicts ask for, and the way there. */
import type { components } from "../../api/schema.gen.ts";
import type { Kept } from "../../kit/autosave.ts";
import type { Fields } from "../../kit/merge.ts";

export type Consult = components["schemas"]["ConsultOut"];
export type ConsultChanges = components["schemas"]["ConsultChangesIn"];
export type Urgency = components["schemas"]["Urgency"];
export type Verdict = components["schemas"]["VerdictOut"];
type ConsentKind = NonNullable<ConsultChanges["consent_kind"]>;

export const FIELDS = [
	"patient_id",
	"invited_institution_id",
	"question",
	"urgency",
	"urgency_reason",
	"chief_complaint",
	"study_instance_uid",
	"history",
	"consent",
] as const;
export type FieldKey = (typeof FIELDS)[number];

export const PARTS = ["patient", "target", "question", "study", "history", "consent"] as const;
export type PartKey = (typeof PARTS)[number];

const PART_OF: Readonly<Record<FieldKey, PartKey>> = {
	patient_id: "patient",
	invited_institution_id: "target",
	question: "question",
	urgency: "question",
	urgency_reason: "question",
	chief_complaint: "question",
	study_instance_uid: "study",
	history: "history",
	consent: "consent",
};

const QUESTION_CHARACTERS_MIN = 4;

/** The form's fields as one flat record; what is not there is empty. */
export function fieldsOf(consult: Consult): Fields {
	return {
		patient_id: consult.full_patient?.patient_id ?? "",
		invited_institution_id: consult.invited?.institution_id ?? "",
		question: consult.question,
		urgency: consult.urgency,
		urgency_reason: consult.urgency_reason,
		chief_complaint: consult.chief_complaint,
		study_instance_uid: consult.study_instance_uid ?? "",
		history: consult.history,
		consent: consult.consent_kind,
	};
}

export function keptOf(consult: Consult, savedAt: string | null): Kept {
	return { version: consult.version, fields: fieldsOf(consult), savedAt };
}

const isUrgency = (text: string): text is Urgency =>
	text === "routine" || text === "urgent" || text === "emergency";
const isConsent = (text: string): text is ConsentKind =>
	text === "" || text === "signed_paper" || text === "verbal_emergency";

/** What a save sends: only the fields that changed. An id that was emptied is left out, it cannot be unset. */
export function changesOf(fields: Fields, changed: readonly string[]): ConsultChanges {
	const wanted = new Set(changed);
	const text = (key: FieldKey): string | null => (wanted.has(key) ? (fields[key] ?? "") : null);
	const id = (key: FieldKey): string | null => text(key) || null;
	const urgency = text("urgency");
	const consent = text("consent");
	const all: ConsultChanges = {
		patient_id: id("patient_id"),
		invited_institution_id: id("invited_institution_id"),
		study_instance_uid: id("study_instance_uid"),
		question: text("question"),
		urgency: urgency !== null && isUrgency(urgency) ? urgency : null,
		urgency_reason: text("urgency_reason"),
		chief_complaint: text("chief_complaint"),
		history: text("history"),
		consent_kind: consent !== null && isConsent(consent) ? consent : null,
	};
	return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}

const isField = (name: string): name is FieldKey => (FIELDS as readonly string[]).includes(name);

/** The fields that stand in the way, in the form's order. */
export function gapsOf(verdicts: readonly Verdict[]): FieldKey[] {
	const missing = new Set(verdicts.filter((one) => !one.passed).flatMap((one) => one.missing));
	return FIELDS.filter((field) => missing.has(field));
}

/** The field that cures a failed verdict, to go to first. */
export function cureOf(verdict: Verdict): FieldKey | null {
	return verdict.missing.find(isField) ?? null;
}

export function partOf(field: FieldKey): PartKey {
	return PART_OF[field];
}

export interface Step {
	readonly key: PartKey;
	readonly state: "filled" | "open" | "optional";
}

/** Whether each part is filled, as far as this computer can tell before the server does. */
export function stepsOf(fields: Fields): Step[] {
	const has = (key: FieldKey): boolean => (fields[key] ?? "").trim() !== "";
	const explained = fields.urgency !== "emergency" || has("urgency_reason");
	const question = [...(fields.question ?? "").trim()].length >= QUESTION_CHARACTERS_MIN;
	const filled: Readonly<Record<PartKey, boolean>> = {
		patient: has("patient_id"),
		target: has("invited_institution_id"),
		question: question && has("chief_complaint") && explained,
		study: has("study_instance_uid"),
		history: has("history"),
		consent: has("consent"),
	};
	return PARTS.map((key) => {
		if (filled[key]) return { key, state: "filled" };
		return { key, state: key === "history" ? "optional" : "open" };
	});
}

/** Adds a common phrase to what stands there, as a sentence of its own. */
export function withPhrase(text: string, phrase: string): string {
	const before = text.trimEnd();
	if (before.includes(phrase)) return text;
	if (before === "") return phrase;
	return /[。？！?!；;，,\n]$/u.test(before) ? `${before}${phrase}` : `${before}；${phrase}`;
}

/** The step that sent the request back, newest first; null when it was never returned. */
export function returnOf(consult: Consult): Consult["steps"][number] | null {
	if (consult.status !== "returned") return null;
	const returns = consult.steps.filter((step) => step.verb === "return");
	return returns.reduce<Consult["steps"][number] | null>(
		(newest, step) => (newest === null || step.at > newest.at ? step : newest),
		null,
	);
}

export function mayEdit(consult: Consult): boolean {
	return consult.verbs.includes("submit");
}

/** A request that was never sent may be thrown away. */
export function mayDiscard(consult: Consult): boolean {
	return consult.status === "draft";
}
