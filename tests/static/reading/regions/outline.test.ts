import { describe, expect, it } from "vitest";
import { outlineOf } from "../../../../static/src/reading/regions/outline.ts";
import { figures } from "../studies.ts";

type Corner = readonly [number, number];

/** The closed edges of a path of M, H, V and Z, corner by corner. */
function loopsOf(path: string): Corner[][] {
	const loops: Corner[][] = [];
	let [x, y] = [0, 0];
	for (const [, letter, figure] of path.matchAll(/([MHVZ])([\d ]*)/g)) {
		const found = (figure ?? "").split(" ").map(Number);
		if (letter === "M") {
			[x, y] = [found[0] ?? 0, found[1] ?? 0];
			loops.push([]);
		} else if (letter === "H") x = found[0] ?? 0;
		else if (letter === "V") y = found[0] ?? 0;
		else continue;
		loops.at(-1)?.push([x, y]);
	}
	return loops;
}

/** True when a ray from a pixel's middle to the right crosses the edges an odd number of times. */
function covered(loops: readonly Corner[][], x: number, y: number): boolean {
	let crossed = 0;
	for (const loop of loops) {
		for (const [i, [fromX, fromY]] of loop.entries()) {
			const [toX, toY] = loop[(i + 1) % loop.length] as Corner;
			const upright = fromX === toX && fromX > x + 0.5;
			if (upright && Math.min(fromY, toY) <= y && Math.max(fromY, toY) > y) crossed++;
		}
	}
	return crossed % 2 === 1;
}

/** How long all edges are together. */
function lengthOf(loops: readonly Corner[][]): number {
	const ends = loops.flatMap((loop) =>
		loop.map((one, i) => [one, loop[(i + 1) % loop.length] as Corner] as const),
	);
	return ends.reduce((sum, [a, b]) => sum + Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]), 0);
}

/** How many edges of pixels part what is set from what is not, in a square of `side` pixels. */
function edgesAround(inside: (x: number, y: number) => boolean, side: number): number {
	const corners = Array.from({ length: (side + 1) ** 2 }, (_, i) => [
		i % (side + 1),
		Math.floor(i / (side + 1)),
	]);
	return corners.reduce((sum, [x = 0, y = 0]) => {
		const upright = Number(inside(x, y) !== inside(x - 1, y));
		return sum + upright + Number(inside(x, y) !== inside(x, y - 1));
	}, 0);
}

function drawn(rows: readonly string[]): string {
	return outlineOf((x, y) => rows[y]?.[x] === "#", rows[0]?.length ?? 0, rows.length);
}

describe("the edge of a mask", () => {
	it("runs along the edges of its pixels", () => {
		expect(loopsOf(drawn(["....", ".##.", "...."]))).toEqual([
			[
				[1, 1],
				[3, 1],
				[3, 2],
				[1, 2],
				[1, 1],
			],
		]);
	});

	it("of nothing is nothing", () => {
		expect(drawn(["...", "..."])).toBe("");
		expect(outlineOf(() => true, 0, 0)).toBe("");
	});

	it("goes around the whole grid where all is set", () => {
		const corners = loopsOf(drawn(["###", "###"])).flat();
		expect(new Set(corners.map(String))).toEqual(new Set(["0,0", "3,0", "3,2", "0,2"]));
	});

	it("keeps holes open", () => {
		const loops = loopsOf(drawn(["###", "#.#", "###"]));
		expect(loops).toHaveLength(2);
		expect([covered(loops, 0, 0), covered(loops, 1, 1), covered(loops, 2, 1)]).toEqual([true, false, true]);
	});

	it("keeps areas apart that touch in a corner", () => {
		const loops = loopsOf(drawn(["#.", ".#"]));
		expect(loops).toHaveLength(2);
		for (const loop of loops) expect(new Set(loop.map(String)).size).toBe(4);
	});

	it("covers exactly the pixels that are set, whatever is set", () => {
		for (let seed = 1; seed <= 60; seed++) {
			const next = figures(seed);
			const [columns, rows] = [1 + Math.floor(next() * 12), 1 + Math.floor(next() * 12)];
			const share = next();
			const set = Array.from({ length: rows * columns }, () => next() < share);
			const inside = (x: number, y: number): boolean => set[y * columns + x] ?? false;
			const loops = loopsOf(outlineOf(inside, columns, rows));
			const back = set.map((_, i) => covered(loops, i % columns, Math.floor(i / columns)));
			expect(back).toEqual(set);
		}
	});

	it("has no more edges than the mask", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const next = figures(seed);
			const set = Array.from({ length: 100 }, () => next() < 0.5);
			const inside = (x: number, y: number): boolean =>
				x >= 0 && y >= 0 && x < 10 && y < 10 && (set[y * 10 + x] ?? false);
			expect(lengthOf(loopsOf(outlineOf(inside, 10, 10)))).toBe(edgesAround(inside, 10));
		}
	});
});
