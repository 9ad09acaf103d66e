/** The labels of a plane's points: of the nearest pixel of the nearest slice, never between two. Pure. */
import type { Vector } from "../manifest.ts";
import { cellsOf } from "../mpr/cells.ts";
import { type Grid, type Slab, stepsOf } from "../mpr/resample.ts";
import { minus } from "../mpr/vectors.ts";
import { dot } from "../space.ts";
import type { Combos } from "./combos.ts";
import type { LabelSlice, LabelStack } from "./label_stack.ts";
import { SAME_PLACE_MM } from "./placing.ts";

const HALF = 0.5;

/** More samples than this in the depth of a slab show nothing more. */
const STEPS_MAX = 512;

export class LabelSampler {
	readonly #stack: LabelStack;
	readonly #combos: Combos;
	readonly #origin: Vector;
	readonly #heights: Float64Array;
	/** Column and row at which the first pixel of each slice lies in the grid of the first. */
	readonly #columns: Float64Array;
	readonly #rows: Float64Array;
	/** The slice at or below the beginning of each cell of height. */
	readonly #cells: Int32Array;
	readonly #cellsPerMm: number;
	readonly #reach: number;
	readonly #top: number;

	constructor(stack: LabelStack, combos: Combos) {
		this.#stack = stack;
		this.#combos = combos;
		const { slices, normal, toColumn, toRow } = stack;
		this.#origin = slices[0]?.position ?? [0, 0, 0];
		const along = (way: Vector) =>
			Float64Array.from(slices, ({ position }) => dot(minus(position, this.#origin), way));
		this.#heights = along(normal);
		this.#columns = along(toColumn);
		this.#rows = along(toRow);
		this.#reach = stack.reachMm + SAME_PLACE_MM;
		this.#top = this.#heights.at(-1) ?? 0;
		const cells = cellsOf(this.#heights, slices.length - 1);
		[this.#cells, this.#cellsPerMm] = [cells.slices, cells.perMm];
	}

	/** Joins the labels of rows `from` to `to` (excluded) of a grid to those that are there already. Of a slab all that
	 * occur in any sample of its depth, whatever its mode: a thin structure is not lost in it. */
	join(grid: Grid, slab: Slab, from: number, to: number, onto: Uint32Array): void {
		const { toColumn, toRow, normal, slices } = this.#stack;
		if (slices.length === 0) return;
		const count = Math.min(STEPS_MAX, stepsOf(this.#stack, grid.normal, slab));
		const stepMm = count > 1 ? slab.thicknessMm / (count - 1) : 0;
		const start = minus(grid.origin, this.#origin);
		const back = -(stepMm * (count - 1)) / 2;
		const axis = (way: Vector) => ({
			first: dot(start, way) + back * dot(grid.normal, way),
			right: dot(grid.right, way),
			down: dot(grid.down, way),
			deep: stepMm * dot(grid.normal, way),
		});
		const [i, j, h] = [axis(toColumn), axis(toRow), axis(normal)];
		const deep: Vector = [i.deep, j.deep, h.deep];
		for (let y = from; y < to; y++) {
			for (let x = 0, at = y * grid.width; x < grid.width; x++, at++) {
				const column = i.first + x * i.right + y * i.down;
				const row = j.first + x * j.right + y * j.down;
				const height = h.first + x * h.right + y * h.down;
				const found =
					count === 1 ? this.#at(column, row, height) : this.#through(column, row, height, deep, count);
				if (found !== 0) onto[at] = this.#combos.joined(onto[at] as number, found);
			}
		}
	}

	#through(column: number, row: number, height: number, [i, j, h]: Vector, count: number): number {
		let found = 0;
		let last = 0;
		for (let s = 0; s < count; s++) {
			const one = this.#at(column + s * i, row + s * j, height + s * h);
			if (one === last || one === 0) continue;
			last = one;
			found = this.#combos.joined(found, one);
		}
		return found;
	}

	#at(column: number, row: number, height: number): number {
		const k = this.#nearest(height);
		if (k < 0) return 0;
		const slice = this.#stack.slices[k] as LabelSlice;
		const x = Math.floor(column - (this.#columns[k] as number) + HALF) - slice.left;
		const y = Math.floor(row - (this.#rows[k] as number) + HALF) - slice.top;
		if (x < 0 || y < 0 || x >= slice.columns || y >= slice.rows) return 0;
		return slice.numbers[y * slice.columns + x] as number;
	}

	/** The slice nearest to a height; -1 where none reaches it. */
	#nearest(height: number): number {
		const heights = this.#heights;
		const last = heights.length - 1;
		const reach = this.#reach;
		if (!(height >= -reach && height <= this.#top + reach)) return -1;
		const cell = height > 0 ? (height * this.#cellsPerMm) | 0 : 0;
		let k = this.#cells[cell < this.#cells.length ? cell : this.#cells.length - 1] as number;
		let away = height - (heights[k] as number);
		// Heights grow: the next one is nearer as long as this one is below by more than that is above.
		while (k < last && (heights[k + 1] as number) - height < away) {
			k++;
			away = height - (heights[k] as number);
		}
		return away <= reach && -away <= reach ? k : -1;
	}
}
