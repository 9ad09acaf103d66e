import { describe, expect, it } from "vitest";
import {
	actOfButtons,
	LEFT,
	MIDDLE,
	RIGHT,
	slicesOfDrag,
	slicesOfWheel,
	type Tool,
	windowStep,
	zoomFactor,
} from "../../../static/src/reading/gesture.ts";
import { Taps } from "../../../static/src/reading/gesture.ts";
import { figures } from "./studies.ts";

const TOOLS: readonly Tool[] = ["window", "pan", "zoom", "scroll", "length"];

describe("buttons", () => {
	it("left is the chosen tool, right zooms, middle pans, left and right scroll", () => {
		for (const tool of TOOLS) {
			expect(actOfButtons(LEFT, tool)).toBe(tool);
			expect(actOfButtons(RIGHT, tool)).toBe("zoom");
			expect(actOfButtons(MIDDLE, tool)).toBe("pan");
			expect(actOfButtons(LEFT | RIGHT, tool)).toBe("scroll");
			expect(actOfButtons(0, tool)).toBe("none");
		}
	});
});

describe("drags", () => {
	it("move the same slices however finely they are reported", () => {
		const random = figures(15);
		for (let round = 0; round < 100; round++) {
			const frames = 1 + Math.floor(random() * 500);
			const steps = Array.from({ length: 30 }, () => Math.round(random() * 20));
			let rest = 0;
			let moved = 0;
			for (const dy of steps) {
				const one = slicesOfDrag(dy, rest, frames);
				moved += one.slices;
				rest = one.rest;
			}
			const total = steps.reduce((sum, dy) => sum + dy, 0);
			expect(Math.abs(moved - slicesOfDrag(total, 0, frames).slices)).toBeLessThanOrEqual(1);
		}
	});

	it("go through a large series in one hand's breadth", () => {
		expect(slicesOfDrag(600, 0, 300).slices).toBeGreaterThanOrEqual(299);
		expect(slicesOfDrag(60, 0, 10).slices).toBe(10);
	});

	it("change wide windows faster than narrow ones", () => {
		expect(windowStep(2500)).toBeGreaterThan(windowStep(80));
		expect(windowStep(1)).toBeGreaterThan(0);
	});

	it("zoom in upwards and back to where they began", () => {
		expect(zoomFactor(-50)).toBeGreaterThan(1);
		expect(zoomFactor(-50) * zoomFactor(50)).toBeCloseTo(1, 12);
	});
});

describe("the wheel", () => {
	it("turns one slice a notch, up or down, in every mode", () => {
		expect(slicesOfWheel(100, 0, 0).slices).toBe(1);
		expect(slicesOfWheel(-120, 0, 5).slices).toBe(-1);
		expect(slicesOfWheel(3, 1, 0).slices).toBe(1);
		expect(slicesOfWheel(-1, 2, 0).slices).toBe(-1);
	});

	it("gathers the trickle of a touch pad", () => {
		let rest = 0;
		let slices = 0;
		for (let event = 0; event < 40; event++) {
			const one = slicesOfWheel(4, 0, rest);
			rest = one.rest;
			slices += one.slices;
		}
		expect(slices).toBe(4);
	});
});

describe("two taps", () => {
	const at = (x: number, y = 0) => ({ x, y });
	function tap(taps: Taps, x: number, atMs: number, slide = 0): boolean {
		taps.down(at(x));
		return taps.up(at(x + slide), atMs);
	}

	it("are told from one, from three, and from slow ones", () => {
		const taps = new Taps();
		expect([tap(taps, 10, 0), tap(taps, 12, 200), tap(taps, 12, 300)]).toEqual([false, true, false]);
		expect([tap(taps, 90, 5000), tap(taps, 90, 5351)]).toEqual([false, false]);
		expect(tap(taps, 90, 5701)).toBe(true);
	});

	it("stand at one place, and are no drags", () => {
		const taps = new Taps();
		expect([tap(taps, 10, 0), tap(taps, 41, 100)]).toEqual([false, false]);
		expect([tap(taps, 41, 200, 13), tap(taps, 41, 300)]).toEqual([false, false]);
	});

	it("are forgotten when a second finger or a mouse comes", () => {
		const taps = new Taps();
		tap(taps, 10, 0);
		taps.down(null);
		expect(taps.up(at(10), 100)).toBe(false);
		expect(tap(taps, 10, 200)).toBe(false);
	});
});
