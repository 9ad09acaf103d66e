/** What is typed about a screen, and what it means. Pure. */
import {
	type CurvePoint,
	faultOf,
	type LuminanceFault,
	type Luminances,
	type Response,
} from "./transform.ts";

export interface ScreenForm {
	readonly minimum: string;
	readonly maximum: string;
	readonly ambient: string;
	readonly response: Response;
	readonly curve: string;
}

export const EMPTY_FORM: ScreenForm = { minimum: "", maximum: "", ambient: "", response: "gamma", curve: "" };

function figure(text: string): number {
	const plain = text.trim().normalize("NFKC").replace(",", ".");
	return plain === "" ? Number.NaN : Number(plain);
}

/** Lines of a level and a luminance, parted by space, comma or tab; empty lines do not count. */
export function curveOf(text: string): CurvePoint[] {
	return text
		.split("\n")
		.map((line) => line.normalize("NFKC").trim())
		.filter((line) => line !== "")
		.map((line) => {
			const [level, candelas] = line.split(/[\s,;]+/).map(Number);
			return [level ?? Number.NaN, candelas ?? Number.NaN] as const;
		});
}

export function textOfCurve(curve: readonly CurvePoint[]): string {
	return curve.map(([level, candelas]) => `${level} ${candelas}`).join("\n");
}

export function formOf(measured: Luminances): ScreenForm {
	return {
		minimum: String(measured.minimum),
		maximum: String(measured.maximum),
		ambient: String(measured.ambient),
		response: measured.response,
		curve: textOfCurve(measured.curve),
	};
}

/** The luminances of a form, or what is wrong with it. With a curve its ends are black and white. */
export function measuredOf(form: ScreenForm): Luminances | LuminanceFault {
	const curve = form.response === "measured" ? curveOf(form.curve) : [];
	const ends = form.response === "measured";
	const measured: Luminances = {
		minimum: ends ? (curve[0]?.[1] ?? Number.NaN) : figure(form.minimum),
		maximum: ends ? (curve.at(-1)?.[1] ?? Number.NaN) : figure(form.maximum),
		ambient: figure(form.ambient),
		response: form.response,
		curve,
	};
	if (ends && !Number.isFinite(measured.minimum + measured.maximum)) return "curve";
	return faultOf(measured) ?? measured;
}
