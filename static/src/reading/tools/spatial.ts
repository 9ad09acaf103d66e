/** Where pixels lie in the patient, and where planes cross (PS3.3 C.7.6.2.1.1). Pure; millimetres. */
import type { Frame, ImageForm, Orientation, Series, Vector } from "../manifest.ts";
import { dot, normalOf, type Point } from "../space.ts";
import type { Line } from "./shapes.ts";

/** What can lie in the patient: a frame of an image, or one of a segmentation. */
export interface Plane {
	readonly position: Vector | null;
	readonly form: Pick<ImageForm, "orientation" | "spacing" | "rows" | "columns"> | null;
}

/** A frame of which we know where it lies. */
interface Lying {
	readonly position: Vector;
	readonly orientation: Orientation;
	readonly rowMm: number;
	readonly columnMm: number;
	readonly rows: number;
	readonly columns: number;
}

const PARALLEL = 0.999;
const HALF = 0.5;

function lying({ position, form }: Plane): Lying | null {
	if (position === null || form?.orientation == null || form.spacing === null) return null;
	const { rows, columns, orientation } = form;
	return { position, orientation, rows, columns, rowMm: form.spacing.rowMm, columnMm: form.spacing.columnMm };
}

function minus(a: Vector, b: Vector): Vector {
	return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function row(o: Orientation): Vector {
	return [o[0], o[1], o[2]];
}

function column(o: Orientation): Vector {
	return [o[3], o[4], o[5]];
}

/** The place of an image point in the patient; null where the image does not say. */
export function patientOf(point: Point, frame: Plane): Vector | null {
	const at = lying(frame);
	if (at === null) return null;
	// Image Position is the centre of the first pixel; our points count from its corner.
	const across = (point.x - HALF) * at.columnMm;
	const down = (point.y - HALF) * at.rowMm;
	const [r, c] = [row(at.orientation), column(at.orientation)];
	return [
		at.position[0] + r[0] * across + c[0] * down,
		at.position[1] + r[1] * across + c[1] * down,
		at.position[2] + r[2] * across + c[2] * down,
	];
}

/** The image point below a place in the patient, seen along the normal. */
export function imageOf(place: Vector, frame: Plane): Point | null {
	const at = lying(frame);
	if (at === null) return null;
	const from = minus(place, at.position);
	return {
		x: dot(from, row(at.orientation)) / at.columnMm + HALF,
		y: dot(from, column(at.orientation)) / at.rowMm + HALF,
	};
}

/** How far a place lies from the plane of a frame, along its normal. */
export function heightAbove(place: Vector, frame: Plane): number | null {
	const at = lying(frame);
	return at === null ? null : dot(minus(place, at.position), normalOf(at.orientation));
}

/** The frame whose plane is nearest to a place; null where none says where it lies. */
export function nearestFrame(series: Series, place: Vector): { index: number; away: number } | null {
	let best: { index: number; away: number } | null = null;
	for (const [index, frame] of series.frames.entries()) {
		const height = heightAbove(place, frame);
		if (height === null) continue;
		if (best === null || Math.abs(height) < best.away) best = { index, away: Math.abs(height) };
	}
	return best;
}

/** True when two frames lie in parallel planes, whichever way they are seen. */
export function areParallel(one: Plane, other: Plane): boolean {
	const [a, b] = [lying(one), lying(other)];
	return (
		a !== null && b !== null && Math.abs(dot(normalOf(a.orientation), normalOf(b.orientation))) > PARALLEL
	);
}

/** Where the plane of `other` cuts the picture of `frame`, in points of `frame`; null where it does not. */
export function referenceLine(frame: Frame, other: Frame): Line | null {
	const plane = lying(other);
	if (plane === null || areParallel(frame, other)) return null;
	const { columns, rows } = plane;
	const corners = [
		{ x: 0, y: 0 },
		{ x: columns, y: 0 },
		{ x: columns, y: rows },
		{ x: 0, y: rows },
	].map((corner) => patientOf(corner, other));
	const cuts: Vector[] = [];
	for (let i = 0; i < 4; i++) {
		const [a, b] = [corners[i], corners[(i + 1) % 4]];
		const cut = a == null || b == null ? null : crossing(a, b, frame);
		if (cut !== null) cuts.push(cut);
	}
	const [first, second] = [cuts[0], cuts.at(-1)];
	if (first === undefined || second === undefined || cuts.length < 2) return null;
	const [a, b] = [imageOf(first, frame), imageOf(second, frame)];
	return a === null || b === null ? null : { a, b };
}

/** Where an edge passes the plane of a frame. */
function crossing(a: Vector, b: Vector, frame: Frame): Vector | null {
	const [above, below] = [heightAbove(a, frame), heightAbove(b, frame)];
	if (above === null || below === null || above > 0 === below > 0) return null;
	const share = above / (above - below);
	return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}
