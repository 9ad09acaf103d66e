import { describe, expect, it } from "vitest";
import { LAYOUTS } from "../../../static/src/ecg/layout.ts";
import type { Gain, Speed } from "../../../static/src/ecg/paper.ts";
import {
	A4_HEIGHT_MM,
	A4_WIDTH_MM,
	gridPath,
	PAPER_HEIGHT_MM,
	pathOf,
	printedPitchMm,
	printedSheets,
} from "../../../static/src/ecg/print.ts";
import { Station, type StationState } from "../../../static/src/ecg/station.ts";
import { twelveLeadRecording } from "./recordings.ts";

const state = (more: Partial<StationState> = {}): StationState => ({
	...new Station().now,
	opening: "ready",
	recording: twelveLeadRecording(),
	...more,
});

const points = (path: string): [number, number][] =>
	[...path.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map((found) => [Number(found[1]), Number(found[2])]);

describe("a printed sheet", () => {
	it("is millimetres: 10 s are 250 mm long and 1 mV is 10 mm high", () => {
		const sheet = printedSheets(state({ layout: "12x1" }))[0];
		const trace = points(sheet?.traces[1] ?? "");
		const xs = trace.map(([x]) => x);
		const ys = trace.map(([, y]) => y);
		const sampleMm = 25 / 500;
		expect(Math.max(...xs) - Math.min(...xs)).toBeCloseTo(250 - sampleMm, 3);
		expect(Math.max(...ys) - Math.min(...ys)).toBeCloseTo(10, 3);
	});

	const recording = twelveLeadRecording(100);
	const choices = [12.5, 25, 50].flatMap((speed) => [5, 10, 20].map((gain) => ({ speed, gain })));

	it.each(LAYOUTS)("of %s stays inside A4 landscape at any speed and gain", (layout) => {
		for (const choice of choices as { speed: Speed; gain: Gain }[]) {
			for (const sheet of printedSheets(state({ layout, recording, ...choice }))) {
				expect(sheet.widthMm).toBeLessThan(A4_WIDTH_MM);
				expect(sheet.heightMm).toBeLessThan(A4_HEIGHT_MM);
				expect(Math.max(...sheet.labels.map(({ yMm }) => yMm))).toBeLessThan(sheet.heightMm);
				const ends = sheet.traces.map((trace) => points(trace.slice(-40)).at(-1)?.[0] ?? 0);
				expect(Math.max(...ends)).toBeGreaterThan(100);
				expect(Math.max(...ends)).toBeLessThanOrEqual(sheet.widthMm);
			}
		}
	});

	it("takes 5 s each at 50 mm/s, cut where the sheet ends", () => {
		const sheets = printedSheets(state({ speed: 50 }));
		expect(sheets.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
			[0, 5000],
			[5000, 10_000],
		]);
		expect(sheets[0]?.labels.map(({ text }) => text)).toEqual(["I", "II", "III", "aVR", "aVL", "aVF", "II"]);
		expect(sheets[1]?.labels.map(({ text }) => text)).toEqual(["V1", "V2", "V3", "V4", "V5", "V6", "II"]);
		const strip = points(sheets[1]?.traces.at(-1) ?? "");
		expect(strip[0]?.[0]).toBeCloseTo(15, 3);
		expect(strip.at(-1)?.[0]).toBeCloseTo(15 + 250 - 0.1, 3);
	});

	it("puts ten seconds at 12.5 mm/s on one", () => {
		expect(printedSheets(state({ speed: 12.5 }))).toHaveLength(1);
	});

	it("gives its rows what room there is", () => {
		for (let rows = 1; rows <= 16; rows += 1) {
			expect(rows * printedPitchMm(rows)).toBeLessThanOrEqual(PAPER_HEIGHT_MM);
		}
		expect(printedPitchMm(4) % 5).toBe(0);
	});

	it("is none before there is a recording", () => {
		expect(printedSheets(state({ recording: null }))).toEqual([]);
	});
});

describe("paths", () => {
	it("are written in thousandths of a millimetre", () => {
		expect(pathOf([1, 2.00049, 3.5, 4])).toBe("M1.000 2.000L3.500 4.000");
	});

	it("of the grid have a line on every millimetre", () => {
		expect(gridPath(3, 2, 1).match(/M/g)).toHaveLength(4 + 3);
	});
});
