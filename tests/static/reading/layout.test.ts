import { describe, expect, it } from "vitest";
import {
	columnsOf,
	LAYOUTS,
	type Layout,
	neighbour,
	nextLayout,
	panesOf,
	rowsOf,
	WIDE_LAYOUTS,
} from "../../../static/src/reading/layout.ts";

describe("layouts", () => {
	it("are rows times columns", () => {
		expect(LAYOUTS.map((one) => [rowsOf(one), columnsOf(one), panesOf(one)])).toEqual([
			[1, 1, 1],
			[1, 2, 2],
			[2, 1, 2],
			[2, 2, 4],
		]);
	});

	it("follow each other and begin again", () => {
		let layout: Layout = "1x1";
		const seen = LAYOUTS.map(() => (layout = nextLayout(layout)));
		expect(seen).toEqual(["1x2", "2x1", "2x2", "1x1"]);
	});

	it("that a protocol chose lead back to the first", () => {
		expect(WIDE_LAYOUTS.map(nextLayout)).toEqual(WIDE_LAYOUTS.map(() => "1x1"));
		expect(WIDE_LAYOUTS.map(panesOf)).toEqual([3, 4, 6, 8]);
	});

	it("have neighbours inside and none beyond the edge", () => {
		expect(neighbour("2x2", 0, 1, 0)).toBe(1);
		expect(neighbour("2x2", 1, 1, 0)).toBe(1);
		expect(neighbour("2x2", 1, 0, 1)).toBe(3);
		expect(neighbour("2x2", 2, -1, 0)).toBe(2);
		expect(neighbour("2x1", 1, 0, -1)).toBe(0);
		expect(neighbour("1x1", 0, 1, 1)).toBe(0);
	});
});
