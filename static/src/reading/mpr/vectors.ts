/** The few operations on directions and places that planes need. Pure. */
import type { Vector } from "../manifest.ts";
import { dot } from "../space.ts";

export function plus(a: Vector, b: Vector): Vector {
	return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function minus(a: Vector, b: Vector): Vector {
	return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function times(a: Vector, by: number): Vector {
	return [a[0] * by, a[1] * by, a[2] * by];
}

export function cross(a: Vector, b: Vector): Vector {
	return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function unit(a: Vector): Vector {
	return times(a, 1 / (Math.sqrt(dot(a, a)) || 1));
}

/** `a` turned about a unit vector, by the right hand (Rodrigues). */
export function turnedAbout(a: Vector, axis: Vector, radians: number): Vector {
	const [cosine, sine] = [Math.cos(radians), Math.sin(radians)];
	const along = times(axis, dot(axis, a) * (1 - cosine));
	return plus(plus(times(a, cosine), times(cross(axis, a), sine)), along);
}
