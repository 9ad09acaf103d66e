import { describe, expect, it } from "vitest";
import type { Vector } from "../../../../static/src/reading/manifest.ts";
import {
	extentOf,
	type Framing,
	fittedView,
	fromScreen,
	gridOf,
	HOME,
	isOblique,
	onward,
	orientationOf,
	PLANES,
	panned,
	perMmOf,
	stepOf,
	toScreen,
	turned,
	turnedView,
	zoomedAbout,
} from "../../../../static/src/reading/mpr/plane.ts";
import { cross } from "../../../../static/src/reading/mpr/vectors.ts";
import { middleOf } from "../../../../static/src/reading/mpr/volume.ts";
import { dot, edgeLetters } from "../../../../static/src/reading/space.ts";
import { ZOOM_MIN } from "../../../../static/src/reading/view.ts";
import { figures } from "../studies.ts";
import { along, aScan, seriesOf, TILTED, volumeIn } from "./phantoms.ts";

const volume = volumeIn(seriesOf(aScan()));

function near(a: Vector, b: Vector): void {
	for (const axis of [0, 1, 2] as const) expect(a[axis]).toBeCloseTo(b[axis], 9);
}

function aFraming(name: (typeof PLANES)[number] = "axial", zoom = 1): Framing {
	const size = { width: 400, height: 300 };
	const perMm = perMmOf(extentOf(volume, name), size, zoom);
	return { plane: HOME[name], centre: middleOf(volume), perMm, size };
}

describe("the three planes", () => {
	it.each([
		["axial", { left: "R", right: "L", top: "A", bottom: "P" }],
		["coronal", { left: "R", right: "L", top: "H", bottom: "F" }],
		["sagittal", { left: "A", right: "P", top: "H", bottom: "F" }],
	] as const)("show the patient as radiologists look: %s", (name, letters) => {
		expect(edgeLetters(orientationOf(HOME[name]))).toEqual(letters);
	});

	it.each(PLANES)("have right-handed directions, and stay so when they are turned: %s", (name) => {
		const random = figures(5);
		let plane = HOME[name];
		for (let turn = 0; turn < 200; turn++) {
			plane = turned(plane, HOME[PLANES[turn % 3] ?? "axial"].normal, random() * 2 - 1);
		}
		for (const one of [plane.right, plane.down, plane.normal]) expect(dot(one, one)).toBeCloseTo(1, 12);
		expect(dot(plane.right, plane.down)).toBeCloseTo(0, 12);
		near(cross(plane.right, plane.down), plane.normal);
	});

	it("turns by the right hand about an axis, and back", () => {
		const quarter = turned(HOME.coronal, [0, 0, 1], Math.PI / 2);
		near(quarter.right, [0, 1, 0]);
		near(quarter.normal, [-1, 0, 0]);
		near(turned(quarter, [0, 0, 1], -Math.PI / 2).right, HOME.coronal.right);
		expect(isOblique("coronal", quarter)).toBe(true);
		expect(isOblique("coronal", HOME.coronal)).toBe(false);
		expect(isOblique("axial", turned(HOME.axial, [0, 0, 1], 0.2))).toBe(true);
	});

	it("go on as the stack is read, else to the feet, the back and the left", () => {
		const headFirst = volumeIn(seriesOf(aScan({ positions: along([0, 0, 0], [0, 0, -2], 5) })));
		near(onward("axial", HOME.axial, headFirst), [0, 0, -1]);
		near(onward("axial", HOME.axial, volume), [0, 0, 1]);
		near(onward("coronal", HOME.coronal, volume), [0, 1, 0]);
		near(onward("sagittal", HOME.sagittal, volume), [1, 0, 0]);
	});
});

describe("a plane in its viewport", () => {
	it("fits the whole volume, tilted or not", () => {
		expect(extentOf(volume, "axial")).toEqual({ width: expect.closeTo(32), height: expect.closeTo(39.6) });
		expect(extentOf(volume, "sagittal").height).toBeCloseTo(40);
		const tilted = volumeIn(seriesOf(aScan({ orientation: TILTED })));
		// 35 steps and a whole sample of 1.1 mm, leaning 18°, above 19 steps of 2 mm along z and a half at each end.
		const lean = 39.6 * Math.sin((18 * Math.PI) / 180);
		expect(extentOf(tilted, "sagittal").height).toBeGreaterThan(38 + lean);
		expect(fittedView(volume).zoom).toBe(1);
	});

	it("knows which place is under a point, and where a place is seen", () => {
		const framing = aFraming("coronal", 1.7);
		const on: Vector = [1, 2, 3];
		for (const point of [
			{ x: 0, y: 0 },
			{ x: 123.4, y: 271 },
		]) {
			const place = fromScreen(framing, point, on);
			expect(dot(place, framing.plane.normal)).toBeCloseTo(dot(on, framing.plane.normal));
			const back = toScreen(framing, place);
			expect(back.x).toBeCloseTo(point.x);
			expect(back.y).toBeCloseTo(point.y);
		}
	});

	it("zooms about a point, which stays, and within bounds", () => {
		const framing = aFraming();
		const point = { x: 50, y: 260 };
		const held = fromScreen(framing, point, framing.centre);
		const view = zoomedAbout({ centre: framing.centre, zoom: 1 }, framing, 2.5, point);
		const after = toScreen({ ...framing, centre: view.centre, perMm: framing.perMm * 2.5 }, held);
		expect([after.x, after.y]).toEqual([expect.closeTo(50), expect.closeTo(260)]);
		expect(zoomedAbout(view, framing, 1e9, point).zoom).toBe(40);
		expect(zoomedAbout(view, framing, 1e-9, point).zoom).toBe(ZOOM_MIN);
	});

	it("moves with the hand", () => {
		const framing = aFraming("sagittal");
		const held = fromScreen(framing, { x: 10, y: 20 }, framing.centre);
		const view = panned({ centre: framing.centre, zoom: 1 }, framing, 30, -12);
		const after = toScreen({ ...framing, centre: view.centre }, held);
		expect([after.x, after.y]).toEqual([expect.closeTo(40), expect.closeTo(8)]);
	});

	it("keeps the place it is turned about where it is seen", () => {
		const framing = aFraming("coronal", 2);
		const about: Vector = [5, 3, -8];
		const before = toScreen(framing, about);
		const view = turnedView({ centre: framing.centre, zoom: 2 }, about, [0, 0, 1], 0.7);
		const plane = turned(framing.plane, [0, 0, 1], 0.7);
		const after = toScreen({ ...framing, plane, centre: view.centre }, about);
		expect([after.x, after.y]).toEqual([expect.closeTo(before.x), expect.closeTo(before.y)]);
	});

	it("asks for a grid that fills it, on the plane through the cross", () => {
		const framing = aFraming();
		const grid = gridOf(framing, [0, 0, 7], 2);
		expect([grid.width, grid.height]).toEqual([200, 150]);
		expect(grid.origin[2]).toBeCloseTo(7);
		const first = toScreen(framing, grid.origin);
		expect([first.x, first.y]).toEqual([expect.closeTo(1), expect.closeTo(1)]);
		expect(gridOf(framing, [0, 0, 7], 1000).width).toBe(1);
	});

	it("takes half as many points a side while it moves, and none finer than the samples", () => {
		expect(stepOf(volume, 0.5, 2, false)).toBe(0.5);
		expect(stepOf(volume, 0.5, 1, true)).toBe(2);
		expect(stepOf(volume, 10, 1, false)).toBeCloseTo(4);
		expect(stepOf(volume, 10, 1, true)).toBeCloseTo(8);
	});
});
