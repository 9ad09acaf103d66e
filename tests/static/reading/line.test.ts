import { describe, expect, it } from "vitest";
import { Line } from "../../../static/src/reading/line.ts";
import { figures } from "./studies.ts";

function aLine(): { line: Line; pass: (ms: number) => void; comes: (bytes: number, ms: number) => void } {
	let at = 1000;
	const line = new Line(() => at);
	const pass = (ms: number): void => {
		at += ms;
	};
	/** So many bytes in small pieces over a time. */
	const comes = (bytes: number, ms: number): void => {
		line.busy();
		for (let piece = 0; piece < 20; piece++) {
			pass(ms / 20);
			line.came(bytes / 20);
		}
		line.idle();
	};
	return { line, pass, comes };
}

describe("the line", () => {
	it("says nothing before half a second was measured", () => {
		const { line, comes } = aLine();
		expect(line.secondsFor(1)).toBeNull();
		comes(100_000, 400);
		expect(line.secondsFor(1)).toBeNull();
		comes(25_000, 100);
		expect(line.secondsFor(250_000)).toBeCloseTo(1, 1);
		expect(line.secondsFor(0)).toBe(0);
	});

	it("measures steady lines as they are, whatever they are", () => {
		const random = figures(31);
		for (let round = 0; round < 200; round++) {
			const perSecond = 1000 + random() * 1e8;
			const { line, comes } = aLine();
			for (let answer = 0; answer < 8; answer++) {
				const ms = 100 + random() * 2000;
				comes((perSecond * ms) / 1000, ms);
			}
			const seconds = line.secondsFor(perSecond) ?? 0;
			expect(seconds).toBeGreaterThan(0.95);
			expect(seconds).toBeLessThan(1.05);
		}
	});

	it("does not count the time in which nothing is on its way", () => {
		const { line, comes, pass } = aLine();
		comes(1000, 600);
		const before = line.secondsFor(1000);
		pass(60_000);
		expect(line.secondsFor(1000)).toBe(before);
	});

	it("counts time once, however many answers come at once", () => {
		const { line, comes } = aLine();
		line.busy();
		comes(1000, 1000);
		line.idle();
		line.idle();
		expect(line.secondsFor(1000)).toBeCloseTo(1, 1);
	});

	it("counts the time in which an answer stands still", () => {
		const { line, comes, pass } = aLine();
		line.busy();
		comes(100_000, 1000);
		const before = line.secondsFor(100_000) ?? 0;
		pass(3000);
		expect(line.secondsFor(100_000)).toBeGreaterThan(3 * before);
	});

	it("forgets slowly: what came lately counts more", () => {
		const { line, comes } = aLine();
		comes(10_000_000, 5000);
		comes(100_000, 1000);
		const soon = line.secondsFor(1_000_000) ?? 0;
		comes(900_000, 9000);
		const later = line.secondsFor(1_000_000) ?? 0;
		expect(soon).toBeGreaterThan(0.5);
		expect(soon).toBeLessThan(2);
		expect(later).toBeGreaterThan(4);
		expect(later).toBeLessThan(10);
	});
});
