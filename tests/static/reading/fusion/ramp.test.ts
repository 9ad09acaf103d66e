import { describe, expect, it } from "vitest";
import { imageGrid } from "../../../../static/src/reading/fusion/grid.ts";
import { ENTRIES, hotIron } from "../../../../static/src/reading/fusion/hot_iron.ts";
import { opacityAt, paintOver, rampOf, WHOLE_FROM } from "../../../../static/src/reading/fusion/ramp.ts";
import type { Frame, Orientation, Vector } from "../../../../static/src/reading/manifest.ts";
import { GAP, OUTSIDE } from "../../../../static/src/reading/mpr/resample.ts";
import { plus, times } from "../../../../static/src/reading/mpr/vectors.ts";
import { patientOf } from "../../../../static/src/reading/tools/spatial.ts";
import { aForm, figures } from "../studies.ts";

function bytes(pixel: number): number[] {
	return [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255, pixel >>> 24];
}

describe("hot iron", () => {
	it.each([
		[0, [0, 0, 0]],
		[1, [2, 0, 0]],
		[127, [254, 0, 0]],
		[128, [255, 0, 0]],
		[129, [255, 2, 0]],
		[191, [255, 126, 0]],
		[192, [255, 128, 4]],
		[193, [255, 130, 8]],
		[254, [255, 252, 252]],
		[255, [255, 255, 255]],
	] as const)("entry %i is the standard's", (entry, rgb) => {
		expect(hotIron(entry)).toEqual(rgb);
	});

	it("never falls, in any colour", () => {
		for (let entry = 1; entry < ENTRIES; entry++) {
			for (const part of [0, 1, 2] as const) {
				expect(hotIron(entry)[part]).toBeGreaterThanOrEqual(hotIron(entry - 1)[part]);
			}
		}
	});

	it("ends where it ends", () => {
		expect([hotIron(-5), hotIron(999)]).toEqual([
			[0, 0, 0],
			[255, 255, 255],
		]);
	});
});

describe("the opacity of a colour", () => {
	it.each([
		[0, 0.6, 0],
		[-1, 0.6, 0],
		[WHOLE_FROM / 2, 0.6, 0.3],
		[WHOLE_FROM, 0.6, 0.6],
		[1, 0.6, 0.6],
		[1, 0, 0],
	])("at share %d of the window and %d is %d", (share, opacity, wanted) => {
		expect(opacityAt(share, opacity)).toBeCloseTo(wanted);
	});
});

describe("painting values", () => {
	const LOOK = { low: 1, high: 3, opacity: 1 };
	function painted(values: readonly number[], factor = 1, look = LOOK): number[][] {
		const target = new Uint32Array(values.length).fill(7);
		paintOver(Float32Array.from(values), factor, look, target);
		return [...target].map(bytes);
	}

	it("spreads the palette over the window", () => {
		expect(painted([3, 2, 99])).toEqual([
			[255, 255, 255, 255],
			[255, 0, 0, 255],
			[255, 255, 255, 255],
		]);
	});

	it("leaves clear what is not above the lower end, and what nobody knows", () => {
		const clear = [0, 0, 0, 0];
		expect(painted([1, 0.5, -4, Number.NaN, OUTSIDE, GAP])).toEqual(Array(6).fill(clear));
	});

	it("takes values as SUV by their factor", () => {
		expect(painted([300, 200], 0.01)).toEqual(painted([3, 2]));
	});

	it("fades in, so that no edge is made where uptake begins", () => {
		const alphas = painted([1.02, 1.1, 1.25, 1.5, 2.9]).map((one) => one[3] ?? 0);
		expect(alphas).toEqual([...alphas].sort((a, b) => a - b));
		expect(alphas.at(-1)).toBe(255);
		expect(alphas[0]).toBeLessThan(20);
	});

	it("is whole in the ramp's upper part at the chosen opacity, for any of them", () => {
		const random = figures(5);
		for (let n = 0; n < 20; n++) {
			const opacity = random();
			const ramp = rampOf(opacity);
			for (let entry = 64; entry < ENTRIES; entry++) {
				const [red, green, blue, alpha] = bytes(ramp[entry] ?? 0);
				expect([red, green, blue]).toEqual(hotIron(entry));
				expect(alpha).toBe(Math.round(opacity * 255));
			}
		}
	});

	it("does not fail for a window without width", () => {
		expect(painted([5, 1], 1, { low: 2, high: 2, opacity: 1 })).toEqual([
			[255, 255, 255, 255],
			[0, 0, 0, 0],
		]);
	});
});

/** Two unit vectors at right angles, turned about all axes. */
function turnedBy(random: () => number): Orientation {
	const [a, b] = [random() * 6, random() * 6];
	const row: Vector = [Math.cos(a), Math.sin(a), 0];
	const down: Vector = [-Math.sin(a) * Math.cos(b), Math.cos(a) * Math.cos(b), Math.sin(b)];
	return [...row, ...down];
}

describe("the grid of an image", () => {
	function aFrame(rows: number, columns: number, random = figures(1)): Frame {
		const spacing = { rowMm: 0.5 + random(), columnMm: 0.5 + random(), source: "pixel" as const };
		const form = aForm({ rows, columns, spacing, orientation: turnedBy(random) });
		const position: Vector = [random() * 90, random() * 90, random() * 90];
		return { sopInstanceUid: "1", number: 1, form, position, problem: null };
	}

	it("has its points in the centres of pixels, however the image lies", () => {
		const random = figures(7);
		for (let n = 0; n < 40; n++) {
			const frame = aFrame(20, 30, random);
			const made = imageGrid(frame, 0.5);
			const [column, row] = [Math.floor(random() * 30), Math.floor(random() * 20)];
			const grid = made?.grid;
			if (grid === undefined) throw new Error("no grid");
			const at = plus(grid.origin, plus(times(grid.right, column), times(grid.down, row)));
			const centre = patientOf({ x: column + 0.5, y: row + 0.5 }, frame);
			expect(made?.step).toBe(1);
			for (const axis of [0, 1, 2] as const) expect(at[axis]).toBeCloseTo(centre?.[axis] ?? Number.NaN, 9);
		}
	});

	it("has one point for a block of a large image, in its middle", () => {
		const frame = aFrame(1000, 1400);
		const made = imageGrid(frame, 0.5);
		expect([made?.step, made?.grid.width, made?.grid.height]).toEqual([3, 467, 334]);
		const centre = patientOf({ x: 1.5, y: 1.5 }, frame);
		for (const axis of [0, 1, 2] as const) {
			expect(made?.grid.origin[axis]).toBeCloseTo(centre?.[axis] ?? Number.NaN, 9);
		}
	});

	it.each([
		[4, 0.7, 2],
		[4, 0.98, 2],
		[4, 2, 1],
		[2, 2, 1],
		[8, 0.5, 8],
	])("has two points for each sample of %d mm on pixels of %d mm: every %d", (finestMm, pixelMm, step) => {
		const form = aForm({ rows: 64, columns: 64, spacing: { rowMm: pixelMm, columnMm: pixelMm, source: "pixel" } });
		expect(imageGrid({ form, position: [0, 0, 0] }, finestMm)?.step).toBe(step);
	});

	it("is none where the image does not say where it lies", () => {
		const frame = aFrame(4, 4);
		expect(imageGrid({ ...frame, position: null }, 4)).toBeNull();
		expect(imageGrid({ ...frame, form: null }, 4)).toBeNull();
		expect(imageGrid({ ...frame, form: aForm({ orientation: null }) }, 4)).toBeNull();
		expect(imageGrid({ ...frame, form: aForm({ spacing: null }) }, 4)).toBeNull();
	});
});
