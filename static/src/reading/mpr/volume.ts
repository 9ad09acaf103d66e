/** The volume that the slices of a series make: where each sample lies in the patient. Pure; millimetres. */
import type { Frame, ImageForm, Orientation, Series, Vector } from "../manifest.ts";
import { isColour } from "../picture.ts";
import { dot, normalOf } from "../space.ts";
import { minus, plus, times, unit } from "./vectors.ts";

/** Why a series has no volume. `repeats` and `unordered` are what the station says of its order already. */
export type Refusal = "colour" | "unordered" | "fewSlices" | "differ" | "irregular" | "table";

/** Slices in order of height. A place p of the patient lies at column dot(p - origin, toColumn), row
 * dot(p - origin, toRow) of the slice at height dot(p - origin, normal): gantry tilt is a shear within these. */
export interface Volume {
	/** Which frames of the series its slices are, by growing height. */
	readonly frames: readonly number[];
	/** Height of each slice above the first, along the normal. */
	readonly heights: readonly number[];
	/** The centre of the first pixel of the lowest slice. */
	readonly origin: Vector;
	readonly toColumn: Vector;
	readonly toRow: Vector;
	readonly normal: Vector;
	/** What one column, one row and one millimetre of height are in the patient. */
	readonly byColumn: Vector;
	readonly byRow: Vector;
	readonly byHeight: Vector;
	readonly columns: number;
	readonly rows: number;
	/** The usual distance of neighbours; a wider one than `GAP_FACTOR` times it is a gap. */
	readonly spacingMm: number;
	readonly gaps: number;
	/** Where the stack goes in reading order. */
	readonly reading: Vector;
	readonly form: ImageForm;
}

/** As the server judges it (`viewer/geometry.py`). */
export const GAP_FACTOR = 1.5;
const SAME_DIRECTION = 0.999;
const SAME_POSITION_MM = 0.01;
const SLICES_MIN = 3;
/** How far a slice may lie beside the line of the others, in pixels: scanners round positions. */
const OFF_LINE_PIXELS = 0.25;
/** How much pixel spacing may differ, as a share: scanners round it. */
const ROUNDING = 1e-4;

interface Lying {
	readonly frame: number;
	readonly position: Vector;
	readonly height: number;
}

function close(a: number, b: number): boolean {
	return Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}

/** True when samples of two frames lie and mean alike; their rescale slopes may differ, as in PET. */
function alike(a: ImageForm, b: ImageForm): boolean {
	const sizes = a.rows === b.rows && a.columns === b.columns;
	const samples = a.bitsAllocated === b.bitsAllocated && a.signed === b.signed && a.floating === b.floating;
	const spaced =
		a.spacing !== null &&
		b.spacing !== null &&
		close(a.spacing.rowMm, b.spacing.rowMm) &&
		close(a.spacing.columnMm, b.spacing.columnMm);
	return sizes && samples && spaced && a.inverse === b.inverse && parallel(a.orientation, b.orientation);
}

function parallel(a: Orientation | null, b: Orientation | null): boolean {
	if (a === null || b === null) return false;
	const rows = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
	return rows > SAME_DIRECTION && dot(normalOf(a), normalOf(b)) > SAME_DIRECTION;
}

function refused(form: ImageForm | null | undefined): Refusal | null {
	if (form == null || form.orientation === null || form.spacing?.source !== "pixel") return "unordered";
	if (isColour(form)) return "colour";
	return form.modalityLut === null ? null : "table";
}

/** The slices about frame `at`, as far as the heights go one way: one pass of a series that has several. */
function passAbout(frames: readonly Frame[], at: number, form: ImageForm, normal: Vector): Lying[] {
	const lying = (index: number): Lying | null => {
		const frame = frames[index];
		if (frame?.position == null || frame.form === null || !alike(frame.form, form)) return null;
		return { frame: index, position: frame.position, height: dot(frame.position, normal) };
	};
	const first = lying(at);
	if (first === null) return [];
	const found = [first];
	const next = lying(at + 1);
	const rises = next === null ? 0 : Math.sign(next.height - first.height);
	const before = lying(at - 1);
	const sense = rises || (before === null ? 0 : Math.sign(first.height - before.height));
	const goOn = (step: 1 | -1): void => {
		let last = first;
		for (let index = at + step; ; index += step) {
			const one = lying(index);
			if (one === null || (one.height - last.height) * sense * step < SAME_POSITION_MM) return;
			found.push(one);
			last = one;
		}
	};
	goOn(1);
	goOn(-1);
	return found.sort((a, b) => a.height - b.height);
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[sorted.length >> 1] ?? 0;
}

/** The volume about frame `at` of a series, or why there is none. */
export function volumeOf(series: Series, at: number): Volume | Refusal {
	const form = series.frames[at]?.form;
	const why = refused(form);
	if (why !== null || form == null || form.orientation === null || form.spacing === null) {
		return why ?? "unordered";
	}
	const o = form.orientation;
	const normal = unit(normalOf(o));
	const slices = passAbout(series.frames, at, form, normal);
	const [lowest, highest] = [slices[0], slices.at(-1)];
	if (lowest === undefined || highest === undefined || slices.length < SLICES_MIN) {
		return series.frames.length < SLICES_MIN ? "fewSlices" : whyFew(series, form);
	}
	const { columnMm, rowMm } = form.spacing;
	const row = unit([o[0], o[1], o[2]]);
	const column = unit([o[3], o[4], o[5]]);
	const heights = slices.map(({ height }) => height - lowest.height);
	const byHeight = times(minus(highest.position, lowest.position), 1 / (highest.height - lowest.height));
	const [shearRow, shearColumn] = [dot(byHeight, row), dot(byHeight, column)];
	const beside = slices.some(({ position }, k) => {
		const from = minus(position, lowest.position);
		const right = dot(from, row) - shearRow * (heights[k] ?? 0);
		const down = dot(from, column) - shearColumn * (heights[k] ?? 0);
		return Math.abs(right) > OFF_LINE_PIXELS * columnMm || Math.abs(down) > OFF_LINE_PIXELS * rowMm;
	});
	if (beside) return "irregular";
	const steps = heights.slice(1).map((height, k) => height - (heights[k] ?? 0));
	const spacingMm = median(steps);
	return {
		frames: slices.map(({ frame }) => frame),
		heights,
		origin: lowest.position,
		toColumn: times(minus(row, times(normal, shearRow)), 1 / columnMm),
		toRow: times(minus(column, times(normal, shearColumn)), 1 / rowMm),
		normal,
		byColumn: times(row, columnMm),
		byRow: times(column, rowMm),
		byHeight,
		columns: form.columns,
		rows: form.rows,
		spacingMm,
		gaps: steps.filter((step) => step > GAP_FACTOR * spacingMm).length,
		reading: readingOf(slices, highest, lowest),
		form,
	};
}

function readingOf(slices: readonly Lying[], highest: Lying, lowest: Lying): Vector {
	const up = (slices[1]?.frame ?? 0) > lowest.frame;
	return unit(up ? minus(highest.position, lowest.position) : minus(lowest.position, highest.position));
}

/** Frames without places, or frames of many sizes and directions. */
function whyFew(series: Series, form: ImageForm): Refusal {
	const placed = series.frames.filter((one) => one.position !== null && one.form !== null);
	if (placed.length < SLICES_MIN) return "unordered";
	return placed.every((one) => one.form !== null && alike(one.form, form)) ? "fewSlices" : "differ";
}

/** Column, row and height of a place; may lie outside. */
export function indexOf(volume: Volume, place: Vector): Vector {
	const from = minus(place, volume.origin);
	return [dot(from, volume.toColumn), dot(from, volume.toRow), dot(from, volume.normal)];
}

export function placeOf(volume: Volume, [column, row, height]: Vector): Vector {
	const within = plus(times(volume.byColumn, column), times(volume.byRow, row));
	return plus(volume.origin, plus(within, times(volume.byHeight, height)));
}

export function heightOf(volume: Volume): number {
	return volume.heights.at(-1) ?? 0;
}

/** The nearest place that a sample has. */
export function inside(volume: Volume, place: Vector): Vector {
	const [column, row, height] = indexOf(volume, place);
	const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
	return placeOf(volume, [
		within(column, volume.columns - 1),
		within(row, volume.rows - 1),
		within(height, heightOf(volume)),
	]);
}

export function middleOf(volume: Volume): Vector {
	return placeOf(volume, [(volume.columns - 1) / 2, (volume.rows - 1) / 2, heightOf(volume) / 2]);
}

/** The outer corners, half a sample beyond the outermost centres. */
export function cornersOf(volume: Volume): Vector[] {
	const half = volume.spacingMm / 2;
	const sides = (low: number, high: number): readonly number[] => [low, high];
	return sides(-0.5, volume.columns - 0.5).flatMap((column) =>
		sides(-0.5, volume.rows - 0.5).flatMap((row) =>
			sides(-half, heightOf(volume) + half).map((height) => placeOf(volume, [column, row, height])),
		),
	);
}

/** What says how far samples are apart. */
export type Pitched = Pick<Volume, "toColumn" | "toRow" | "normal" | "spacingMm">;

/** How far to go in a direction to come one sample on along the axis that is passed fastest. */
export function pitchAlong(volume: Pitched, direction: Vector): number {
	const rate = Math.max(
		Math.abs(dot(direction, volume.toColumn)),
		Math.abs(dot(direction, volume.toRow)),
		Math.abs(dot(direction, volume.normal)) / volume.spacingMm,
	);
	return 1 / rate;
}

/** The frame whose plane is nearest to a place. */
export function frameNear(volume: Volume, place: Vector): number {
	const height = indexOf(volume, place)[2];
	let best = 0;
	for (const [k, one] of volume.heights.entries()) {
		if (Math.abs(one - height) < Math.abs((volume.heights[best] ?? 0) - height)) best = k;
	}
	return volume.frames[best] ?? 0;
}
