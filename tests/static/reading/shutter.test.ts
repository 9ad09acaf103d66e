import { describe, expect, it } from "vitest";
import type { Shutter } from "../../../static/src/reading/manifest.ts";
import { cover, seenThrough } from "../../../static/src/reading/shutter.ts";
import { grey } from "../../../static/src/reading/voi.ts";
import { figures } from "./studies.ts";

const OPEN: Shutter = { rectangle: null, circle: null, polygon: [], level: 0 };

describe("a shutter", () => {
	it("hides its edges and what lies beyond them", () => {
		const shutter: Shutter = { ...OPEN, rectangle: [2, 5, 1, 4] };
		expect([2, 3, 4, 5].map((column) => seenThrough(shutter, 2, column))).toEqual([false, true, true, false]);
		expect([1, 2, 3, 4].map((row) => seenThrough(shutter, row, 3))).toEqual([false, true, true, false]);
	});

	it("shows what is within its radius, the rim included", () => {
		const shutter: Shutter = { ...OPEN, circle: [10, 20, 5] };
		expect(seenThrough(shutter, 10, 25)).toBe(true);
		expect(seenThrough(shutter, 13, 24)).toBe(true);
		expect(seenThrough(shutter, 14, 24)).toBe(false);
	});

	it("of a polygon agrees with half planes wherever the polygon is a triangle", () => {
		const random = figures(31);
		const side = (a: readonly [number, number], b: readonly [number, number], row: number, column: number) =>
			Math.sign((b[0] - a[0]) * (column - a[1]) - (b[1] - a[1]) * (row - a[0]));
		for (let round = 0; round < 300; round++) {
			const [a, b, c] = [0, 1, 2].map(() => [random() * 30, random() * 30] as const) as [
				readonly [number, number],
				readonly [number, number],
				readonly [number, number],
			];
			const shutter: Shutter = { ...OPEN, polygon: [a, b, c] };
			for (let spot = 0; spot < 20; spot++) {
				const [row, column] = [random() * 30, random() * 30];
				const sides = [side(a, b, row, column), side(b, c, row, column), side(c, a, row, column)];
				expect(seenThrough(shutter, row, column)).toBe(new Set(sides).size === 1);
			}
		}
	});

	it("of several shapes shows what lies in all of them", () => {
		const shutter: Shutter = { ...OPEN, rectangle: [0, 10, 0, 10], circle: [5, 5, 2] };
		expect(seenThrough(shutter, 5, 6)).toBe(true);
		expect(seenThrough(shutter, 5, 8)).toBe(false);
		expect(seenThrough({ ...shutter, circle: [5, 12, 4] }, 5, 11)).toBe(false);
	});

	it("covers with its own grey and leaves the rest alone", () => {
		const pixels = Uint32Array.from({ length: 12 }, (_, i) => i);
		cover({ ...OPEN, rectangle: [1, 4, 0, 3], level: 128 }, 4, pixels);
		const g = grey(128);
		expect([...pixels]).toEqual([g, 1, 2, g, g, 5, 6, g, g, g, g, g]);
	});
});
