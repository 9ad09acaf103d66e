import { describe, expect, it } from "vitest";
import {
	backingRatio,
	GAINS_MM_PER_MV,
	msOfPx,
	pxOfMs,
	pxOfMv,
	SPEEDS_MM_PER_S,
	stepped,
} from "../../../static/src/ecg/paper.ts";
import { CSS_PX_PER_MM } from "../../../static/src/ui/screen/screen.ts";
import { randomFrom } from "./recordings.ts";

describe("true millimetres", () => {
	it("1 mV is 10.0 mm and 1 s is 25.0 mm at any calibration", () => {
		const random = randomFrom(1);
		for (let round = 0; round < 500; round += 1) {
			const pxPerMm = 1 + random() * 20;
			const scale = { pxPerMm, speedMmPerS: 25, gainMmPerMv: 10 };
			expect(pxOfMv(1, scale)).toBe(10 * pxPerMm);
			expect(pxOfMs(1000, scale)).toBe(25 * pxPerMm);
		}
	});

	it.each(SPEEDS_MM_PER_S.flatMap((speed) => GAINS_MM_PER_MV.map((gain) => [speed, gain] as const)))(
		"%f mm/s and %f mm/mV scale time and voltage, each by itself",
		(speedMmPerS, gainMmPerMv) => {
			const scale = { pxPerMm: 3.7, speedMmPerS, gainMmPerMv };
			expect(pxOfMs(400, scale) / 3.7).toBeCloseTo(0.4 * speedMmPerS, 12);
			expect(pxOfMv(-0.3, scale) / 3.7).toBeCloseTo(-0.3 * gainMmPerMv, 12);
			expect(msOfPx(pxOfMs(1234.5, scale), scale)).toBeCloseTo(1234.5, 9);
		},
	);

	it("0.4 s is as long as 1 mV is high at 25 mm/s and 10 mm/mV", () => {
		const scale = { pxPerMm: 2.9, speedMmPerS: 25, gainMmPerMv: 10 };
		expect(pxOfMs(400, scale)).toBeCloseTo(pxOfMv(1, scale), 12);
	});

	it("takes CSS's own millimetre until a display is calibrated", () => {
		expect(CSS_PX_PER_MM * 25.4).toBeCloseTo(96, 12);
	});
});

describe("choices", () => {
	it("step to the neighbour and hold at the ends", () => {
		expect(stepped(SPEEDS_MM_PER_S, 25, 1)).toBe(50);
		expect(stepped(SPEEDS_MM_PER_S, 50, 1)).toBe(50);
		expect(stepped(GAINS_MM_PER_MV, 5, -1)).toBe(5);
	});
});

describe("the bitmap behind a canvas", () => {
	it("has the screen's pixels where a browser can hold them, else fewer", () => {
		expect(backingRatio(1000, 500, 3)).toBe(3);
		for (const [width, height] of [
			[9000, 100],
			[4000, 4000],
			[20_000, 900],
		] as const) {
			const ratio = backingRatio(width, height, 3);
			expect(width * ratio).toBeLessThanOrEqual(8192);
			expect(width * height * ratio * ratio).toBeLessThanOrEqual(16_000_001);
		}
	});
});
