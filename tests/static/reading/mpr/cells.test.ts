import { describe, expect, it } from "vitest";
import { cellsOf } from "../../../../static/src/reading/mpr/cells.ts";

describe("cells of height", () => {
	it.each([[[0]], [[0, 5]], [[0, 1, 1.5, 7, 7.25, 30]], [[0, 0, 0]]])(
		"begin at or above the slice that they name, and below the next: %j",
		(given) => {
			const heights = Float64Array.from(given);
			const last = heights.length - 1;
			const { slices, perMm } = cellsOf(heights, last);
			for (const [cell, k] of slices.entries()) {
				const from = cell / (perMm || 1);
				expect(heights[k]).toBeLessThanOrEqual(from);
				if (k < last) expect(heights[k + 1]).toBeGreaterThan(from);
			}
		},
	);

	it("name no slice beyond the last that may be named", () => {
		expect(Math.max(...cellsOf(Float64Array.from([0, 1, 2, 3]), 2).slices)).toBe(2);
		expect([...cellsOf(new Float64Array(1), -1).slices]).toEqual([0, 0]);
	});
});
