/** Puts a page on two canvases: the grid, drawn once for each size, and the traces above it. */
import { baselineMm, labelMm, labelXMm, type Page, pulseMm, type Segment, xMmOf } from "./layout.ts";
import { backingRatio } from "./paper.ts";
import { type Stretch, stretchesOf } from "./polyline.ts";
import type { Recording } from "./recording.ts";

export interface Inks {
	readonly paper: string;
	readonly minor: string;
	readonly major: string;
	readonly trace: string;
	readonly label: string;
	readonly font: string;
}

/** The parts of a 2D context that drawing uses; a test gives a recorder of calls. */
export type Pen = Pick<
	CanvasRenderingContext2D,
	| "setTransform"
	| "clearRect"
	| "fillRect"
	| "beginPath"
	| "moveTo"
	| "lineTo"
	| "stroke"
	| "fillText"
	| "strokeText"
	| "lineWidth"
	| "lineJoin"
	| "lineCap"
	| "strokeStyle"
	| "fillStyle"
	| "font"
	| "globalAlpha"
>;

export interface Sheet {
	readonly widthPx: number;
	readonly heightPx: number;
	readonly pxPerMm: number;
	/** Device pixels per CSS pixel. */
	readonly ratio: number;
}

const TRACE_PX = 1.45;
const LABEL_PX = 14;
const GAP_MM = 5;
const MINOR_DEVICE_PX_MIN = 2.2;
const MAJOR_EVERY_MM = 5;

/** The sheet is the page, or larger where there is room: paper goes on to the edge of its box. */
export function sheetOf(page: Page, pxPerMm: number, room: Room, devicePixelRatio: number): Sheet {
	const widthPx = Math.max(page.widthMm * pxPerMm, room.widthPx);
	const heightPx = Math.max(page.heightMm * pxPerMm, room.heightPx);
	return { widthPx, heightPx, pxPerMm, ratio: backingRatio(widthPx, heightPx, devicePixelRatio) };
}

export interface Room {
	readonly widthPx: number;
	readonly heightPx: number;
}

/** A line fills the device pixel that holds its millimetre: crisp, half a pixel off at most, never adding up. */
function onPixel(px: number, ratio: number): number {
	return (Math.floor(px * ratio) + 0.5) / ratio;
}

export function drawGrid(pen: Pen, sheet: Sheet, inks: Inks): void {
	pen.setTransform(sheet.ratio, 0, 0, sheet.ratio, 0, 0);
	pen.globalAlpha = 1;
	pen.fillStyle = inks.paper;
	pen.fillRect(0, 0, sheet.widthPx, sheet.heightPx);
	pen.lineWidth = 1 / sheet.ratio;
	if (sheet.pxPerMm * sheet.ratio >= MINOR_DEVICE_PX_MIN) gridLines(pen, sheet, inks.minor, 1);
	gridLines(pen, sheet, inks.major, MAJOR_EVERY_MM);
}

function gridLines(pen: Pen, sheet: Sheet, ink: string, everyMm: number): void {
	pen.strokeStyle = ink;
	pen.beginPath();
	for (let mm = 0; mm * sheet.pxPerMm <= sheet.widthPx; mm += everyMm) {
		const x = onPixel(mm * sheet.pxPerMm, sheet.ratio);
		pen.moveTo(x, 0);
		pen.lineTo(x, sheet.heightPx);
	}
	for (let mm = 0; mm * sheet.pxPerMm <= sheet.heightPx; mm += everyMm) {
		const y = onPixel(mm * sheet.pxPerMm, sheet.ratio);
		pen.moveTo(0, y);
		pen.lineTo(sheet.widthPx, y);
	}
	pen.stroke();
}

/** `stripWord`: what stands behind the name of a rhythm strip. */
export function drawTraces(
	pen: Pen,
	page: Page,
	recording: Recording,
	sheet: Sheet,
	inks: Inks,
	stripWord: string,
): void {
	const mm = sheet.pxPerMm;
	pen.setTransform(sheet.ratio, 0, 0, sheet.ratio, 0, 0);
	pen.clearRect(0, 0, sheet.widthPx, sheet.heightPx);
	pen.lineJoin = "round";
	pen.lineCap = "round";
	drawGaps(pen, page, mm, inks);
	pen.globalAlpha = 1;
	pen.strokeStyle = inks.trace;
	pen.lineWidth = TRACE_PX;
	pen.beginPath();
	for (let row = 0; row < page.rows; row += 1) polyline(pen, pulsePx(page, row, mm));
	for (const segment of page.segments) {
		for (const stretch of segmentStretches(page, segment, recording, mm * sheet.ratio)) {
			polyline(pen, stretchPx(page, segment, stretch, mm));
		}
	}
	pen.stroke();
	for (const segment of page.segments) drawLabel(pen, page, segment, mm, inks, stripWord);
}

function drawGaps(pen: Pen, page: Page, mm: number, inks: Inks): void {
	pen.strokeStyle = inks.label;
	pen.globalAlpha = 0.45;
	pen.lineWidth = 1;
	pen.beginPath();
	for (const { row, ms } of page.gaps) {
		const x = xMmOf(page, ms) * mm;
		const y = baselineMm(page, row) * mm;
		pen.moveTo(x, y - GAP_MM * mm);
		pen.lineTo(x, y + GAP_MM * mm);
	}
	pen.stroke();
}

function polyline(pen: Pen, points: readonly number[]): void {
	for (let at = 0; at + 1 < points.length; at += 2) {
		const x = points[at] ?? 0;
		const y = points[at + 1] ?? 0;
		if (at === 0) pen.moveTo(x, y);
		else pen.lineTo(x, y);
	}
}

function pulsePx(page: Page, row: number, mm: number): number[] {
	const base = baselineMm(page, row);
	return pulseMm(page).flatMap(([x, up]) => [x * mm, (base - up) * mm]);
}

/** The stretches of a segment; `pixelsPerMm` decides how many samples share a pixel column. */
export function segmentStretches(
	page: Page,
	segment: Segment,
	recording: Recording,
	pixelsPerMm: number,
): Stretch[] {
	const trace = recording.traces.get(segment.lead);
	if (!trace) return [];
	return stretchesOf(trace, segment.fromMs, segment.toMs, (pixelsPerMm * page.speedMmPerS) / 1000);
}

/** A stretch on paper: x = t · speed, y = baseline − mV · gain, times pixels (or 1) to the millimetre. */
export function stretchPx(page: Page, segment: Segment, stretch: Stretch, perMm: number): number[] {
	const base = baselineMm(page, segment.row);
	const up = (segment.inverted ? -1 : 1) * page.gainMmPerMv;
	const points: number[] = new Array(stretch.length);
	for (let at = 0; at + 1 < stretch.length; at += 2) {
		points[at] = xMmOf(page, stretch[at] ?? 0) * perMm;
		points[at + 1] = (base - (stretch[at + 1] ?? 0) * up) * perMm;
	}
	return points;
}

function drawLabel(pen: Pen, page: Page, segment: Segment, mm: number, inks: Inks, stripWord: string): void {
	const text = segment.strip && page.rows > 1 ? `${segment.label} ${stripWord}` : segment.label;
	const x = labelXMm(page, segment) * mm;
	const y = Math.max(labelMm(page, segment.row) * mm, LABEL_PX);
	pen.font = `600 ${LABEL_PX}px ${inks.font}`;
	pen.strokeStyle = inks.paper;
	pen.lineWidth = 4;
	pen.globalAlpha = 0.85;
	pen.strokeText(text, x, y);
	pen.globalAlpha = 1;
	pen.fillStyle = inks.label;
	pen.fillText(text, x, y);
}
