/** Finding a slice by height: a table of even cells says where to look from. Pure. */

const CELLS_MAX = 16_384;

export interface Cells {
	/** The slice at or below the beginning of each cell, counted from the lowest. */
	readonly slices: Int32Array;
	readonly perMm: number;
}

/** Cells over heights in millimetres that grow from 0, none of them beyond slice `last`. */
export function cellsOf(heights: Float64Array, last: number): Cells {
	const total = heights.at(-1) ?? 0;
	const count = Math.max(1, Math.min(CELLS_MAX, 2 * heights.length));
	const perMm = total > 0 ? (count - 1) / total : 0;
	let k = 0;
	const slices = Int32Array.from({ length: count }, (_, cell) => {
		while (k < last && (heights[k + 1] as number) <= cell / (perMm || 1)) k++;
		return k;
	});
	return { slices, perMm };
}
