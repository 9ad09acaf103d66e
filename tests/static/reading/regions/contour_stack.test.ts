import { describe, expect, it } from "vitest";
import type { Orientation, Vector } from "../../../../static/src/reading/manifest.ts";
import type { Contour } from "../../../../static/src/reading/objects/told.ts";
import { Combos } from "../../../../static/src/reading/regions/combos.ts";
import { contourStacks } from "../../../../static/src/reading/regions/contour_stack.ts";
import { figures } from "../studies.ts";
import { aContour, SPACE } from "./regions.ts";
import { aStackOf } from "./stacks.ts";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const TILTED: Orientation = [1, 0, 0, 0, 0.8, 0.6];
const AT: readonly Vector[] = [
	[0, 0, 0],
	[0, 0, 2.5],
	[0, 0, 5],
];
const SPACING_MM = 0.5;
type Place = readonly [number, number];

/** A place of the grid, in pixels, in the patient; `height` along the normal. */
function inPatient([x, y]: Place, o: Orientation, height = 0): Vector {
	const normal = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
	const at = (axis: number): number =>
		x * SPACING_MM * (o[axis] ?? 0) + y * SPACING_MM * (o[axis + 3] ?? 0) + height * (normal[axis] ?? 0);
	return [at(0), at(1), at(2)];
}

function around(places: readonly Place[], changes: Partial<Contour> = {}, o = AXIAL, height = 0): Contour {
	return aContour(
		places.flatMap((place) => [...inPatient(place, o, height)]),
		changes,
	);
}

function square(low: number, high: number): Place[] {
	return [
		[low, low],
		[high, low],
		[high, high],
		[low, high],
	];
}

/** The regions of each pixel of a slice, those of the whole grid. */
function regionsOf(contours: readonly Contour[], o = AXIAL, at = 0): (pixel: Place) => number[] {
	const series = aStackOf(AT, o);
	const combos = new Combos();
	const [stack] = contourStacks(contours, combos, { series, reference: SPACE, drawnOn: series });
	const slice = stack?.slices[at];
	return ([x, y]) => {
		if (slice === undefined) return [];
		const [column, row] = [x - slice.left, y - slice.top];
		if (column < 0 || row < 0 || column >= slice.columns || row >= slice.rows) return [];
		return [...combos.of(slice.numbers[row * slice.columns + column] ?? 0).keys()];
	};
}

const PIXELS: readonly Place[] = Array.from({ length: 16 }, (_, i) => [i % 4, Math.floor(i / 4)] as const);

/** Whether a place is within, by the turns that the contour makes around it. */
function isWithin([x, y]: Place, places: readonly Place[]): boolean {
	let turns = 0;
	for (const [i, [ax, ay]] of places.entries()) {
		const [bx, by] = places[(i + 1) % places.length] as Place;
		turns += Math.atan2((ax - x) * (by - y) - (ay - y) * (bx - x), (ax - x) * (bx - x) + (ay - y) * (by - y));
	}
	return Math.abs(turns) > Math.PI;
}

describe("contours in the grid of their images", () => {
	it.each([
		["axial", AXIAL],
		["tilted", TILTED],
	] as const)("hold the pixels whose centre lies within, on %s slices", (_name, o) => {
		const figure = figures(7);
		for (let turn = 0; turn < 60; turn++) {
			const corners = Array.from({ length: 3 }, () => [figure() * 7 - 2, figure() * 7 - 2] as const);
			const regions = regionsOf([around(corners, {}, o)], o);
			for (const pixel of PIXELS) expect(regions(pixel).length === 1).toBe(isWithin(pixel, corners));
		}
	});

	it("have a hole where two of one region overlap, and are both where two regions do", () => {
		const regions = regionsOf([
			around(square(-0.5, 3.5)),
			around(square(0.5, 2.5)),
			around(square(1.5, 3.5), { roi: 4 }),
		]);
		expect([regions([0, 0]), regions([1, 1]), regions([2, 2]), regions([3, 3])]).toEqual([
			[1],
			[],
			[4],
			[1, 4],
		]);
	});

	it("lie at their own height, and reach as far as a slice, or half way to the next where that is nearer", () => {
		const series = aStackOf(AT, AXIAL);
		const stackOf = (...heights: number[]) =>
			contourStacks(
				heights.map((height, i) => around(square(0.5, 2.5), { roi: i + 1 }, AXIAL, height)),
				new Combos(),
				{ series, reference: SPACE, drawnOn: series },
			)[0];
		expect(stackOf(5, 0)?.slices.map(({ position }) => position[2])).toEqual([0, 5]);
		expect(stackOf(5, 0)?.reachMm).toBe(1.25);
		expect(stackOf(0, 1)?.reachMm).toBe(0.5);
		expect(stackOf(0, 0.05)?.slices).toHaveLength(1);
	});

	it.each([
		["of another space", { frame_of_reference_uid: "1.2.99" }],
		["that are open", { kind: "OPEN_PLANAR" as const }],
		["that are points", { kind: "POINT" as const }],
	])("are none %s", (_name, changes) => {
		const series = aStackOf(AT, AXIAL);
		const contours = [around(square(0.5, 2.5), changes)];
		expect(contourStacks(contours, new Combos(), { series, reference: SPACE, drawnOn: series })).toEqual([]);
	});

	it("of no known space are those that name an image of the series", () => {
		const series = aStackOf(AT, AXIAL);
		const image = { sop_instance_uid: "1.2.1", frames: [] };
		const contours = [around(square(0.5, 2.5), { frame_of_reference_uid: "", images: [image] })];
		const placed = { series, reference: "", drawnOn: series };
		expect(contourStacks(contours, new Combos(), placed)[0]?.slices).toHaveLength(1);
	});

	it("that stand across the slices are left out, and so are all where no image says where it lies", () => {
		const series = aStackOf(AT, AXIAL);
		const across = aContour([0, 0, 0, 2, 0, 0, 2, 0, 5]);
		const placed = { series, reference: SPACE, drawnOn: series };
		expect(contourStacks([across], new Combos(), placed)).toEqual([]);
		const nowhere = { ...series, frames: series.frames.map((frame) => ({ ...frame, position: null })) };
		const whole = [around(square(0.5, 2.5))];
		expect(contourStacks(whole, new Combos(), { ...placed, drawnOn: nowhere })).toEqual([]);
	});

	it("beyond the images are cut at their edge", () => {
		const regions = regionsOf([around(square(-9, 9))]);
		for (const pixel of PIXELS) expect(regions(pixel)).toEqual([1]);
	});
});
