/** The form of an order: how it begins, what is wrong with it, and what is sent. Times are Beijing's. */
import { clockTime, type Instant, isoDay } from "../../kit/format.ts";
import { isCalendarDay } from "../request/idnumber.ts";
import type { BodyPart, Exam, ExamOrder, Modality, Urgency } from "./calls.ts";

export const MODALITIES: readonly Modality[] = ["CT", "MR", "DX", "CR", "US", "MG", "RF", "ES", "ECG"];
export const BODY_PARTS: readonly BodyPart[] = [
	"HEAD",
	"NECK",
	"CHEST",
	"BREAST",
	"HEART",
	"ABDOMEN",
	"PELVIS",
	"CSPINE",
	"TSPINE",
	"LSPINE",
	"SHOULDER",
	"ELBOW",
	"HAND",
	"HIP",
	"KNEE",
	"ANKLE",
	"FOOT",
	"WHOLEBODY",
];
export const URGENCIES: readonly Urgency[] = ["routine", "urgent", "emergency"];
/** Chosen for "any device": an AE title is never a space alone (PS3.5 6.2). */
export const ANY_STATION = " ";
export const PROCEDURE_CHARACTERS_MAX = 64;
export const REASON_CHARACTERS_MAX = 400;
const DAY_MS = 86_400_000;
const AHEAD_DAYS = 365;
const QUARTER_MS = 900_000;
const PROCEDURE_CHARACTERS_MIN = 2;
const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;

export interface ExamForm {
	modality: Modality | "";
	bodyPart: BodyPart | "";
	procedure: string;
	reason: string;
	urgency: Urgency;
	day: string;
	time: string;
	station: string;
}

export type ExamFault = "choose" | "missing" | "procedureShort" | "dayWrong" | "timeWrong";
type Faults = Partial<Record<keyof ExamForm, ExamFault>>;

/** An empty order for the next quarter of an hour. */
export function emptyForm(now: Instant): ExamForm {
	const next = Math.ceil(new Date(now).getTime() / QUARTER_MS) * QUARTER_MS;
	return {
		modality: "",
		bodyPart: "",
		procedure: "",
		reason: "",
		urgency: "routine",
		day: isoDay(next),
		time: clockTime(next),
		station: ANY_STATION,
	};
}

export function formOf(exam: Exam): ExamForm {
	return {
		modality: exam.modality,
		bodyPart: exam.body_part,
		procedure: exam.procedure,
		reason: exam.reason,
		urgency: exam.urgency,
		day: isoDay(exam.scheduled_at),
		time: clockTime(exam.scheduled_at),
		station: exam.station_ae_title || ANY_STATION,
	};
}

function procedureFault(procedure: string): ExamFault | null {
	const text = procedure.trim();
	if (text === "") return "missing";
	return [...text].length < PROCEDURE_CHARACTERS_MIN || text.includes("\\") ? "procedureShort" : null;
}

function dayFault(day: string, now: Instant): ExamFault | null {
	if (!isCalendarDay(day)) return "dayWrong";
	const at = new Date(now).getTime();
	return day < isoDay(at - DAY_MS) || day > isoDay(at + AHEAD_DAYS * DAY_MS) ? "dayWrong" : null;
}

/** What is wrong, field by field; the server checks it all again. */
export function examFaults(form: ExamForm, now: Instant): Faults {
	const found: [keyof ExamForm, ExamFault | null][] = [
		["modality", form.modality === "" ? "choose" : null],
		["bodyPart", form.bodyPart === "" ? "choose" : null],
		["procedure", procedureFault(form.procedure)],
		["day", dayFault(form.day, now)],
		["time", TIME.test(form.time) ? null : "timeWrong"],
	];
	return Object.fromEntries(found.filter(([, fault]) => fault !== null));
}

/** What is sent; null while something is wrong. */
export function orderOf(form: ExamForm, now: Instant): ExamOrder | null {
	if (form.modality === "" || form.bodyPart === "" || Object.keys(examFaults(form, now)).length > 0)
		return null;
	return {
		modality: form.modality,
		body_part: form.bodyPart,
		procedure: form.procedure.trim(),
		reason: form.reason.trim(),
		urgency: form.urgency,
		scheduled_at: `${form.day}T${form.time}:00+08:00`,
		station_ae_title: form.station.trim(),
	};
}
