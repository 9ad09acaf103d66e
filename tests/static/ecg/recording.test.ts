import { describe, expect, it } from "vitest";
import {
	commonFilters,
	decodeSamples,
	filtersMayAlter,
	isSynchronous,
	millivoltsAt,
	recordingOf,
	sampleAtOrAfter,
	timeOfSample,
} from "../../../static/src/ecg/recording.ts";
import { answerOf, base64, group, randomFrom, twelveLeads } from "./recordings.ts";

describe("samples", () => {
	it("are the stored whole numbers, sign included", () => {
		expect([...decodeSamples(base64(Int16Array.of(0, 1, -1, 32767, -32768, 258)), "int16")]).toEqual([
			0, 1, -1, 32767, -32768, 258,
		]);
		expect([...decodeSamples(base64(Int32Array.of(-2147483648, 70000, -3)), "int32")]).toEqual([
			-2147483648, 70000, -3,
		]);
	});

	it("are read as little-endian", () => {
		expect([...decodeSamples(Buffer.from([0x34, 0x12]).toString("base64"), "int16")]).toEqual([0x1234]);
	});

	it("come back for any values", () => {
		const random = randomFrom(7);
		for (let round = 0; round < 50; round += 1) {
			const values = Int16Array.from(
				{ length: 1 + Math.floor(random() * 999) },
				() => random() * 65536 - 32768,
			);
			expect(decodeSamples(base64(values), "int16")).toEqual(values);
		}
	});

	it("become millivolts by the channel's own scale and baseline", () => {
		const samples = Int16Array.of(100, -100, 7);
		const recording = recordingOf(
			answerOf([group(500, [{ name: "II", samples, microvoltsPerUnit: 4.88, baseline: 12, padding: 7 }])]),
		);
		const trace = recording.traces.get("II");
		if (!trace) throw new Error("no lead II");
		expect(millivoltsAt(trace, 0)).toBe((100 * 4.88 + 12) / 1000);
		expect(millivoltsAt(trace, 1)).toBe((-100 * 4.88 + 12) / 1000);
		expect(millivoltsAt(trace, 2)).toBeNaN();
		expect(millivoltsAt(trace, 3)).toBeNaN();
	});
});

describe("a recording", () => {
	it("holds every rhythm lead once and no averaged beat", () => {
		const short = Int16Array.of(1, 2);
		const long = Int16Array.of(3, 4, 5, 6);
		const recording = recordingOf(
			answerOf([
				group(500, [{ name: "II", samples: short }]),
				group(500, [{ name: "II", samples: long }]),
				group(500, [{ name: "V1", samples: long }], { kind: "median_beat" }),
			]),
		);
		expect([...recording.traces.keys()]).toEqual(["II"]);
		expect([...(recording.traces.get("II")?.samples ?? [])]).toEqual([3, 4, 5, 6]);
	});

	it("keeps the time of groups recorded one after another, and a channel's skew", () => {
		const samples = Int16Array.of(1, 2);
		const recording = recordingOf(
			answerOf([
				group(500, [{ name: "I", samples }]),
				group(500, [{ name: "V1", samples, skewMs: 0.5 }], { offset_ms: 2500 }),
			]),
		);
		expect(recording.traces.get("V1")?.startMs).toBe(2500.5);
		expect(isSynchronous(recording)).toBe(false);
		expect(isSynchronous(recordingOf(twelveLeads()))).toBe(true);
	});

	it("finds samples by time without losing one to rounding", () => {
		const random = randomFrom(3);
		const hzs = [250, 300, 360, 500, 599.880024, 1000];
		for (const hz of hzs) {
			const recording = recordingOf(answerOf([group(hz, [{ name: "II", samples: new Int16Array(20_000) }])]));
			const trace = recording.traces.get("II");
			if (!trace) throw new Error("no lead II");
			for (let round = 0; round < 200; round += 1) {
				const index = Math.floor(random() * 20_000);
				expect(sampleAtOrAfter(trace, timeOfSample(trace, index))).toBe(index);
			}
		}
	});
});

describe("filters", () => {
	const samples = Int16Array.of(1);
	const withFilters = (
		...all: { low_hz: number | null; high_hz: number | null; notch_hz: number | null }[]
	) =>
		recordingOf(
			answerOf([
				group(
					500,
					all.map((filters, at) => ({ name: `V${at + 1}`, samples, filters })),
				),
			]),
		);

	it("are named only when every lead has the same", () => {
		const same = { low_hz: 0.05, high_hz: 150, notch_hz: 50 };
		expect(commonFilters(withFilters(same, same))).toEqual(same);
		expect(commonFilters(withFilters(same, { ...same, high_hz: 40 }))).toBeNull();
		expect(commonFilters(withFilters({ low_hz: null, high_hz: null, notch_hz: null }))).toBeNull();
	});

	it.each([
		[0.05, 150, false],
		[0.05, 100, false],
		[0.5, 150, true],
		[0.67, 40, true],
		[0.05, 40, true],
		[0.05, 0, false],
	])("of %f to %f Hz may alter the trace: %s", (low_hz, high_hz, alters) => {
		expect(filtersMayAlter({ low_hz, high_hz, notch_hz: null })).toBe(alters);
	});
});
