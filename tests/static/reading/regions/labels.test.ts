import { describe, expect, it } from "vitest";
import { labelOutlines, numbersIn } from "../../../../static/src/reading/regions/labels.ts";
import { outlineOf } from "../../../../static/src/reading/regions/outline.ts";
import { wordsOf } from "./regions.ts";

/** Grids of numbers that look random and are the same in each run. */
function grids(count: number): { numbers: number[]; columns: number }[] {
	let seed = 7;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor((seed / 2_147_483_648) * below);
	};
	return Array.from({ length: count }, () => {
		const columns = 1 + random(9);
		const rows = 1 + random(9);
		return {
			columns,
			numbers: Array.from({ length: rows * columns }, () => [0, 0, 1, 2, 258, 65_535][random(6)] ?? 0),
		};
	});
}

describe("a frame of a label map", () => {
	it("gives each number the outline that a mask of its own would have", () => {
		for (const { numbers, columns } of grids(60)) {
			const outlines = labelOutlines(Uint16Array.from(numbers), columns);
			const present = new Set(numbers.filter((one) => one !== 0));
			expect(new Set(outlines.keys())).toEqual(present);
			for (const number of present) {
				const inside = (x: number, y: number) => numbers[y * columns + x] === number;
				expect(outlines.get(number)).toBe(outlineOf(inside, columns, numbers.length / columns));
			}
		}
	});

	it("without any number has no outline", () => {
		expect(labelOutlines(new Uint16Array(12), 4).size).toBe(0);
		expect(labelOutlines(new Uint16Array(0), 4).size).toBe(0);
	});

	it("is read from its bytes, the lower one first", () => {
		const numbers = [0, 1, 255, 256, 4_660, 65_535];
		expect([...numbersIn(wordsOf(numbers))]).toEqual(numbers);
		// Words may begin at any byte of what they came in.
		const shifted = Uint8Array.from([9, ...wordsOf(numbers)]).subarray(1);
		expect([...numbersIn(shifted)]).toEqual(numbers);
	});
});
