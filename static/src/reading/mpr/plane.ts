/** The three planes: how they lie in the patient, how each is looked at, where they cross. Pure; millimetres. */
import type { Orientation, Vector } from "../manifest.ts";
import { dot, type Point } from "../space.ts";
import { type Size, ZOOM_MAX, ZOOM_MIN } from "../view.ts";
import type { Grid } from "./resample.ts";
import { cross, minus, plus, times, turnedAbout, unit } from "./vectors.ts";
import { cornersOf, middleOf, type Volume } from "./volume.ts";

export const PLANES = ["axial", "coronal", "sagittal"] as const;
export type PlaneName = (typeof PLANES)[number];

/** Directions of a picture: to the right, down, and into the screen. */
export interface Plane {
	readonly right: Vector;
	readonly down: Vector;
	readonly normal: Vector;
}

/** What lies in the middle of a viewport, and how far it is zoomed; 1 is fitted. */
export interface PlaneView {
	readonly centre: Vector;
	readonly zoom: number;
}

/** As radiologists look: the patient's right on the left of axial and coronal planes, front on the left of
 * sagittal ones, head above. */
export const HOME: Readonly<Record<PlaneName, Plane>> = {
	axial: { right: [1, 0, 0], down: [0, 1, 0], normal: [0, 0, 1] },
	coronal: { right: [1, 0, 0], down: [0, 0, -1], normal: [0, 1, 0] },
	sagittal: { right: [0, 1, 0], down: [0, 0, -1], normal: [-1, 0, 0] },
};

/** Where "on" is when no slice says so: to the feet, to the back, to the patient's left. */
const ONWARD: Readonly<Record<PlaneName, Vector>> = {
	axial: [0, 0, -1],
	coronal: [0, 1, 0],
	sagittal: [1, 0, 0],
};
const SAME_WAY = 0.7;
const OBLIQUE = 0.9999;

export function orientationOf({ right, down }: Plane): Orientation {
	return [...right, ...down] as unknown as Orientation;
}

/** The direction in which one goes to the next slice of a plane: as the stack itself is read, where it lies so. */
export function onward(name: PlaneName, plane: Plane, volume: Volume): Vector {
	const read = dot(volume.reading, HOME[name].normal);
	const way = Math.abs(read) > SAME_WAY ? times(HOME[name].normal, Math.sign(read)) : ONWARD[name];
	return dot(way, plane.normal) >= 0 ? plane.normal : times(plane.normal, -1);
}

export function isOblique(name: PlaneName, plane: Plane): boolean {
	return dot(plane.normal, HOME[name].normal) < OBLIQUE || dot(plane.right, HOME[name].right) < OBLIQUE;
}

export function turned(plane: Plane, axis: Vector, radians: number): Plane {
	const right = unit(turnedAbout(plane.right, axis, radians));
	const rough = turnedAbout(plane.down, axis, radians);
	const normal = unit(cross(right, rough));
	return { right, down: cross(normal, right), normal };
}

/** A view turned with its plane about a place, which stays where it is on the screen. */
export function turnedView(view: PlaneView, about: Vector, axis: Vector, radians: number): PlaneView {
	return { ...view, centre: plus(about, turnedAbout(minus(view.centre, about), axis, radians)) };
}

/** How wide and high the volume is on a plane that was not turned. */
export function extentOf(volume: Volume, name: PlaneName): Size {
	const { right, down } = HOME[name];
	const corners = cornersOf(volume);
	const size = (along: Vector): number => {
		const values = corners.map((corner) => dot(corner, along));
		return Math.max(...values) - Math.min(...values);
	};
	return { width: size(right), height: size(down) };
}

export function fittedView(volume: Volume): PlaneView {
	return { centre: middleOf(volume), zoom: 1 };
}

/** A plane as it lies in a viewport: CSS pixels for a millimetre, and what is in the middle. */
export interface Framing {
	readonly plane: Plane;
	readonly centre: Vector;
	readonly perMm: number;
	readonly size: Size;
}

export function perMmOf(extent: Size, size: Size, zoom: number): number {
	return Math.min(size.width / extent.width, size.height / extent.height) * zoom;
}

export function toScreen({ plane, centre, perMm, size }: Framing, place: Vector): Point {
	const from = minus(place, centre);
	return {
		x: size.width / 2 + dot(from, plane.right) * perMm,
		y: size.height / 2 + dot(from, plane.down) * perMm,
	};
}

/** The place on the plane through `on` that is seen at a point. */
export function fromScreen({ plane, centre, perMm, size }: Framing, { x, y }: Point, on: Vector): Vector {
	const right = times(plane.right, (x - size.width / 2) / perMm);
	const down = times(plane.down, (y - size.height / 2) / perMm);
	const depth = times(plane.normal, dot(minus(on, centre), plane.normal));
	return plus(plus(centre, depth), plus(right, down));
}

export function zoomedAbout(view: PlaneView, framing: Framing, factor: number, point: Point): PlaneView {
	const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, view.zoom * factor));
	const held = fromScreen(framing, point, view.centre);
	const by = view.zoom / zoom;
	return { zoom, centre: plus(held, times(minus(view.centre, held), by)) };
}

export function panned(view: PlaneView, { plane, perMm }: Framing, dx: number, dy: number): PlaneView {
	const by = plus(times(plane.right, dx / perMm), times(plane.down, dy / perMm));
	return { ...view, centre: minus(view.centre, by) };
}

/** The grid that fills a viewport with pixels of `step` CSS pixels, on the plane through `on`. */
export function gridOf(framing: Framing, on: Vector, step: number): Grid {
	const { plane, perMm, size } = framing;
	const first = fromScreen(framing, { x: step / 2, y: step / 2 }, on);
	return {
		width: Math.max(1, Math.ceil(size.width / step)),
		height: Math.max(1, Math.ceil(size.height / step)),
		origin: first,
		right: times(plane.right, step / perMm),
		down: times(plane.down, step / perMm),
		normal: plane.normal,
	};
}

/** The smallest distance of two samples: nothing finer is to be seen. */
export function finestMm({ form, spacingMm }: Volume): number {
	return Math.min(form.spacing?.columnMm ?? 1, form.spacing?.rowMm ?? 1, spacingMm);
}

/** The side of a grid's pixels in CSS pixels: at rest those of the screen, half as many while it moves; never
 * finer than a half or a whole sample. */
export function stepOf(volume: Volume, perMm: number, ratio: number, draft: boolean): number {
	const sample = finestMm(volume) * perMm;
	return draft ? Math.max(2 / ratio, sample) : Math.max(1 / ratio, sample / 2);
}
