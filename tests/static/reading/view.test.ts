import { describe, expect, it } from "vitest";
import {
	FITTED,
	panned,
	placement,
	toImage,
	toViewport,
	type View,
	ZOOM_MAX,
	ZOOM_MIN,
	zoomedAbout,
	zoomPercent,
} from "../../../static/src/reading/view.ts";
import { aForm, figures } from "./studies.ts";

const SQUARE = aForm({ rows: 512, columns: 512 });
const VIEWPORT = { width: 800, height: 600 };

describe("a fitted image", () => {
	it("touches the nearer edges and is centred", () => {
		const at = placement(SQUARE, VIEWPORT, FITTED);
		expect(at.top).toBeCloseTo(0, 9);
		expect(at.left).toBeCloseTo(100, 9);
		expect(at.scaleY * 512).toBeCloseTo(600, 9);
		expect(zoomPercent(at)).toBe(117);
	});

	it("keeps true proportions when pixels are not square", () => {
		const form = aForm({ rows: 100, columns: 100, spacing: { rowMm: 2, columnMm: 1, source: "pixel" } });
		const at = placement(form, { width: 400, height: 400 }, FITTED);
		expect(at.scaleY / at.scaleX).toBeCloseTo(2, 9);
		expect(at.left).toBeCloseTo(100, 9);
	});
});

describe("zoom and pan", () => {
	it("and back are the same point", () => {
		const random = figures(12);
		for (let round = 0; round < 200; round++) {
			const view: View = { zoom: 0.2 + random() * 9, panX: random() * 500 - 250, panY: random() * 500 - 250 };
			const at = placement(SQUARE, VIEWPORT, view);
			const point = { x: random() * 512, y: random() * 512 };
			const back = toImage(toViewport(point, at), at);
			expect(back.x).toBeCloseTo(point.x, 6);
			expect(back.y).toBeCloseTo(point.y, 6);
		}
	});

	it("keep the point under the pointer where it is", () => {
		const random = figures(13);
		let view = FITTED;
		for (let round = 0; round < 200; round++) {
			const pointer = { x: random() * 800, y: random() * 600 };
			const before = toImage(pointer, placement(SQUARE, VIEWPORT, view));
			view = zoomedAbout(view, 0.5 + random(), pointer, VIEWPORT);
			const after = toImage(pointer, placement(SQUARE, VIEWPORT, view));
			expect(after.x).toBeCloseTo(before.x, 5);
			expect(after.y).toBeCloseTo(before.y, 5);
			expect(view.zoom).toBeGreaterThanOrEqual(ZOOM_MIN);
			expect(view.zoom).toBeLessThanOrEqual(ZOOM_MAX);
		}
	});

	it("move by the distance dragged", () => {
		expect(panned({ zoom: 3, panX: 1, panY: 2 }, 10, -5)).toEqual({ zoom: 3, panX: 11, panY: -3 });
	});
});
