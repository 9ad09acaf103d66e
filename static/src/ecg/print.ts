/** The recording on A4 landscape at true scale, as vector paths in millimetres. */
import { segmentStretches, stretchPx } from "./drawing.ts";
import {
	baselineMm,
	labelMm,
	labelXMm,
	MARGIN_MM,
	type Page,
	pageOf,
	pulseMm,
	type Segment,
	xMmOf,
} from "./layout.ts";
import { type StationState, shownPage } from "./station.ts";

export const A4_WIDTH_MM = 297;
export const A4_HEIGHT_MM = 210;
/** Printers leave the edges blank. */
export const EDGE_MM = 8;
export const HEAD_MM = 16;
export const FOOT_MM = 14;
export const RULER_MM = 50;
export const TRACE_ROOM_MM = 250;
export const PAPER_HEIGHT_MM = A4_HEIGHT_MM - 2 * EDGE_MM - HEAD_MM - FOOT_MM;
/** 600 dpi: finer than the pen, so an envelope at this width loses nothing that could be seen. */
const DOTS_PER_MM = 600 / 25.4;

export interface PrintedLabel {
	readonly text: string;
	readonly strip: boolean;
	readonly xMm: number;
	readonly yMm: number;
}

export interface PrintedSheet {
	readonly fromMs: number;
	readonly toMs: number;
	readonly widthMm: number;
	readonly heightMm: number;
	readonly traces: readonly string[];
	readonly pulses: string;
	readonly gaps: string;
	readonly labels: readonly PrintedLabel[];
}

const figure = (mm: number): string => mm.toFixed(3);

export function pathOf(points: readonly number[]): string {
	let path = "";
	for (let at = 0; at + 1 < points.length; at += 2) {
		path += `${at === 0 ? "M" : "L"}${figure(points[at] ?? 0)} ${figure(points[at + 1] ?? 0)}`;
	}
	return path;
}

const PITCH_MM_MAX = 40;

/** The rows share the sheet, on heavy lines where they are far enough apart. */
export function printedPitchMm(rows: number): number {
	const share = (PAPER_HEIGHT_MM - MARGIN_MM) / rows;
	return share >= 20 ? Math.min(Math.floor(share / 5) * 5, PITCH_MM_MAX) : Math.floor(share);
}

/** The shown page cut into sheets: 10 s fit one at 25 mm/s, 5 s at 50 mm/s. */
export function printedSheets(state: StationState): PrintedSheet[] {
	const whole = shownPage(state);
	if (!whole) return [];
	const perSheetMs = (TRACE_ROOM_MM / state.speed) * 1000;
	const pitchMm = printedPitchMm(whole.rows);
	const page = pageOf({
		layout: state.layout,
		leads: [...(state.recording?.traces.keys() ?? [])],
		fromMs: whole.fromMs,
		toMs: whole.toMs,
		speedMmPerS: state.speed,
		gainMmPerMv: state.gain,
		pitchMm,
	});
	const sheets: PrintedSheet[] = [];
	for (let fromMs = page.fromMs; fromMs < page.toMs; fromMs += perSheetMs) {
		sheets.push(sheetOf(state, page, fromMs, Math.min(fromMs + perSheetMs, page.toMs)));
	}
	return sheets;
}

function sheetOf(state: StationState, whole: Page, fromMs: number, toMs: number): PrintedSheet {
	const page: Page = { ...whole, fromMs, toMs };
	const segments = whole.segments
		.map((segment) => ({
			...segment,
			fromMs: Math.max(segment.fromMs, fromMs),
			toMs: Math.min(segment.toMs, toMs),
		}))
		.filter((segment) => segment.fromMs < segment.toMs);
	const gaps = whole.gaps.filter(({ ms }) => ms > fromMs && ms < toMs);
	return {
		fromMs,
		toMs,
		widthMm: A4_WIDTH_MM - 2 * EDGE_MM,
		heightMm: PAPER_HEIGHT_MM,
		traces: segments.map((segment) => tracePath(state, page, segment)),
		pulses: Array.from({ length: page.rows }, (_, row) => pulsePath(page, row)).join(""),
		gaps: gaps
			.map(({ row, ms }) =>
				pathOf([xMmOf(page, ms), baselineMm(page, row) - 5, xMmOf(page, ms), baselineMm(page, row) + 5]),
			)
			.join(""),
		labels: segments.map((segment) => ({
			text: segment.label,
			strip: segment.strip,
			xMm: labelXMm(page, segment),
			yMm: Math.max(labelMm(page, segment.row), 4),
		})),
	};
}

function tracePath(state: StationState, page: Page, segment: Segment): string {
	if (!state.recording) return "";
	return segmentStretches(page, segment, state.recording, DOTS_PER_MM)
		.map((stretch) => pathOf(stretchPx(page, segment, stretch, 1)))
		.join("");
}

function pulsePath(page: Page, row: number): string {
	const base = baselineMm(page, row);
	return pathOf(pulseMm(page).flatMap(([x, up]) => [x, base - up]));
}

/** Grid lines of a sheet as one path: every `everyMm`. */
export function gridPath(widthMm: number, heightMm: number, everyMm: number): string {
	let path = "";
	for (let x = 0; x <= widthMm; x += everyMm) path += `M${x} 0V${heightMm}`;
	for (let y = 0; y <= heightMm; y += everyMm) path += `M0 ${y}H${widthMm}`;
	return path;
}
