/** Test patterns for screens, drawn in device pixels after the descriptions of AAPM TG18 and IEC 62563-1. No DOM
 * but a canvas's pen. */
import { LEVEL_MAX } from "./transform.ts";

export const PATTERNS = [
	"qc",
	"ramp",
	"patches",
	"lowContrast",
	"linePairs",
	"geometry",
	"black",
	"white",
] as const;
export type PatternName = (typeof PATTERNS)[number];

/** What of CanvasRenderingContext2D the patterns need; a recorder in tests. */
export interface Pen {
	fillStyle: unknown;
	strokeStyle: unknown;
	lineWidth: number;
	fillRect(x: number, y: number, width: number, height: number): void;
	beginPath(): void;
	arc(x: number, y: number, radius: number, start: number, end: number): void;
	stroke(): void;
}

/** Whole device pixels. */
export interface Area {
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
}

const MEAN_SHARE = 0.2;
const QC_PATCHES = 16;
const QC_BACKGROUND = 128;
/** Levels by which the low contrast squares differ, row by row. */
export const CONTRAST_STEPS = [1, 2, 4, 8] as const;
const CONTRAST_COLUMNS = 8;

export function greyOf(level: number): string {
	return `rgb(${level} ${level} ${level})`;
}

function fill(pen: Pen, { left, top, width, height }: Area, level: number): void {
	pen.fillStyle = greyOf(level);
	pen.fillRect(left, top, width, height);
}

/** A part of an area: shares of its width and height, on whole pixels. */
export function part(area: Area, x: number, y: number, width: number, height: number): Area {
	const left = area.left + Math.round(x * area.width);
	const top = area.top + Math.round(y * area.height);
	return {
		left,
		top,
		width: area.left + Math.round((x + width) * area.width) - left,
		height: area.top + Math.round((y + height) * area.height) - top,
	};
}

/** The largest square in the middle of an area. */
export function squareIn(area: Area): Area {
	const side = Math.min(area.width, area.height);
	const left = area.left + Math.floor((area.width - side) / 2);
	return { left, top: area.top + Math.floor((area.height - side) / 2), width: side, height: side };
}

/** The 16 greys of the luminance patches: evenly from black to white, as TG18-QC has them. */
export function patchLevel(index: number): number {
	return Math.round((index * LEVEL_MAX) / (QC_PATCHES - 1));
}

/** Lines of `period` device pixels, half bright, half dark; `across` stand upright. */
export function linePairs(pen: Pen, area: Area, period: number, across: boolean): void {
	fill(pen, area, 0);
	const length = across ? area.width : area.height;
	for (let at = 0; at < length; at += 2 * period) {
		const size = Math.min(period, length - at);
		fill(
			pen,
			across ? { ...area, left: area.left + at, width: size } : { ...area, top: area.top + at, height: size },
			LEVEL_MAX,
		);
	}
}

/** A continuous ramp from black to white, every level as wide as any other within a pixel. */
export function ramp(pen: Pen, area: Area): void {
	for (let level = 0; level <= LEVEL_MAX; level++) {
		fill(pen, part(area, level / (LEVEL_MAX + 1), 0, 1 / (LEVEL_MAX + 1), 1), level);
	}
}

function border(pen: Pen, area: Area, thick: number, level: number): void {
	const { left, top, width, height } = area;
	fill(pen, { left, top, width, height: thick }, level);
	fill(pen, { left, top: top + height - thick, width, height: thick }, level);
	fill(pen, { left, top, width: thick, height }, level);
	fill(pen, { left: left + width - thick, top, width: thick, height }, level);
}

function grid(pen: Pen, area: Area, parts: number, level: number): void {
	for (let i = 1; i < parts; i++) {
		fill(pen, { ...part(area, i / parts, 0, 0, 1), width: 1 }, level);
		fill(pen, { ...part(area, 0, i / parts, 1, 0), height: 1 }, level);
	}
}

function contrastPatch(pen: Pen, area: Area, level: number, by: number): void {
	fill(pen, area, level);
	fill(pen, part(area, 0.3, 0.3, 0.4, 0.4), level + by);
}

const FINE_PLACES = [
	[0.03, 0.03],
	[0.87, 0.03],
	[0.45, 0.45],
	[0.03, 0.87],
	[0.87, 0.87],
] as const;

/** Fine lines in the corners and in the middle, upright beside lying, one and two pixels wide. */
function fineLines(pen: Pen, area: Area): void {
	for (const [x, y] of FINE_PLACES) {
		const place = part(area, x, y, 0.1, 0.1);
		linePairs(pen, part(place, 0, 0, 0.45, 0.45), 1, true);
		linePairs(pen, part(place, 0.55, 0, 0.45, 0.45), 1, false);
		linePairs(pen, part(place, 0, 0.55, 0.45, 0.45), 2, true);
		linePairs(pen, part(place, 0.55, 0.55, 0.45, 0.45), 2, false);
	}
}

function qc(pen: Pen, whole: Area): void {
	fill(pen, whole, QC_BACKGROUND);
	const area = squareIn(whole);
	grid(pen, area, 10, 191);
	border(pen, part(area, 0.005, 0.005, 0.99, 0.99), 2, 191);
	for (let i = 0; i < QC_PATCHES; i++) {
		const place = part(area, 0.16 + (i % 8) * 0.085, i < 8 ? 0.3 : 0.58, 0.085, 0.085);
		contrastPatch(pen, place, patchLevel(i), i === QC_PATCHES - 1 ? -4 : 4);
	}
	// 5 percent in 0, 95 percent in 100.
	const dark = part(area, 0.16, 0.43, 0.09, 0.09);
	fill(pen, dark, 0);
	fill(pen, part(dark, 0.3, 0.3, 0.4, 0.4), 13);
	const light = part(area, 0.75, 0.43, 0.09, 0.09);
	fill(pen, light, LEVEL_MAX);
	fill(pen, part(light, 0.3, 0.3, 0.4, 0.4), 242);
	ramp(pen, part(area, 0.16, 0.7, 0.68, 0.05));
	fill(pen, part(area, 0.16, 0.78, 0.34, 0.05), 0);
	fill(pen, part(area, 0.5, 0.78, 0.34, 0.05), LEVEL_MAX);
	fineLines(pen, area);
}

function lowContrast(pen: Pen, area: Area): void {
	fill(pen, area, QC_BACKGROUND);
	for (const [row, by] of CONTRAST_STEPS.entries()) {
		for (let column = 0; column < CONTRAST_COLUMNS; column++) {
			const level = Math.round(((column + 0.5) / CONTRAST_COLUMNS) * (LEVEL_MAX - 8));
			const height = 1 / CONTRAST_STEPS.length;
			contrastPatch(
				pen,
				part(
					area,
					(column + 0.08) / CONTRAST_COLUMNS,
					(row + 0.08) * height,
					0.84 / CONTRAST_COLUMNS,
					0.84 * height,
				),
				level,
				by,
			);
		}
	}
}

function pairs(pen: Pen, area: Area): void {
	fill(pen, area, QC_BACKGROUND);
	for (const [x, y] of [
		[0, 0],
		[2, 0],
		[1, 1],
		[0, 2],
		[2, 2],
	] as const) {
		const place = part(area, x / 3 + 0.02, y / 3 + 0.02, 0.29, 0.29);
		for (const [i, period] of [1, 2].entries()) {
			linePairs(pen, part(place, 0, i * 0.5, 0.48, 0.48), period, true);
			linePairs(pen, part(place, 0.52, i * 0.5, 0.48, 0.48), period, false);
		}
	}
}

function geometry(pen: Pen, area: Area): void {
	fill(pen, area, 0);
	border(pen, area, 1, LEVEL_MAX);
	const square = squareIn(area);
	grid(pen, square, 8, 191);
	border(pen, square, 1, LEVEL_MAX);
	pen.strokeStyle = greyOf(LEVEL_MAX);
	pen.lineWidth = 1;
	for (const share of [0.25, 0.5, 0.75, 0.98]) {
		pen.beginPath();
		pen.arc(
			square.left + square.width / 2,
			square.top + square.height / 2,
			(square.width * share) / 2,
			0,
			2 * Math.PI,
		);
		pen.stroke();
	}
}

/** A tenth of the screen in the middle at a level, a fifth of the mean around it (TG18-LN). */
function patches(pen: Pen, area: Area, level: number): void {
	fill(pen, area, Math.round(LEVEL_MAX * MEAN_SHARE));
	const square = squareIn(area);
	const side = Math.sqrt(0.1 * area.width * area.height) / square.width;
	const share = Math.min(1, side);
	fill(pen, part(square, (1 - share) / 2, (1 - share) / 2, share, share), level);
}

/** Draws a pattern over the whole area; `level` counts for the luminance patches. */
export function drawPattern(pen: Pen, name: PatternName, area: Area, level: number): void {
	if (name === "qc") qc(pen, area);
	else if (name === "ramp") ramp(pen, area);
	else if (name === "patches") patches(pen, area, level);
	else if (name === "lowContrast") lowContrast(pen, area);
	else if (name === "linePairs") pairs(pen, area);
	else if (name === "geometry") geometry(pen, area);
	else fill(pen, area, name === "white" ? LEVEL_MAX : 0);
}
