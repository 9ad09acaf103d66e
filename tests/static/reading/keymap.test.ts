import { describe, expect, it } from "vitest";
import { commands } from "../../../static/src/reading/commands.ts";
import {
	DEFAULT_KEYMAP,
	holderOf,
	isReserved,
	type Keymap,
	keysOf,
	mapped,
	PROFILES,
	parseKeymap,
	rebound,
} from "../../../static/src/reading/keymap.ts";
import { texts } from "../../../static/src/reading/texts.ts";
import { aReadyStation } from "./tools/marks.ts";

const ACTS = commands({
	station: aReadyStation(),
	words: () => texts.zh,
	tools: () => null,
	moveFocus: () => undefined,
	beside: () => null,
	toggleReport: () => undefined,
	toggleMpr: () => undefined,
});
const act = (id: string) => ACTS.find((one) => one.id === id) ?? { id, keys: "" };

describe("a keyboard map", () => {
	it.each(PROFILES)("of the profile %s gives no key to two acts, and none that is reserved", (profile) => {
		const map: Keymap = { profile, keys: {} };
		for (const one of ACTS) {
			for (const chord of keysOf(one, map)) {
				expect([one.id, chord, holderOf(ACTS, map, one, chord)?.id]).toEqual([one.id, chord, undefined]);
				expect([chord, isReserved(chord)]).toEqual([chord, false]);
			}
		}
	});

	it("has every act once, under a name of its own", () => {
		expect(new Set(ACTS.map(({ id }) => id)).size).toBe(ACTS.length);
		for (const one of ACTS) expect(one.label()).not.toBe("");
	});

	it("takes a person's key, and frees the old one", () => {
		const map = rebound(DEFAULT_KEYMAP, "invert", ["U"]);
		expect(keysOf(act("invert"), map)).toEqual(["U"]);
		expect(mapped(ACTS, map).find((one) => one.id === "invert")?.keys).toEqual(["U"]);
		expect(holderOf(ACTS, map, act("reset"), "U")?.id).toBe("invert");
		expect(holderOf(ACTS, map, act("reset"), "I")).toBeNull();
	});

	it("leaves out acts without a key", () => {
		const map = rebound(DEFAULT_KEYMAP, "invert", []);
		expect(mapped(ACTS, map).some((one) => one.id === "invert")).toBe(false);
	});

	it("has no chord twice", () => {
		for (const one of mapped(ACTS, DEFAULT_KEYMAP)) {
			for (const chord of one.keys) expect(holderOf(ACTS, DEFAULT_KEYMAP, one, chord)).toBeNull();
		}
		expect(holderOf(ACTS, DEFAULT_KEYMAP, act("nudge.ArrowUp"), "ArrowDown")?.id).toBe("slice.next");
	});

	it("keeps away from the browser's and the report's keys", () => {
		for (const chord of ["F2", "F4", "F5", "Tab", "?", "Ctrl+Enter", "Ctrl+W", "Ctrl+Shift+T", "Ctrl+C"]) {
			expect([chord, isReserved(chord)]).toEqual([chord, true]);
		}
		expect(isReserved("Ctrl+Z")).toBe(false);
	});

	it("is read with care from what the server kept", () => {
		expect(parseKeymap({ profile: "ohif", keys: { invert: ["U"] } })).toEqual({
			profile: "ohif",
			keys: { invert: ["U"] },
		});
		for (const broken of [
			null,
			7,
			{},
			{ profile: "x", keys: 3 },
			{ keys: { invert: "U", reset: [4], fit: ["F5"] } },
		]) {
			expect(parseKeymap(broken)).toEqual(DEFAULT_KEYMAP);
		}
	});

	it("turns left by L as OHIF does, and measures by Shift+L then", () => {
		const map: Keymap = { profile: "ohif", keys: {} };
		expect(keysOf(act("turn.left"), map)).toEqual(["L"]);
		expect(keysOf(act("tool.length"), map)).toEqual(["Shift+L"]);
	});
});
