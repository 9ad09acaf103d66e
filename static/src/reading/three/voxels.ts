/** A volume as even cubes, for rendering: coarser than the slices, with its axes at right angles. Millimetres. */
import type { Vector } from "../manifest.ts";
import { finestMm } from "../mpr/plane.ts";
import type { Grid, Resampler, Slab } from "../mpr/resample.ts";
import { plus, times, unit } from "../mpr/vectors.ts";
import { cornersOf, type Volume } from "../mpr/volume.ts";
import { dot } from "../space.ts";

export type Sides = readonly [number, number, number];

/** How many cubes there are along each axis, how large they are, and where they lie in the patient. */
export interface Layout {
	readonly sides: Sides;
	readonly mm: number;
	/** Centre of the first cube. */
	readonly origin: Vector;
	/** Unit vectors along rows, along columns, across slices. */
	readonly axes: readonly [Vector, Vector, Vector];
	/** Values are kept this many times as large as they are. */
	readonly scale: number;
}

/** What rendering works on. */
export interface Voxels {
	readonly sides: Sides;
	readonly mm: number;
	readonly values: Int16Array;
}

/** No sample lies there. */
export const NOTHING = -32_768;
const LARGEST = 32_000;
const THIN: Slab = { mode: "average", thicknessMm: 0 };
const PIECE_MS = 8;

/** The largest value that a series' samples can stand for; numbers with a point tell none. */
function largestOf({ form }: Volume): number {
	if (form.floating) return LARGEST;
	const stored = 2 ** (form.signed ? form.bitsStored - 1 : form.bitsStored);
	return Math.abs(stored * form.rescaleSlope) + Math.abs(form.rescaleIntercept);
}

/** The cubes that hold a volume, at most `sideMax` to a side. */
export function layoutOf(volume: Volume, sideMax: number): Layout {
	const axes: Layout["axes"] = [unit(volume.byColumn), unit(volume.byRow), volume.normal];
	const corners = cornersOf(volume);
	const ends = axes.map((axis) => {
		const along = corners.map((corner) => dot(corner, axis));
		return { from: Math.min(...along), to: Math.max(...along) };
	});
	const longest = Math.max(...ends.map(({ from, to }) => to - from));
	const mm = Math.max(finestMm(volume), longest / sideMax);
	const side = (axis: 0 | 1 | 2): number => {
		const { from = 0, to = 0 } = ends[axis] ?? {};
		return Math.max(2, Math.ceil((to - from) / mm - 1e-6));
	};
	const origin = axes.reduce<Vector>(
		(sum, axis, i) => plus(sum, times(axis, (ends[i]?.from ?? 0) + mm / 2)),
		[0, 0, 0],
	);
	const largest = largestOf(volume);
	return { sides: [side(0), side(1), side(2)], mm, origin, axes, scale: Math.min(1, LARGEST / largest) };
}

/** The plane of cubes `k` across the slices. */
export function gridAt({ sides, mm, origin, axes }: Layout, k: number): Grid {
	return {
		width: sides[0],
		height: sides[1],
		origin: plus(origin, times(axes[2], k * mm)),
		right: times(axes[0], mm),
		down: times(axes[1], mm),
		normal: axes[2],
	};
}

export interface Pace {
	readonly breathe: () => Promise<void>;
	readonly now: () => number;
	/** Told between two pieces; true gives up. */
	readonly stop: (share: number) => boolean;
}

/** A value as cubes keep it; infinities stand for what no slice tells. */
function kept(value: number, scale: number): number {
	if (!Number.isFinite(value)) return NOTHING;
	return Math.min(LARGEST, Math.max(-LARGEST, Math.round(value * scale)));
}

/** Fills the cubes with rescaled values in short pieces of time; false when it was given up. */
export async function fill(
	layout: Layout,
	resampler: Pick<Resampler, "rows">,
	values: Int16Array,
	{ breathe, now, stop }: Pace,
): Promise<boolean> {
	const [width, height, depth] = layout.sides;
	let began = now();
	for (let k = 0; k < depth; k++) {
		const plane = resampler.rows(gridAt(layout, k), THIN, 0, height);
		for (let i = 0, at = k * width * height; i < plane.length; i++, at++) {
			values[at] = kept(plane[i] as number, layout.scale);
		}
		if (now() - began < PIECE_MS) continue;
		await breathe();
		if (stop((k + 1) / depth)) return false;
		began = now();
	}
	return !stop(1);
}
