import { describe, expect, it } from "vitest";
import type { ImageForm } from "../../../static/src/reading/manifest.ts";
import {
	isColour,
	Painter,
	paletteColours,
	partialToRgb,
	ybrToRgb,
} from "../../../static/src/reading/picture.ts";
import { type Samples, samplesIn } from "../../../static/src/reading/samples.ts";
import { BLACK, grey, shade, type Voi } from "../../../static/src/reading/voi.ts";
import { aForm, figures } from "./studies.ts";

const VOI: Voi = { center: 500, width: 900, function: "LINEAR", table: null };

function painted(form: ImageForm, samples: Samples, invert = false, voi = VOI): number[] {
	const target = new Uint32Array(form.rows * form.columns);
	new Painter().paint(form, samples, { voi, invert }, target);
	return [...target];
}

function rgb(pixel: number): number[] {
	return [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
}

describe("grey frames", () => {
	it("are painted value by value", () => {
		const random = figures(8);
		for (const signed of [true, false]) {
			for (const bitsAllocated of [8, 16, 32]) {
				const form = aForm({ rows: 5, columns: 7, signed, bitsAllocated, padding: [3, 5] });
				const bytes = Uint8Array.from({ length: 35 * 4 }, () => Math.floor(random() * 256));
				const samples = samplesIn(form, bytes.buffer);
				for (const invert of [true, false]) {
					const expected = [...samples].map((stored) => shade(stored, form, VOI, invert));
					expect(painted(form, samples, invert)).toEqual(expected);
				}
			}
		}
	});

	it("of floating point show what is no number as black", () => {
		const form = aForm({ rows: 1, columns: 3, floating: true, bitsAllocated: 32 });
		const samples = Float32Array.from([Number.NaN, 0.5, Number.POSITIVE_INFINITY]);
		const voi: Voi = { center: 0.5, width: 1, function: "LINEAR_EXACT", table: null };
		expect(painted(form, samples, false, voi)).toEqual([BLACK, grey(128), BLACK]);
	});

	it("are painted anew when window, inversion or form change", () => {
		const painter = new Painter();
		const form = aForm({ rows: 1, columns: 1 });
		const samples = Uint16Array.from([500]);
		const target = new Uint32Array(1);
		const levels: number[] = [];
		for (const [one, voi, invert] of [
			[form, VOI, false],
			[form, { ...VOI, center: 900 }, false],
			[form, { ...VOI, center: 900 }, true],
			[{ ...form, rescaleIntercept: 300 }, { ...VOI, center: 900 }, true],
		] as const) {
			painter.paint(one, samples, { voi, invert }, target);
			levels.push((target[0] ?? 0) & 255);
		}
		expect(new Set(levels).size).toBe(4);
	});
});

describe("colour frames", () => {
	it("in RGB are painted as they are", () => {
		const form = aForm({
			rows: 1,
			columns: 2,
			samplesPerPixel: 3,
			bitsAllocated: 8,
			bitsStored: 8,
			photometric: "RGB",
		});
		const pixels = painted(form, Uint8Array.from([1, 2, 3, 250, 128, 0]));
		expect(pixels.map(rgb)).toEqual([
			[1, 2, 3],
			[250, 128, 0],
		]);
		expect(painted(form, Uint8Array.from([1, 2, 3, 250, 128, 0]), true).map(rgb)[0]).toEqual([254, 253, 252]);
	});

	it("of 16 bits show their upper eight", () => {
		const form = aForm({ rows: 1, columns: 1, samplesPerPixel: 3, bitsStored: 16, photometric: "RGB" });
		expect(painted(form, Uint16Array.from([65535, 0x1234, 255])).map(rgb)).toEqual([[255, 0x12, 0]]);
	});

	it("in YBR_FULL invert the standard's equations within a level", () => {
		const random = figures(9);
		for (let round = 0; round < 500; round++) {
			const [r, g, b] = [0, 0, 0].map(() => Math.floor(random() * 256)) as [number, number, number];
			const y = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
			const cb = Math.round(-0.168736 * r - 0.331264 * g + 0.5 * b + 128);
			const cr = Math.round(0.5 * r - 0.418688 * g - 0.081312 * b + 128);
			const back = rgb(ybrToRgb(y, Math.min(255, cb), Math.min(255, cr)));
			for (const [i, value] of [r, g, b].entries())
				expect(Math.abs((back[i] ?? 0) - value)).toBeLessThanOrEqual(2);
		}
	});

	it("in YBR_PARTIAL have their black at 16 and their white at 235", () => {
		expect(rgb(partialToRgb(16, 128, 128))).toEqual([0, 0, 0]);
		expect(rgb(partialToRgb(235, 128, 128))).toEqual([255, 255, 255]);
		const form = aForm({
			rows: 1,
			columns: 1,
			samplesPerPixel: 3,
			bitsStored: 8,
			photometric: "YBR_PARTIAL_422",
		});
		expect(rgb(painted(form, Uint8Array.from([126, 128, 128]))[0] ?? 0)).toEqual([128, 128, 128]);
	});

	it("in YBR_FULL_422 are converted and in YBR_RCT are not: that came back as RGB", () => {
		const samples = Uint8Array.from([76, 85, 255]);
		const base = { rows: 1, columns: 1, samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8 };
		expect(rgb(painted(aForm({ ...base, photometric: "YBR_FULL_422" }), samples)[0] ?? 0)).toEqual([
			254, 0, 0,
		]);
		expect(rgb(painted(aForm({ ...base, photometric: "YBR_RCT" }), samples)[0] ?? 0)).toEqual([76, 85, 255]);
	});
});

describe("palettes", () => {
	const palette = { firstMapped: 2, bits: 16, entries: Uint16Array.from([0xff00, 0, 0, 0, 0xff00, 0x8000]) };

	it("give their colours, clamped at both ends", () => {
		const form = aForm({ rows: 1, columns: 4, bitsAllocated: 8, palette, photometric: "PALETTE COLOR" });
		expect(painted(form, Uint8Array.from([0, 2, 3, 200])).map(rgb)).toEqual([
			[255, 0, 0],
			[255, 0, 0],
			[0, 255, 128],
			[0, 255, 128],
		]);
		expect(isColour(form)).toBe(true);
		expect(isColour(aForm())).toBe(false);
	});

	it("that supplement greys colour what lies at and above their first value", () => {
		const form = aForm({ rows: 1, columns: 4, palette: { ...palette, firstMapped: 500 } });
		const voi: Voi = { center: 50.5, width: 101, function: "LINEAR", table: null };
		const seen = painted(form, Uint16Array.from([0, 499, 500, 60_000]), false, voi).map(rgb);
		expect(seen).toEqual([
			[0, 0, 0],
			[255, 255, 255],
			[255, 0, 0],
			[0, 255, 128],
		]);
		expect(isColour(form)).toBe(false);
	});

	it("of signed values begin below zero", () => {
		const form = aForm({
			rows: 1,
			columns: 3,
			signed: true,
			palette: { ...palette, firstMapped: -2 },
			photometric: "PALETTE COLOR",
		});
		expect(painted(form, Int16Array.from([-3, -2, -1])).map(rgb)).toEqual([
			[255, 0, 0],
			[255, 0, 0],
			[0, 255, 128],
		]);
		expect(painted(form, Int16Array.from([-3, -2, -1]), true).map(rgb)[2]).toEqual([255, 0, 127]);
	});

	it("of 8 bits are taken whole", () => {
		const eight = { firstMapped: 0, bits: 8, entries: Uint16Array.from([10, 20, 30]) };
		expect([...paletteColours(eight)].map(rgb)).toEqual([[10, 20, 30]]);
	});
});
