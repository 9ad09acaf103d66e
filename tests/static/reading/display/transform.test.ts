import { describe, expect, it } from "vitest";
import { jndOfLuminance, luminanceOfJnd } from "../../../../static/src/reading/display/gsdf.ts";
import {
	contrastOf,
	displayTable,
	faultOf,
	greysOf,
	jndsOf,
	LEVEL_MAX,
	type Luminances,
	STEPS,
	seenAt,
} from "../../../../static/src/reading/display/transform.ts";
import { randomFrom } from "../../ecg/recordings.ts";

const ORDINARY: Luminances = { minimum: 0.3, maximum: 400, ambient: 0.2, response: "gamma", curve: [] };

function aScreen(random: () => number): Luminances {
	const minimum = 0.05 + random();
	const maximum = 80 + random() * 900;
	const ambient = random();
	const response = (["gamma", "gsdf", "measured"] as const)[Math.floor(random() * 3)] ?? "gamma";
	const levels = [0, ...Array.from({ length: 15 }, (_, i) => (i + 1) * 16), LEVEL_MAX];
	let candelas = minimum;
	const curve = levels.map((level) => {
		candelas *= level === 0 ? 1 : 1.05 + random() * 0.6;
		return [level, candelas] as const;
	});
	return { minimum, maximum, ambient, response, curve: response === "measured" ? curve : [] };
}

describe("the table of a screen", () => {
	it("is the nearest that the screen can show to the function, for any screen", () => {
		const random = randomFrom(3);
		for (let round = 0; round < 60; round++) {
			const screen = aScreen(random);
			expect(faultOf(screen)).toBeNull();
			const table = displayTable(screen, 256);
			const light = Array.from({ length: LEVEL_MAX + 1 }, (_, level) =>
				jndOfLuminance(seenAt(screen, level)),
			);
			const [low, high] = [light[0] ?? 0, light[LEVEL_MAX] ?? 0];
			for (const [step, level] of table.entries()) {
				const wanted = low + ((high - low) * step) / 255;
				const best = Math.min(...light.map((one) => Math.abs(one - wanted)));
				expect(Math.abs((light[level] ?? 0) - wanted)).toBeCloseTo(best, 9);
			}
		}
	});

	it("never darkens as values grow, and keeps black black and white white", () => {
		const random = randomFrom(4);
		for (let round = 0; round < 60; round++) {
			const table = displayTable(aScreen(random));
			expect(table.length).toBe(STEPS);
			expect([table[0], table.at(-1)]).toEqual([0, LEVEL_MAX]);
			expect(table.every((level, i) => i === 0 || level >= (table[i - 1] ?? 0))).toBe(true);
			expect(greysOf(table)).toBeGreaterThan(60);
		}
	});

	it("leaves a screen alone that follows the function by itself", () => {
		const table = displayTable({ ...ORDINARY, response: "gsdf" }, 256);
		for (const [step, level] of table.entries()) expect(Math.abs(level - step)).toBeLessThanOrEqual(1);
	});

	it("makes an ordinary screen's steps as wide as the function's, within half a level", () => {
		const table = displayTable(ORDINARY, 18);
		const [low, high] = [jndOfLuminance(0.5), jndOfLuminance(400.2)];
		for (const [step, level] of table.entries()) {
			const aim = luminanceOfJnd(low + ((high - low) * step) / 17);
			const [under, over] = [seenAt(ORDINARY, level - 0.51), seenAt(ORDINARY, level + 0.51)];
			expect(aim).toBeGreaterThan((Number.isNaN(under) ? 0 : under) - 0.05);
			expect(aim).toBeLessThan(over + 0.05);
		}
	});
});

describe("what reaches the eye", () => {
	it("is the screen's light and the room's", () => {
		expect(seenAt(ORDINARY, 0)).toBeCloseTo(0.5, 9);
		expect(seenAt(ORDINARY, LEVEL_MAX)).toBeCloseTo(400.2, 9);
		expect(seenAt(ORDINARY, 128)).toBeCloseTo(0.3 + 399.7 * (128 / 255) ** 2.2 + 0.2, 9);
		expect(contrastOf(ORDINARY)).toBeCloseTo(400.2 / 0.5, 9);
		expect(jndsOf(ORDINARY)).toBeCloseTo(jndOfLuminance(400.2) - jndOfLuminance(0.5), 9);
	});

	it("passes through every measured point", () => {
		const curve = [
			[0, 0.4],
			[100, 30],
			[255, 300],
		] as const;
		const screen: Luminances = { minimum: 0.4, maximum: 300, ambient: 0, response: "measured", curve };
		for (const [level, candelas] of curve) expect(seenAt(screen, level)).toBeCloseTo(candelas, 9);
		expect(seenAt(screen, 50)).toBeCloseTo(Math.sqrt(0.4 * 30), 9);
	});
});

describe("figures that no screen can have", () => {
	it.each([
		[{ minimum: Number.NaN }, "not_a_number"],
		[{ ambient: -1 }, "not_a_number"],
		[{ minimum: 400 }, "order"],
		[{ maximum: 3990, ambient: 10 }, "too_bright"],
		[{ response: "measured" }, "curve"],
		[
			{
				response: "measured",
				curve: [
					[0, 1],
					[255, 2],
				],
			},
			"curve",
		],
		[
			{
				response: "measured",
				curve: [
					[0, 1],
					[128, 1],
					[255, 2],
				],
			},
			"curve",
		],
		[
			{
				response: "measured",
				curve: [
					[1, 1],
					[128, 2],
					[255, 3],
				],
			},
			"curve",
		],
		[
			{
				response: "measured",
				curve: [
					[0, 1],
					[128, 2],
					[254, 3],
				],
			},
			"curve",
		],
	] as const)("%j is refused as %s", (change, fault) => {
		expect(faultOf({ ...ORDINARY, ...(change as Partial<Luminances>) })).toBe(fault);
	});
});
