import { describe, expect, it } from "vitest";
import {
	baselineMm,
	LAYOUTS,
	type LayoutId,
	labelMm,
	layoutFits,
	ORIGIN_MM,
	type Page,
	pageOf,
	pulseMm,
	xMmOf,
} from "../../../static/src/ecg/layout.ts";
import { GAINS_MM_PER_MV, SPEEDS_MM_PER_S } from "../../../static/src/ecg/paper.ts";
import { TWELVE } from "./recordings.ts";

function page(layout: LayoutId, more: Partial<Parameters<typeof pageOf>[0]> = {}): Page {
	return pageOf({
		layout,
		leads: TWELVE,
		fromMs: 0,
		toMs: 10_000,
		speedMmPerS: 25,
		gainMmPerMv: 10,
		...more,
	});
}

const spans = (of: Page): string[] =>
	of.segments.map(({ label, row, fromMs, toMs }) => `${row}:${label}@${fromMs}-${toMs}`);

describe("3×4+1", () => {
	it("shows each lead for its quarter and lead II for all ten seconds", () => {
		expect(spans(page("3x4+1"))).toEqual([
			"0:I@0-2500",
			"1:II@0-2500",
			"2:III@0-2500",
			"0:aVR@2500-5000",
			"1:aVL@2500-5000",
			"2:aVF@2500-5000",
			"0:V1@5000-7500",
			"1:V2@5000-7500",
			"2:V3@5000-7500",
			"0:V4@7500-10000",
			"1:V5@7500-10000",
			"2:V6@7500-10000",
			"3:II@0-10000",
		]);
	});

	it("marks the gaps between columns on the three upper rows only", () => {
		expect(page("3x4+1").gaps.map(({ row, ms }) => `${row}@${ms}`)).toEqual([
			...["0@2500", "1@2500", "2@2500"],
			...["0@5000", "1@5000", "2@5000"],
			...["0@7500", "1@7500", "2@7500"],
		]);
	});

	it("shares out the second ten seconds, and a shorter rest", () => {
		expect(page("3x4+1", { fromMs: 10_000, toMs: 14_000 }).segments[3]).toMatchObject({
			lead: "aVR",
			fromMs: 11_000,
			toMs: 12_000,
		});
	});
});

describe("12×1", () => {
	it("shows every lead for all ten seconds, one row each, without a gap", () => {
		const shown = page("12x1");
		expect(spans(shown)).toEqual(TWELVE.map((lead, row) => `${row}:${lead}@0-10000`));
		expect(shown.gaps).toEqual([]);
	});
});

describe("Cabrera", () => {
	it("turns aVR over and orders the limb leads by angle", () => {
		const limb = page("cabrera").segments.slice(0, 6);
		expect(limb.map(({ label }) => label)).toEqual(["aVL", "I", "−aVR", "II", "aVF", "III"]);
		expect(limb.map(({ inverted }) => inverted)).toEqual([false, false, true, false, false, false]);
		expect(limb[2]?.lead).toBe("aVR");
	});
});

describe.each(LAYOUTS)("%s", (layout) => {
	it("shows all twelve leads, and on no row two at the same time", () => {
		const shown = page(layout);
		expect(new Set(shown.segments.map(({ lead }) => lead))).toEqual(new Set(TWELVE));
		for (let row = 0; row < shown.rows; row += 1) {
			const onRow = shown.segments.filter((one) => one.row === row).sort((a, b) => a.fromMs - b.fromMs);
			expect(onRow[0]?.fromMs).toBe(0);
			expect(onRow.at(-1)?.toMs).toBe(10_000);
			onRow.slice(1).forEach((one, at) => {
				expect(one.fromMs).toBe(onRow[at]?.toMs);
			});
		}
	});

	it("stands on heavy lines and keeps names above their own traces", () => {
		const shown = page(layout);
		for (let row = 0; row < shown.rows; row += 1) {
			expect(baselineMm(shown, row) % 5).toBe(0);
			expect(labelMm(shown, row)).toBeLessThan(baselineMm(shown, row));
			expect(labelMm(shown, row)).toBeGreaterThan(row * shown.pitchMm);
		}
		expect(baselineMm(shown, shown.rows - 1)).toBeLessThan(shown.heightMm);
	});

	it.each(SPEEDS_MM_PER_S)("is as wide as its time at %f mm/s", (speedMmPerS) => {
		const shown = page(layout, { speedMmPerS });
		expect(xMmOf(shown, 10_000) - xMmOf(shown, 0)).toBeCloseTo(10 * speedMmPerS, 12);
		expect(shown.widthMm).toBeGreaterThan(xMmOf(shown, 10_000));
	});
});

describe("the calibration pulse", () => {
	it.each(SPEEDS_MM_PER_S.flatMap((speed) => GAINS_MM_PER_MV.map((gain) => [speed, gain] as const)))(
		"at %f mm/s and %f mm/mV is 1 mV high, 200 ms wide, and ends before the trace",
		(speedMmPerS, gainMmPerMv) => {
			const points = pulseMm({ speedMmPerS, gainMmPerMv });
			const up = points.filter(([, height]) => height > 0);
			expect(up.map(([, height]) => height)).toEqual([gainMmPerMv, gainMmPerMv]);
			expect((up[1]?.[0] ?? 0) - (up[0]?.[0] ?? 0)).toBeCloseTo(0.2 * speedMmPerS, 12);
			expect(points[0]?.[0]).toBeGreaterThanOrEqual(0);
			expect(points.at(-1)?.[0]).toBeLessThanOrEqual(ORIGIN_MM);
		},
	);
});

describe("other recordings", () => {
	it("of a few leads are one column, whatever the layout", () => {
		const shown = page("3x4+1", { leads: ["II", "V5"] });
		expect(spans(shown)).toEqual(["0:II@0-10000", "1:V5@0-10000"]);
		expect(layoutFits("3x4+1", ["II", "V5"])).toBe(false);
		expect(layoutFits("3x4+1", TWELVE)).toBe(true);
	});

	it("show leads that no layout knows below the rest", () => {
		const shown = page("6x2", { leads: [...TWELVE, "V7", "V3R"] });
		expect(spans(shown).slice(-2)).toEqual(["6:V7@0-10000", "7:V3R@0-10000"]);
	});
});
