import { describe, expect, it } from "vitest";
import { irregularPlaces, placesAt, spanOf } from "../../../../static/src/reading/display/places.ts";
import type { Series } from "../../../../static/src/reading/manifest.ts";
import { randomFrom } from "../../ecg/recordings.ts";
import { aFrame, aSeries } from "../studies.ts";

/** A series whose slices stand at these heights, described as the server describes it. */
function standing(heights: readonly number[], spacingMm = 2.5): Series {
	const frames = heights.map((height, i) => ({ ...aFrame(i), position: [0, 0, height] as const }));
	// Steps back begin another pass; the server does not judge them.
	const steps = heights.slice(1).map((height, i) => Math.max(spacingMm, height - (heights[i] ?? 0)));
	const each = new Map<number, number>();
	for (const height of heights) each.set(height, (each.get(height) ?? 0) + 1);
	const missingAfter = steps.flatMap((mm, i) => (mm > 1.5 * spacingMm ? [i] : []));
	const stack = {
		byPosition: true,
		spacingMm,
		spacingVaries: steps.some((mm) => Math.abs(mm - spacingMm) > 0.1 * spacingMm),
		missingAfter,
		repeats: Math.max(...each.values()),
		tiltDegrees: 0,
	};
	return { ...aSeries(heights.length), frames, stack };
}

describe("a stack as it should be", () => {
	it("has no mark", () => {
		expect(irregularPlaces(standing([0, 2.5, 5, 7.5]))).toEqual([]);
	});

	it("of several phases has none either, as each position stands equally often", () => {
		expect(irregularPlaces(standing([0, 2.5, 5, 0, 2.5, 5]))).toEqual([]);
	});

	it("whose positions are not known claims nothing", () => {
		const series = standing([0, 2.5, 10]);
		expect(irregularPlaces({ ...series, stack: { ...series.stack, byPosition: false } })).toEqual([]);
		const frames = series.frames.map((frame, i) => (i === 1 ? { ...frame, position: null } : frame));
		expect(irregularPlaces({ ...series, frames })).toEqual([]);
	});
});

describe("what lacks", () => {
	it("is counted where it lacks, whatever the stack", () => {
		const random = randomFrom(9);
		for (let round = 0; round < 100; round++) {
			const whole = Array.from({ length: 40 }, (_, i) => i);
			const gone = new Set(Array.from({ length: 6 }, () => 1 + Math.floor(random() * 38)));
			const left = whole.filter((one) => !gone.has(one));
			const places = irregularPlaces(standing(left.map((one) => one * 2.5)));
			const lacking = places.map((one) => (one.kind === "missing" ? one.slices : 0));
			expect(lacking.reduce((sum, one) => sum + one, 0)).toBe(gone.size);
			for (const place of places) {
				const before = left[place.at] ?? 0;
				expect(gone.has(before + 1), `after ${before}`).toBe(true);
			}
		}
	});

	it("is said at the slices on both sides of the gap and nowhere else", () => {
		const places = irregularPlaces(standing([0, 2.5, 10, 12.5]));
		expect(places).toEqual([{ kind: "missing", at: 1, slices: 2 }]);
		expect([0, 1, 2, 3].map((index) => placesAt(places, index).length)).toEqual([0, 1, 1, 0]);
		expect(spanOf(places[0] ?? { kind: "missing", at: 0, slices: 0 }, 4)).toEqual({ top: 0.5, height: 0 });
	});
});

describe("what stands twice", () => {
	it("is marked from the first repeat to the last", () => {
		const places = irregularPlaces(standing([0, 2.5, 5, 7.5, 2.5, 5]));
		expect(places.filter((one) => one.kind === "repeated")).toEqual([{ kind: "repeated", at: 4, to: 5 }]);
		expect(spanOf({ kind: "repeated", at: 4, to: 5 }, 6)).toEqual({ top: 4 / 6, height: 2 / 6 });
		expect(placesAt(places, 5).map((one) => one.kind)).toContain("repeated");
	});
});

describe("distances that differ", () => {
	it("are said in millimetres where they are", () => {
		const places = irregularPlaces(standing([0, 2.5, 5, 8.5, 11]));
		expect(places).toEqual([{ kind: "uneven", at: 2, mm: 3.5 }]);
	});
});
