import { describe, expect, it } from "vitest";
import { blockOrder, previewRanges, urgency, wantedRanges } from "../../../static/src/reading/order.ts";
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

	it("asks for previews in groups of four blocks, nearest first", () => {
		expect(previewRanges(70, 200, 16, () => false)).toEqual([
			{ first: 64, last: 127 },
			{ first: 0, last: 63 },
			{ first: 128, last: 191 },
			{ first: 192, last: 199 },
		]);
	});

	it("asks for previews of what there is room for, and not of what is very far", () => {
		expect(previewRanges(70, 200, 16, () => false, 10)).toEqual([
			{ first: 64, last: 95 },
			{ first: 48, last: 63 },
		]);
		const far = previewRanges(3000, 9000, 10, () => false);
		expect(Math.min(...far.map(({ first }) => first))).toBe(2000);
		expect(Math.max(...far.map(({ last }) => last))).toBe(4009);
	});

	it("asks for all previews that are missing within reach, and never for more blocks than are answered", () => {
		const random = figures(12);
		for (let round = 0; round < 400; round++) {
			const frames = 1 + Math.floor(random() * 300);
			const blockFrames = 1 + Math.floor(random() * 20);
			const visible = Math.floor(random() * frames);
			const reach = random() < 0.5 ? Number.POSITIVE_INFINITY : Math.floor(random() * 60);
			const all = Array.from({ length: frames }, (_, i) => i);
			const here = new Set(all.filter(() => random() < 0.8));
			const ranges = previewRanges(visible, frames, blockFrames, (frame) => here.has(frame), reach);
			const blockOf = (frame: number): number => Math.floor(frame / blockFrames);
			const asked = ranges.flatMap(({ first, last }) => all.slice(first, last + 1));
			const near = (frame: number): boolean => Math.abs(frame - visible) < reach + blockFrames;
			expect(new Set(asked).size).toBe(asked.length);
			expect(ranges.every(({ first, last }) => first <= last && blockOf(last) - blockOf(first) < 4)).toBe(
				true,
			);
			expect(ranges.every(({ first, last }) => !here.has(first) && !here.has(last))).toBe(true);
			expect(asked.filter((frame) => !near(frame))).toEqual([]);
			const missing = all.filter((frame) => Math.abs(frame - visible) <= reach && !here.has(frame));
			expect(missing.filter((frame) => !asked.includes(frame))).toEqual([]);
		}
	});

	it("decodes the visible frame first, then around it, ahead before behind", () => {
		const frames = [7, 8, 9, 10, 11, 12, 13];
		expect([...frames].sort((a, b) => urgency(a, 10) - urgency(b, 10))).toEqual([10, 11, 9, 12, 8, 13, 7]);
	});
});
