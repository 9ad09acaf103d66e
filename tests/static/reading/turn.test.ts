import { describe, expect, it } from "vitest";
import {
	canvasDirection,
	canvasPoint,
	canvasSize,
	cssTransform,
	edgesSeen,
	flippedSideways,
	flippedUpDown,
	seenDirection,
	seenPoint,
	type Turn,
	turnedBy,
	UPRIGHT,
} from "../../../static/src/reading/turn.ts";
import { figures } from "./studies.ts";

const ALL: Turn[] = ([0, 1, 2, 3] as const).flatMap((quarters) => [
	{ quarters, flipped: false },
	{ quarters, flipped: true },
]);
const CANVAS = { width: 300, height: 200 };
const EDGES = { left: "R", right: "L", top: "A", bottom: "P" };

describe("a turned picture", () => {
	it.each(ALL)("gives every point back: %o", (turn) => {
		const random = figures(7);
		for (let i = 0; i < 50; i++) {
			const point = { x: random() * 300, y: random() * 200 };
			const back = canvasPoint(seenPoint(point, CANVAS, turn), CANVAS, turn);
			expect(back.x).toBeCloseTo(point.x, 9);
			expect(back.y).toBeCloseTo(point.y, 9);
			const direction = canvasDirection(seenDirection(point, turn), turn);
			expect(direction.x).toBeCloseTo(point.x, 9);
			expect(direction.y).toBeCloseTo(point.y, 9);
		}
	});

	it.each(ALL)("stays within its viewport: %o", (turn) => {
		const viewport = canvasSize(CANVAS, turn);
		for (const [x, y] of [
			[0, 0],
			[300, 0],
			[0, 200],
			[300, 200],
		] as const) {
			const seen = seenPoint({ x, y }, CANVAS, turn);
			expect([0, viewport.width]).toContain(seen.x);
			expect([0, viewport.height]).toContain(seen.y);
		}
	});

	it.each(ALL)("is laid out by CSS where its points are: %o", (turn) => {
		const css = cssTransform(CANVAS, turn);
		const matrix = /^matrix\((.*)\)$/.exec(css);
		const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = (matrix?.[1] ?? "1,0,0,1,0,0").split(",").map(Number);
		const point = { x: 30, y: 70 };
		const seen = seenPoint(point, CANVAS, turn);
		expect([a * point.x + c * point.y + e, b * point.x + d * point.y + f]).toEqual([seen.x, seen.y]);
	});

	it("comes back after four quarters, and after two flips", () => {
		for (const turn of ALL) {
			expect(turnedBy(turnedBy(turn, 3), 1)).toEqual(turn);
			expect(flippedSideways(flippedSideways(turn))).toEqual(turn);
			expect(flippedUpDown(flippedUpDown(turn))).toEqual(turn);
			expect(flippedUpDown(flippedSideways(turn))).toEqual(turnedBy(turn, 2));
		}
	});

	it("flips what is seen, however it was turned before", () => {
		for (const turn of ALL) {
			const before = seenDirection({ x: 3, y: 5 }, turn);
			const sideways = seenDirection({ x: 3, y: 5 }, flippedSideways(turn));
			const upDown = seenDirection({ x: 3, y: 5 }, flippedUpDown(turn));
			expect([sideways.x, sideways.y]).toEqual([-before.x, before.y]);
			expect([upDown.x, upDown.y]).toEqual([before.x, -before.y]);
		}
	});

	it("turns clockwise: what was on top is right", () => {
		expect(seenDirection({ x: 0, y: -1 }, turnedBy(UPRIGHT, 1)).x).toBe(1);
		expect(edgesSeen(EDGES, turnedBy(UPRIGHT, 1))).toEqual({ left: "P", right: "A", top: "R", bottom: "L" });
	});

	it("names its edges as they are seen: a flip exchanges left and right", () => {
		expect(edgesSeen(EDGES, UPRIGHT)).toEqual(EDGES);
		expect(edgesSeen(EDGES, flippedSideways(UPRIGHT))).toEqual({ ...EDGES, left: "L", right: "R" });
		expect(edgesSeen(EDGES, flippedUpDown(UPRIGHT))).toEqual({ ...EDGES, top: "P", bottom: "A" });
	});
});
