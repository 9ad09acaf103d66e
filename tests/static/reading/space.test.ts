import { describe, expect, it } from "vitest";
import type { Orientation } from "../../../static/src/reading/manifest.ts";
import {
	directionLetters,
	dot,
	edgeLetters,
	normalOf,
	pixelAspect,
	slicePositionMm,
} from "../../../static/src/reading/space.ts";
import { aForm, aFrame, figures } from "./studies.ts";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const CORONAL: Orientation = [1, 0, 0, 0, 0, -1];
const SAGITTAL: Orientation = [0, 1, 0, 0, 0, -1];

describe("orientation letters", () => {
	it("of the three main planes are those of every workstation", () => {
		expect(edgeLetters(AXIAL)).toEqual({ left: "R", right: "L", top: "A", bottom: "P" });
		expect(edgeLetters(CORONAL)).toEqual({ left: "R", right: "L", top: "H", bottom: "F" });
		expect(edgeLetters(SAGITTAL)).toEqual({ left: "A", right: "P", top: "H", bottom: "F" });
	});

	it("name the strongest direction first and leave weak ones out", () => {
		expect(directionLetters([0, 0.9483, -0.3173])).toBe("PF");
		expect(directionLetters([0.99, 0.1, -0.1])).toBe("L");
	});

	it("are not invented", () => {
		expect(edgeLetters(null)).toBeNull();
	});
});

describe("the position of a slice", () => {
	it("of an axial slice is its z, whichever way the normal points", () => {
		const form = aForm({ orientation: AXIAL });
		const flipped = aForm({ orientation: [1, 0, 0, 0, -1, 0] });
		expect(slicePositionMm({ ...aFrame(0, form), position: [5, 6, -117] })).toBe(-117);
		expect(slicePositionMm({ ...aFrame(0, flipped), position: [5, 6, -117] })).toBe(-117);
	});

	it("is unknown without position or orientation", () => {
		expect(slicePositionMm({ ...aFrame(0), position: null })).toBeNull();
		expect(slicePositionMm(aFrame(0, aForm({ orientation: null })))).toBeNull();
		expect(slicePositionMm(aFrame(0, null))).toBeNull();
	});

	it("grows by the spacing along any normal", () => {
		const random = figures(11);
		for (let round = 0; round < 100; round++) {
			const a = random() * 6;
			const b = random() * 6;
			const orientation: Orientation = [
				Math.cos(a),
				Math.sin(a),
				0,
				-Math.sin(a) * Math.cos(b),
				Math.cos(a) * Math.cos(b),
				Math.sin(b),
			];
			const normal = normalOf(orientation);
			expect(dot(normal, normal)).toBeCloseTo(1, 9);
			const form = aForm({ orientation });
			const at = (step: number): number | null =>
				slicePositionMm({
					...aFrame(0, form),
					position: [normal[0] * step, normal[1] * step, normal[2] * step],
				});
			expect(Math.abs((at(3) ?? 0) - (at(1) ?? 0))).toBeCloseTo(2, 9);
		}
	});
});

describe("pixels", () => {
	it("are as wide as they are high, unless the object says otherwise", () => {
		expect(pixelAspect(aForm({ spacing: null }))).toBe(1);
		expect(pixelAspect(aForm({ spacing: null, pixelAspect: 0.75 }))).toBe(0.75);
		expect(pixelAspect(aForm({ spacing: { rowMm: 0.5, columnMm: 0.8, source: "pixel" } }))).toBe(1.6);
	});
});
