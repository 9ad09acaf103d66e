import { describe, expect, it } from "vitest";
import { drawGrid, drawTraces, type Inks, type Pen, sheetOf } from "../../../static/src/ecg/drawing.ts";
import { baselineMm, LAYOUTS, pageOf, xMmOf } from "../../../static/src/ecg/layout.ts";
import { randomFrom, TWELVE, twelveLeadRecording } from "./recordings.ts";

const INKS: Inks = { paper: "p", minor: "n", major: "j", trace: "t", label: "l", font: "f" };

type Point = readonly [number, number];

/** Remembers the polylines of each colour; nothing is painted. */
class RecordingPen implements Pen {
	lineWidth = 1;
	lineJoin: CanvasLineJoin = "miter";
	lineCap: CanvasLineCap = "butt";
	strokeStyle = "";
	fillStyle = "";
	font = "";
	globalAlpha = 1;
	readonly lines: { ink: string; points: Point[] }[] = [];
	readonly texts: { text: string; x: number; y: number }[] = [];
	#open: Point[][] = [];

	setTransform(): void {}
	clearRect(): void {}
	fillRect(): void {}
	strokeText(): void {}
	beginPath(): void {
		this.#open = [];
	}
	moveTo(x: number, y: number): void {
		this.#open.push([[x, y]]);
	}
	lineTo(x: number, y: number): void {
		this.#open.at(-1)?.push([x, y]);
	}
	stroke(): void {
		for (const points of this.#open) this.lines.push({ ink: this.strokeStyle, points });
	}
	fillText(text: string, x: number, y: number): void {
		this.texts.push({ text, x, y });
	}
}

function drawn(pxPerMm: number, ratio: number, room = { widthPx: 0, heightPx: 0 }, hz = 500) {
	const page = pageOf({
		layout: "12x1",
		leads: TWELVE,
		fromMs: 0,
		toMs: 10_000,
		speedMmPerS: 25,
		gainMmPerMv: 10,
	});
	const pen = new RecordingPen();
	const sheet = sheetOf(page, pxPerMm, room, ratio);
	drawTraces(pen, page, twelveLeadRecording(hz), sheet, INKS, "长条");
	const traces = pen.lines.filter(({ ink, points }) => ink === "t" && points.length > 6);
	return { page, pen, sheet, traces: traces.map(({ points }) => points) };
}

describe("a 1 mV square of 1 s", () => {
	it("is drawn 10.0 mm high and 25.0 mm long at any calibration", () => {
		const random = randomFrom(21);
		for (let round = 0; round < 40; round += 1) {
			const pxPerMm = 2 + random() * 12;
			const { traces } = drawn(pxPerMm, 1 + Math.floor(random() * 3));
			expect(traces).toHaveLength(12);
			for (const points of traces) {
				const heights = points.map(([, y]) => y);
				expect(Math.max(...heights) - Math.min(...heights)).toBeCloseTo(10 * pxPerMm, 8);
				const top = Math.min(...heights);
				const first = points.findIndex(([, y]) => y === top);
				const rises = points.filter(([, y], at) => y === top && points[at - 1]?.[1] !== top).map(([x]) => x);
				expect(first).toBeGreaterThan(0);
				expect(rises).toHaveLength(5);
				expect((rises[1] ?? 0) - (rises[0] ?? 0)).toBeCloseTo(2 * 25 * pxPerMm, 8);
			}
		}
	});

	it("stands where its lead's line is", () => {
		const { page, traces } = drawn(4, 1);
		traces.forEach((points, row) => {
			expect(points[0]?.[1]).toBeCloseTo(baselineMm(page, row) * 4, 9);
			expect(points[0]?.[0]).toBeCloseTo(xMmOf(page, 0) * 4, 9);
		});
	});

	it("has the same millimetres in every window", () => {
		const narrow = drawn(3.8, 1, { widthPx: 300, heightPx: 200 });
		const wide = drawn(3.8, 1, { widthPx: 2400, heightPx: 1400 });
		expect(wide.traces).toEqual(narrow.traces);
		expect(narrow.sheet.widthPx).toBeCloseTo(narrow.page.widthMm * 3.8, 9);
		expect(wide.sheet.widthPx).toBe(2400);
	});

	it("keeps its height when many samples share a pixel", () => {
		const { traces } = drawn(2.5, 1, undefined, 4000);
		for (const points of traces) {
			const heights = points.map(([, y]) => y);
			expect(Math.max(...heights) - Math.min(...heights)).toBeCloseTo(25, 8);
			expect(points.length).toBeLessThan(4 * 2.5 * 250 + 8);
		}
	});
});

describe.each(LAYOUTS)("%s", (layout) => {
	it("names every lead it shows and draws a pulse on each row", () => {
		const page = pageOf({ layout, leads: TWELVE, fromMs: 0, toMs: 10_000, speedMmPerS: 25, gainMmPerMv: 10 });
		const pen = new RecordingPen();
		drawTraces(
			pen,
			page,
			twelveLeadRecording(),
			sheetOf(page, 4, { widthPx: 0, heightPx: 0 }, 1),
			INKS,
			"长条",
		);
		const expected = page.segments.map(({ label, strip }) => (strip ? `${label} 长条` : label));
		expect(pen.texts.map(({ text }) => text)).toEqual(expected);
		const pulses = pen.lines.filter(({ ink, points }) => ink === "t" && points.length === 6);
		expect(pulses).toHaveLength(page.rows);
		for (const { points } of pulses) {
			expect((points[0]?.[1] ?? 0) - (points[2]?.[1] ?? 0)).toBeCloseTo(40, 9);
		}
	});
});

describe("an upside-down lead", () => {
	it("is mirrored at its own line", () => {
		const page = pageOf({
			layout: "cabrera",
			leads: TWELVE,
			fromMs: 0,
			toMs: 10_000,
			speedMmPerS: 25,
			gainMmPerMv: 10,
		});
		const pen = new RecordingPen();
		drawTraces(pen, page, twelveLeadRecording(), sheetOf(page, 4, { widthPx: 0, heightPx: 0 }, 1), INKS, "");
		const traces = pen.lines.filter(({ ink, points }) => ink === "t" && points.length > 6);
		const inverted = traces[2]?.points.map(([, y]) => y) ?? [];
		expect(Math.max(...inverted)).toBeCloseTo((baselineMm(page, 2) + 10) * 4, 9);
		expect(Math.min(...inverted)).toBeCloseTo(baselineMm(page, 2) * 4, 9);
	});
});

describe("the grid", () => {
	function lines(pxPerMm: number, screen: number, ink: string): { xs: number[]; ratio: number } {
		const page = pageOf({
			layout: "12x1",
			leads: TWELVE,
			fromMs: 0,
			toMs: 10_000,
			speedMmPerS: 25,
			gainMmPerMv: 10,
		});
		const pen = new RecordingPen();
		const sheet = sheetOf(page, pxPerMm, { widthPx: 0, heightPx: 0 }, screen);
		drawGrid(pen, sheet, INKS);
		const upright = pen.lines.filter((one) => one.ink === ink && one.points[0]?.[0] === one.points[1]?.[0]);
		return { xs: upright.map(({ points }) => points[0]?.[0] ?? Number.NaN), ratio: sheet.ratio };
	}

	it("never drifts: each line is within half a device pixel of its own millimetre", () => {
		for (const [pxPerMm, screen] of [
			[3.7795, 1],
			[5.2983, 1],
			[4.11, 2],
			[6.3, 3],
		] as const) {
			for (const [ink, everyMm] of [
				["n", 1],
				["j", 5],
			] as const) {
				const { xs, ratio } = lines(pxPerMm, screen, ink);
				expect(xs.length).toBeGreaterThan(260 / everyMm);
				const off = xs.map((x, at) => Math.abs(x - at * everyMm * pxPerMm));
				expect(Math.max(...off)).toBeLessThanOrEqual(0.5 / ratio + 1e-9);
			}
		}
	});

	it("leaves the fine lines out where they would run together", () => {
		expect(lines(2, 1, "n").xs).toEqual([]);
		expect(lines(2, 2, "n").xs.length).toBeGreaterThan(200);
		expect(lines(2, 1, "j").xs.length).toBeGreaterThan(50);
	});
});
