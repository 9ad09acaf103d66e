/** What the recorder wrote and what our detector counted, as rows of a table. Nothing else is measured here.
 * References are those of adults at rest; for children, whose limits change with age, none is printed. */
import { ageAt } from "../kit/person.ts";
import type { EcgAnswer } from "./recording.ts";

export type MeasureKey = "rate" | "pr" | "qrs" | "qt" | "qtc" | "axis";
/** Who says so: the recorder, inside the file, or our own R-peak detector. */
export type Source = "recorder" | "detector";

export interface Limits {
	readonly low: number | null;
	readonly high: number | null;
}

export interface MeasureRow {
	readonly key: MeasureKey;
	readonly value: number;
	readonly source: Source;
	readonly limits: Limits | null;
	readonly flag: "low" | "high" | null;
}

const ADULT_YEARS = 16;

/** Content page "ECG measurement", section 2. QTc by Bazett: 450 ms for men, 460 ms for women. */
const ADULT: Readonly<Record<Exclude<MeasureKey, "qtc" | "qt">, Limits>> = {
	rate: { low: 60, high: 100 },
	pr: { low: 120, high: 200 },
	qrs: { low: null, high: 119 },
	axis: { low: -30, high: 90 },
};
const QTC_HIGH_MS: Readonly<Record<string, number>> = { M: 449, F: 459 };

function isAdult(answer: EcgAnswer): boolean {
	const on = answer.acquired_at;
	const years = on === null ? null : (ageAt(answer.patient.birth_date, on)?.years ?? null);
	if (years !== null) return years >= ADULT_YEARS;
	const stated = /^(\d{3})Y$/.exec(answer.patient.age);
	return stated !== null && Number(stated[1]) >= ADULT_YEARS;
}

function limitsOf(key: MeasureKey, answer: EcgAnswer): Limits | null {
	if (!isAdult(answer) || key === "qt") return null;
	if (key !== "qtc") return ADULT[key];
	const high = QTC_HIGH_MS[answer.patient.sex];
	return high === undefined ? null : { low: null, high };
}

function flagOf(value: number, limits: Limits | null): "low" | "high" | null {
	if (limits === null) return null;
	if (limits.low !== null && value < limits.low) return "low";
	return limits.high !== null && value > limits.high ? "high" : null;
}

function rateOf(stated: ReadonlyMap<string, number>, answer: EcgAnswer): [number, Source] | null {
	const written = stated.get("heart_rate");
	if (written !== undefined) return [written, "recorder"];
	const rr = stated.get("rr");
	if (rr !== undefined && rr > 0) return [60_000 / rr, "recorder"];
	return answer.machine_rate === null ? null : [answer.machine_rate.rate_per_minute, "detector"];
}

const STATED: readonly (readonly [MeasureKey, readonly string[]])[] = [
	["pr", ["pr"]],
	["qrs", ["qrs"]],
	["qt", ["qt"]],
	["qtc", ["qtc", "qtc_bazett"]],
	["axis", ["qrs_axis"]],
];

export function measureRows(answer: EcgAnswer): MeasureRow[] {
	const stated = new Map(answer.stated.map(({ key, value }) => [key, value]));
	const found: [MeasureKey, number, Source][] = [];
	const rate = rateOf(stated, answer);
	if (rate) found.push(["rate", rate[0], rate[1]]);
	for (const [key, names] of STATED) {
		const value = names.map((name) => stated.get(name)).find((one) => one !== undefined);
		if (value !== undefined) found.push([key, value, "recorder"]);
	}
	return found.map(([key, exact, source]) => {
		const value = Math.round(exact);
		const limits = limitsOf(key, answer);
		return { key, value, source, limits, flag: flagOf(value, limits) };
	});
}

/** `60–100`, `<120`, `>−30`; '' where there is none. Limits are inclusive, so the next whole number is named. */
export function limitsText(limits: Limits | null): string {
	if (limits === null) return "";
	const signed = (figure: number): string => (figure < 0 ? `−${-figure}` : String(figure));
	if (limits.low !== null && limits.high !== null) return `${signed(limits.low)}–${signed(limits.high)}`;
	if (limits.high !== null) return `<${signed(limits.high + 1)}`;
	return limits.low === null ? "" : `≥${signed(limits.low)}`;
}
