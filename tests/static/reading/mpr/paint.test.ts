import { describe, expect, it } from "vitest";
import { PlanePainter, shadeOf } from "../../../../static/src/reading/mpr/paint.ts";
import { GAP, OUTSIDE } from "../../../../static/src/reading/mpr/resample.ts";
import { BLACK, grey, shade, type Voi } from "../../../../static/src/reading/voi.ts";
import { aForm, figures } from "../studies.ts";

const SOFT: Voi = { center: 40, width: 400, function: "LINEAR", table: null };
const form = aForm({ signed: true });

function level(pixel: number): number {
	return pixel & 255;
}

describe("the pixels of a plane", () => {
	it.each([
		SOFT,
		{ ...SOFT, function: "SIGMOID" },
		{ ...SOFT, center: 0.5, width: 2, function: "LINEAR_EXACT" },
		{
			...SOFT,
			table: { firstMapped: -100, bits: 8, entries: Uint16Array.from({ length: 256 }, (_, i) => 255 - i) },
		},
	] as Voi[])("are the greys that the images have for the same values: %o", (voi) => {
		const random = figures(17);
		const values = Float32Array.from({ length: 600 }, () => Math.round(random() * 1200 - 500));
		for (const inverse of [false, true]) {
			const pixels = new Uint32Array(600);
			new PlanePainter().paint(values, 600, { voi, inverse }, pixels);
			for (const [i, value] of values.entries()) {
				const image = shade(value, { ...form, inverse }, voi, false);
				expect(shadeOf(value, { voi, inverse })).toBe(image);
				expect(Math.abs(level(pixels[i] as number) - level(image))).toBeLessThanOrEqual(1);
			}
		}
	});

	it("are black outside of the volume, whatever the window, and hatched in a gap", () => {
		const values = new Float32Array(64 * 8).fill(GAP);
		values.fill(OUTSIDE, 0, 64);
		const pixels = new Uint32Array(values.length);
		new PlanePainter().paint(values, 64, { voi: SOFT, inverse: true }, pixels);
		expect(new Set(pixels.subarray(0, 64))).toEqual(new Set([BLACK]));
		const gap = new Set(pixels.subarray(64));
		expect(gap.size).toBe(2);
		const greys = new Set(Array.from({ length: 256 }, (_, i) => grey(i)));
		expect([...gap].filter((one) => !greys.has(one))).toHaveLength(1);
	});

	it("follow the window when it changes", () => {
		const painter = new PlanePainter();
		const pixels = new Uint32Array(1);
		painter.paint(Float32Array.of(40), 1, { voi: SOFT, inverse: false }, pixels);
		const before = pixels[0];
		painter.paint(Float32Array.of(40), 1, { voi: { ...SOFT, center: -500 }, inverse: false }, pixels);
		expect(pixels[0]).toBe(grey(255));
		expect(before).not.toBe(pixels[0]);
	});
});
