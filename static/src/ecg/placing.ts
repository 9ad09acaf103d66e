/** Where the caliper stands on the sheet, in CSS pixels, and what a pointer on the sheet means in time. */
import { type Caliper, chipText, marchedOut, msOfLine, readingOf } from "./caliper.ts";
import { baselineMm, MARGIN_MM, ORIGIN_MM, type Page, xMmOf } from "./layout.ts";

export interface CaliperPlaces {
	readonly firstPx: number;
	readonly secondPx: number;
	/** The bar between the two lines, and the middle of its chip. */
	readonly leftPx: number;
	readonly widthPx: number;
	readonly middlePx: number;
	readonly topPx: number;
	readonly barPx: number;
	readonly ticksPx: readonly number[];
	readonly chip: string;
}

const BAR_BELOW_MM = 7;

export function caliperPlaces(caliper: Caliper, page: Page, pxPerMm: number): CaliperPlaces {
	const at = (ms: number): number => xMmOf(page, ms) * pxPerMm;
	const firstPx = at(msOfLine(caliper, "first"));
	const secondPx = at(msOfLine(caliper, "second"));
	return {
		firstPx,
		secondPx,
		leftPx: Math.min(firstPx, secondPx),
		widthPx: Math.abs(secondPx - firstPx),
		middlePx: (firstPx + secondPx) / 2,
		topPx: (MARGIN_MM / 2) * pxPerMm,
		barPx: (baselineMm(page, page.rows - 1) + BAR_BELOW_MM) * pxPerMm,
		ticksPx: marchedOut(caliper, page.fromMs, page.toMs).map(at),
		chip: chipText(readingOf(caliper)),
	};
}

/** The time under a point `px` from the left edge of the sheet. */
export function msAtPx(page: Page, pxPerMm: number, px: number): number {
	return page.fromMs + ((px / pxPerMm - ORIGIN_MM) / page.speedMmPerS) * 1000;
}

const COARSE_SAMPLES = 10;

/** How many samples a key moves a line: 1, with Shift 10; null for keys that do not move it. */
export function samplesOfKey(key: string, shift: boolean): number | null {
	if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
	return (key === "ArrowLeft" ? -1 : 1) * (shift ? COARSE_SAMPLES : 1);
}
