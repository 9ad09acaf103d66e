/** Directions and distances in the patient (PS3.3 C.7.6.2.1.1); millimetres, +x left, +y back, +z head. */
import type { Frame, ImageForm, Orientation, Vector } from "./manifest.ts";

export interface Point {
	/** Columns from the left edge of the image, rows from its upper edge; pixel centres at halves. */
	readonly x: number;
	readonly y: number;
}

export function dot(a: Vector, b: Vector): number {
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function normalOf(o: Orientation): Vector {
	return [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
}

const LETTERS: readonly (readonly [string, string])[] = [
	["L", "R"],
	["P", "A"],
	["H", "F"],
];
/** A component below this share of the direction is not named. */
const NAMED_FROM = 0.25;

/** The letters of a direction, the strongest first: "L", "RA", "HP". */
export function directionLetters(direction: Vector): string {
	return direction
		.map((part, axis) => ({ size: Math.abs(part), letter: LETTERS[axis]?.[part >= 0 ? 0 : 1] ?? "" }))
		.filter(({ size }) => size >= NAMED_FROM)
		.sort((a, b) => b.size - a.size)
		.map(({ letter }) => letter)
		.join("");
}

export interface EdgeLetters {
	readonly left: string;
	readonly right: string;
	readonly top: string;
	readonly bottom: string;
}

/** What lies beyond each edge of the image; null where the orientation is unknown. */
export function edgeLetters(orientation: Orientation | null): EdgeLetters | null {
	if (orientation === null) return null;
	const [rx, ry, rz, cx, cy, cz] = orientation;
	return {
		left: directionLetters([-rx, -ry, -rz]),
		right: directionLetters([rx, ry, rz]),
		top: directionLetters([-cx, -cy, -cz]),
		bottom: directionLetters([cx, cy, cz]),
	};
}

/** Where the slice lies along its normal, in the sense in which the normal's main axis grows; null if unknown. */
export function slicePositionMm(frame: Frame): number | null {
	if (frame.position === null || frame.form?.orientation == null) return null;
	const normal = normalOf(frame.form.orientation);
	const main = [0, 1, 2].reduce((best, axis) =>
		Math.abs(normal[axis] ?? 0) > Math.abs(normal[best] ?? 0) ? axis : best,
	);
	return dot(frame.position, normal) * ((normal[main] ?? 0) < 0 ? -1 : 1);
}

/** Width of a pixel over its height, for true proportions on screen. */
export function pixelAspect(form: Pick<ImageForm, "spacing" | "pixelAspect">): number {
	return form.spacing === null ? (form.pixelAspect ?? 1) : form.spacing.columnMm / form.spacing.rowMm;
}
