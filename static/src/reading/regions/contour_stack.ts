/** The closed contours of a structure set as stacks of slices whose pixels are numbers of `Combos`, in the grid of the
 * images that they were drawn on. A pixel is of a region when its centre lies within. Millimetres in the patient. */
import type { Frame, Series, Vector } from "../manifest.ts";
import { type Contour, names } from "../objects/told.ts";
import { dot } from "../space.ts";
import type { Combos } from "./combos.ts";
import { axesOf, type LabelSlice, type LabelStack, type Placed, reachMm } from "./label_stack.ts";
import { halfSliceMm, pointsOf } from "./placing.ts";

/** Contours of one slice are written at heights that differ by less. */
const SAME_HEIGHT_MM = 0.1;

/** A contour in the grid: columns and rows in turns, the centre of the first pixel at 0, 0. */
interface Drawn {
	readonly roi: number;
	readonly height: number;
	readonly points: Float64Array;
}

/** The grid that contours are laid into: that of the first image that says where it lies. */
interface Grid extends Pick<LabelStack, "normal" | "toColumn" | "toRow"> {
	readonly origin: Vector;
	readonly rows: number;
	readonly columns: number;
}

function gridOf({ frames }: Pick<Series, "frames">): Grid | null {
	const first = frames.find(({ position, form }) => position !== null && form?.orientation && form.spacing);
	if (first?.position == null || first.form === null) return null;
	const { rows, columns } = first.form;
	return { ...axesOf(first), origin: first.position, rows, columns };
}

/** A contour where it lies in the grid; null where its points do not lie in one slice. */
function drawn(contour: Contour, grid: Grid, halfMm: number): Drawn | null {
	const places = pointsOf(contour).map((place): Vector => {
		const [x, y, z] = place;
		return [x - grid.origin[0], y - grid.origin[1], z - grid.origin[2]];
	});
	const heights = places.map((place) => dot(place, grid.normal));
	const low = heights.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
	const high = heights.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
	if (!(high - low <= halfMm)) return null;
	const points = Float64Array.from(
		places.flatMap((place) => [dot(place, grid.toColumn), dot(place, grid.toRow)]),
	);
	return { roi: contour.roi, height: (low + high) / 2, points };
}

/** Contours of the same slice together, by growing height. */
function slicesOf(all: readonly Drawn[]): Drawn[][] {
	const slices: Drawn[][] = [];
	for (const one of [...all].sort((a, b) => a.height - b.height)) {
		const [below] = slices.at(-1) ?? [];
		if (below !== undefined && one.height - below.height <= SAME_HEIGHT_MM) slices.at(-1)?.push(one);
		else slices.push([one]);
	}
	return slices;
}

/** The part of the grid that contours reach; empty where none is in it. */
function boxOf(contours: readonly Drawn[], grid: Grid): Omit<LabelSlice, "position" | "numbers"> {
	let [left, top, right, bottom] = [grid.columns, grid.rows, -1, -1];
	for (const { points } of contours) {
		for (let i = 0; i < points.length; i += 2) {
			const [x, y] = [points[i] as number, points[i + 1] as number];
			left = Math.min(left, Math.max(0, Math.ceil(x)));
			top = Math.min(top, Math.max(0, Math.ceil(y)));
			right = Math.max(right, Math.min(grid.columns - 1, Math.floor(x)));
			bottom = Math.max(bottom, Math.min(grid.rows - 1, Math.floor(y)));
		}
	}
	return { left, top, columns: Math.max(0, right - left + 1), rows: Math.max(0, bottom - top + 1) };
}

/** Where the edges of contours cross each row of a slice, from left to right. */
function crossings(contours: readonly Drawn[], { top, rows }: Pick<LabelSlice, "top" | "rows">): number[][] {
	const found: number[][] = Array.from({ length: rows }, () => []);
	for (const { points } of contours) {
		for (let i = 0, before = points.length - 2; i < points.length; before = i, i += 2) {
			const [fromRow, toRow] = [points[before + 1] as number, points[i + 1] as number];
			const [from, to] = [points[before] as number, points[i] as number];
			const end = Math.min(top + rows, Math.ceil(Math.max(fromRow, toRow)));
			for (let row = Math.max(top, Math.ceil(Math.min(fromRow, toRow))); row < end; row++)
				found[row - top]?.push(from + ((row - fromRow) / (toRow - fromRow)) * (to - from));
		}
	}
	for (const row of found) row.sort((a, b) => a - b);
	return found;
}

/** Joins a number to what lies within the contours of one region; what is in two of them is a hole (even-odd). */
function fill(contours: readonly Drawn[], number: number, combos: Combos, slice: LabelSlice): void {
	const { left, columns, numbers } = slice;
	for (const [row, edges] of crossings(contours, slice).entries()) {
		for (let i = 0; i + 1 < edges.length; i += 2) {
			const end = Math.min(columns, Math.ceil(edges[i + 1] as number) - left);
			for (let x = Math.max(0, Math.ceil(edges[i] as number) - left); x < end; x++) {
				const at = row * columns + x;
				numbers[at] = combos.joined(numbers[at] as number, number);
			}
		}
	}
}

/** What the contours of one slice hold. */
function sliceOf(
	contours: readonly Drawn[],
	combos: Combos,
	grid: Grid,
): LabelSlice & { readonly height: number } {
	const { origin, normal } = grid;
	const height = contours[0]?.height ?? 0;
	const position: Vector = [
		origin[0] + height * normal[0],
		origin[1] + height * normal[1],
		origin[2] + height * normal[2],
	];
	const box = boxOf(contours, grid);
	const slice = { ...box, position, numbers: new Uint32Array(box.columns * box.rows), height };
	for (const roi of new Set(contours.map((one) => one.roi))) {
		const own = contours.filter((one) => one.roi === roi);
		fill(own, combos.single(roi), combos, slice);
	}
	return slice;
}

function lies(contour: Contour, frames: readonly Frame[], reference: string): boolean {
	if (contour.kind !== "CLOSED_PLANAR") return false;
	const shared = reference !== "" && reference === contour.frame_of_reference_uid;
	return shared || frames.some((frame) => names(contour.images, frame));
}

/** The slices of the contours that lie in the space of `series`; none where no image says where it lies. */
export function contourStacks(contours: readonly Contour[], combos: Combos, placed: Placed): LabelStack[] {
	const { series, reference, drawnOn } = placed;
	const grid = gridOf(drawnOn);
	const [first] = drawnOn.frames;
	if (grid === null || first === undefined) return [];
	const halfMm = halfSliceMm(drawnOn, first);
	const here = contours
		.filter((one) => lies(one, series.frames, reference))
		.map((one) => drawn(one, grid, halfMm))
		.filter((one) => one !== null);
	const slices = slicesOf(here).map((together) => sliceOf(together, combos, grid));
	if (slices.length === 0) return [];
	const reach = reachMm(slices, halfMm);
	const { normal, toColumn, toRow } = grid;
	return [{ normal, toColumn, toRow, spacingMm: 2 * reach, reachMm: reach, slices }];
}
