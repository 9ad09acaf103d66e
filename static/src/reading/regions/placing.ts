/** Where the frames of segmentations and the contours of structure sets lie on images (PS3.3 C.7.6.2.1.1).
 * Pure; millimetres in the patient. What does not lie in the plane of an image is not shown on it. */
import type { Frame, Series, Vector } from "../manifest.ts";
import { type Contour, type MaskFrame, type MaskFrames, names } from "../objects/told.ts";
import type { Projection } from "../projection.ts";
import type { Point } from "../space.ts";
import type { Matrix } from "../tools/shapes.ts";
import { areParallel, heightAbove, imageOf, type Plane, patientOf } from "../tools/spatial.ts";

export const UNMOVED: Matrix = [1, 0, 0, 1, 0, 0];
const CROSS_PX = 6;
/** Positions are written with so many digits that two writings of one place differ by less. */
export const SAME_PLACE_MM = 0.01;
const UNIT_TOLERANCE = 0.05;

/** An image, the space its positions are in, and how thick it counts. */
export interface Shown {
	readonly frame: Frame;
	/** Its frame of reference; empty where it is not known. */
	readonly reference: string;
	/** Half the distance to the next image. */
	readonly halfMm: number;
}

/** Half of what an image stands for: of the distance of slices where it is known, else of their thickness. */
export function halfSliceMm({ stack }: Pick<Series, "stack">, { form }: Pick<Frame, "form">): number {
	const whole = stack.spacingMm ?? form?.sliceThicknessMm ?? null;
	return whole === null || whole <= 0 ? SAME_PLACE_MM : whole / 2;
}

export function applied([a, b, c, d, e, f]: Matrix, { x, y }: Point): Point {
	return { x: a * x + c * y + e, y: b * x + d * y + f };
}

/** What moves the points of one grid as `move` moves its corner and the next corners to the right and below. */
function matrixBy(move: (point: Point) => Point | null): Matrix | null {
	const [origin, right, below] = [move({ x: 0, y: 0 }), move({ x: 1, y: 0 }), move({ x: 0, y: 1 })];
	if (origin === null || right === null || below === null) return null;
	const made: Matrix = [
		right.x - origin.x,
		right.y - origin.y,
		below.x - origin.x,
		below.y - origin.y,
		origin.x,
		origin.y,
	];
	return made.every(Number.isFinite) ? made : null;
}

/** A matrix to points of an image, taken on to the screen. */
export function onScreen(matrix: Matrix, { toSeen }: Pick<Projection, "toSeen">): Matrix {
	return matrixBy((point) => toSeen(applied(matrix, point))) ?? matrix;
}

function isDirections(o: MaskFrame["orientation"]): boolean {
	if (o === null) return false;
	const size = (at: number): number => Math.hypot(o[at] ?? 0, o[at + 1] ?? 0, o[at + 2] ?? 0);
	return Math.abs(size(0) - 1) <= UNIT_TOLERANCE && Math.abs(size(3) - 1) <= UNIT_TOLERANCE;
}

/** The plane of a frame of a segmentation; null where it does not say where it lies. */
export function planeOf(
	{ position, orientation, spacing_mm: spacing }: Pick<MaskFrame, "position" | "orientation" | "spacing_mm">,
	{ rows, columns }: Pick<MaskFrames, "rows" | "columns">,
): Plane | null {
	if (position === null || orientation === null || spacing === null || !isDirections(orientation))
		return null;
	const [rowMm, columnMm] = spacing;
	return { position, form: { rows, columns, orientation, spacing: { rowMm, columnMm, source: "pixel" } } };
}

/** True when all of these places lie within the slice of an image. */
function within(places: readonly Vector[], { frame, halfMm }: Shown): boolean {
	return places.every((place) => {
		const height = heightAbove(place, frame);
		return height !== null && Math.abs(height) <= halfMm + SAME_PLACE_MM;
	});
}

function corners(plane: Plane): Vector[] {
	const { columns, rows } = plane.form ?? { columns: 0, rows: 0 };
	return [
		[0, 0],
		[columns, 0],
		[0, rows],
		[columns, rows],
	]
		.map(([x, y]) => patientOf({ x: x ?? 0, y: y ?? 0 }, plane))
		.filter((place) => place !== null);
}

/** From points of a segmentation's frame to points of an image; null where it is not in the image's plane.
 *
 * The frame names the image, or lies in the same space. Where either does not say where it lies, the image has to
 * be named and to have the same pixels. */
export function maskMatrix(mask: MaskFrame, all: MaskFrames, shown: Shown): Matrix | null {
	const { frame, reference } = shown;
	const named = names(mask.images, frame);
	if (!named && (reference === "" || reference !== all.frame_of_reference_uid)) return null;
	const plane = planeOf(mask, all);
	const placed = frame.position !== null && frame.form?.orientation != null && frame.form.spacing !== null;
	if (plane === null || !placed) {
		const same = frame.form?.rows === all.rows && frame.form.columns === all.columns;
		return named && same ? UNMOVED : null;
	}
	if (!areParallel(plane, frame) || !within(corners(plane), shown)) return null;
	return matrixBy((point) => {
		const place = patientOf(point, plane);
		return place === null ? null : imageOf(place, frame);
	});
}

/** The first `count` places of a contour, all unless said. */
export function pointsOf(
	{ points }: Pick<Contour, "points">,
	count = Math.floor(points.length / 3),
): Vector[] {
	return Array.from({ length: count }, (_, i) => [
		points[3 * i] ?? 0,
		points[3 * i + 1] ?? 0,
		points[3 * i + 2] ?? 0,
	]);
}

/** The points of a contour on an image; null where not all of it lies in the image's plane (C.8.8.6). */
export function contourPoints(contour: Contour, shown: Shown): Point[] | null {
	const { frame, reference } = shown;
	const shared = reference !== "" && reference === contour.frame_of_reference_uid;
	if (!shared && !names(contour.images, frame)) return null;
	// Most contours lie on other slices, which their first point tells.
	if (contour.points.length === 0 || !within(pointsOf(contour, 1), shown)) return null;
	const all = pointsOf(contour);
	if (!within(all, shown)) return null;
	const points = all.map((place) => imageOf(place, frame));
	return points.some((point) => point === null) ? null : (points as Point[]);
}

/** The path of a contour's points, closed where the contour is. */
export function contourPath(kind: Contour["kind"], points: readonly Point[]): string {
	const [first, ...rest] = points.map(({ x, y }) => `${x} ${y}`);
	if (first === undefined) return "";
	return `M${first}${rest.map((one) => `L${one}`).join("")}${kind === "CLOSED_PLANAR" ? "Z" : ""}`;
}

/** A point of a structure set: a cross of one size, however the image is zoomed. */
export function crossPath({ x, y }: Point): string {
	return `M${x - CROSS_PX} ${y}H${x + CROSS_PX}M${x} ${y - CROSS_PX}V${y + CROSS_PX}`;
}
