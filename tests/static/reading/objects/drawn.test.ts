import { describe, expect, it } from "vitest";
import {
	curve,
	figuresSaid,
	linesOf,
	measuredItems,
	presentedItems,
	shortened,
	titleOf,
} from "../../../../static/src/reading/objects/drawn.ts";
import type { Projection } from "../../../../static/src/reading/projection.ts";
import { aForm, aFrame } from "../studies.ts";
import { aGraphic, aMeasurement, aReport, aState } from "./objects.ts";

/** Four pixels of the screen for one of the image. */
const FOURFOLD: Projection = {
	toSeen: ({ x, y }) => ({ x: 4 * x, y: 4 * y }),
	toImage: ({ x, y }) => ({ x: x / 4, y: y / 4 }),
};
/** Flipped left to right, 100 columns wide. */
const FLIPPED: Projection = {
	toSeen: ({ x, y }) => ({ x: 100 - x, y }),
	toImage: ({ x, y }) => ({ x: 100 - x, y }),
};
const frame = aFrame(0, aForm({ rows: 80, columns: 100 }));
const place = ([x, y]: readonly [number, number]) => ({ x, y });

describe("figures of objects", () => {
	it("that are circles go through their rim all round", () => {
		const lines = linesOf(
			aGraphic("CIRCLE", [
				[50, 40],
				[60, 40],
			]),
			place,
		);
		for (const { a } of lines) expect(Math.hypot(a.x - 50, a.y - 40)).toBeCloseTo(10);
		expect(lines.at(-1)?.b).toEqual(lines[0]?.a);
	});

	it("that are ellipses touch the ends of both axes, however they lie", () => {
		const points: [number, number][] = [
			[20, 30],
			[60, 60],
			[37, 49],
			[43, 41],
		];
		const lines = linesOf(aGraphic("ELLIPSE", points), place);
		for (const [x, y] of points) {
			expect(Math.min(...lines.map(({ a }) => Math.hypot(a.x - x, a.y - y)))).toBeLessThan(1e-9);
		}
	});

	it("are closed only where their kind says so", () => {
		const corners: [number, number][] = [
			[0, 0],
			[9, 0],
			[9, 9],
		];
		expect(linesOf(aGraphic("POLYLINE", corners), place)).toHaveLength(2);
		expect(linesOf(aGraphic("POLYGON", corners), place)).toHaveLength(3);
		expect(linesOf(aGraphic("MULTIPOINT", corners), place)).toHaveLength(6);
	});

	it("that are curves go through every point, and round without a corner when closed", () => {
		const points: [number, number][] = [
			[0, 0],
			[10, 5],
			[20, -5],
			[0, 0],
		];
		const through = curve(points);
		for (const [x, y] of points) {
			expect(through.some(([u, v]) => Math.hypot(u - x, v - y) < 1e-9)).toBe(true);
		}
		expect(curve([])).toEqual([]);
		expect(curve([[1, 2]])).toEqual([[1, 2]]);
	});
});

describe("a presentation state over a frame", () => {
	const images = [{ sop_instance_uid: "1.2.0", frames: [] }];
	const graphics = [
		aGraphic("POLYLINE", [
			[1, 1],
			[5, 1],
		]),
	];
	const words = [
		{ text: "look\r\nhere", units: "PIXEL" as const, at: [10, 20] as [number, number], anchor: null },
	];

	it("draws and writes on its own images only", () => {
		const state = aState({ annotations: [{ images, graphics, words }] });
		const items = presentedItems(state, frame, FOURFOLD);
		expect(items.map(({ tone, lines }) => [tone, lines])).toEqual([
			["object", []],
			["object", ["look", "here"]],
		]);
		expect(items[0]?.shape.lines).toEqual([{ a: { x: 4, y: 4 }, b: { x: 20, y: 4 } }]);
		expect(items[1]?.shape.label).toEqual({ x: 48, y: 80 });
		expect(presentedItems(state, aFrame(3), FOURFOLD)).toEqual([]);
	});

	it("places shares of the displayed area as they are seen", () => {
		const half = aGraphic(
			"POLYLINE",
			[
				[0, 0],
				[0.5, 1],
			],
			{ units: "DISPLAY" },
		);
		const area = {
			images: [],
			top_left: [100, 1] as [number, number],
			bottom_right: [1, 80] as [number, number],
		};
		const state = aState({ areas: [area], annotations: [{ images: [], graphics: [half], words: [] }] });
		const [item] = presentedItems(state, frame, FLIPPED);
		expect(item?.shape.lines).toEqual([{ a: { x: 0, y: 0 }, b: { x: 50, y: 80 } }]);
		const nowhere = aState({ annotations: [{ images: [], graphics: [half], words: [] }] });
		expect(presentedItems(nowhere, frame, FLIPPED)).toEqual([]);
	});
});

describe("measurements of a report", () => {
	it("are drawn with their name and figures beside them", () => {
		const [item, ...more] = measuredItems(aReport(), frame, FOURFOLD);
		expect(more).toEqual([]);
		expect(item?.lines).toEqual(["Length", "Length 39.4 mm"]);
		expect(item?.shape.label).toEqual({ x: 208, y: 40 });
		expect(measuredItems(aReport(), aFrame(2), FOURFOLD)).toEqual([]);
	});

	it("are named by what was found", () => {
		expect(titleOf(aMeasurement({ finding: "Nodule" }))).toBe("Nodule");
		expect(titleOf(aMeasurement({ tracking_identifier: "plain" }))).toBe("plain");
	});

	it("say their figures short, derivation first", () => {
		const figures = [
			{ name: "Attenuation Coefficient", derivation: "Mean", value: "-41.25", unit: "HU" },
			{ name: "Angle", derivation: "", value: "90.0", unit: "°" },
			{ name: "Center", derivation: "", value: "", unit: "" },
		];
		expect(figuresSaid(aMeasurement({ figures }))).toEqual(["Mean -41.3 HU", "Angle 90°"]);
		expect([shortened("1.2345"), shortened("12"), shortened(" "), shortened("x")]).toEqual([
			"1.23",
			"12",
			" ",
			"x",
		]);
	});
});
