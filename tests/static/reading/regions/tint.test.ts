import { describe, expect, it } from "vitest";
import { Combos } from "../../../../static/src/reading/regions/combos.ts";
import { EDGED_LEVEL, LEVELS } from "../../../../static/src/reading/regions/masks.ts";
import { type Inks, Tint } from "../../../../static/src/reading/regions/tint.ts";

type Rgba = [number, number, number, number];
const RED = "#ff2000";
const BLUE = "#0010e0";

/** The bytes of a pixel. */
function bytes(pixel = 0): Rgba {
	return [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, pixel >>> 24];
}

function rgb(colour: string): number[] {
	return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** What is seen of a pixel over a grey: what stacking the colours one after the other gives. */
function over(grey: number, layers: readonly (readonly [string, number])[]): number[] {
	return layers.reduce(
		(below, [colour, alpha]) => below.map((one, i) => one * (1 - alpha) + (rgb(colour)[i] ?? 0) * alpha),
		[grey, grey, grey],
	);
}

function seen(pixel: number | undefined, grey: number): number[] {
	const [red, green, blue, alpha] = bytes(pixel);
	return [red, green, blue].map((one) => (one * alpha) / 255 + grey * (1 - alpha / 255));
}

function painted(combos: Combos, inks: Inks, rows: readonly (readonly number[])[]): Uint32Array {
	const numbers = Uint32Array.from(rows.flat());
	const target = new Uint32Array(numbers.length).fill(77);
	new Tint(combos, inks).paint(numbers, rows[0]?.length ?? 0, target);
	return target;
}

/** A field of one number, in the middle of which nothing ends. */
function field(number: number, side = 3): number[][] {
	return Array.from({ length: side }, () => Array.from({ length: side }, () => number));
}

describe("points of a segment", () => {
	it("have its colour at the opacity that was asked for; where none is, the image stands as it is", () => {
		const combos = new Combos();
		const one = combos.single(1);
		for (const fill of [0.35, 0.8, 1]) {
			const inks = { parts: [[1, { colour: RED, fill }]] as const, levels: 1 };
			const middle = painted(combos, inks, field(one))[4];
			expect(bytes(middle)).toEqual([...rgb(RED), Math.round(255 * fill)]);
		}
		expect([...painted(combos, { parts: [], levels: 1 }, field(0))]).toEqual(Array(9).fill(0));
	});

	it("of two segments have both colours, the later one above", () => {
		const combos = new Combos();
		const both = combos.joined(combos.single(1), combos.single(2));
		const parts = [
			[1, { colour: RED, fill: 0.5 }],
			[2, { colour: BLUE, fill: 0.3 }],
		] as const;
		const middle = painted(combos, { parts, levels: 1 }, field(both))[4];
		const expected = over(100, [
			[RED, 0.5],
			[BLUE, 0.3],
		]);
		expect(seen(middle, 100)).toEqual(expected.map((one) => expect.closeTo(one, 0)));
	});

	it("of a hidden segment are clear, and of two the other is seen alone", () => {
		const combos = new Combos();
		const [one, other] = [combos.single(1), combos.single(2)];
		const inks = { parts: [[2, { colour: BLUE, fill: 0.3 }]] as const, levels: 1 };
		expect(painted(combos, inks, field(one))[4]).toBe(0);
		expect(painted(combos, inks, field(combos.joined(one, other)))[4]).toBe(painted(combos, inks, field(other))[4]);
	});

	it("of a fractional one are the deeper the more levels they reach", () => {
		const combos = new Combos();
		const inks = { parts: [[1, { colour: RED, fill: 0.6 }]] as const, levels: LEVELS.length };
		const alphas = LEVELS.map((_, k) => bytes(painted(combos, inks, field(combos.single(1, k + 1)))[4])[3]);
		const each = 1 - 0.4 ** (1 / LEVELS.length);
		expect(alphas).toEqual(LEVELS.map((_, k) => Math.round(255 * (1 - (1 - each) ** (k + 1)))));
	});
});

describe("edges", () => {
	const whole = (colour: string): Rgba => [...rgb(colour), 255] as Rgba;

	it("are the segment's own points beside others, whole whatever the opacity; the plane's border is none", () => {
		const combos = new Combos();
		const one = combos.single(1);
		const rows = [
			[one, one, one, 0],
			[one, one, one, 0],
			[one, one, one, 0],
			[0, 0, 0, 0],
		];
		const found = [...painted(combos, { parts: [[1, { colour: RED, fill: 0 }]], levels: 1 }, rows)].map(bytes);
		const isEdge = (x: number, y: number) => (x === 2 && y < 3) || (y === 2 && x < 3);
		expect(found).toEqual(
			found.map((_, i) => (isEdge(i % 4, Math.floor(i / 4)) ? whole(RED) : [expect.anything(), expect.anything(), expect.anything(), 0])),
		);
	});

	it("of a row do not go on into the next one", () => {
		const combos = new Combos();
		const one = combos.single(1);
		const found = painted(combos, { parts: [[1, { colour: RED, fill: 0.5 }]], levels: 1 }, [
			[one, one],
			[one, one],
		]);
		expect(new Set(found).size).toBe(1);
	});

	it("are of the segment that ends, not of one that goes on below it", () => {
		const combos = new Combos();
		const [one, other] = [combos.single(1), combos.single(2)];
		const both = combos.joined(one, other);
		const parts = [
			[1, { colour: RED, fill: 0.5 }],
			[2, { colour: BLUE, fill: 0.5 }],
		] as const;
		const found = painted(combos, { parts, levels: 1 }, [[one, both, both]]);
		expect(bytes(found[1])).toEqual(whole(BLUE));
		expect(bytes(found[0])[3]).toBe(Math.round(255 * 0.5));
	});

	it("of a fractional one are at one half", () => {
		const combos = new Combos();
		const levels = [1, 2, 3, 4].map((level) => combos.single(1, level));
		const inks = { parts: [[1, { colour: RED, fill: 0 }]] as const, levels: LEVELS.length };
		const found = [...painted(combos, inks, [levels])].map((one) => bytes(one)[3]);
		expect(found).toEqual(levels.map((_, k) => (k === EDGED_LEVEL ? 255 : 0)));
	});
});
