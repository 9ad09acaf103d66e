/** Samples of a plane, or of a slab about it, from the slices of a volume: trilinear, on the CPU. Pure.
 *
 * Values are rescaled ones (HU for CT). Between slices the stack's own direction is followed, so a tilted gantry
 * is sheared back exactly. What no slice tells is not made up: it is OUTSIDE the volume, or a GAP in it. */

import type { Vector } from "../manifest.ts";
import type { Samples } from "../samples.ts";
import { dot } from "../space.ts";
import { cellsOf } from "./cells.ts";
import { minus } from "./vectors.ts";
import { GAP_FACTOR, type Pitched, pitchAlong, type Volume } from "./volume.ts";

/** No sample lies there. */
export const OUTSIDE = Number.NEGATIVE_INFINITY;
/** Within the volume, but its slice is missing, not here yet, or unreadable. */
export const GAP = Number.POSITIVE_INFINITY;

export type SlabMode = "mip" | "minip" | "average";

/** 0 mm is the plane alone. */
export interface Slab {
	readonly mode: SlabMode;
	readonly thicknessMm: number;
}

/** The points of a plane: (x, y) lies at origin + x·right + y·down. */
export interface Grid {
	readonly width: number;
	readonly height: number;
	readonly origin: Vector;
	readonly right: Vector;
	readonly down: Vector;
	/** Unit vector. */
	readonly normal: Vector;
}

/** What is in the slices; may cross into a worker, but for the samples. */
export interface Content {
	/** By height; undefined where there is nothing. */
	readonly slices: readonly (Samples | undefined)[];
	readonly slopes: readonly number[];
	readonly intercepts: readonly number[];
	/** Stored values that mean no sample, from and to. */
	readonly padding: readonly [number, number] | null;
}

const HALF = 0.5;
/** Below this share of real samples beside padding there is nothing to show. */
const REAL_SHARE = 0.5;

export class Resampler {
	readonly #volume: Volume;
	readonly #content: Content;
	readonly #heights: Float64Array;
	/** The slice at or below the beginning of each cell of height. */
	readonly #cells: Int32Array;
	readonly #cellsPerMm: number;
	readonly #careful: boolean;
	readonly #columns: number;
	readonly #rows: number;
	readonly #top: number;
	readonly #gapMm: number;
	readonly #slopes: Float64Array;
	readonly #intercepts: Float64Array;

	constructor(volume: Volume, content: Content) {
		this.#volume = volume;
		this.#content = content;
		this.#heights = Float64Array.from(volume.heights);
		this.#careful = content.padding !== null || volume.form.floating;
		this.#columns = volume.columns;
		this.#rows = volume.rows;
		this.#gapMm = GAP_FACTOR * volume.spacingMm;
		this.#slopes = Float64Array.from(content.slopes);
		this.#intercepts = Float64Array.from(content.intercepts);
		this.#top = volume.heights.at(-1) ?? 0;
		const { slices, perMm } = cellsOf(this.#heights, volume.heights.length - 2);
		[this.#cells, this.#cellsPerMm] = [slices, perMm];
	}

	/** Rows `from` to `to` (excluded) of a grid, row by row. */
	rows(grid: Grid, slab: Slab, from: number, to: number): Float32Array<ArrayBuffer> {
		const found = new Float32Array(grid.width * Math.max(0, to - from));
		const { toColumn, toRow, normal } = this.#volume;
		const count = stepsOf(this.#volume, grid.normal, slab);
		const stepMm = count > 1 ? slab.thicknessMm / (count - 1) : 0;
		const start = minus(grid.origin, this.#volume.origin);
		const back = -(stepMm * (count - 1)) / 2;
		const axis = (along: Vector) => ({
			first: dot(start, along) + back * dot(grid.normal, along),
			right: dot(grid.right, along),
			down: dot(grid.down, along),
			deep: stepMm * dot(grid.normal, along),
		});
		const [i, j, h] = [axis(toColumn), axis(toRow), axis(normal)];
		const deep: Vector = [i.deep, j.deep, h.deep];
		for (let y = from, at = 0; y < to; y++) {
			for (let x = 0; x < grid.width; x++, at++) {
				const column = i.first + x * i.right + y * i.down;
				const row = j.first + x * j.right + y * j.down;
				const height = h.first + x * h.right + y * h.down;
				found[at] =
					count === 1
						? this.at(column, row, height)
						: this.#through(column, row, height, deep, count, slab.mode);
			}
		}
		return found;
	}

	#through(
		column: number,
		row: number,
		height: number,
		[byColumn, byRow, byHeight]: Vector,
		count: number,
		mode: SlabMode,
	): number {
		let met = 0;
		let result = EMPTY[mode];
		for (let s = 0; s < count; s++) {
			const value = this.at(column + s * byColumn, row + s * byRow, height + s * byHeight);
			// A slab of which a part is not known is not known: the brightest could lie there.
			if (value === GAP) return GAP;
			if (value === OUTSIDE) continue;
			met++;
			result = joined(mode, result, value);
		}
		if (met === 0) return OUTSIDE;
		return mode === "average" ? result / met : result;
	}

	/** The value at a column and row (from 0 at the first sample's centre) and a height in mm. */
	at(column: number, row: number, height: number): number {
		const value = this.#amidst(column, row, height);
		return value === OUTSIDE ? this.#anywhere(column, row, height) : value;
	}

	/** The value where most places lie: amidst eight samples that are all there. OUTSIDE where it is not so, or not
	 * known at once. */
	#amidst(column: number, row: number, height: number): number {
		const columns = this.#columns;
		if (!(column >= 0 && row >= 0 && column < columns - 1 && row < this.#rows - 1)) return OUTSIDE;
		if (!(height >= 0 && height < this.#top) || this.#careful) return OUTSIDE;
		const heights = this.#heights;
		let k = this.#cells[(height * this.#cellsPerMm) | 0] as number;
		while ((heights[k + 1] as number) <= height) k++;
		const step = (heights[k + 1] as number) - (heights[k] as number);
		const lower = this.#content.slices[k];
		const upper = this.#content.slices[k + 1];
		if (step > this.#gapMm || lower === undefined || upper === undefined) return OUTSIDE;
		const left = column | 0;
		const above = row | 0;
		const a = above * columns + left;
		const x = column - left;
		const y = row - above;
		const below =
			this.#across(lower, a, x, y) * (this.#slopes[k] as number) + (this.#intercepts[k] as number);
		const next =
			this.#across(upper, a, x, y) * (this.#slopes[k + 1] as number) + (this.#intercepts[k + 1] as number);
		return below + (next - below) * ((height - (heights[k] as number)) / step);
	}

	/** Between the four stored values at `a` and after it. */
	#across(slice: Samples, a: number, x: number, y: number): number {
		const b = a + this.#columns;
		const upper = (1 - x) * (slice[a] as number) + x * (slice[a + 1] as number);
		return (1 - y) * upper + y * ((1 - x) * (slice[b] as number) + x * (slice[b + 1] as number));
	}

	#anywhere(column: number, row: number, height: number): number {
		const { columns, rows, spacingMm } = this.#volume;
		if (!(column >= -HALF && row >= -HALF && column <= columns - HALF && row <= rows - HALF)) return OUTSIDE;
		const last = this.#heights.length - 1;
		const top = this.#heights[last] as number;
		if (height < -spacingMm * HALF || height > top + spacingMm * HALF) return OUTSIDE;
		if (height <= 0) return this.#inSlice(0, column, row);
		if (height >= top) return this.#inSlice(last, column, row);
		let k = this.#cells[(height * this.#cellsPerMm) | 0] as number;
		while (k < last - 1 && (this.#heights[k + 1] as number) <= height) k++;
		const up = height - (this.#heights[k] as number);
		const step = (this.#heights[k + 1] as number) - (this.#heights[k] as number);
		if (step > GAP_FACTOR * spacingMm) return this.#atGap(k, up, step, column, row);
		if (up === 0) return this.#inSlice(k, column, row);
		const below = this.#inSlice(k, column, row);
		const above = this.#inSlice(k + 1, column, row);
		const t = up / step;
		const value = below + (above - below) * t;
		// Infinities stand for what is not there.
		if (value - value === 0) return value;
		if (below === GAP || above === GAP) return GAP;
		return t < HALF ? below : above;
	}

	/** A slice reaches half the usual distance into a gap, and no further. */
	#atGap(k: number, up: number, step: number, column: number, row: number): number {
		const reach = this.#volume.spacingMm * HALF;
		if (up <= reach) return this.#inSlice(k, column, row);
		return step - up <= reach ? this.#inSlice(k + 1, column, row) : GAP;
	}

	#inSlice(k: number, column: number, row: number): number {
		const slice = this.#content.slices[k];
		if (slice === undefined) return GAP;
		const { columns, rows } = this.#volume;
		const i = column <= 0 ? 0 : column >= columns - 1 ? columns - 1 : column;
		const j = row <= 0 ? 0 : row >= rows - 1 ? rows - 1 : row;
		const left = i | 0;
		const upper = j | 0;
		const right = left + 1 < columns ? 1 : 0;
		const a = upper * columns + left;
		const b = upper + 1 < rows ? a + columns : a;
		const x = i - left;
		const y = j - upper;
		const p = slice[a] as number;
		const q = slice[a + right] as number;
		const r = slice[b] as number;
		const s = slice[b + right] as number;
		const whole =
			!this.#careful || (this.#isReal(p) && this.#isReal(q) && this.#isReal(r) && this.#isReal(s));
		const stored = whole
			? (1 - y) * ((1 - x) * p + x * q) + y * ((1 - x) * r + x * s)
			: this.#among([p, q, r, s], x, y);
		if (stored === OUTSIDE) return OUTSIDE;
		return stored * (this.#content.slopes[k] as number) + (this.#content.intercepts[k] as number);
	}

	#isReal(stored: number): boolean {
		const { padding } = this.#content;
		if (padding !== null && stored >= padding[0] && stored <= padding[1]) return false;
		return Number.isFinite(stored);
	}

	/** As between four samples, of which some may be padding or no numbers; OUTSIDE where most are. */
	#among(corners: readonly [number, number, number, number], x: number, y: number): number {
		const weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
		let sum = 0;
		let real = 0;
		for (const [corner, stored] of corners.entries()) {
			if (!this.#isReal(stored)) continue;
			sum += stored * (weights[corner] as number);
			real += weights[corner] as number;
		}
		return real < REAL_SHARE ? OUTSIDE : sum / real;
	}
}

/** What a slab is before its first sample. */
const EMPTY: Readonly<Record<SlabMode, number>> = {
	mip: Number.NEGATIVE_INFINITY,
	minip: Number.POSITIVE_INFINITY,
	average: 0,
};

function joined(mode: SlabMode, before: number, value: number): number {
	if (mode === "average") return before + value;
	return (mode === "mip") === value > before ? value : before;
}

/** How many samples a slab has in its depth: one for each sample of the volume that it passes. */
export function stepsOf(volume: Pitched, normal: Vector, { thicknessMm }: Slab): number {
	if (!(thicknessMm > 0)) return 1;
	return Math.max(2, Math.ceil(thicknessMm / pitchAlong(volume, normal) - 1e-6) + 1);
}
