/** The values inside a region of an image. A pixel belongs to it when its centre lies inside. Pure. */
import type { ImageForm } from "../manifest.ts";
import type { Samples } from "../samples.ts";
import type { Point } from "../space.ts";
import { rescaled } from "../voi.ts";

export interface Statistics {
	readonly count: number;
	readonly mean: number;
	/** Of all the pixels inside, not an estimate from them. */
	readonly deviation: number;
	readonly min: number;
	readonly max: number;
}

export interface Box {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

export function boxOf(a: Point, b: Point): Box {
	return {
		left: Math.min(a.x, b.x),
		right: Math.max(a.x, b.x),
		top: Math.min(a.y, b.y),
		bottom: Math.max(a.y, b.y),
	};
}

/** True for stored values that mean no sample. */
export function isPadding(padding: ImageForm["padding"], stored: number): boolean {
	return padding !== null && stored >= padding[0] && stored <= padding[1];
}

/** True when a point lies in a rectangle or in the ellipse that fills it; on the edge counts as inside. */
export function isInside({ left, top, right, bottom }: Box, round: boolean, { x, y }: Point): boolean {
	if (!round) return x >= left && x <= right && y >= top && y <= bottom;
	const [a, b] = [(right - left) / 2, (bottom - top) / 2];
	return a > 0 && b > 0 && ((x - left) / a - 1) ** 2 + ((y - top) / b - 1) ** 2 <= 1;
}

/** The first and last column whose centres lie between `from` and `to`. */
function span(from: number, to: number, columns: number): readonly [number, number] {
	return [Math.max(0, Math.ceil(from - 0.5)), Math.min(columns - 1, Math.floor(to - 0.5))];
}

/** The pixels of a row that are inside; an ellipse is as wide as its height there allows. */
function rowSpan(box: Box, row: number, round: boolean, columns: number): readonly [number, number] {
	if (!round) return span(box.left, box.right, columns);
	const [a, b] = [(box.right - box.left) / 2, (box.bottom - box.top) / 2];
	const up = b > 0 ? (row + 0.5 - (box.top + box.bottom) / 2) / b : 2;
	if (Math.abs(up) > 1) return [0, -1];
	const half = a * Math.sqrt(1 - up * up);
	const middle = (box.left + box.right) / 2;
	return span(middle - half, middle + half, columns);
}

/** Rescaled values inside a rectangle or ellipse; null where no pixel's centre is, and for colour. */
export function statisticsIn(form: ImageForm, samples: Samples, box: Box, round: boolean): Statistics | null {
	if (form.samplesPerPixel > 1 || form.palette !== null) return null;
	const [top, bottom] = span(box.top, box.bottom, form.rows);
	let [count, mean, squares] = [0, 0, 0];
	let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
	for (let row = top; row <= bottom; row++) {
		const [first, last] = rowSpan(box, row, round, form.columns);
		for (let column = first; column <= last; column++) {
			const stored = samples[row * form.columns + column] as number;
			const value = rescaled(stored, form);
			if (isPadding(form.padding, stored) || !Number.isFinite(value)) continue;
			count += 1;
			// Welford's way: exact also for large values that differ little.
			const away = value - mean;
			mean += away / count;
			squares += away * (value - mean);
			min = Math.min(min, value);
			max = Math.max(max, value);
		}
	}
	return count === 0 ? null : { count, mean, deviation: Math.sqrt(squares / count), min, max };
}

/** The rescaled value of the pixel under a point; null outside the image, in padding and for colour. */
export function valueAt(form: ImageForm, samples: Samples, { x, y }: Point): number | null {
	const [column, row] = [Math.floor(x), Math.floor(y)];
	if (column < 0 || row < 0 || column >= form.columns || row >= form.rows) return null;
	if (form.samplesPerPixel > 1 || form.palette !== null) return null;
	const stored = samples[row * form.columns + column] as number;
	return isPadding(form.padding, stored) ? null : rescaled(stored, form);
}
