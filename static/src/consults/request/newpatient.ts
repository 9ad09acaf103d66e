/** The form that registers a patient: what is wrong with it, what is only unusual, and what is sent. */
import type { components } from "../../api/schema.gen.ts";
import { ageAt } from "../../kit/person.ts";
import {
	birthDateOf,
	foldedIdNumber,
	type IdNumberFault,
	idNumberFault,
	isCalendarDay,
	sexOf,
} from "./idnumber.ts";

export type NewPatientIn = components["schemas"]["NewPatientIn"];
export type PatientSex = NewPatientIn["sex"];

export interface NewPatient {
	readonly name: string;
	readonly identifier: string;
	readonly idNo: string;
	readonly sex: PatientSex | "";
	readonly birthDate: string;
	readonly phone: string;
}

export const EMPTY_PATIENT: NewPatient = {
	name: "",
	identifier: "",
	idNo: "",
	sex: "",
	birthDate: "",
	phone: "",
};

export type PatientField = keyof NewPatient;
export type PatientFault =
	| "nameMissing"
	| "nameLetters"
	| "identifierMissing"
	| "idNumberLength"
	| "idNumberCheck"
	| "idNumberBirth"
	| "sexMissing"
	| "birthMissing"
	| "birthLater"
	| "birthOld"
	| "phoneWrong";
export type PatientWarning = "sexDiffers" | "birthDiffers";

const AGE_YEARS_MAX = 130;
const NAME_CHARACTERS_MAX = 64;
const ID_FAULTS: Readonly<Record<IdNumberFault, PatientFault>> = {
	length: "idNumberLength",
	letters: "idNumberLength",
	birth: "idNumberBirth",
	check: "idNumberCheck",
};
/** Letters of any script, spaces, hyphens, apostrophes and the dots of ethnic names. */
const NAME = /^[\p{L}\p{M}][\p{L}\p{M}\s·•.'’-]*$/u;
const PHONE = /^(1\d{10}|(0\d{2,3}-?)?\d{7,8}(-\d{1,6})?)$/;

const folded = (text: string): string => text.normalize("NFKC").trim();

function nameFault(name: string): PatientFault | null {
	if (name.trim() === "") return "nameMissing";
	return NAME.test(name.trim()) && [...name].length <= NAME_CHARACTERS_MAX ? null : "nameLetters";
}

function birthFault(day: string, today: string): PatientFault | null {
	if (!isCalendarDay(day)) return "birthMissing";
	if (day > today) return "birthLater";
	return (ageAt(day, today)?.years ?? 0) > AGE_YEARS_MAX ? "birthOld" : null;
}

/** What is wrong, field by field; `today` is a date such as `2026-11-24`. */
export function patientFaults(given: NewPatient, today: string): Partial<Record<PatientField, PatientFault>> {
	const idFault = idNumberFault(foldedIdNumber(given.idNo), today);
	const phone = folded(given.phone).replaceAll(" ", "");
	const found: [PatientField, PatientFault | null][] = [
		["name", nameFault(given.name)],
		["identifier", given.identifier.trim() === "" ? "identifierMissing" : null],
		["idNo", idFault === null ? null : ID_FAULTS[idFault]],
		["sex", given.sex === "" ? "sexMissing" : null],
		["birthDate", birthFault(given.birthDate, today)],
		["phone", phone === "" || PHONE.test(phone) ? null : "phoneWrong"],
	];
	return Object.fromEntries(found.filter(([, fault]) => fault !== null));
}

/** What does not agree with the card number, but may be right. */
export function patientWarnings(
	given: NewPatient,
	today: string,
): Partial<Record<PatientField, PatientWarning>> {
	const number = foldedIdNumber(given.idNo);
	if (number === "" || idNumberFault(number, today) !== null) return {};
	const differs: Partial<Record<PatientField, PatientWarning>> = {};
	if (given.sex !== "" && given.sex !== sexOf(number)) differs.sex = "sexDiffers";
	if (isCalendarDay(given.birthDate) && given.birthDate !== birthDateOf(number))
		differs.birthDate = "birthDiffers";
	return differs;
}

/** Fills sex and birth date from a right card number; what has been given already stays. */
export function withIdNumber(given: NewPatient, today: string): NewPatient {
	const number = foldedIdNumber(given.idNo);
	if (number === "" || idNumberFault(number, today) !== null) return given;
	return {
		...given,
		idNo: number,
		sex: given.sex === "" ? (sexOf(number) ?? "") : given.sex,
		birthDate: given.birthDate === "" ? (birthDateOf(number) ?? "") : given.birthDate,
	};
}

/** What is sent; null while something is wrong. */
export function patientToSend(given: NewPatient, today: string): NewPatientIn | null {
	if (Object.keys(patientFaults(given, today)).length > 0 || given.sex === "") return null;
	return {
		name: given.name.trim(),
		identifier: folded(given.identifier),
		id_no: foldedIdNumber(given.idNo),
		sex: given.sex,
		birth_date: given.birthDate,
		phone: folded(given.phone),
	};
}

/** A form begun with what was typed into the search: a card number, a patient number, or a name. */
export function beginWith(typed: string): NewPatient {
	const text = typed.trim();
	const number = foldedIdNumber(text);
	if (/^\d{17}[\dX]$/.test(number)) return { ...EMPTY_PATIENT, idNo: number };
	if (/\d/.test(text)) return { ...EMPTY_PATIENT, identifier: text };
	return /\p{Script=Han}/u.test(text) ? { ...EMPTY_PATIENT, name: text } : EMPTY_PATIENT;
}
