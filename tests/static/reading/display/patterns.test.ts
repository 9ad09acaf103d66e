import { describe, expect, it } from "vitest";
import {
	type Area,
	drawPattern,
	linePairs,
	PATTERNS,
	type PatternName,
	part,
	patchLevel,
	ramp,
	squareIn,
} from "../../../../static/src/reading/display/patterns.ts";
import { randomFrom } from "../../ecg/recordings.ts";

/** A pen that paints into memory; circles are counted, not painted. */
class Paper {
	fillStyle: unknown = "";
	strokeStyle: unknown = "";
	lineWidth = 1;
	circles = 0;
	outside = 0;
	broken = 0;
	readonly pixels: Int16Array;

	constructor(
		readonly width: number,
		readonly height: number,
	) {
		this.pixels = new Int16Array(width * height).fill(-1);
	}

	fillRect(x: number, y: number, width: number, height: number): void {
		if (![x, y, width, height].every(Number.isInteger)) this.broken++;
		if (x < 0 || y < 0 || x + width > this.width || y + height > this.height) this.outside++;
		const level = Number(/^rgb\((\d+) /.exec(String(this.fillStyle))?.[1]);
		for (let row = y; row < y + height; row++) {
			this.pixels.fill(level, row * this.width + x, row * this.width + x + width);
		}
	}

	beginPath(): void {}
	arc(): void {
		this.circles++;
	}
	stroke(): void {}

	at(x: number, y: number): number {
		return this.pixels[y * this.width + x] ?? -1;
	}

	row(y: number): number[] {
		return [...this.pixels.subarray(y * this.width, (y + 1) * this.width)];
	}
}

const area = (width: number, height: number): Area => ({ left: 0, top: 0, width, height });

function drawn(name: PatternName, width = 640, height = 480, level = 255): Paper {
	const paper = new Paper(width, height);
	drawPattern(paper, name, area(width, height), level);
	return paper;
}

describe("every pattern", () => {
	it("fills every pixel of the screen with whole rectangles, at any size", () => {
		const random = randomFrom(7);
		for (const name of PATTERNS) {
			for (let round = 0; round < 4; round++) {
				const paper = drawn(name, 200 + Math.floor(random() * 500), 200 + Math.floor(random() * 500));
				expect([paper.broken, paper.outside], name).toEqual([0, 0]);
				expect(paper.pixels.indexOf(-1), name).toBe(-1);
			}
		}
	});
});

describe("line pairs", () => {
	it("turn every device pixel from white to black", () => {
		const paper = new Paper(9, 3);
		linePairs(paper, area(9, 3), 1, true);
		for (let y = 0; y < 3; y++) expect(paper.row(y)).toEqual([255, 0, 255, 0, 255, 0, 255, 0, 255]);
		linePairs(paper, area(9, 3), 2, false);
		expect([paper.at(4, 0), paper.at(4, 1), paper.at(4, 2)]).toEqual([255, 255, 0]);
	});
});

describe("the ramp", () => {
	it("shows all 256 greys in order, each as wide as the others within a pixel", () => {
		const paper = new Paper(700, 4);
		ramp(paper, area(700, 4));
		const row = paper.row(2);
		const widths = new Map<number, number>();
		for (const level of row) widths.set(level, (widths.get(level) ?? 0) + 1);
		expect(widths.size).toBe(256);
		expect(row.every((level, i) => i === 0 || level >= (row[i - 1] ?? 0))).toBe(true);
		const sizes = [...widths.values()];
		expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
	});
});

describe("the pattern after TG18-QC", () => {
	it("has 16 greys from black to white, and 5 in 0 and 95 in 100 percent", () => {
		expect(Array.from({ length: 16 }, (_, i) => patchLevel(i))).toEqual(
			Array.from({ length: 16 }, (_, i) => 17 * i),
		);
		const paper = drawn("qc", 1000, 1000);
		const levels = new Set(paper.pixels);
		for (let i = 0; i < 16; i++) expect(levels.has(patchLevel(i))).toBe(true);
		expect([paper.at(165, 435), paper.at(205, 475)]).toEqual([0, Math.round(0.05 * 255)]);
		expect([paper.at(755, 435), paper.at(795, 475)]).toEqual([255, Math.round(0.95 * 255)]);
	});

	it("is a square in the middle of a wide screen", () => {
		expect(squareIn(area(1920, 1080))).toEqual({ left: 420, top: 0, width: 1080, height: 1080 });
		const paper = drawn("qc", 900, 500);
		expect(new Set([paper.at(3, 250), paper.at(896, 250)])).toEqual(new Set([128]));
	});
});

describe("the luminance patch", () => {
	it("is a tenth of the screen at its level, with a fifth of the mean around it", () => {
		for (const level of [0, 15, 255]) {
			const paper = drawn("patches", 800, 600, level);
			const inside = paper.pixels.filter((one) => one === level).length;
			expect(inside / paper.pixels.length).toBeCloseTo(0.1, 2);
			expect(paper.at(0, 0)).toBe(51);
			expect(paper.at(400, 300)).toBe(level);
		}
	});
});

describe("other patterns", () => {
	it("differ by the levels they name", () => {
		const paper = drawn("lowContrast", 800, 400);
		const steps = [0, 1, 2, 3].map((row) => {
			const x = Math.round((0.5 / 8) * 800);
			const y = Math.round((row + 0.5) * 100);
			return paper.at(x, y) - paper.at(x - 30, y - 30);
		});
		expect(steps).toEqual([1, 2, 4, 8]);
	});

	it("have a border on the outermost pixels and circles for the shape", () => {
		const paper = drawn("geometry", 300, 200);
		expect([paper.at(0, 0), paper.at(299, 0), paper.at(0, 199), paper.at(299, 199)]).toEqual([
			255, 255, 255, 255,
		]);
		expect(paper.circles).toBe(4);
	});

	it("are black or white alone", () => {
		expect(new Set(drawn("black").pixels)).toEqual(new Set([0]));
		expect(new Set(drawn("white").pixels)).toEqual(new Set([255]));
	});
});

describe("parts of an area", () => {
	it("lie side by side without a seam", () => {
		const whole = { left: 7, top: 3, width: 101, height: 57 };
		for (let i = 0; i < 16; i++) {
			const here = part(whole, i / 16, 0, 1 / 16, 1);
			const next = part(whole, (i + 1) / 16, 0, 1 / 16, 1);
			expect(here.left + here.width).toBe(next.left);
		}
	});
});
