import { describe, expect, it } from "vitest";
import {
	type Kept,
	keep,
	keptOf,
	standingOf,
	VALID_DAYS,
} from "../../../../static/src/reading/display/standing.ts";
import type { Luminances } from "../../../../static/src/reading/display/transform.ts";
import { MemoryStorage } from "./screens.ts";

const AT = "2026-03-01T08:00:00.000Z";
const NOW = Date.parse(AT) + 1000;
const BRIGHT: Luminances = { minimum: 0.5, maximum: 420, ambient: 0.3, response: "gamma", curve: [] };
const LEFT = { devicePixelRatio: 1, screen: { width: 1920, height: 1080, availLeft: 0, availTop: 0 } };
const RIGHT = { devicePixelRatio: 1, screen: { width: 1920, height: 1080, availLeft: 1920, availTop: 0 } };

const kept = (changes: Partial<Kept> = {}): Kept => ({ measured: BRIGHT, at: AT, on: true, ...changes });

describe("what a screen is good for", () => {
	it.each([
		["uncalibrated", null, NOW],
		["primary", kept(), NOW],
		["off", kept({ on: false }), NOW],
		["dim", kept({ measured: { ...BRIGHT, maximum: 349 } }), NOW],
		["flat", kept({ measured: { ...BRIGHT, minimum: 2 } }), NOW],
		["primary", kept(), Date.parse(AT) + VALID_DAYS * 86_400_000],
		["expired", kept(), Date.parse(AT) + VALID_DAYS * 86_400_000 + 1],
	] as const)("is %s", (standing, one, now) => {
		expect(standingOf(one, now)).toBe(standing);
	});
});

describe("what is kept", () => {
	it("is kept for one screen of this computer, and forgotten when asked", () => {
		const storage = new MemoryStorage();
		expect(keptOf(storage, LEFT)).toBeNull();
		expect(keep(storage, LEFT, kept())).toBe(true);
		expect(keptOf(storage, LEFT)).toEqual(kept());
		expect(keptOf(storage, RIGHT)).toBeNull();
		keep(storage, RIGHT, kept({ on: false }));
		keep(storage, LEFT, null);
		expect(keptOf(storage, LEFT)).toBeNull();
		expect(keptOf(storage, RIGHT)).toEqual(kept({ on: false }));
	});

	it("is not taken from a storage that something else wrote", () => {
		for (const text of ["", "x", "[]", "null", '{"1920x1080@0,0":{"on":true}}']) {
			const storage = new MemoryStorage();
			storage.setItem("lianzhen.reading.screens", text);
			expect(keptOf(storage, LEFT)).toBeNull();
		}
		const wrong = { measured: { ...BRIGHT, minimum: 500 }, at: AT, on: true };
		const storage = new MemoryStorage();
		storage.setItem("lianzhen.reading.screens", JSON.stringify({ "1920x1080@0,0": wrong }));
		expect(keptOf(storage, LEFT)).toBeNull();
	});

	it("forgets the oldest of many screens, and says when nothing is kept", () => {
		const storage = new MemoryStorage();
		const screen = (i: number) => ({ ...LEFT, screen: { ...LEFT.screen, availLeft: i } });
		for (let i = 0; i < 20; i++) keep(storage, screen(i), kept());
		expect(keptOf(storage, screen(0))).toBeNull();
		expect(keptOf(storage, screen(19))).not.toBeNull();
		storage.full = true;
		expect(keep(storage, LEFT, kept())).toBe(false);
	});
});
