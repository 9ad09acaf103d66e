import { describe, expect, it } from "vitest";
import type { Vector } from "../../../../static/src/reading/manifest.ts";
import { turnedAbout, unit } from "../../../../static/src/reading/mpr/vectors.ts";
import { Caster } from "../../../../static/src/reading/three/cast.ts";
import {
	blended,
	entryOf,
	PRESETS,
	presetsOf,
	SHIFT,
	tableOf,
} from "../../../../static/src/reading/three/presets.ts";
import { figures } from "../studies.ts";
import { AIR, aBall, aView, BONE, bodyOf, bright, empty, MIP, reds, WHITE_BONE } from "./bodies.ts";

describe("rays through a ball", () => {
	it("show a disc as large as the ball, in the middle", () => {
		const { x, y, count } = bright(reds(aBall(), WHITE_BONE));
		expect([x, y]).toEqual([expect.closeTo(15.5, 1), expect.closeTo(15.5, 1)]);
		expect(count).toBeGreaterThan(Math.PI * 8 ** 2);
		expect(count).toBeLessThan(Math.PI * 10.5 ** 2);
	});

	it("are lit where it faces the eye and dim at its rim", () => {
		const rows = reds(aBall(), WHITE_BONE);
		const middle = rows[15] ?? [];
		expect(middle[15]).toBeGreaterThan(180);
		expect(middle[7]).toBeLessThan(middle[15] ?? 0);
		expect(middle[0]).toBe(0);
	});

	it("show the same disc from wherever it is looked at", () => {
		const random = figures(3);
		const straight = bright(reds(aBall(), WHITE_BONE)).count;
		for (let n = 0; n < 12; n++) {
			const axis = unit([random() - 0.5, random() - 0.5, random() - 0.5]);
			const by = (one: Vector): Vector => turnedAbout(one, axis, random() > 2 ? 0 : 0.4 + n);
			const view = { right: by([1, 0, 0]), down: by([0, 1, 0]), forward: by([0, 0, 1]) };
			const seen = bright(reds(aBall(), WHITE_BONE, view));
			expect(seen.count).toBeGreaterThan(straight * 0.9);
			expect(seen.count).toBeLessThan(straight * 1.1);
			expect(Math.hypot(seen.x - 15.5, seen.y - 15.5)).toBeLessThan(0.8);
		}
	});

	it("show it larger when fewer cubes make a pixel", () => {
		const [near, far] = [bright(reds(aBall(), WHITE_BONE, { perPixel: 0.5 })), bright(reds(aBall(), WHITE_BONE))];
		expect(near.count / far.count).toBeGreaterThan(3.2);
	});

	it("show what coarse steps show, but for its finest edges", () => {
		const [fine, coarse] = [1, 2].map((step) => bright(reds(aBall(), WHITE_BONE, { step })).count) as [number, number];
		expect(Math.abs(fine - coarse) / fine).toBeLessThan(0.12);
	});
});

describe("what hides what", () => {
	/** A red sheet at the near side before a blue one. */
	const sheets = bodyOf([12, 12, 12], (_x, _y, z) => (z === 3 ? 400 : z === 8 ? 900 : AIR));
	const look = {
		kind: "composite" as const,
		stops: [
			{ value: 200, opacity: 0, colour: [255, 0, 0] as const },
			{ value: 400, opacity: 1, colour: [255, 0, 0] as const },
			{ value: 700, opacity: 1, colour: [0, 0, 255] as const },
			{ value: 900, opacity: 1, colour: [0, 0, 255] as const },
		],
	};
	const middle = (forward: Vector, right: Vector): number => {
		const view = aView(sheets, { forward, right });
		return new Caster(sheets, 1).rows(view, look, 0, 12)[6 * 12 + 6] as number;
	};

	it("the nearer one is seen, from either side", () => {
		const [front, back] = [middle([0, 0, 1], [1, 0, 0]), middle([0, 0, -1], [-1, 0, 0])];
		expect(front & 255).toBeGreaterThan((front >>> 16) & 255);
		expect((back >>> 16) & 255).toBeGreaterThan(back & 255);
	});

	it("nothing hides nothing: where no sample lies it is black", () => {
		expect(new Set(reds(empty(), WHITE_BONE).flat())).toEqual(new Set([0]));
		expect(new Set(reds(empty(), MIP).flat())).toEqual(new Set([0]));
	});

	it("rays beside the cubes are black, and every pixel is opaque", () => {
		const ball = aBall();
		const view = aView(ball, { width: 90, height: 80, perPixel: 1 });
		const pixels = new Caster(ball, 1).rows(view, WHITE_BONE, 0, 80);
		expect(pixels[0]).toBe(0xff000000);
		expect(pixels.every((pixel) => pixel >>> 24 === 255)).toBe(true);
	});
});

describe("the brightest value", () => {
	it("is the maximum along each ray, by the window", () => {
		const random = figures(11);
		const body = bodyOf([9, 8, 20], () => Math.floor(random() * 1000));
		const rows = reds(body, MIP);
		for (let y = 0; y < 8; y++) {
			for (let x = 0; x < 9; x++) {
				const along = Array.from({ length: 20 }, (_, z) => body.values[(z * 8 + y) * 9 + x] as number);
				expect(Math.abs((rows[y]?.[x] ?? 0) - Math.round(0.255 * Math.max(...along)))).toBeLessThanOrEqual(1);
			}
		}
	});

	it("is the same whether blocks are passed at once or not", () => {
		const spot = bodyOf([24, 24, 64], (x, y, z) => (x === 12 && y === 12 && z === 50 ? 800 : 0));
		expect(reds(spot, MIP)[12]?.[12]).toBe(204);
		expect(reds(spot, MIP)[3]?.[3]).toBe(0);
	});

	it("takes values back to what they were", () => {
		const half = bodyOf([4, 4, 4], () => 400);
		expect(reds(half, MIP, {}, 0.5)[1]?.[1]).toBe(204);
	});
});

it("rows are the same however they are shared out", () => {
	const ball = aBall();
	const view = aView(ball);
	const caster = new Caster(ball, 1);
	const whole = [...caster.rows(view, WHITE_BONE, 0, 32)];
	const parts = [0, 9, 20].flatMap((from, n) => [...caster.rows(view, WHITE_BONE, from, [9, 20, 32][n] ?? 0)]);
	expect(parts).toEqual(whole);
	expect(caster.rows(view, WHITE_BONE, 5, 5)).toHaveLength(0);
});

it("another preset is not drawn by the table of the one before", () => {
	const ball = aBall();
	const caster = new Caster(ball, 1);
	const view = aView(ball);
	const clear = { kind: "composite" as const, stops: [{ value: 3000, opacity: 0, colour: [1, 1, 1] as const }] };
	const shown = caster.rows(view, WHITE_BONE, 16, 17).some((pixel) => (pixel & 255) > 0);
	expect([shown, caster.rows(view, clear, 16, 17).some((pixel) => (pixel & 255) > 0)]).toEqual([true, false]);
});

describe("presets", () => {
	const CT = presetsOf({ modality: "CT" }, { center: 0, width: 1 });

	it("are four for CT, two for MR by its window", () => {
		expect(Object.keys(CT)).toEqual([...PRESETS]);
		const mr = presetsOf({ modality: "MR" }, { center: 300, width: 200 });
		expect(Object.keys(mr).sort()).toEqual(["mip", "soft"]);
		expect(mr.mip).toEqual({ kind: "mip", low: 200, high: 400 });
	});

	it.each([
		["bone", 60, BONE],
		["vessel", 40, 300],
		["soft", -900, 40],
	] as const)("%s shows nothing of %d HU and something of %d", (name, clear, seen) => {
		const look = CT[name];
		if (look?.kind !== "composite") throw new Error("no composite");
		expect(blended(look.stops, clear).opacity).toBe(0);
		expect(blended(look.stops, seen).opacity).toBeGreaterThan(0.05);
	});

	it("lie between their stops in proportion, and stay what they are beyond", () => {
		const stops = [
			{ value: 0, opacity: 0.2, colour: [0, 0, 0] as const },
			{ value: 100, opacity: 0.6, colour: [200, 100, 50] as const },
		];
		expect(blended(stops, 50)).toEqual({ value: 50, opacity: expect.closeTo(0.4), colour: [100, 50, 25] });
		expect(blended(stops, -1).opacity).toBe(0);
		expect(blended(stops, 900)).toEqual(stops[1]);
		expect(blended([], 5).opacity).toBe(0);
	});

	it("let as much through in one long step as in two short ones", () => {
		const stops = [{ value: -4000, opacity: 0.3, colour: [9, 9, 9] as const }];
		const [short, long] = [tableOf(stops, 1, 1), tableOf(stops, 2, 1)];
		const at = entryOf(0);
		expect(1 - (long.opacity[at] ?? 0)).toBeCloseTo((1 - (short.opacity[at] ?? 0)) ** 2);
		expect(long.seen[at]).toBe(long.seen[at - 1] === undefined ? 0 : (long.seen[at - 1] ?? 0) + 1);
	});

	it("are looked up for any value that is kept", () => {
		expect([entryOf(-32_768), entryOf(32_767)]).toEqual([0, (65_536 >> SHIFT) - 1]);
	});
});
