import { describe, expect, it } from "vitest";
import { type Stretch, stretchesOf } from "../../../static/src/ecg/polyline.ts";
import { recordingOf, type Trace } from "../../../static/src/ecg/recording.ts";
import { answerOf, group, randomFrom } from "./recordings.ts";

function trace(samples: Int16Array, hz: number, padding: number | null = null): Trace {
	const found = recordingOf(
		answerOf([group(hz, [{ name: "II", samples, microvoltsPerUnit: 1000, padding }])]),
	).traces.get("II");
	if (!found) throw new Error("no lead II");
	return found;
}

const pairs = (stretch: Stretch | undefined): [number, number][] =>
	Array.from({ length: (stretch?.length ?? 0) / 2 }, (_, at) => [
		stretch?.[at * 2] ?? Number.NaN,
		stretch?.[at * 2 + 1] ?? Number.NaN,
	]);

describe("few samples to a pixel", () => {
	it("are all drawn, at their own times", () => {
		const stretches = stretchesOf(trace(Int16Array.of(3, 1, 4, 1, 5), 100), 0, 40, 0.1);
		expect(stretches).toEqual([[0, 3, 10, 1, 20, 4, 30, 1, 40, 5]]);
	});

	it("are cut at both ends of the span, both ends included", () => {
		expect(stretchesOf(trace(Int16Array.of(3, 1, 4, 1, 5), 100), 10, 30, 1)).toEqual([[10, 1, 20, 4, 30, 1]]);
	});
});

describe("many samples to a pixel", () => {
	it("keep first, lowest, highest and last of each pixel column, and nothing else", () => {
		const random = randomFrom(11);
		for (let round = 0; round < 60; round += 1) {
			const hz = [500, 1000, 2000][round % 3] ?? 500;
			const pixelsPerMs = 0.02 + random() * 0.08;
			const samples = Int16Array.from({ length: 400 + Math.floor(random() * 1200) }, () => random() * 8 - 4);
			const drawn = pairs(stretchesOf(trace(samples, hz), 0, 1e9, pixelsPerMs)[0]);
			const expected = new Map<number, number[]>();
			samples.forEach((_, at) => {
				const column = Math.floor((at * 1000 * pixelsPerMs) / hz);
				expected.set(column, [...(expected.get(column) ?? []), at]);
			});
			const shown = new Map<number, number[]>();
			for (const [ms, mv] of drawn) {
				const at = Math.round((ms * hz) / 1000);
				expect(samples[at]).toBe(mv);
				const column = Math.floor((at * 1000 * pixelsPerMs) / hz);
				shown.set(column, [...(shown.get(column) ?? []), at]);
			}
			for (const [column, all] of expected) {
				const heights = all.map((at) => samples[at] ?? 0);
				const kept = shown.get(column) ?? [];
				const keptHeights = kept.map((at) => samples[at] ?? 0);
				expect(Math.max(...keptHeights)).toBe(Math.max(...heights));
				expect(Math.min(...keptHeights)).toBe(Math.min(...heights));
				expect(kept[0]).toBe(all[0]);
				expect(kept.at(-1)).toBe(all.at(-1));
				expect(kept.length).toBeLessThanOrEqual(4);
			}
		}
	});

	it("never lose a spike of one sample", () => {
		const samples = new Int16Array(10_000);
		samples[4321] = 9;
		const heights = pairs(stretchesOf(trace(samples, 1000), 0, 10_000, 0.05)[0]).map(([, mv]) => mv);
		expect(Math.max(...heights)).toBe(9);
	});

	it("advance in time", () => {
		const random = randomFrom(5);
		const samples = Int16Array.from({ length: 5000 }, () => random() * 100);
		const times = pairs(stretchesOf(trace(samples, 1000), 0, 5000, 0.1)[0]).map(([ms]) => ms);
		expect(times).toEqual([...times].sort((a, b) => a - b));
	});
});

describe("what was never recorded", () => {
	it.each([10, 0.001])("is a gap, not a line (%f px/ms)", (pixelsPerMs) => {
		const stretches = stretchesOf(trace(Int16Array.of(1, 2, -9, -9, 3, 4), 1000, -9), 0, 10, pixelsPerMs);
		expect(stretches.map((one) => pairs(one).map(([, mv]) => mv))).toEqual([
			[1, 2],
			[3, 4],
		]);
	});

	it("before the first or after the last sample is nothing", () => {
		expect(stretchesOf(trace(Int16Array.of(1, 2), 100), 500, 900, 1)).toEqual([]);
	});
});
