import { describe, expect, it } from "vitest";
import type { Orientation, Vector } from "../../../../static/src/reading/manifest.ts";
import { type Grid, stepsOf } from "../../../../static/src/reading/mpr/resample.ts";
import { Combos } from "../../../../static/src/reading/regions/combos.ts";
import { labelStacks } from "../../../../static/src/reading/regions/label_stack.ts";
import { LEVELS } from "../../../../static/src/reading/regions/masks.ts";
import { along, AXIAL, TILTED } from "../mpr/phantoms.ts";
import { allMasks, aMask, SPACE } from "./regions.ts";
import { aStackOf, labelsAt, masksOf, pixelsOf, pointOf, sampled } from "./stacks.ts";

const SLICES = 5;
const STEP = 2.5;
/** Half the way to the next slice, and what two writings of one place differ by. */
const WRITTEN = 0.01;
const HALF = STEP / 2 + WRITTEN;
/** A plane that leans about two axes, through and beyond the slices; no point of it is midway between two pixels. */
const OBLIQUE: Grid = {
	width: 23,
	height: 19,
	origin: [-1.0311, -0.6107, -2.0713],
	right: [0.21, 0.013, 0.17],
	down: [0.011, 0.19, 0.53],
	normal: [-0.62, -0.69, 0.37],
};
const UPRIGHT: Grid = {
	width: 12,
	height: 30,
	origin: [-0.21, 0.71, -1.93],
	right: [0.23, 0, 0],
	down: [0, 0, 0.49],
	normal: [0, -1, 0],
};

/** Two segments that overlap, in a grid of 6 × 5 pixels of 0.5 × 0.4 mm on slices that lie as they are said to. */
async function overlapping(orientation: Orientation, step: Vector) {
	const positions = along([0, 0, 0], step, SLICES);
	const frames = [1, 2].flatMap((segment) =>
		positions.map((position) =>
			aMask({ segments: [segment], position: [...position], orientation: [...orientation], spacing_mm: [0.4, 0.5] }),
		),
	);
	const all = allMasks(frames, { rows: 5, columns: 6 });
	const pixels = frames.map((_, i) => pixelsOf(i, 30));
	return { all, pixels, masks: await masksOf(all, pixels), series: aStackOf(positions, orientation) };
}

function expected(
	{ all, pixels }: Pick<Awaited<ReturnType<typeof overlapping>>, "all" | "pixels">,
	grid: Grid,
	halfMm = HALF,
) {
	return Array.from({ length: grid.width * grid.height }, (_, i) =>
		labelsAt(all, pixels, pointOf(grid, i), halfMm),
	);
}

describe("the labels of a plane", () => {
	for (const [name, grid] of [
		["oblique", OBLIQUE],
		["upright", UPRIGHT],
	] as const) {
		it(`that is ${name} are those of the nearest pixel of the nearest slice`, async () => {
			const one = await overlapping(AXIAL, [0, 0, STEP]);
			const found = await sampled(one.masks, one.series, grid);
			expect(found).toEqual(expected(one, grid));
			expect(new Set(found.map(({ size }) => size))).toEqual(new Set([0, 1, 2]));
		});
	}

	it("follow slices that lie beside each other under a tilted gantry, and such as go downwards", async () => {
		const tilted = await overlapping(TILTED, [0, 0, STEP]);
		const reach = (STEP * Math.cos((18 * Math.PI) / 180)) / 2 + WRITTEN;
		expect(await sampled(tilted.masks, tilted.series, OBLIQUE)).toEqual(expected(tilted, OBLIQUE, reach));
		const downwards = await overlapping([1, 0, 0, 0, -1, 0], [0, 0, STEP]);
		expect(await sampled(downwards.masks, downwards.series, UPRIGHT)).toEqual(expected(downwards, UPRIGHT));
	});

	it("are none where a slice is left out: nothing is filled in", async () => {
		const { all, pixels, series } = await overlapping(AXIAL, [0, 0, STEP]);
		const isKept = (i: number) => i % SLICES !== 2;
		const some = { ...all, frames: all.frames.filter((_, i) => isKept(i)) };
		const kept = pixels.filter((_, i) => isKept(i));
		const found = await sampled(await masksOf(some, kept), series, UPRIGHT);
		expect(found).toEqual(expected({ all: some, pixels: kept }, UPRIGHT));
		const middle = (i: number): boolean => Math.abs(pointOf(UPRIGHT, i)[2] - 2 * STEP) < HALF;
		expect(found.filter((_, i) => middle(i)).every(({ size }) => size === 0)).toBe(true);
	});

	it("reach as far as slices of the series that they were drawn on, not of the one that is shown", async () => {
		const thick = await overlapping(AXIAL, [0, 0, STEP]);
		const thin = aStackOf(along([0, 0, 0], [0, 0, 0.5], 26), AXIAL, 0.5);
		const found = await sampled(thick.masks, thin, UPRIGHT, { drawnOn: thick.series });
		expect(found).toEqual(expected(thick, UPRIGHT));
		expect(await sampled(thick.masks, thin, UPRIGHT)).toEqual(expected(thick, UPRIGHT, 0.25 + WRITTEN));
	});

	it("of a slab are all that occur in any of its samples", async () => {
		const one = await overlapping(AXIAL, [0, 0, STEP]);
		const thicknessMm = 4;
		const [stack] = await labelStacks(one.masks, new Combos(), { series: one.series, reference: SPACE, drawnOn: one.series });
		if (stack === undefined) throw new Error("no stack");
		const count = stepsOf(stack, OBLIQUE.normal, { mode: "mip", thicknessMm });
		const found = await sampled(one.masks, one.series, OBLIQUE, { thicknessMm });
		const whole = Array.from({ length: OBLIQUE.width * OBLIQUE.height }, (_, i) => {
			const place = pointOf(OBLIQUE, i);
			const deep = Array.from({ length: count }, (_unused, s) => (s / (count - 1) - 0.5) * thicknessMm);
			return new Map(
				deep.flatMap((by) => {
					const at = place.map((p, axis) => p + by * (OBLIQUE.normal[axis] ?? 0)) as unknown as Vector;
					return [...labelsAt(one.all, one.pixels, at, HALF)];
				}),
			);
		});
		expect(found).toEqual(whole);
		const thin = await sampled(one.masks, one.series, OBLIQUE);
		expect(found.filter(({ size }) => size > 0).length).toBeGreaterThan(thin.filter(({ size }) => size > 0).length);
	});

	it("of a label map are its numbers", async () => {
		const positions = along([0, 0, 0], [0, 0, STEP], SLICES);
		const frames = positions.map((position) => aMask({ segments: [1, 2, 300], position: [...position] }));
		const all = allMasks(frames, { label_map: true });
		const pixels = frames.map((_, i) => pixelsOf(i, 16, 4).map((one) => (one === 3 ? 300 : one)));
		const found = await sampled(await masksOf(all, pixels), aStackOf(positions, AXIAL), UPRIGHT);
		expect(found).toEqual(expected({ all, pixels }, UPRIGHT));
		expect(found.some((one) => one.has(300))).toBe(true);
	});

	it("of shares are levels, of a place in two slices of a slab the higher", async () => {
		const positions = along([0, 0, 0], [0, 0, STEP], SLICES);
		const frames = positions.map((position) => aMask({ position: [...position] }));
		const all = allMasks(frames, { fractional: true, maximum: 200 });
		const pixels = frames.map((_, i) => pixelsOf(i, 16, 201));
		const series = aStackOf(positions, AXIAL);
		const levelOf = (value: number): number => LEVELS.filter((one) => value > 0 && value >= 200 * one).length;
		const found = await sampled(await masksOf(all, pixels), series, UPRIGHT);
		expect(found).toEqual(
			found.map((_, i) => labelsAt(all, pixels, pointOf(UPRIGHT, i), HALF, levelOf)),
		);
		const flat: Grid = { ...UPRIGHT, origin: [0, 0, STEP], right: [0.5, 0, 0], down: [0, 0.5, 0], width: 4, height: 4, normal: [0, 0, 1] };
		// Beyond the faces of its own slice by a little: of three slices each has a sample.
		const slab = await sampled(await masksOf(all, pixels), series, flat, { thicknessMm: 1.2 * STEP });
		const highest = slab.map((_, i) => Math.max(...[0, 1, 2].map((k) => levelOf(pixels[k]?.[i] ?? 0))));
		expect(slab.map((one) => one.get(1) ?? 0)).toEqual(highest);
	});
});

describe("where a segmentation lies", () => {
	const positions = along([0, 0, 0], [0, 0, STEP], SLICES);
	const series = aStackOf(positions, AXIAL);
	const ones = pixelsOf(3, 16);

	it("is told by the image that it names, where it says nothing itself and has the same pixels", async () => {
		const images = [{ sop_instance_uid: "1.2.1", frames: [] }];
		const silent = aMask({ images, position: null, orientation: null, spacing_mm: null });
		const all = allMasks([silent], { frame_of_reference_uid: "" });
		const told = allMasks([aMask({ position: [0, 0, STEP] })]);
		const found = await sampled(await masksOf(all, [ones]), series, UPRIGHT);
		expect(found).toEqual(expected({ all: told, pixels: [ones] }, UPRIGHT));
		expect(found.some(({ size }) => size > 0)).toBe(true);
		const other = { ...all, rows: 8, columns: 2 };
		expect(await labelStacks(await masksOf(other, [ones]), new Combos(), { series, reference: SPACE, drawnOn: series })).toEqual([]);
	});

	it("is nowhere in another space, unless it names the images", async () => {
		const far = allMasks([aMask({ position: [0, 0, STEP] })], { frame_of_reference_uid: "1.2.9" });
		const shown = { series, reference: SPACE, drawnOn: series };
		expect(await labelStacks(await masksOf(far, [ones]), new Combos(), shown)).toEqual([]);
		const images = [{ sop_instance_uid: "1.2.1", frames: [] }];
		const named = { ...far, frames: far.frames.map((one) => ({ ...one, images })) };
		expect(await labelStacks(await masksOf(named, [ones]), new Combos(), shown)).toHaveLength(1);
	});

	it("may be in several grids, each sampled by itself", async () => {
		const across = aMask({ segments: [2], position: [0, 0.8, 0], orientation: [1, 0, 0, 0, 0, 1] });
		const beside = aMask({ segments: [3], position: [0.25, 0, STEP] });
		const all = allMasks([aMask({ position: [0, 0, STEP] }), across, beside]);
		const pixels = [ones, pixelsOf(4, 16), pixelsOf(5, 16)];
		const found = await sampled(await masksOf(all, pixels), series, OBLIQUE);
		const alone = all.frames.map((frame, i) =>
			expected({ all: { ...all, frames: [frame] }, pixels: [pixels[i] ?? []] }, OBLIQUE),
		);
		expect(found).toEqual(found.map((_, i) => new Map(alone.flatMap((one) => [...(one[i] ?? [])]))));
	});

	it("is nowhere where its frames cannot be decoded", async () => {
		const all = allMasks([aMask({ position: [0, 0, STEP] })]);
		const [stack] = await labelStacks(await masksOf(all, []), new Combos(), { series, reference: SPACE, drawnOn: series });
		expect(stack?.slices).toEqual([]);
		expect((await sampled(await masksOf(all, []), series, UPRIGHT)).every(({ size }) => size === 0)).toBe(true);
	});

	it("takes no more room than the part in which there is anything", async () => {
		const spot = ones.map((_, i) => Number(i === 6));
		const all = allMasks([aMask({ position: [0, 0, STEP] })]);
		const [stack] = await labelStacks(await masksOf(all, [spot]), new Combos(), { series, reference: SPACE, drawnOn: series });
		expect(stack?.slices).toMatchObject([{ left: 2, top: 1, columns: 1, rows: 1, numbers: Uint8Array.of(1) }]);
	});
});

describe("sets of segments", () => {
	it("have one number each, however they come together", () => {
		const combos = new Combos();
		const [a, b, c] = [combos.single(1), combos.single(2), combos.single(300)];
		const ab = combos.joined(a, b);
		expect([combos.joined(b, a), combos.joined(ab, a), combos.joined(0, ab), combos.joined(ab, 0)]).toEqual([ab, ab, ab, ab]);
		expect(combos.joined(ab, c)).toBe(combos.joined(combos.joined(c, b), a));
		expect(combos.of(combos.joined(ab, c))).toEqual(new Map([[1, 1], [2, 1], [300, 1]]));
		expect([combos.of(0).size, combos.of(99_999).size]).toEqual([0, 0]);
	});

	it("keep the higher level of a segment", () => {
		const combos = new Combos();
		expect(combos.joined(combos.single(1, 2), combos.single(1, 4))).toBe(combos.single(1, 4));
	});
});
