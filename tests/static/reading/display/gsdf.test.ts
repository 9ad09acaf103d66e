import { describe, expect, it } from "vitest";
import {
	JND_MAX,
	JND_MIN,
	jndOfLuminance,
	LUMINANCE_MAX,
	LUMINANCE_MIN,
	luminanceOfJnd,
} from "../../../../static/src/reading/display/gsdf.ts";

/** Rows of PS3.14 table B-1 as printed: JND index and luminance in cd/m². */
const TABLE_B1: readonly (readonly [number, number])[] = [
	[1, 0.05],
	[2, 0.0547],
	[3, 0.0594],
	[4, 0.0643],
	[1023, 3993.404],
];

/** The published formula once more, written out term by term instead of as Horner's scheme. */
function byTheBook(j: number): number {
	const x = Math.log(j);
	const above =
		-1.3011877 + 8.0242636e-2 * x + 1.3646699e-1 * x ** 2 + -2.5468404e-2 * x ** 3 + 1.3635334e-3 * x ** 4;
	const below =
		1 +
		-2.5840191e-2 * x +
		-1.0320229e-1 * x ** 2 +
		2.874562e-2 * x ** 3 +
		-3.1978977e-3 * x ** 4 +
		1.2992634e-4 * x ** 5;
	return 10 ** (above / below);
}

describe("the Grayscale Standard Display Function", () => {
	it("has the luminances of table B-1", () => {
		for (const [jnd, candelas] of TABLE_B1) {
			// The coefficients are printed with eight digits, and give the table within a fifty thousandth.
			const within = Math.max(0.00005, candelas / 50_000);
			expect(Math.abs(luminanceOfJnd(jnd) - candelas)).toBeLessThan(within);
		}
		expect(luminanceOfJnd(JND_MIN)).toBeCloseTo(LUMINANCE_MIN, 4);
		expect(luminanceOfJnd(JND_MAX) / LUMINANCE_MAX).toBeCloseTo(1, 4);
	});

	it("is the published formula at every index of the standard", () => {
		for (let j = JND_MIN; j <= JND_MAX; j++) {
			expect(luminanceOfJnd(j) / byTheBook(j)).toBeCloseTo(1, 9);
		}
	});

	it("grows with every index, each step being one that can just be seen", () => {
		let before = 0;
		for (let j = JND_MIN; j <= JND_MAX; j++) {
			const now = luminanceOfJnd(j);
			expect(now).toBeGreaterThan(before);
			if (j > 1) expect((now - before) / now).toBeLessThan(0.09);
			before = now;
		}
	});

	it("comes back from every luminance to its index within a fifth of a difference", () => {
		for (let j = JND_MIN; j <= JND_MAX; j++) {
			expect(Math.abs(jndOfLuminance(luminanceOfJnd(j)) - j)).toBeLessThan(0.2);
		}
	});

	it("takes what lies beyond the standard for its ends", () => {
		expect(luminanceOfJnd(0)).toBe(luminanceOfJnd(JND_MIN));
		expect(luminanceOfJnd(5000)).toBe(luminanceOfJnd(JND_MAX));
		expect(jndOfLuminance(0)).toBe(jndOfLuminance(LUMINANCE_MIN));
		expect(jndOfLuminance(0)).toBeCloseTo(JND_MIN, 1);
		expect(jndOfLuminance(1e6)).toBeCloseTo(JND_MAX, 0);
	});
});
