import { describe, expect, it } from "vitest";
import { frameAt, loadedSpans } from "../../../static/src/reading/slice_bar.ts";
import { figures } from "./studies.ts";

describe("the loaded ranges", () => {
	it("are runs in percent of the height", () => {
		expect(loadedSpans(new Set([0, 1, 4]), 10)).toEqual([
			{ first: 0, top: 0, height: 20 },
			{ first: 4, top: 40, height: 10 },
		]);
		expect(loadedSpans(new Set([9]), 10)).toEqual([{ first: 9, top: 90, height: 10 }]);
		expect(loadedSpans(new Set(), 10)).toEqual([]);
	});

	it("cover exactly what is loaded", () => {
		const random = figures(16);
		for (let round = 0; round < 100; round++) {
			const frames = 1 + Math.floor(random() * 60);
			const loaded = new Set(Array.from({ length: frames }, (_, i) => i).filter(() => random() < 0.6));
			const spans = loadedSpans(loaded, frames);
			const covered = spans.reduce((sum, one) => sum + one.height, 0);
			expect(covered).toBeCloseTo((loaded.size / frames) * 100, 6);
			for (const one of spans) expect(loaded.has(one.first)).toBe(true);
		}
	});
});

describe("the frame under a point of the bar", () => {
	it.each([
		[0, 0],
		[9.9, 0],
		[10, 1],
		[55, 5],
		[99.9, 9],
		[100, 9],
		[-30, 0],
		[500, 9],
	])("%d px of 100 for ten frames: %d", (y, frame) => {
		expect(frameAt(y, 100, 10)).toBe(frame);
	});

	it("is the first where there is no height or no frame", () => {
		expect([frameAt(5, 0, 10), frameAt(5, 100, 0)]).toEqual([0, 0]);
	});

	it("gives every frame the middle of its own stretch back", () => {
		for (const frames of [1, 2, 54, 1000]) {
			for (let frame = 0; frame < frames; frame++) {
				expect(frameAt(((frame + 0.5) / frames) * 431, 431, frames)).toBe(frame);
			}
		}
	});
});
