import { describe, expect, it } from "vitest";
import { acrossOf, guidesOf, holdAt, turnBetween } from "../../../../static/src/reading/mpr/guides.ts";
import type { Mpr } from "../../../../static/src/reading/mpr/mpr.ts";
import { PlaneHand, type Press } from "../../../../static/src/reading/mpr/plane_hand.ts";
import type { Tool } from "../../../../static/src/reading/gesture.ts";
import { dot, type Point } from "../../../../static/src/reading/space.ts";
import { anMpr } from "./phantoms.ts";

function press(x: number, y: number, more: Partial<Press> = {}): Press {
	return { id: 1, point: { x, y }, buttons: 1, shift: false, finger: false, ...more };
}

function axialGuides(mpr: Mpr) {
	return guidesOf(mpr.state.value, "axial", mpr.framing("axial"));
}

/** Takes hold at one point and lets go at another. */
function drag(hand: PlaneHand, from: Point, to: Point, more: Partial<Press> = {}): void {
	hand.down(press(from.x, from.y, more));
	hand.move(press((from.x + to.x) / 2, (from.y + to.y) / 2, more));
	hand.move(press(to.x, to.y, more));
	hand.up(1);
}

function aHand(tool: Tool = "window", mpr = anMpr()) {
	return { mpr, hand: new PlaneHand(mpr, "axial", () => tool) };
}

describe("the lines on a plane", () => {
	it("are where the two others cut it, open about the cross", () => {
		const mpr = anMpr();
		const { at, of } = axialGuides(mpr);
		const [coronal, sagittal] = of;
		expect(of.map(({ name }) => name)).toEqual(["coronal", "sagittal"]);
		expect(coronal?.along).toEqual({ x: 1, y: expect.closeTo(0) });
		expect(sagittal?.along).toEqual({ x: expect.closeTo(0), y: 1 });
		const [left, right] = coronal?.lines ?? [];
		expect(left?.[1].x).toBeLessThan(at.x - 10);
		expect(right?.[0].x).toBeGreaterThan(at.x + 10);
		expect(left?.[0].x).toBeLessThan(0);
		expect(coronal?.faces).toEqual([]);
	});

	it("turn with the planes, by the angle that these turned", () => {
		const mpr = anMpr();
		mpr.rotate("axial", 0.3);
		const [coronal, sagittal] = axialGuides(mpr).of;
		expect(Math.atan2(coronal?.along.y ?? 0, coronal?.along.x ?? 0)).toBeCloseTo(0.3);
		expect(
			(coronal?.along.x ?? 0) * (sagittal?.along.x ?? 0) + (coronal?.along.y ?? 0) * (sagittal?.along.y ?? 0),
		).toBeCloseTo(0);
	});

	it("show the faces of a slab as far apart as it is thick", () => {
		const mpr = anMpr();
		mpr.setSlab({ thicknessMm: 10 });
		const [upper, lower] = axialGuides(mpr).of[0]?.faces ?? [];
		expect(Math.abs((upper?.[0].y ?? 0) - (lower?.[0].y ?? 0))).toBeCloseTo(10 * mpr.framing("axial").perMm);
	});

	it("say what a press takes hold of, a finger sooner than a mouse", () => {
		const guides = axialGuides(anMpr());
		const { at } = guides;
		const handle = guides.of[0]?.handles[1] as Point;
		expect(holdAt(guides, { x: at.x + 6, y: at.y }, false)).toEqual({ kind: "cross" });
		expect(holdAt(guides, { x: handle.x, y: handle.y + 7 }, false)).toEqual({ kind: "turn" });
		expect(holdAt(guides, { x: at.x + 60, y: at.y + 3 }, false)).toEqual({ kind: "line", plane: "coronal" });
		expect(holdAt(guides, { x: at.x + 3, y: at.y - 60 }, false)).toEqual({ kind: "line", plane: "sagittal" });
		expect(holdAt(guides, { x: at.x + 60, y: at.y + 12 }, false)).toBeNull();
		expect(holdAt(guides, { x: at.x + 60, y: at.y + 12 }, true)).toEqual({ kind: "line", plane: "coronal" });
		expect(holdAt(guides, { x: at.x + 60, y: at.y + 60 }, true)).toBeNull();
	});

	it("measure turns the short way round, and moves only across", () => {
		const about = { x: 0, y: 0 };
		expect(turnBetween(about, { x: 1, y: 0 }, { x: 0, y: 1 })).toBeCloseTo(Math.PI / 2);
		expect(turnBetween(about, { x: -1, y: 0.1 }, { x: -1, y: -0.1 })).toBeCloseTo(2 * Math.atan(0.1));
		expect(turnBetween(about, { x: -1, y: -0.1 }, { x: -1, y: 0.1 })).toBeCloseTo(-2 * Math.atan(0.1));
		expect(acrossOf({ x: 1, y: 0 }, 7, 3)).toEqual({ x: expect.closeTo(0), y: 3 });
	});
});

describe("a hand on a plane", () => {
	it("moves the cross, and with it the other planes", () => {
		const { mpr, hand } = aHand();
		const { at } = axialGuides(mpr);
		const perMm = mpr.framing("axial").perMm;
		drag(hand, at, { x: at.x + 8 * perMm, y: at.y - 5 * perMm });
		expect(mpr.state.value.cross).toEqual([expect.closeTo(8), expect.closeTo(-5), expect.closeTo(0)]);
	});

	it("moves one line across itself", () => {
		const { mpr, hand } = aHand();
		const { at } = axialGuides(mpr);
		const perMm = mpr.framing("axial").perMm;
		drag(hand, { x: at.x + 60, y: at.y }, { x: at.x + 90, y: at.y + 4 * perMm });
		expect(mpr.state.value.cross).toEqual([expect.closeTo(0), expect.closeTo(4), expect.closeTo(0)]);
	});

	it.each([
		["by a handle", {}],
		["anywhere with Shift", { shift: true }],
	])("turns the other planes %s, as far as the hand goes round", (_, more) => {
		const { mpr, hand } = aHand();
		const { at, of } = axialGuides(mpr);
		const handle = of[0]?.handles[1] as Point;
		const reach = handle.x - at.x;
		const to = { x: at.x + reach * Math.cos(0.5), y: at.y + reach * Math.sin(0.5) };
		drag(hand, handle, to, more);
		const { coronal, axial } = mpr.state.value.planes;
		expect(dot(coronal.normal, [0, 1, 0])).toBeCloseTo(Math.cos(0.5));
		expect(axial.normal).toEqual([0, 0, 1]);
		const seen = axialGuides(mpr).of[0]?.along;
		expect(Math.atan2(seen?.y ?? 0, seen?.x ?? 1)).toBeCloseTo(0.5);
	});

	it("uses the chosen tool elsewhere, and the other buttons as everywhere", () => {
		const from = { x: 220, y: 230 };
		const to = { x: 240, y: 250 };
		const windowed = aHand("window");
		drag(windowed.hand, from, to);
		expect(windowed.mpr.state.value.voi.width).toBeGreaterThan(400);
		const panned = aHand("pan");
		drag(panned.hand, from, to);
		expect(panned.mpr.state.value.views.axial.centre[0]).toBeLessThan(0);
		const scrolled = aHand("scroll");
		drag(scrolled.hand, from, to);
		expect(scrolled.mpr.state.value.cross[2]).toBeGreaterThan(0);
		const zoomed = aHand("window");
		drag(zoomed.hand, from, { x: 220, y: 130 }, { buttons: 2 });
		expect(zoomed.mpr.state.value.views.axial.zoom).toBeGreaterThan(1);
		expect(zoomed.mpr.state.value.voi.width).toBe(400);
		const middle = aHand("window");
		drag(middle.hand, from, to, { buttons: 4 });
		expect(middle.mpr.state.value.views.axial.centre).not.toEqual([0, 0, 0]);
	});

	it("with the crosshair puts the cross where it presses", () => {
		const { mpr, hand } = aHand("crosshair");
		const { at } = axialGuides(mpr);
		const perMm = mpr.framing("axial").perMm;
		hand.down(press(at.x + 10 * perMm, at.y + 6 * perMm));
		expect(mpr.state.value.cross).toEqual([expect.closeTo(10), expect.closeTo(6), expect.closeTo(0)]);
		expect(hand.cancel()).toBe(true);
		hand.move(press(0, 0));
		expect(mpr.state.value.cross[0]).toBeCloseTo(10);
		expect(hand.cancel()).toBe(false);
	});

	it("goes through with the wheel, zooms with Ctrl, and with two fingers zooms and moves", () => {
		const { mpr, hand } = aHand();
		hand.wheel(100, 0, false, { x: 5, y: 5 });
		expect(mpr.state.value.cross[2]).toBeCloseTo(2);
		hand.wheel(10, 0, false, { x: 5, y: 5 });
		expect(mpr.state.value.cross[2]).toBeCloseTo(2);
		hand.wheel(-200, 0, true, { x: 5, y: 5 });
		expect(mpr.state.value.views.axial.zoom).toBeCloseTo(Math.E);
		const touch = aHand("scroll");
		touch.hand.down(press(100, 100, { finger: true }));
		touch.hand.down(press(200, 100, { id: 2, finger: true }));
		touch.hand.move(press(300, 100, { id: 2, finger: true }));
		expect(touch.mpr.state.value.views.axial.zoom).toBeCloseTo(2);
		touch.hand.up(1);
		touch.hand.up(2);
		touch.hand.move(press(0, 0));
		expect(touch.mpr.state.value.cross[2]).toBeCloseTo(0);
	});

	it("makes its plane the active one", () => {
		const { mpr, hand } = aHand();
		mpr.activate("sagittal");
		hand.down(press(250, 250));
		expect(mpr.state.value.active).toBe("axial");
	});
});
