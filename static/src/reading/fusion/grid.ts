/** The points of an image at which a PET is sampled. Pure; millimetres in the patient. */
import type { Frame } from "../manifest.ts";
import type { Grid } from "../mpr/resample.ts";
import { plus, times } from "../mpr/vectors.ts";
import { normalOf } from "../space.ts";

/** More points than this to a side cost time that scrolling has not. */
const SIDE_MAX = 512;
/** Two points for each sample of the PET: nothing finer is to be seen of it. */
const PER_SAMPLE = 2;

/** `step` pixels of the image lie between two points of the grid. */
export interface ImageGrid {
	readonly grid: Grid;
	readonly step: number;
}

/** The grid of an image's pixel centres (PS3.3 C.7.6.2.1.1), or of blocks of them where the samples that are `finestMm`
 * apart have no more to tell; null where the image does not say where it lies. */
export function imageGrid(
	{ form, position }: Pick<Frame, "form" | "position">,
	finestMm: number,
): ImageGrid | null {
	if (position === null || form?.orientation == null || form.spacing === null) return null;
	const { rows, columns, orientation: o, spacing } = form;
	const enough = Math.floor(finestMm / PER_SAMPLE / Math.max(spacing.rowMm, spacing.columnMm));
	const step = Math.max(1, enough, Math.ceil(Math.max(rows, columns) / SIDE_MAX));
	const right = times([o[0], o[1], o[2]], spacing.columnMm);
	const down = times([o[3], o[4], o[5]], spacing.rowMm);
	// Each point stands for a block of pixels and lies in its middle.
	const inward = (step - 1) / 2;
	return {
		grid: {
			width: Math.ceil(columns / step),
			height: Math.ceil(rows / step),
			origin: plus(position, plus(times(right, inward), times(down, inward))),
			right: times(right, step),
			down: times(down, step),
			normal: normalOf(o),
		},
		step,
	};
}
