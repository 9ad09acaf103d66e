/** Segmentations in space, and what lies in a place by definition: the nearest pixel of the nearest slice. */
import type { Frame, Orientation, Series, Vector } from "../../../../static/src/reading/manifest.ts";
import type { Grid } from "../../../../static/src/reading/mpr/resample.ts";
import type { MaskFrame, MaskFrames } from "../../../../static/src/reading/objects/told.ts";
import { Combos } from "../../../../static/src/reading/regions/combos.ts";
import { LabelSampler } from "../../../../static/src/reading/regions/label_sampler.ts";
import { labelStacks } from "../../../../static/src/reading/regions/label_stack.ts";
import { Masks } from "../../../../static/src/reading/regions/masks.ts";
import { aForm, aSeries } from "../studies.ts";
import { aRecord, bitsOf, SPACE, wordsOf } from "./regions.ts";

/** A series of slices of 2.5 mm at these places. */
export function aStackOf(positions: readonly Vector[], orientation: Orientation, spacingMm = 2.5): Series {
	const form = aForm({ orientation });
	const frames = positions.map(
		(position, k): Frame => ({ sopInstanceUid: `1.2.${k}`, number: 1, form, position, problem: null }),
	);
	const plain = aSeries(0);
	return { ...plain, frames, stack: { ...plain.stack, spacingMm } };
}

/** Pixels that no rule foretells, the same each time. */
export function pixelsOf(seed: number, count: number, kinds = 2): number[] {
	let state = seed + 1;
	return Array.from({ length: count }, () => {
		state = (state * 48_271) % 2_147_483_647;
		return state % kinds;
	});
}

export async function masksOf(all: MaskFrames, pixels: readonly (readonly number[])[]): Promise<Masks> {
	const bytes = (one: readonly number[]): Uint8Array<ArrayBuffer> => {
		if (all.label_map) return wordsOf(one);
		return all.fractional ? Uint8Array.from(one) : bitsOf(one);
	};
	const isBinary = !all.label_map && !all.fractional;
	const records = await Promise.all(pixels.map((one, i) => aRecord(i, bytes(one), isBinary)));
	return new Masks(all, records, () => undefined);
}

export type Labels = ReadonlyMap<number, number>;

/** The labels of each point of a grid as they are sampled. */
export async function sampled(
	masks: Masks,
	series: Series,
	grid: Grid,
	changes: { thicknessMm?: number; reference?: string; drawnOn?: Series } = {},
): Promise<Labels[]> {
	const { thicknessMm = 0, reference = SPACE, drawnOn = series } = changes;
	const combos = new Combos();
	const stacks = await labelStacks(masks, combos, { series, reference, drawnOn });
	const numbers = new Uint32Array(grid.width * grid.height);
	for (const stack of stacks) {
		const sampler = new LabelSampler(stack, combos);
		for (let y = 0; y < grid.height; y += 3)
			sampler.join(grid, { mode: "mip", thicknessMm }, y, Math.min(grid.height, y + 3), numbers);
	}
	return [...numbers].map((one) => combos.of(one));
}

export function pointOf({ origin, right, down, width }: Grid, i: number): Vector {
	const [x, y] = [i % width, Math.floor(i / width)];
	const one = (axis: 0 | 1 | 2): number => origin[axis] + x * right[axis] + y * down[axis];
	return [one(0), one(1), one(2)];
}

function dot(a: readonly number[], b: readonly number[]): number {
	return a.reduce((sum, one, i) => sum + one * (b[i] ?? 0), 0);
}

/** Column, row and height of a place over a frame (PS3.3 C.7.6.2.1.1). */
function over({ position, orientation: o, spacing_mm }: MaskFrame, place: Vector): Vector {
	const [row, column] = [(o ?? []).slice(0, 3), (o ?? []).slice(3)] as [number[], number[]];
	const [rowMm, columnMm] = spacing_mm ?? [1, 1];
	const from = place.map((one, axis) => one - (position?.[axis] ?? 0));
	const normal = [0, 1, 2].map((i) => {
		const [j, k] = [(i + 1) % 3, (i + 2) % 3];
		return (row[j] ?? 0) * (column[k] ?? 0) - (row[k] ?? 0) * (column[j] ?? 0);
	});
	return [dot(from, row) / columnMm, dot(from, column) / rowMm, dot(from, normal)];
}

/** The segments of a place: every frame that is as near as the nearest one tells of its pixel. */
export function labelsAt(
	all: MaskFrames,
	pixels: readonly (readonly number[])[],
	place: Vector,
	halfMm: number,
	levelOf: (value: number) => number = Math.sign,
): Labels {
	const lying = all.frames.map((frame, i) => ({ frame, i, at: over(frame, place) }));
	const nearest = Math.min(...lying.map(({ at }) => Math.abs(at[2])));
	const found = new Map<number, number>();
	if (nearest > halfMm) return found;
	for (const { frame, i, at } of lying) {
		if (Math.abs(at[2]) > nearest + 1e-6) continue;
		const [x, y] = [Math.round(at[0]), Math.round(at[1])];
		if (x < 0 || y < 0 || x >= all.columns || y >= all.rows) continue;
		const value = pixels[i]?.[y * all.columns + x] ?? 0;
		const segment = all.label_map ? value : (frame.segments[0] ?? 0);
		if (value > 0) found.set(segment, all.label_map ? 1 : levelOf(value));
	}
	return found;
}
