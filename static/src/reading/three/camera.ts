/** From where a volume is looked at: directions in the patient, zoom; and the view of its cubes. Pure. */
import type { Orientation, Vector } from "../manifest.ts";
import { cross, turnedAbout, unit } from "../mpr/vectors.ts";
import { dot } from "../space.ts";
import type { Size } from "../view.ts";
import type { View } from "./cast.ts";
import type { Layout } from "./voxels.ts";

/** Directions of the picture in the patient: to the right, down. */
export interface Camera {
	readonly right: Vector;
	readonly down: Vector;
	/** 1 is fitted. */
	readonly zoom: number;
}

export const SIDES = ["front", "back", "left", "right", "head", "feet"] as const;
export type Side = (typeof SIDES)[number];

/** As one stands before the patient: from the front the patient's right is on the left. */
const LOOKING: Readonly<Record<Side, Pick<Camera, "right" | "down">>> = {
	front: { right: [1, 0, 0], down: [0, 0, -1] },
	back: { right: [-1, 0, 0], down: [0, 0, -1] },
	left: { right: [0, 1, 0], down: [0, 0, -1] },
	right: { right: [0, -1, 0], down: [0, 0, -1] },
	head: { right: [-1, 0, 0], down: [0, 1, 0] },
	feet: { right: [1, 0, 0], down: [0, 1, 0] },
};
const ZOOM_MIN = 0.5;
const ZOOM_MAX = 8;

export function seenFrom(side: Side, zoom = 1): Camera {
	return { ...LOOKING[side], zoom };
}

/** Where the eye looks: to the right × down goes into the picture. */
export function forwardOf({ right, down }: Pick<Camera, "right" | "down">): Vector {
	return cross(right, down);
}

/** Turned as a hand turns a ball: radians to the right and down. */
export function rotated(camera: Camera, right: number, down: number): Camera {
	const about = (one: Vector): Vector =>
		turnedAbout(turnedAbout(one, camera.down, right), camera.right, -down);
	const turnedRight = unit(about(camera.right));
	const rough = about(camera.down);
	// Kept at right angles, however often it is turned.
	const forward = unit(cross(turnedRight, rough));
	return { ...camera, right: turnedRight, down: cross(forward, turnedRight) };
}

export function zoomed(camera: Camera, factor: number): Camera {
	return { ...camera, zoom: Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, camera.zoom * factor)) };
}

export function orientationOf({ right, down }: Camera): Orientation {
	return [...right, ...down];
}

/** The view of the cubes in a picture whose pixels are `scale` CSS pixels wide. */
export function viewOf(
	camera: Camera,
	{ sides, axes }: Layout,
	size: Size,
	scale: number,
	step: number,
): View {
	const within = (one: Vector): Vector => [dot(one, axes[0]), dot(one, axes[1]), dot(one, axes[2])];
	const longest = Math.hypot(...sides);
	const width = Math.max(1, Math.ceil(size.width / scale));
	const height = Math.max(1, Math.ceil(size.height / scale));
	// Whichever way it is turned it does not reach far beyond the picture.
	const fitted = (longest * FIT) / Math.min(size.width, size.height);
	return {
		right: within(camera.right),
		down: within(camera.down),
		forward: within(forwardOf(camera)),
		centre: [(sides[0] - 1) / 2, (sides[1] - 1) / 2, (sides[2] - 1) / 2],
		perPixel: (fitted * scale) / camera.zoom,
		width,
		height,
		step,
	};
}

const FIT = 0.8;
