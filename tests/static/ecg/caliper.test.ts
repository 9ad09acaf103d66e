import { describe, expect, it } from "vitest";
import {
	type Caliper,
	chipText,
	marchedOut,
	moved,
	msOfLine,
	openedAt,
	placed,
	readingOf,
} from "../../../static/src/ecg/caliper.ts";
import { pageOf, xMmOf } from "../../../static/src/ecg/layout.ts";
import { caliperPlaces, msAtPx, samplesOfKey } from "../../../static/src/ecg/placing.ts";
import { randomFrom, TWELVE } from "./recordings.ts";

const at = (first: number, second: number, hz = 500): Caliper => ({
	hz,
	startMs: 0,
	sampleCount: 5000,
	first,
	second,
});

describe("a reading", () => {
	it("is exact: samples over rate", () => {
		expect(readingOf(at(1000, 1435))).toEqual({ ms: 870, ratePerMinute: 60_000 / 870 });
		expect(chipText(readingOf(at(1000, 1435)))).toBe("RR 870 ms · 69");
		expect(chipText(readingOf(at(1435, 1000)))).toBe("RR 870 ms · 69");
	});

	it("calls a span RR only where it can be one", () => {
		expect(chipText(readingOf(at(0, 48)))).toBe("Δt 96 ms");
		expect(readingOf(at(0, 100)).ratePerMinute).toBe(300);
		expect(readingOf(at(0, 1501)).ratePerMinute).toBeNull();
	});

	it("of 1000 Hz has single milliseconds", () => {
		expect(chipText(readingOf(at(0, 983, 1000)))).toBe("RR 983 ms · 61");
	});
});

describe("the lines", () => {
	it("move by samples and stop at the ends", () => {
		expect(moved(at(10, 20), "first", 1).first).toBe(11);
		expect(moved(at(10, 20), "second", -10).second).toBe(10);
		expect(moved(at(3, 20), "first", -10).first).toBe(0);
		expect(moved(at(3, 4998), "second", 10).second).toBe(4999);
	});

	it("stand on the sample nearest to where they are put", () => {
		expect(placed(at(0, 0), "first", 1000.9).first).toBe(500);
		expect(placed(at(0, 0), "first", 1001.1).first).toBe(501);
		expect(placed(at(0, 0), "first", -50).first).toBe(0);
	});

	it("keep their sample through any zoom and back", () => {
		const random = randomFrom(4);
		for (let round = 0; round < 300; round += 1) {
			const speedMmPerS = [12.5, 25, 50][round % 3] ?? 25;
			const page = pageOf({
				layout: "3x4+1",
				leads: TWELVE,
				fromMs: 0,
				toMs: 10_000,
				speedMmPerS,
				gainMmPerMv: 10,
			});
			const pxPerMm = 1 + random() * 12;
			const caliper = at(Math.floor(random() * 5000), 0, 500);
			const px = xMmOf(page, msOfLine(caliper, "first")) * pxPerMm;
			expect(placed(caliper, "first", msAtPx(page, pxPerMm, px)).first).toBe(caliper.first);
		}
	});
});

describe("opening", () => {
	const base = { hz: 500, startMs: 0, sampleCount: 5000 };

	it("takes the two R peaks nearest to the place", () => {
		const opened = openedAt(base, 3300, [400, 1270, 2140, 3010, 3880, 4750]);
		expect([msOfLine(opened, "first"), msOfLine(opened, "second")]).toEqual([3010, 3880]);
	});

	it("stands a usual RR apart where no peak is known", () => {
		const opened = openedAt(base, 3000, []);
		expect([msOfLine(opened, "first"), msOfLine(opened, "second")]).toEqual([2600, 3400]);
	});
});

describe("marching out", () => {
	it("repeats the span over the page, outside the two lines", () => {
		expect(marchedOut(at(1500, 2000), 0, 10_000)).toEqual([
			0, 1000, 2000, 5000, 6000, 7000, 8000, 9000, 10_000,
		]);
	});

	it("does not fill the page with ticks of a tiny span", () => {
		expect(marchedOut(at(100, 101), 0, 10_000)).toEqual([]);
	});
});

describe("on the sheet", () => {
	const page = pageOf({
		layout: "3x4+1",
		leads: TWELVE,
		fromMs: 0,
		toMs: 10_000,
		speedMmPerS: 25,
		gainMmPerMv: 10,
	});

	it("lines are 21.75 mm apart for 870 ms at 25 mm/s", () => {
		const places = caliperPlaces(at(1000, 1435), page, 4);
		expect(places.widthPx).toBeCloseTo(21.75 * 4, 9);
		expect(places.secondPx - places.firstPx).toBeCloseTo(21.75 * 4, 9);
		expect(places.chip).toBe("RR 870 ms · 69");
	});

	it("crossed lines give the same bar", () => {
		const crossed = caliperPlaces(at(1435, 1000), page, 4);
		expect(crossed.leftPx).toBe(crossed.secondPx);
		expect(crossed.widthPx).toBeCloseTo(21.75 * 4, 9);
	});

	it.each([
		["ArrowRight", false, 1],
		["ArrowLeft", false, -1],
		["ArrowRight", true, 10],
		["ArrowLeft", true, -10],
		["Enter", false, null],
		["Tab", false, null],
	])("%s with Shift %s moves %s samples", (key, shift, by) => {
		expect(samplesOfKey(key, shift)).toBe(by);
	});
});
