import { describe, expect, it } from "vitest";
import type { Lut } from "../../../static/src/reading/manifest.ts";
import {
	BLACK,
	fullVoi,
	grey,
	proposedVoi,
	rescaled,
	shade,
	shadeTable,
	share,
	suvOf,
	type Voi,
} from "../../../static/src/reading/voi.ts";
import { aForm, figures } from "./studies.ts";

const WHITE = grey(255);

function linear(center: number, width: number): Voi {
	return { center, width, function: "LINEAR", table: null };
}

/** PS3.3 C.11.2.1.2.1 as it is printed, for output 0 to 255, then rounded. */
function byTheBook(x: number, c: number, w: number): number {
	if (x <= c - 0.5 - (w - 1) / 2) return 0;
	if (x > c - 0.5 + (w - 1) / 2) return 255;
	return Math.round(((x - (c - 0.5)) / (w - 1) + 0.5) * (255 - 0) + 0);
}

function level(pixel: number): number {
	expect(pixel >>> 24).toBe(255);
	expect(pixel & 255).toBe((pixel >>> 8) & 255);
	expect(pixel & 255).toBe((pixel >>> 16) & 255);
	return pixel & 255;
}

describe("linear windows", () => {
	it("follow the standard's formula for every value", () => {
		const random = figures(5);
		for (let round = 0; round < 2000; round++) {
			const c = Math.round(random() * 4000 - 2000);
			const w = 1 + Math.floor(random() * 4000);
			const x = Math.round(c + (random() - 0.5) * 2.5 * w);
			const form = aForm({ signed: true, rescaleIntercept: -1024 });
			expect(level(shade(x + 1024, form, linear(c, w), false))).toBe(byTheBook(x, c, w));
		}
	});

	it("are the example of the standard: 2048/4096 maps 0 to black and 4095 to white", () => {
		expect(share(0, linear(2048, 4096))).toBe(0);
		expect(share(4095, linear(2048, 4096))).toBe(1);
		expect(share(2047.5, linear(2048, 4096))).toBeCloseTo(0.5, 12);
	});

	it("of width 1 are a threshold at the centre", () => {
		expect([9, 10, 11].map((x) => share(x, linear(10, 1)))).toEqual([0, 1, 1]);
	});

	it("never leave 0 to 1 and never fall", () => {
		const random = figures(6);
		for (let round = 0; round < 200; round++) {
			const voi = linear(random() * 100, 1 + random() * 100);
			let before = 0;
			for (let x = -200; x <= 300; x += 31) {
				const now = share(x, voi);
				expect(now).toBeGreaterThanOrEqual(before);
				expect(now).toBeLessThanOrEqual(1);
				before = now;
			}
		}
	});
});

describe("the other functions", () => {
	it("LINEAR_EXACT takes centre and width as they are", () => {
		const voi: Voi = { center: 50, width: 100, function: "LINEAR_EXACT", table: null };
		expect([-1, 0, 50, 75, 100, 101].map((x) => share(x, voi))).toEqual([0, 0, 0.5, 0.75, 1, 1]);
	});

	it("SIGMOID is the logistic curve of C.11.2.1.3.1", () => {
		const voi: Voi = { center: 100, width: 40, function: "SIGMOID", table: null };
		expect(share(100, voi)).toBe(0.5);
		expect(share(120, voi)).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
	});
});

describe("inversion", () => {
	it("of the object and the reader's wish cancel each other, however the object names its greys", () => {
		const voi = linear(50.5, 101);
		for (const photometric of ["MONOCHROME1", "MONOCHROME2"]) {
			for (const inverse of [false, true]) {
				for (const wish of [false, true]) {
					const pixel = shade(0, aForm({ photometric, inverse }), voi, wish);
					expect(pixel).toBe(inverse === wish ? BLACK : WHITE);
				}
			}
		}
	});

	it("leaves padding black", () => {
		const form = aForm({ photometric: "MONOCHROME1", inverse: true, padding: [10, 12] });
		expect([9, 10, 11, 12].map((x) => shade(x, form, linear(1000, 10), false))).toEqual([
			WHITE,
			BLACK,
			BLACK,
			BLACK,
		]);
	});
});

describe("uptake", () => {
	it("is the rescaled value times what the object tells, else unknown", () => {
		const form = aForm({ rescaleSlope: 2, rescaleIntercept: 10, suvFactor: 0.5 });
		expect(suvOf(20, form)).toBe(25);
		expect(suvOf(20, { ...form, suvFactor: null })).toBeNull();
	});
});

describe("tables by stored value", () => {
	it("agree with the formula for every 16-bit value, signed and unsigned", () => {
		for (const signed of [true, false]) {
			const form = aForm({ signed, rescaleSlope: 2, rescaleIntercept: -100 });
			const voi = linear(300, 700);
			const table = shadeTable(form, voi, false);
			expect(table).toHaveLength(65536);
			const samples = signed
				? new Int16Array([-32768, -1, 0, 55, 32767])
				: new Uint16Array([0, 1, 55, 65535]);
			for (const stored of samples) expect(table[stored & 0xffff]).toBe(shade(stored, form, voi, false));
		}
	});

	it("of 8-bit images have 256 entries", () => {
		const form = aForm({ bitsAllocated: 8, signed: true });
		const table = shadeTable(form, linear(0, 256), false);
		expect(table).toHaveLength(256);
		expect(table[-128 & 255]).toBe(BLACK);
		expect(table[127]).toBe(WHITE);
	});
});

describe("modality and VOI tables of the object", () => {
	const lut = (firstMapped: number, bits: number, entries: number[]): Lut => ({
		firstMapped,
		bits,
		entries: Uint16Array.from(entries),
	});

	it("replace rescale, clamped at their ends", () => {
		const form = aForm({ modalityLut: lut(-1, 16, [10, 20, 30]) });
		expect([-9, -1, 0, 1, 9].map((x) => rescaled(x, form))).toEqual([10, 10, 20, 30, 30]);
	});

	it("are used as the object's proposal when it has no window", () => {
		const voiLut = lut(0, 8, [0, 51, 255]);
		const voi = proposedVoi(aForm({ voiLut }));
		expect(voi?.table).toBe(voiLut);
		expect([0, 1, 2, 7].map((x) => level(shade(x, aForm(), voi as Voi, false)))).toEqual([0, 51, 255, 255]);
		const window = { center: 1, width: 2, explanation: "" };
		expect(proposedVoi(aForm({ voiLut, windows: [window] }))?.table).toBeNull();
		expect(proposedVoi(aForm())).toBeNull();
	});
});

describe("a window over all values", () => {
	it("maps the lowest to black and the highest to white, padding aside", () => {
		const random = figures(7);
		for (let round = 0; round < 50; round++) {
			const form = aForm({ signed: true, padding: [-2000, -2000], rescaleIntercept: 7 });
			const values = Int16Array.from({ length: 30 }, () => Math.round(random() * 3000 - 1500));
			const samples = Int16Array.from([...values, -2000]);
			const voi = fullVoi(form, samples);
			expect(level(shade(Math.min(...values), form, voi, false))).toBe(0);
			expect(level(shade(Math.max(...values), form, voi, false))).toBe(255);
		}
	});

	it("of floating point values spans them exactly", () => {
		const form = aForm({ floating: true, bitsAllocated: 32 });
		const voi = fullVoi(form, Float32Array.from([0.25, 0.5, Number.NaN, 0.75]));
		expect(voi).toMatchObject({ center: 0.5, width: 0.5, function: "LINEAR_EXACT" });
	});

	it("of nothing is some window", () => {
		expect(fullVoi(aForm({ padding: [0, 0] }), new Uint16Array(4)).width).toBeGreaterThan(0);
		expect(fullVoi(aForm(), new Uint16Array(4)).width).toBeGreaterThan(0);
	});
});
