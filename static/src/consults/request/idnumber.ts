/** Resident identity card numbers (GB 11643-1999): check digit, birth date and sex. */

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10X98765432";

/** Full-width letters and digits become plain ones; spaces go. */
export function foldedIdNumber(text: string): string {
	return text.normalize("NFKC").replaceAll(/\s/gu, "").toUpperCase();
}

export type IdNumberFault = "length" | "letters" | "birth" | "check";

/** What is wrong with a folded number; null when nothing is, or when there is none. */
export function idNumberFault(number: string, today: string): IdNumberFault | null {
	if (number === "") return null;
	if (number.length !== 18) return "length";
	if (!/^\d{17}[\dX]$/.test(number)) return "letters";
	const total = WEIGHTS.reduce((sum, weight, index) => sum + weight * Number(number[index]), 0);
	if (CHECKS[total % 11] !== number[17]) return "check";
	const birth = birthDateOf(number);
	return birth === null || birth > today ? "birth" : null;
}

/** `1963-02-08` out of a number of right length; null for a day that does not exist. */
export function birthDateOf(number: string): string | null {
	const found = /^\d{6}(\d{4})(\d{2})(\d{2})/.exec(number);
	if (!found) return null;
	const day = `${found[1]}-${found[2]}-${found[3]}`;
	return isCalendarDay(day) ? day : null;
}

/** The sex that digit 17 states: odd is male. */
export function sexOf(number: string): "M" | "F" | null {
	const digit = number[16];
	if (digit === undefined || !/\d/.test(digit)) return null;
	return Number(digit) % 2 === 1 ? "M" : "F";
}

/** True for a day of the calendar written `2026-11-24`. */
export function isCalendarDay(day: string): boolean {
	if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return false;
	const at = new Date(`${day}T00:00:00Z`);
	return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}
