/** From what the form knows to what it says. */
import { asProblem } from "../../api/problem.ts";
import { type SaveState, type SaveWord, saveWord } from "../../kit/autosave.ts";
import { clockSeconds, shortDateTime } from "../../kit/format.ts";
import { locale, say, t } from "../../kit/i18n.ts";
import type { Guard } from "../../ui/guards.ts";
import { cureOf, type FieldKey, type PartKey, partOf, type Verdict } from "./form.ts";
import { type Arrival, type Disagreement, dicomName } from "./studies.ts";
import { type TextKey, texts } from "./texts.ts";

const PART_TEXT: Readonly<Record<PartKey, TextKey>> = {
	patient: "partPatient",
	target: "partTarget",
	question: "partQuestion",
	study: "partStudy",
	history: "partHistory",
	consent: "partConsent",
};
const FIELD_TEXT: Readonly<Record<FieldKey, TextKey>> = {
	patient_id: "partPatient",
	invited_institution_id: "partTarget",
	question: "questionShort",
	urgency: "urgency",
	urgency_reason: "urgencyReason",
	chief_complaint: "complaint",
	study_instance_uid: "partStudy",
	history: "history",
	consent: "partConsent",
};
const GAP_TEXT: Readonly<Partial<Record<FieldKey, TextKey>>> = {
	patient_id: "gapPatient",
	invited_institution_id: "gapTarget",
	question: "gapQuestion",
	urgency_reason: "gapReason",
	chief_complaint: "gapComplaint",
	study_instance_uid: "gapStudy",
	consent: "gapConsent",
};

export const partName = (part: PartKey): string => t(texts)[PART_TEXT[part]];
export const fieldName = (field: string): string =>
	Object.hasOwn(FIELD_TEXT, field) ? t(texts)[FIELD_TEXT[field as FieldKey]] : field;

/** What is asked for where a field is missing. */
export function gapSentence(field: FieldKey): string {
	const key = GAP_TEXT[field];
	return key === undefined ? fieldName(field) : t(texts)[key];
}

/** The line beside the title; '' when there is nothing to say. */
export function savedLine(state: SaveState): string {
	const said: Readonly<Record<SaveWord, () => string>> = {
		none: () => "",
		saving: () => t(texts).savingNow,
		saved: () => say(t(texts).savedAt, { time: clockSeconds(state.savedAt ?? 0) }),
		keptHere: () => t(texts).keptHere,
		unsaved: () => t(texts).unsavedHere,
		refused: () => say(t(texts).refusedSave, { why: asProblem(state.error).sentence }),
		conflict: () => say(t(texts).clashed, { n: state.clashes.length }),
	};
	return said[saveWord(state)]();
}

function agreementFacts({ passed, facts }: Verdict): string {
	if (passed) return facts.valid_to ? say(t(texts).validTo, { day: facts.valid_to }) : "";
	return facts.ended ? say(t(texts).endedOn, { day: facts.ended }) : t(texts).agreementMissing;
}

function consentFacts({ passed, facts }: Verdict): string {
	if (!passed) return t(texts).consentMissing;
	const how = facts.kind === "verbal_emergency" ? t(texts).verbalEmergency : t(texts).signedPaper;
	return facts.at ? `${how} · ${shortDateTime(facts.at)}` : how;
}

function dataFacts({ passed, missing }: Verdict): string {
	if (passed) return t(texts).dataPresent;
	return say(t(texts).dataMissing, { what: missing.map(fieldName).join(locale() === "zh" ? "、" : ", ") });
}

/** A verdict of the server as the checklist shows it. */
export function guardOf(verdict: Verdict): Guard {
	const label = {
		agreement_in_force: t(texts).guardAgreement,
		consent_recorded: t(texts).guardConsent,
		data_complete: t(texts).guardData,
	}[verdict.guard];
	const facts = {
		agreement_in_force: agreementFacts,
		consent_recorded: consentFacts,
		data_complete: dataFacts,
	}[verdict.guard](verdict);
	return { key: verdict.guard, state: verdict.passed ? "passed" : "missing", label, facts };
}

/** The words of the button that leads to the cure. */
export function cureWords(verdict: Verdict): string {
	const field = cureOf(verdict);
	if (field === null) return t(texts).goThere;
	const part = partOf(field);
	if (part === "consent") return t(texts).goConsent;
	return part === "target" || part === "patient" ? t(texts).goTarget : t(texts).goThere;
}

/** What does not agree between the images and the patient, in a sentence each. */
export function disagreementSentence(what: Disagreement, arrival: Arrival): string {
	const name = dicomName(arrival.patient_name).shown;
	const sentences: Readonly<Record<Disagreement, string>> = {
		name: say(t(texts).diffName, { name }),
		latinOnly: say(t(texts).diffLatin, { name }),
		sex: t(texts).diffSex,
		birth: say(t(texts).diffBirth, { day: arrival.patient_birth_date }),
	};
	return sentences[what];
}
