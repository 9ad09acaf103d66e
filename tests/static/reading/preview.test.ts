import { describe, expect, it } from "vitest";
import type { ImageForm } from "../../../static/src/reading/manifest.ts";
import { enlarged, reduced } from "../../../static/src/reading/preview.ts";
import { type Samples, samplesIn } from "../../../static/src/reading/samples.ts";
import { aForm, figures } from "./studies.ts";

const KINDS: readonly Partial<ImageForm>[] = [
	{ bitsAllocated: 8, signed: false },
	{ bitsAllocated: 8, signed: true },
	{ bitsAllocated: 16, signed: false },
	{ bitsAllocated: 16, signed: true },
	{ bitsAllocated: 32, signed: false },
	{ bitsAllocated: 32, signed: true },
	{ bitsAllocated: 32, floating: true },
	{ bitsAllocated: 64, floating: true },
];

function filled(form: ImageForm, value: (row: number, column: number, colour: number) => number): Samples {
	const { rows, columns, samplesPerPixel: colours } = form;
	const samples = samplesIn(form, new ArrayBuffer(rows * columns * colours * 8));
	for (let i = 0; i < samples.length; i++) {
		const pixel = Math.floor(i / colours);
		samples[i] = value(Math.floor(pixel / columns), pixel % columns, i % colours);
	}
	return samples;
}

function someForm(random: () => number): ImageForm {
	const rows = 1 + Math.floor(random() * 23);
	const columns = 1 + Math.floor(random() * 23);
	const kind = KINDS[Math.floor(random() * KINDS.length)];
	return aForm({ rows, columns, samplesPerPixel: random() < 0.5 ? 1 : 3, ...kind });
}

describe("a preview", () => {
	it("has a fourth of the rows and columns, rounded up", () => {
		const sizes = [1, 4, 5, 8, 513].map((rows) => reduced(aForm({ rows, columns: 2 * rows })));
		expect(sizes.map(({ rows, columns }) => [rows, columns])).toEqual([
			[1, 1],
			[1, 2],
			[2, 3],
			[2, 4],
			[129, 257],
		]);
	});

	it("becomes samples of the frame's own size and kind", () => {
		for (const kind of KINDS) {
			const form = aForm({ rows: 7, columns: 9, samplesPerPixel: 3, ...kind });
			const small = reduced(form);
			const out = enlarged({ samples: filled(small, () => 1), form: small }, form);
			expect(out).toHaveLength(7 * 9 * 3);
			expect(out.constructor).toBe(filled(form, () => 0).constructor);
		}
	});

	it("of one value stays of one value, and colours do not mix", () => {
		const random = figures(41);
		for (let round = 0; round < 200; round++) {
			const form = someForm(random);
			const small = reduced(form);
			const values = [0, 1, 2].map(() => Math.floor(random() * 127));
			const value = (_row: number, _column: number, colour: number): number => values[colour] ?? 0;
			expect(enlarged({ samples: filled(small, value), form: small }, form)).toEqual(filled(form, value));
		}
	});

	it("has each small pixel where it belongs, and goes straight between them", () => {
		const form = aForm({ rows: 14, columns: 19, signed: true });
		const small = reduced(form);
		const out = enlarged(
			{ samples: filled(small, (row, column) => 40 * row - 8 * column), form: small },
			form,
		);
		for (let row = 0; row < form.rows; row++) {
			for (let column = 0; column < form.columns; column++) {
				const [down, right] = [
					Math.min(row, 4 * (small.rows - 1)),
					Math.min(column, 4 * (small.columns - 1)),
				];
				expect(out[row * form.columns + column]).toBe(10 * down - 2 * right);
			}
		}
	});

	it("is never darker or brighter than what it is made of", () => {
		const random = figures(43);
		for (let round = 0; round < 300; round++) {
			const form = someForm(random);
			const small = reduced(form);
			const samples = filled(small, () => (random() - 0.3) * (form.floating ? 1e3 : 2 ** 40));
			const out = enlarged({ samples, form: small }, form);
			for (let colour = 0; colour < form.samplesPerPixel; colour++) {
				const own = (_: number, i: number): boolean => i % form.samplesPerPixel === colour;
				const sources = [...samples].filter(own);
				const made = [...out].filter(own);
				expect(Math.min(...made)).toBeGreaterThanOrEqual(Math.min(...sources));
				expect(Math.max(...made)).toBeLessThanOrEqual(Math.max(...sources));
			}
		}
	});

	it("is rounded to the nearest whole value, below zero too", () => {
		const form = aForm({ rows: 1, columns: 8, signed: true });
		const samples = Int16Array.of(-6, 0);
		expect([...enlarged({ samples, form: reduced(form) }, form)]).toEqual([-6, -4, -3, -1, 0, 0, 0, 0]);
	});
});
