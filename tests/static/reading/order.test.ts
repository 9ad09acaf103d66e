import { describe, expect, it } from "vitest";
import { blockOrder, urgency, wantedRanges } from "../../../static/src/reading/order.ts";
import { figures } from "./studies.ts";

describe("the order of loading", () => {
	it("begins with the visible frame, then its block, then outward", () => {
		expect(wantedRanges(20, 54, 16, () => false)).toEqual([
			{ first: 20, last: 20 },
			{ first: 16, last: 31 },
			{ first: 0, last: 15 },
			{ first: 32, last: 47 },
			{ first: 48, last: 53 },
		]);
	});

	it("takes the nearer neighbour block first", () => {
		expect(blockOrder(30, 64, 16)).toEqual([1, 2, 0, 3]);
		expect(blockOrder(17, 64, 16)).toEqual([1, 0, 2, 3]);
	});

	it("asks for the visible frame by itself only while it is missing", () => {
		const here = new Set([20]);
		expect(wantedRanges(20, 54, 16, (frame) => here.has(frame))[0]).toEqual({ first: 16, last: 31 });
	});

	it("does not ask twice for a block of one frame, nor for a single image", () => {
		expect(wantedRanges(1, 3, 1, () => false)).toEqual([
			{ first: 1, last: 1 },
			{ first: 2, last: 2 },
			{ first: 0, last: 0 },
		]);
		expect(wantedRanges(0, 1, 16, () => false)).toEqual([{ first: 0, last: 0 }]);
	});

	it("covers exactly what is missing, whatever is here", () => {
		const random = figures(10);
		for (let round = 0; round < 400; round++) {
			const frames = 1 + Math.floor(random() * 90);
			const blockFrames = 1 + Math.floor(random() * 20);
			const visible = Math.floor(random() * frames);
			const all = Array.from({ length: frames }, (_, i) => i);
			const here = new Set(all.filter(() => random() < 0.5));
			const ranges = wantedRanges(visible, frames, blockFrames, (frame) => here.has(frame));
			const asked = new Set(ranges.flatMap(({ first, last }) => all.slice(first, last + 1)));
			expect(ranges.every(({ first, last }) => first <= last && last < frames)).toBe(true);
			expect(ranges.every(({ first, last }) => first === last || first % blockFrames === 0)).toBe(true);
			expect(all.filter((frame) => !here.has(frame) && !asked.has(frame))).toEqual([]);
			expect(ranges.length === 0).toBe(here.size === frames);
			const first = ranges[0];
			const looksFirst =
				here.has(visible) || (first !== undefined && first.first <= visible && visible <= first.last);
			expect(looksFirst).toBe(true);
		}
	});

	it("leaves out what is further away than there is room for", () => {
		const has = (frame: number): boolean => frame === 20;
		expect(wantedRanges(20, 64, 4, has, 3)).toEqual([
			{ first: 20, last: 23 },
			{ first: 16, last: 19 },
		]);
		expect(wantedRanges(20, 64, 4, has, 0)).toEqual([]);
		expect(wantedRanges(20, 64, 4, () => false, 0)).toEqual([{ first: 20, last: 20 }]);
	});

	it("decodes the visible frame first, then around it, ahead before behind", () => {
		const frames = [7, 8, 9, 10, 11, 12, 13];
		expect([...frames].sort((a, b) => urgency(a, 10) - urgency(b, 10))).toEqual([10, 11, 9, 12, 8, 13, 7]);
	});
});
