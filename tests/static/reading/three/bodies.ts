/** Bodies of known shape in cubes, and what looks at them, for the tests of rendering. */
import { Caster, type View } from "../../../../static/src/reading/three/cast.ts";
import type { Look } from "../../../../static/src/reading/three/presets.ts";
import { NOTHING, type Voxels } from "../../../../static/src/reading/three/voxels.ts";

export const AIR = -1000;
export const BONE = 1200;

export function bodyOf(
	sides: readonly [number, number, number],
	value: (x: number, y: number, z: number) => number,
): Voxels {
	const [nx, ny, nz] = sides;
	const values = new Int16Array(nx * ny * nz);
	for (let z = 0, i = 0; z < nz; z++) {
		for (let y = 0; y < ny; y++) {
			for (let x = 0; x < nx; x++, i++) values[i] = value(x, y, z);
		}
	}
	return { sides, mm: 1, values };
}

/** A ball of bone in the middle of air. */
export function aBall(side = 32, radius = 9): Voxels {
	const middle = (side - 1) / 2;
	return bodyOf([side, side, side], (x, y, z) =>
		Math.hypot(x - middle, y - middle, z - middle) <= radius ? BONE : AIR,
	);
}

export const empty = (side = 16): Voxels => bodyOf([side, side, side], () => NOTHING);

/** Along the third axis, a pixel for a cube. */
export function aView({ sides }: Voxels, changes: Partial<View> = {}): View {
	return {
		right: [1, 0, 0],
		down: [0, 1, 0],
		forward: [0, 0, 1],
		centre: [(sides[0] - 1) / 2, (sides[1] - 1) / 2, (sides[2] - 1) / 2],
		perPixel: 1,
		width: sides[0],
		height: sides[1],
		step: 1,
		...changes,
	};
}

/** White bone, nothing else. */
export const WHITE_BONE: Look = {
	kind: "composite",
	stops: [
		{ value: 300, opacity: 0, colour: [255, 255, 255] },
		{ value: 1000, opacity: 0.9, colour: [255, 255, 255] },
	],
};

export const MIP: Look = { kind: "mip", low: 0, high: 1000 };

/** The red of each pixel, row by row. */
export function reds(voxels: Voxels, look: Look, changes: Partial<View> = {}, scale = 1): number[][] {
	const view = aView(voxels, changes);
	const pixels = new Caster(voxels, scale).rows(view, look, 0, view.height);
	return Array.from({ length: view.height }, (_, y) =>
		Array.from({ length: view.width }, (_x, x) => (pixels[y * view.width + x] as number) & 255),
	);
}

/** Where it is bright: the middle and the number of such pixels. */
export function bright(rows: readonly (readonly number[])[], from = 40): { x: number; y: number; count: number } {
	let [x, y, count] = [0, 0, 0];
	for (const [j, row] of rows.entries()) {
		for (const [i, red] of row.entries()) {
			if (red < from) continue;
			x += i;
			y += j;
			count += 1;
		}
	}
	return { x: x / count, y: y / count, count };
}
