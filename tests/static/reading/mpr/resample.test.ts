import { describe, expect, it } from "vitest";
import type { Vector } from "../../../../static/src/reading/manifest.ts";
import { turned, HOME } from "../../../../static/src/reading/mpr/plane.ts";
import {
	GAP,
	type Grid,
	OUTSIDE,
	Resampler,
	type Slab,
	stepsOf,
} from "../../../../static/src/reading/mpr/resample.ts";
import { plus, times, unit } from "../../../../static/src/reading/mpr/vectors.ts";
import { indexOf, middleOf, pitchAlong } from "../../../../static/src/reading/mpr/volume.ts";
import { dot } from "../../../../static/src/reading/space.ts";
import { figures } from "../studies.ts";
import {
	AXIAL,
	along,
	aScan,
	reference,
	scanned,
	seriesOf,
	type Scan,
	TILTED,
	volumeIn,
} from "./phantoms.ts";

const THIN: Slab = { mode: "mip", thicknessMm: 0 };

function made(scan: Scan, value: (place: Vector) => number) {
	const series = seriesOf(scan);
	const volume = volumeIn(series);
	const content = scanned(series, volume, value);
	return { series, volume, content, resampler: new Resampler(volume, content) };
}

/** A square grid about a place, of `count` points a side. */
function gridAbout(middle: Vector, right: Vector, down: Vector, count: number, stepMm: number): Grid {
	const back = -((count - 1) / 2) * stepMm;
	const cross: Vector = [
		right[1] * down[2] - right[2] * down[1],
		right[2] * down[0] - right[0] * down[2],
		right[0] * down[1] - right[1] * down[0],
	];
	return {
		width: count,
		height: count,
		origin: plus(middle, plus(times(right, back), times(down, back))),
		right: times(right, stepMm),
		down: times(down, stepMm),
		normal: cross,
	};
}

function pointOf(grid: Grid, x: number, y: number): Vector {
	return plus(grid.origin, plus(times(grid.right, x), times(grid.down, y)));
}

/** An orthonormal pair of directions that looks random and is the same in each run. */
function directions(random: () => number): [Vector, Vector] {
	const some = (): Vector => [random() - 0.5, random() - 0.5, random() - 0.5];
	const right = unit(some());
	const other = some();
	return [right, unit(plus(other, times(right, -dot(other, right))))];
}

const SCANS: readonly (readonly [string, Scan])[] = [
	["axial", aScan()],
	["of a tilted gantry", aScan({ orientation: TILTED, positions: along([-16, -20, -19], [0, 0, 2], 20) })],
	[
		"oblique",
		aScan({ orientation: [0.6, 0.8, 0, 0, 0, -1], positions: along([0, 0, 0], [1.6, -1.2, 0.2], 20) }),
	],
];

describe("a plane", () => {
	it.each(SCANS)("has the values of a trilinear reference: %s", (_, scan) => {
		const random = figures(11);
		const noise = new Map<string, number>();
		const { series, volume, content, resampler } = made(scan, (place) => {
			const key = place.map((one) => one.toFixed(3)).join();
			if (!noise.has(key)) noise.set(key, random() * 2000 - 1000);
			return noise.get(key) as number;
		});
		let compared = 0;
		for (let turn = 0; turn < 25; turn++) {
			const [right, down] = directions(random);
			const grid = gridAbout(middleOf(volume), right, down, 13, 2.3);
			const values = resampler.rows(grid, THIN, 0, 13);
			for (let at = 0; at < values.length; at++) {
				const expected = reference(series, volume, content, pointOf(grid, at % 13, Math.floor(at / 13)));
				if (expected === null) continue;
				compared++;
				expect(Math.abs((values[at] as number) - expected)).toBeLessThan(1e-2);
			}
		}
		expect(compared).toBeGreaterThan(1000);
	});

	it.each(SCANS)("gives a linear field back exactly, whichever way it is cut: %s", (_, scan) => {
		const field = (p: Vector): number => 3 * p[0] - 2 * p[1] + 5 * p[2] + 40;
		const { volume, resampler } = made(scan, field);
		const random = figures(23);
		for (let turn = 0; turn < 20; turn++) {
			const [right, down] = directions(random);
			const grid = gridAbout(middleOf(volume), right, down, 9, 1.7);
			const values = resampler.rows(grid, THIN, 0, 9);
			for (let at = 0; at < values.length; at++) {
				expect(values[at]).toBeCloseTo(field(pointOf(grid, at % 9, Math.floor(at / 9))), 3);
			}
		}
	});

	it("does not depend on how its rows are parted", () => {
		const { volume, resampler } = made(aScan(), (p) => p[0] * p[1] + p[2]);
		const grid = gridAbout(middleOf(volume), [0.6, 0, 0.8], [0, 1, 0], 11, 1.3);
		const whole = resampler.rows(grid, THIN, 0, 11);
		const parts = [resampler.rows(grid, THIN, 0, 4), resampler.rows(grid, THIN, 4, 11)];
		expect([...whole]).toEqual(parts.flatMap((part) => [...part]));
	});

	it("follows heights that differ, without smearing", () => {
		const positions = [0, 2, 3.5, 5, 7.5, 9, 11, 13].map((z): Vector => [0, 0, z]);
		const { volume, resampler } = made(aScan({ positions }), (p) => 10 * p[2]);
		for (const z of [0.5, 2.9, 4, 6.2, 8, 12.9]) expect(resampler.at(5, 5, z)).toBeCloseTo(10 * z, 5);
		expect(volume.gaps).toBe(0);
	});

	it("uses each slice's own rescaling", () => {
		const { volume, content } = made(aScan(), (p) => p[2]);
		const slopes = volume.heights.map((_, k) => 1 + k);
		const resampler = new Resampler(volume, { ...content, slopes });
		expect(resampler.at(3, 3, 4)).toBeCloseTo(3 * -15);
		expect(resampler.at(3, 3, 5)).toBeCloseTo((3 * -15 + 4 * -13) / 2);
	});
});

describe("phantoms", () => {
	const CENTRE: Vector = [0.4, -0.7, 0.9];
	const RADIUS = 9;
	const sphere = (p: Vector): number =>
		RADIUS - Math.hypot(p[0] - CENTRE[0], p[1] - CENTRE[1], p[2] - CENTRE[2]);

	it.each(SCANS.slice(0, 2))(
		"a sphere is round in every plane through its middle, within half a pixel: %s",
		(_, scan) => {
			const { volume, resampler } = made(scan, sphere);
			const random = figures(31);
			for (let turn = 0; turn < 12; turn++) {
				const [right] = directions(random);
				// Along a ray from the middle the value falls to zero at the surface.
				let edge = 0;
				const valueAt = (mm: number): number =>
					resampler.at(...indexOf(volume, plus(CENTRE, times(right, mm))));
				while (valueAt(edge) > 0) edge += 0.01;
				expect(Math.abs(edge - RADIUS)).toBeLessThan(0.5 * 0.8);
				expect(Math.abs(edge - RADIUS) / RADIUS).toBeLessThan(0.03);
			}
		},
	);

	it("the area of a sphere's cut is right within one percent", () => {
		const { resampler } = made(aScan({ orientation: TILTED }), sphere);
		const plane = turned(HOME.coronal, [0, 0, 1], 0.6);
		const grid = gridAbout(CENTRE, plane.right, plane.down, 241, 0.1);
		const values = resampler.rows(grid, THIN, 0, 241);
		const area = values.filter((value) => value > 0).length * 0.01;
		expect(Math.abs(area / (Math.PI * RADIUS ** 2) - 1)).toBeLessThan(0.01);
	});

	it("a wall across a tilted gantry's slices stands straight in the sagittal plane", () => {
		const wall = (p: Vector): number => 100 * (p[1] - 0.3);
		const { volume, resampler } = made(aScan({ orientation: TILTED }), wall);
		for (const z of [-12, -6, 0, 6, 12]) {
			let y = -6;
			while (resampler.at(...indexOf(volume, [0, y, z])) < 0) y += 0.01;
			expect(Math.abs(y - 0.3)).toBeLessThan(0.02);
		}
	});
});

describe("what no slice tells", () => {
	it("is outside, half a sample beyond the outermost centres", () => {
		const { resampler } = made(aScan(), () => 7);
		expect(resampler.at(-0.5, 3, 3)).toBe(7);
		expect(resampler.at(-0.51, 3, 3)).toBe(OUTSIDE);
		expect(resampler.at(39.5, 35.5, 39)).toBe(7);
		expect(resampler.at(3, 35.6, 3)).toBe(OUTSIDE);
		expect(resampler.at(3, 3, -1)).toBe(7);
		expect(resampler.at(3, 3, -1.01)).toBe(OUTSIDE);
		expect(resampler.at(3, 3, 39.01)).toBe(OUTSIDE);
	});

	it("is a gap where slices are missing: the neighbours reach half a distance, nothing is made up", () => {
		const positions = along([0, 0, 0], [0, 0, 2], 12).filter((_, k) => k !== 5 && k !== 6);
		const { resampler } = made(aScan({ positions }), (p) => p[2]);
		expect(resampler.at(3, 3, 8)).toBeCloseTo(8);
		expect(resampler.at(3, 3, 8.9)).toBeCloseTo(8);
		for (const height of [9.1, 11, 12.9]) expect(resampler.at(3, 3, height)).toBe(GAP);
		expect(resampler.at(3, 3, 13.1)).toBeCloseTo(14);
		expect(resampler.at(3, 3, 15)).toBeCloseTo(15);
	});

	it("is a gap where a slice is not here yet, and only there", () => {
		const { volume, content } = made(aScan(), (p) => p[2]);
		const slices = content.slices.map((slice, k) => (k === 4 ? undefined : slice));
		const resampler = new Resampler(volume, { ...content, slices });
		expect(resampler.at(3, 3, 6)).toBeCloseTo(-13);
		for (const height of [6.1, 8, 9.9]) expect(resampler.at(3, 3, height)).toBe(GAP);
		expect(resampler.at(3, 3, 10)).toBeCloseTo(-9);
	});

	it("is left out where it is padding, and never drags its neighbours down", () => {
		const padded = aScan({ form: { padding: [-2000, -2000] } });
		const { resampler } = made(padded, (p) => (p[0] < 0 ? -2000 : 50));
		const column = 20;
		expect(resampler.at(column, 3, 3)).toBeCloseTo(50);
		expect(resampler.at(column - 0.4, 3, 3)).toBeCloseTo(50);
		expect(resampler.at(column - 0.6, 3, 3)).toBe(OUTSIDE);
		expect(resampler.at(2, 3, 3)).toBe(OUTSIDE);
	});

	it("is left out where a floating point sample is no number", () => {
		const { resampler } = made(aScan(), (p) => (p[2] < -10 ? Number.NaN : 5));
		expect(resampler.at(3, 3, 2)).toBe(OUTSIDE);
		expect(resampler.at(3, 3, 20)).toBe(5);
	});
});

describe("a slab", () => {
	const value = (p: Vector): number =>
		Math.round(50 * Math.sin(p[0] / 2) + 40 * Math.cos(p[1] / 3) + 9 * p[2]);

	it.each(["mip", "minip", "average"] as const)("is what its samples are, one by one: %s", (mode) => {
		const { volume, resampler } = made(aScan({ orientation: TILTED }), value);
		const random = figures(41);
		for (let turn = 0; turn < 10; turn++) {
			const [right, down] = directions(random);
			const grid = gridAbout(middleOf(volume), right, down, 7, 1.1);
			const slab: Slab = { mode, thicknessMm: 6 };
			const count = stepsOf(volume, grid.normal, slab);
			const values = resampler.rows(grid, slab, 0, 7);
			for (const at of [0, 17, 24, 48]) {
				const place = pointOf(grid, at % 7, Math.floor(at / 7));
				const met = Array.from({ length: count }, (_, s) => {
					const deep = -3 + (6 * s) / (count - 1);
					return resampler.at(...indexOf(volume, plus(place, times(grid.normal, deep))));
				}).filter(Number.isFinite);
				const expected =
					mode === "mip"
						? Math.max(...met)
						: mode === "minip"
							? Math.min(...met)
							: met.reduce((sum, one) => sum + one, 0) / met.length;
				expect(values[at]).toBeCloseTo(expected, 2);
			}
		}
	});

	it("takes a sample for each one it passes, faces included", () => {
		const { volume } = made(aScan(), () => 0);
		expect(stepsOf(volume, [0, 0, 1], { mode: "mip", thicknessMm: 0 })).toBe(1);
		expect(stepsOf(volume, [0, 0, 1], { mode: "mip", thicknessMm: 10 })).toBe(6);
		expect(stepsOf(volume, [1, 0, 0], { mode: "mip", thicknessMm: 8 })).toBe(11);
		const slanted = unit([1, 0, 1]);
		const steps = stepsOf(volume, slanted, { mode: "mip", thicknessMm: 10 });
		expect(10 / (steps - 1)).toBeLessThanOrEqual(pitchAlong(volume, slanted) + 1e-9);
	});

	it("finds a bright point anywhere in its thickness, and nothing beyond", () => {
		const { volume, content } = made(aScan({ orientation: AXIAL }), () => 0);
		(content.slices[10] as Float64Array)[5 * 40 + 7] = 900;
		const resampler = new Resampler(volume, content);
		const place = (height: number): Vector => [7 * 0.8 - 16, 5 * 1.1 - 20, height - 19];
		const thick: Slab = { mode: "mip", thicknessMm: 8 };
		const seen = (height: number, slab: Slab): number =>
			resampler.rows(gridAbout(place(height), [1, 0, 0], [0, 1, 0], 1, 1), slab, 0, 1)[0] as number;
		expect(seen(20, THIN)).toBe(900);
		expect(seen(16, thick)).toBe(900);
		expect(seen(24, thick)).toBe(900);
		expect(seen(14, thick)).toBe(0);
		expect(seen(20, { mode: "average", thicknessMm: 8 })).toBeCloseTo(180);
		expect(seen(20, { mode: "minip", thicknessMm: 8 })).toBe(0);
	});

	it("is not known where a part of it is not, and uses what there is at the faces", () => {
		const { volume, content } = made(aScan(), (p) => p[2]);
		const slices = content.slices.map((slice, k) => (k === 4 ? undefined : slice));
		const resampler = new Resampler(volume, { ...content, slices });
		const at = (z: number): number =>
			resampler.rows(
				gridAbout([0, 0, z], [1, 0, 0], [0, 1, 0], 1, 1),
				{ mode: "mip", thicknessMm: 4 },
				0,
				1,
			)[0] as number;
		expect(at(-9)).toBe(GAP);
		expect(at(1)).toBeCloseTo(3);
		expect(at(18.5)).toBeCloseTo(18.5);
		expect(at(60)).toBe(OUTSIDE);
	});
});
