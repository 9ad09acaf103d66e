/** The frames of a segmentation as stacks of slices whose pixels are numbers of `Combos`. Millimetres in the patient. */
import type { Frame, Series, Vector } from "../manifest.ts";
import { type MaskFrame, type MaskFrames, names } from "../objects/told.ts";
import { dot, normalOf } from "../space.ts";
import type { Plane } from "../tools/spatial.ts";
import type { Combos } from "./combos.ts";
import { numbersIn } from "./labels.ts";
import { levelsOf, type Masks } from "./masks.ts";
import { halfSliceMm, planeOf, SAME_PLACE_MM } from "./placing.ts";

type Numbers = Uint8Array | Uint16Array | Uint32Array;

/** The smallest part of a slice in which there is anything. `position`: the centre of the frame's first pixel. */
export interface LabelSlice {
	readonly position: Vector;
	readonly left: number;
	readonly top: number;
	readonly columns: number;
	readonly rows: number;
	readonly numbers: Numbers;
}

/** Parallel slices of one grid, by growing height along the normal. A slice stands for what is nearer to it than to
 * any other, and no farther from it than `reachMm`. */
export interface LabelStack {
	readonly normal: Vector;
	/** A place lies at column dot(p - position, toColumn), row dot(p - position, toRow) of a slice. */
	readonly toColumn: Vector;
	readonly toRow: Vector;
	readonly spacingMm: number;
	readonly reachMm: number;
	readonly slices: readonly LabelSlice[];
}

/** Frames of one place. */
interface Place {
	readonly position: Vector;
	readonly height: number;
	readonly frames: number[];
}

/** Frames that lie in parallel, before their pixels are looked at. */
interface Pile {
	readonly plane: Plane;
	readonly places: Place[];
}

const SAME_DIRECTION = 0.99999;

/** How a pile's directions become columns and rows. */
export function axesOf({ form }: Pick<Plane, "form">): Pick<LabelStack, "normal" | "toColumn" | "toRow"> {
	const o = form?.orientation ?? [1, 0, 0, 0, 1, 0];
	const { rowMm, columnMm } = form?.spacing ?? { rowMm: 1, columnMm: 1 };
	return {
		normal: normalOf(o),
		toColumn: [o[0] / columnMm, o[1] / columnMm, o[2] / columnMm],
		toRow: [o[3] / rowMm, o[4] / rowMm, o[5] / rowMm],
	};
}

/** True when two planes have columns and rows of one direction and size. */
function isAlike(one: Plane, other: Plane): boolean {
	const [a, b] = [axesOf(one), axesOf(other)];
	return ([a.toColumn, a.toRow] as const).every((along, at) => {
		const beside = at === 0 ? b.toColumn : b.toRow;
		const [size, share] = [dot(along, along), dot(along, beside)];
		return (
			Math.abs(share / size - 1) < 1 - SAME_DIRECTION &&
			Math.abs(dot(beside, beside) / size - 1) < 1 - SAME_DIRECTION
		);
	});
}

/** Where a frame of a segmentation lies: it says so, or the image that it names has the same pixels and says it. */
function placed(mask: MaskFrame, all: MaskFrames, frames: readonly Frame[]): Plane | null {
	const own = planeOf(mask, all);
	if (own !== null) return own;
	const image = frames.find((one) => names(mask.images, one));
	const isSame = image?.form?.rows === all.rows && image.form.columns === all.columns;
	if (!isSame || image.position === null || image.form?.orientation == null) return null;
	return image.form.spacing === null ? null : image;
}

/** The place of a pile that a position belongs to, a new one where none has its height; null where another place has. */
function placeIn({ plane, places }: Pile, position: Vector): Place | null {
	const height = dot(position, axesOf(plane).normal);
	const near = places.find((one) => Math.abs(one.height - height) <= SAME_PLACE_MM);
	if (near === undefined) {
		const made = { position, height, frames: [] };
		places.push(made);
		return made;
	}
	const away = Math.hypot(...position.map((one, axis) => one - (near.position[axis] ?? 0)));
	return away <= 2 * SAME_PLACE_MM ? near : null;
}

/** The frames that lie in the space of a series, those of parallel grids together. `reference`: of the series. */
function pilesOf(all: MaskFrames, { frames }: Pick<Series, "frames">, reference: string): Pile[] {
	const piles: Pile[] = [];
	const shared = reference !== "" && reference === all.frame_of_reference_uid;
	for (const [i, mask] of all.frames.entries()) {
		if (!shared && !frames.some((one) => names(mask.images, one))) continue;
		const plane = placed(mask, all, frames);
		if (plane?.position == null) continue;
		const { position } = plane;
		const known = piles.filter((one) => isAlike(one.plane, plane));
		const place = known.map((one) => placeIn(one, position)).find((one) => one !== null);
		if (place !== undefined) place?.frames.push(i);
		else
			piles.push({ plane, places: [{ position, height: dot(position, axesOf(plane).normal), frames: [i] }] });
	}
	for (const { places } of piles) places.sort((a, b) => a.height - b.height);
	return piles;
}

/** Writes the segments of a frame over those that are there already. */
function lay(pixels: Uint8Array, frame: MaskFrame, all: MaskFrames, combos: Combos, onto: Uint32Array): void {
	const [segment = 0] = frame.segments;
	if (all.label_map) {
		const known = new Map<number, number>();
		const numberOf = (label: number): number => {
			const found = known.get(label) ?? combos.single(label);
			known.set(label, found);
			return found;
		};
		layEach(numbersIn(pixels), numberOf, combos, onto);
		return;
	}
	if (all.fractional) {
		const byValue = Array.from({ length: 256 }, (_, value) => {
			const level = levelsOf(value, all.maximum);
			return level === 0 ? 0 : combos.single(segment, level);
		});
		layEach(pixels, (value) => byValue[value] ?? 0, combos, onto);
		return;
	}
	layBits(pixels, combos.single(segment), combos, onto);
}

function layEach(
	values: Uint8Array | Uint16Array,
	numberOf: (value: number) => number,
	combos: Combos,
	onto: Uint32Array,
): void {
	let last = 0;
	let number = 0;
	for (let i = 0; i < onto.length; i++) {
		const value = values[i] as number;
		if (value === 0) continue;
		if (value !== last) {
			last = value;
			number = numberOf(value);
		}
		const below = onto[i] as number;
		onto[i] = below === 0 ? number : combos.joined(below, number);
	}
}

function layBits(bits: Uint8Array, number: number, combos: Combos, onto: Uint32Array): void {
	for (let byte = 0; byte < bits.length; byte++) {
		// Most of a frame is empty.
		for (let rest = bits[byte] as number, i = 8 * byte; rest !== 0 && i < onto.length; rest >>= 1, i++) {
			if ((rest & 1) === 1) onto[i] = combos.joined(onto[i] as number, number);
		}
	}
}

/** Numbers in as few bytes as hold the greatest of them. */
function roomFor(count: number, most: number): Numbers {
	if (most < 2 ** 8) return new Uint8Array(count);
	return most < 2 ** 16 ? new Uint16Array(count) : new Uint32Array(count);
}

/** The part of a slice in which there is anything; null where there is nothing. */
function cut(numbers: Uint32Array, columns: number, position: Vector): LabelSlice | null {
	let left = columns;
	let right = -1;
	let top = -1;
	let bottom = -1;
	let most = 0;
	for (let i = 0; i < numbers.length; i++) {
		const number = numbers[i] as number;
		if (number === 0) continue;
		const x = i % columns;
		bottom = (i - x) / columns;
		if (top < 0) top = bottom;
		if (x < left) left = x;
		if (x > right) right = x;
		if (number > most) most = number;
	}
	if (top < 0) return null;
	const [width, rows] = [right - left + 1, bottom - top + 1];
	const kept = roomFor(width * rows, most);
	for (let row = 0; row < rows; row++) {
		const from = (top + row) * columns + left;
		kept.set(numbers.subarray(from, from + width), row * width);
	}
	return { position, left, top, columns: width, rows, numbers: kept };
}

/** How far a slice reaches: half the way to the next image of the series that it was drawn on, or to the next slice
 * of its own where those are nearer. A slice that is left out says that nothing is there. */
export function reachMm(places: readonly Pick<Place, "height">[], halfMm: number): number {
	const steps = places.slice(1).map(({ height }, k) => (height - (places[k]?.height ?? 0)) / 2);
	return Math.min(halfMm, ...steps);
}

/** `series`: what planes are made of, `reference` its frame of reference; `drawnOn`: what an object was made for. */
export interface Placed {
	readonly series: Series;
	readonly reference: string;
	readonly drawnOn: Series;
}

/** The slices of a segmentation in the space of a series. Frames that cannot be decoded are left out. */
export async function labelStacks(masks: Masks, combos: Combos, shown: Placed): Promise<LabelStack[]> {
	const { all } = masks;
	const [first] = shown.drawnOn.frames;
	const halfMm = first === undefined ? SAME_PLACE_MM : halfSliceMm(shown.drawnOn, first);
	const stacks: LabelStack[] = [];
	const ground = new Uint32Array(all.rows * all.columns);
	for (const { plane, places } of pilesOf(all, shown.series, shown.reference)) {
		const reach = reachMm(places, halfMm);
		const slices: LabelSlice[] = [];
		for (const { position, frames } of places) {
			ground.fill(0);
			for (const i of frames) {
				const pixels = await masks.pixels(i);
				if (pixels !== null) lay(pixels, all.frames[i] as MaskFrame, all, combos, ground);
			}
			const slice = cut(ground, all.columns, position);
			if (slice !== null) slices.push(slice);
		}
		stacks.push({ ...axesOf(plane), spacingMm: 2 * reach, reachMm: reach, slices });
	}
	return stacks;
}
