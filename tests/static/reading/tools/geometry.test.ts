import { describe, expect, it } from "vitest";
import type { SpacingSource } from "../../../../static/src/reading/manifest.ts";
import {
	type Calibration,
	calibrationAt,
	NO_FACTS,
	type Region,
	regionOf,
	UNCALIBRATED,
} from "../../../../static/src/reading/tools/calibration.ts";
import { figuresOf, type Ground, valueUnit } from "../../../../static/src/reading/tools/figures.ts";
import { completed, type MarkKind } from "../../../../static/src/reading/tools/mark.ts";
import { type Box, boxOf, statisticsIn, valueAt } from "../../../../static/src/reading/tools/roi.ts";
import { aForm, figures } from "../studies.ts";
import { points } from "./marks.ts";

/** Pixels that are wider than high, as scanners of ultrasound and old monitors make them. */
const FORM = aForm({ rows: 200, columns: 200, spacing: { rowMm: 0.5, columnMm: 0.8, source: "pixel" } });

function ground(changes: Partial<Ground> = {}): Ground {
	const form = changes.form ?? FORM;
	const calibration = calibrationAt(form, NO_FACTS, []);
	return { form, modality: "CT", calibration, samples: undefined, ...changes };
}

function figure(kind: MarkKind, pairs: readonly (readonly [number, number])[], on = ground()): number[] {
	return figuresOf(kind, points(...pairs), on).map(({ value }) => value);
}

describe("lengths and angles", () => {
	it("are those of the patient, whatever the shape of the pixels", () => {
		const random = figures(3);
		for (let round = 0; round < 200; round++) {
			const [xMm, yMm, bearing, size] = [random() * 50, random() * 30, random() * 6.283, 5 + random() * 20];
			const end = { x: xMm + size * Math.cos(bearing), y: yMm + size * Math.sin(bearing) };
			const pair = [
				[xMm / 0.8, yMm / 0.5],
				[end.x / 0.8, end.y / 0.5],
			] as const;
			expect(figure("length", pair)[0]).toBeCloseTo(size, 9);
		}
	});

	it("give the angle at the second point, to be seen in millimetres", () => {
		const random = figures(4);
		for (let round = 0; round < 200; round++) {
			const [from, opening] = [random() * 6.283, random() * 3.1];
			const arm = (bearing: number, size: number) =>
				[100 + (size * Math.cos(bearing)) / 0.8, 100 + (size * Math.sin(bearing)) / 0.5] as const;
			const [degrees] = figure("angle", [arm(from, 12), [100, 100], arm(from + opening, 30)]);
			expect(degrees).toBeCloseTo((opening * 180) / Math.PI, 6);
		}
	});

	it("take the smaller angle between two lines for Cobb, whichever way they were drawn", () => {
		const line = (bearing: number, way: 1 | -1) => {
			const [x, y] = [(way * 10 * Math.cos(bearing)) / 0.8, (way * 10 * Math.sin(bearing)) / 0.5];
			return [
				[50 - x, 50 - y],
				[50 + x, 50 + y],
			] as const;
		};
		for (const degrees of [0, 10, 42.3, 89, 90]) {
			for (const way of [1, -1] as const) {
				const pairs = [...line(0.3, 1), ...line(0.3 + (degrees * Math.PI) / 180, way)];
				expect(figure("cobb", pairs)[0]).toBeCloseTo(degrees, 6);
			}
		}
	});

	it("divide the heart by the thorax", () => {
		const pairs = [
			[40, 60],
			[100, 60],
			[10, 90],
			[135, 90],
		] as const;
		expect(figure("ratio", pairs)).toEqual([60 / 125, 48, 100]);
	});

	it("put the longer of two diameters first", () => {
		const pairs = [
			[0, 0],
			[0, 20],
			[0, 10],
			[20, 10],
		] as const;
		expect(figure("bidirectional", pairs)).toEqual([16, 10]);
	});

	it("propose a short axis that is upright in the patient and half as long", () => {
		const drawn = completed("bidirectional", points([10, 10], [60, 90]), 0.8 / 0.5);
		const [a, b, c, d] = drawn.map(({ x, y }) => ({ x: x * 0.8, y: y * 0.5 }));
		if (!a || !b || !c || !d) throw new Error("four points");
		expect((b.x - a.x) * (d.x - c.x) + (b.y - a.y) * (d.y - c.y)).toBeCloseTo(0, 9);
		expect(Math.hypot(d.x - c.x, d.y - c.y)).toBeCloseTo(Math.hypot(b.x - a.x, b.y - a.y) / 2, 9);
		expect(completed("length", points([1, 1], [2, 2]), 1)).toEqual(points([1, 1], [2, 2]));
	});

	it("say nothing of points that fell together, and of marks that only point", () => {
		expect(
			figure("angle", [
				[1, 1],
				[1, 1],
				[4, 4],
			]),
		).toEqual([]);
		expect(
			figure("ratio", [
				[0, 0],
				[5, 0],
				[9, 9],
				[9, 9],
			]),
		).toEqual([4, 0]);
		for (const kind of ["arrow", "text", "spine", "key"] as const) {
			expect(
				figure(kind, [
					[1, 1],
					[2, 2],
				]),
			).toEqual([]);
		}
	});

	it("measure the first line while the second is not drawn yet", () => {
		expect(
			figure("cobb", [
				[0, 0],
				[10, 0],
			]),
		).toEqual([8]);
		expect(
			figure("angle", [
				[0, 0],
				[10, 0],
			]),
		).toEqual([]);
	});
});

describe("calibration", () => {
	const from = (source: SpacingSource) => aForm({ spacing: { rowMm: 0.2, columnMm: 0.1, source } });
	const axes = ({ across, down, source }: Calibration) => [across.delta, down.delta, across.unit, source];

	it("takes the spacing of the patient as it is", () => {
		expect(axes(calibrationAt(from("pixel"), NO_FACTS, []))).toEqual([0.1, 0.2, "mm", "pixel"]);
	});

	it("divides the detector's spacing by the magnification, where that is stated", () => {
		const facts = { ...NO_FACTS, magnification: 1.25 };
		const corrected = calibrationAt(from("imager"), facts, []);
		expect(corrected.across.delta).toBeCloseTo(0.08, 12);
		expect(corrected.down.delta).toBeCloseTo(0.16, 12);
		expect(corrected.source).toBe("magnified");
		expect(axes(calibrationAt(from("imager"), NO_FACTS, []))).toEqual([0.1, 0.2, "mm", "imager"]);
		// A calibrated spacing is that of the patient: no factor touches it.
		expect(axes(calibrationAt(from("pixel"), facts, []))).toEqual([0.1, 0.2, "mm", "pixel"]);
	});

	it("falls back on the nominal spacing of a scanned film, else on pixels", () => {
		const none = aForm({ spacing: null });
		expect(axes(calibrationAt(none, { ...NO_FACTS, nominal: [0.2, 0.1] }, []))).toEqual([
			0.1,
			0.2,
			"mm",
			"nominal",
		]);
		expect(calibrationAt(none, NO_FACTS, [])).toBe(UNCALIBRATED);
		expect(figuresOf("length", points([0, 0], [3, 4]), ground({ form: none }))).toEqual([
			{ name: "length", value: 5, unit: "px", digits: 1 },
		]);
	});
});

function aRegion(changes: Partial<Region> = {}): Region {
	return {
		spatialFormat: 1,
		flags: 0,
		minX: 0,
		minY: 0,
		maxX: 99,
		maxY: 99,
		unitsX: 3,
		unitsY: 3,
		deltaX: 0.02,
		deltaY: 0.03,
		...changes,
	};
}

describe("ultrasound regions", () => {
	const form = aForm({ rows: 300, columns: 300, spacing: null });
	const doppler = aRegion({
		spatialFormat: 3,
		minY: 150,
		maxY: 299,
		maxX: 299,
		unitsX: 4,
		unitsY: 7,
		deltaX: 0.01,
		deltaY: -1.5,
	});
	const facts = { ...NO_FACTS, regions: [aRegion(), doppler] };
	const on = (pairs: readonly (readonly [number, number])[]) =>
		figuresOf(
			"length",
			points(...pairs),
			ground({ form, calibration: calibrationAt(form, facts, points(...pairs)) }),
		);

	it("turn centimetres into millimetres", () => {
		expect(
			on([
				[10, 10],
				[40, 10],
			]).map(({ value, unit }) => [value, unit]),
		).toEqual([[6, "mm"]]);
		expect(
			on([
				[10, 10],
				[10, 50],
			])[0]?.value,
		).toBeCloseTo(12, 12);
	});

	it("give times and speeds in a Doppler trace, and no slanted length", () => {
		const measured = on([
			[20, 200],
			[70, 160],
		]).map(({ name, value, unit }) => [name, value, unit]);
		expect(measured).toEqual([
			["time", 0.5, "s"],
			["height", 60, "cm/s"],
		]);
		const calibration = calibrationAt(form, facts, points([20, 200]));
		const pairs = points([20, 200], [30, 200], [30, 210]);
		expect(figuresOf("angle", pairs, ground({ form, calibration }))).toEqual([]);
		expect(figuresOf("ellipse", pairs, ground({ form, calibration }))).toEqual([]);
	});

	it("know only pixels where a mark leaves its region or lies in none", () => {
		expect(
			on([
				[10, 10],
				[10, 180],
			])[0],
		).toMatchObject({ value: 170, unit: "px" });
		expect(
			on([
				[120, 120],
				[130, 120],
			])[0],
		).toMatchObject({ value: 10, unit: "px" });
	});

	it("prefer the region of high priority where two overlap (C.8.5.5.1.3)", () => {
		const low = aRegion({ flags: 1 });
		const high = aRegion({ minX: 20, maxX: 60, deltaX: 0.5 });
		expect(regionOf([low, high], points([30, 30]))).toBe(high);
		expect(regionOf([low, high], points([10, 10]))).toBe(low);
	});

	it("do not measure in graphics, in unknown units and with a delta of zero", () => {
		for (const changes of [{ spatialFormat: 5 }, { unitsX: 9 }, { deltaX: 0 }, { deltaY: Number.NaN }]) {
			const one = { ...NO_FACTS, regions: [aRegion(changes)] };
			expect(calibrationAt(form, one, points([5, 5]))).toBe(UNCALIBRATED);
		}
	});
});

describe("regions of interest", () => {
	const plain = aForm({ rows: 64, columns: 64, rescaleSlope: 2, rescaleIntercept: -1000 });
	const ramp = Uint16Array.from({ length: 64 * 64 }, (_, i) => i % 64);

	/** The rescaled values whose pixels' centres lie inside, looked for one by one. */
	function valuesIn(box: Box, round: boolean): number[] {
		const [a, b] = [(box.right - box.left) / 2, (box.bottom - box.top) / 2];
		const within = (i: number): boolean => {
			const x = (i % 64) + 0.5 - (box.left + a);
			const y = Math.floor(i / 64) + 0.5 - (box.top + b);
			return round ? (x / a) ** 2 + (y / b) ** 2 <= 1 : Math.abs(x) <= a && Math.abs(y) <= b;
		};
		return [...ramp].filter((_, i) => within(i)).map((one) => one * 2 - 1000);
	}

	it.each([true, false])("hold the pixels whose centres lie inside, no others (round: %s)", (round) => {
		const random = figures(9);
		for (let i = 0; i < 15; i++) {
			const [a, b] = [random() * 64, random() * 64];
			const box = boxOf({ x: a, y: b }, { x: random() * 64, y: random() * 64 });
			const inside = valuesIn(box, round);
			const found = statisticsIn(plain, ramp, box, round);
			expect(found?.count ?? 0).toBe(inside.length);
			if (found === null) continue;
			const mean = inside.reduce((sum, one) => sum + one, 0) / inside.length;
			const squares = inside.reduce((sum, one) => sum + (one - mean) ** 2, 0);
			expect(found.mean).toBeCloseTo(mean, 6);
			expect(found.deviation).toBeCloseTo(Math.sqrt(squares / inside.length), 6);
			expect([found.min, found.max]).toEqual([Math.min(...inside), Math.max(...inside)]);
		}
	});

	it("measure a phantom's disc within one per cent", () => {
		// A disc of 100 HU, 40 mm wide, in water; half a millimetre for a pixel.
		const form = aForm({
			rows: 256,
			columns: 256,
			signed: true,
			spacing: { rowMm: 0.5, columnMm: 0.5, source: "pixel" },
		});
		const disc = Int16Array.from({ length: 256 * 256 }, (_, i) =>
			Math.hypot((i % 256) + 0.5 - 128, Math.floor(i / 256) + 0.5 - 128) <= 40 ? 100 : 0,
		);
		const on = ground({ form, samples: disc, calibration: calibrationAt(form, NO_FACTS, []) });
		const whole = figuresOf("ellipse", points([88, 88], [168, 168]), on);
		const of = (name: string) => whole.find((one) => one.name === name)?.value ?? Number.NaN;
		expect(of("area")).toBeCloseTo(Math.PI * 20 * 20, 9);
		expect(Math.abs(of("mean") - 100)).toBeLessThan(1);
		const count = statisticsIn(form, disc, { left: 88, top: 88, right: 168, bottom: 168 }, true)?.count ?? 0;
		expect(Math.abs((count * 0.25) / of("area") - 1)).toBeLessThan(0.01);
	});

	it("leave padding out, and say nothing of colour and of empty places", () => {
		const padded = aForm({ rows: 2, columns: 2, padding: [0, 9] });
		const box = { left: 0, top: 0, right: 2, bottom: 2 };
		expect(statisticsIn(padded, Uint16Array.of(5, 50, 9, 70), box, false)).toMatchObject({
			count: 2,
			mean: 60,
		});
		expect(statisticsIn(padded, Uint16Array.of(1, 2, 3, 4), box, false)).toBeNull();
		expect(statisticsIn(aForm({ samplesPerPixel: 3 }), new Uint8Array(48), box, false)).toBeNull();
		expect(statisticsIn(plain, ramp, { left: 5.6, top: 1, right: 5.9, bottom: 9 }, false)).toBeNull();
		expect(statisticsIn(plain, ramp, { left: -20, top: -20, right: -5, bottom: -5 }, true)).toBeNull();
	});

	it("probe the pixel under the point", () => {
		expect(valueAt(plain, ramp, { x: 10.99, y: 3 })).toBe(10 * 2 - 1000);
		expect(valueAt(plain, ramp, { x: 64, y: 3 })).toBeNull();
		expect(valueAt(plain, ramp, { x: -0.1, y: 3 })).toBeNull();
		expect(valueAt({ ...plain, padding: [0, 20] }, ramp, { x: 10.5, y: 3 })).toBeNull();
		expect(figuresOf("probe", points([10.5, 3]), ground({ form: plain, samples: ramp }))).toEqual([
			{ name: "value", value: -980, unit: "HU", digits: 0 },
		]);
		expect(figuresOf("probe", points([99, 3]), ground({ form: plain, samples: ramp }))).toEqual([]);
	});

	it("name the unit that the object states; only CT means Hounsfield without a word", () => {
		expect(valueUnit(aForm({ rescaleType: "HU" }), "CT")).toBe("HU");
		expect(valueUnit(aForm(), "CT")).toBe("HU");
		expect(valueUnit(aForm({ rescaleType: "US" }), "CT")).toBe("");
		expect(valueUnit(aForm(), "MR")).toBe("");
		expect(valueUnit(aForm({ rescaleType: "OD" }), "DX")).toBe("OD");
	});
});
