import { describe, expect, it } from "vitest";
import { limitOf, nearFromMs, timeLeft } from "../../../static/src/kit/timeleft.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("nearFromMs", () => {
	// The three examples of the interface's own definition.
	it.each([
		[10 * MINUTE, 200_000],
		[30 * MINUTE, 10 * MINUTE],
		[2 * HOUR, 18 * MINUTE],
	])("of %i ms is %i ms", (limit, near) => {
		expect(nearFromMs(limit)).toBeCloseTo(near, 0);
	});

	it("of a day is 15 % of it", () => {
		expect(nearFromMs(24 * HOUR)).toBe(3.6 * HOUR);
	});
});

describe("timeLeft", () => {
	const limit = { startMs: 0, dueMs: 30 * MINUTE };

	it("is ample at first, with the whole bar", () => {
		expect(timeLeft(0, limit)).toEqual({ state: "ample", leftMs: 30 * MINUTE, share: 1 });
	});

	it("turns near at ten minutes of thirty, not before", () => {
		expect(timeLeft(20 * MINUTE - 1, limit).state).toBe("ample");
		expect(timeLeft(20 * MINUTE, limit).state).toBe("near");
	});

	it("is near at the very end and over just after it", () => {
		expect(timeLeft(30 * MINUTE, limit)).toEqual({ state: "near", leftMs: 0, share: 0 });
		expect(timeLeft(30 * MINUTE + 1, limit)).toEqual({ state: "over", leftMs: -1, share: 1 });
	});

	it("keeps the share between nothing and all, even before the start", () => {
		expect(timeLeft(-5 * MINUTE, limit).share).toBe(1);
		expect(timeLeft(15 * MINUTE, limit).share).toBe(0.5);
	});

	it("stands still while a supplement is awaited", () => {
		expect(timeLeft(10 * MINUTE, { ...limit, paused: true })).toMatchObject({
			state: "paused",
			share: 2 / 3,
		});
		expect(timeLeft(99 * MINUTE, { ...limit, paused: true }).state).toBe("paused");
	});

	it("has none without a limit or with an empty one", () => {
		expect(timeLeft(5, null)).toEqual({ state: "none", leftMs: 0, share: 0 });
		expect(timeLeft(5, { startMs: 9, dueMs: 9 }).state).toBe("none");
	});

	it("never goes from louder to quieter as time passes", () => {
		const loudness = { ample: 0, near: 1, over: 2, paused: -1, none: -1 };
		let before = 0;
		for (let now = 0; now < 40 * MINUTE; now += 7_000) {
			const loud = loudness[timeLeft(now, limit).state];
			expect(loud).toBeGreaterThanOrEqual(before);
			before = loud;
		}
		expect(before).toBe(2);
	});
});

describe("limitOf", () => {
	it("reads the API's instants", () => {
		expect(limitOf("2026-11-21T02:00:00Z", "2026-11-21T02:30:00Z")).toEqual({
			startMs: Date.UTC(2026, 10, 21, 2),
			dueMs: Date.UTC(2026, 10, 21, 2, 30),
			paused: false,
		});
	});

	it.each([
		[null, "2026-11-21T02:30:00Z"],
		["2026-11-21T02:30:00Z", null],
		[undefined, undefined],
		["yesterday", "2026-11-21T02:30:00Z"],
		["2026-11-21T02:30:00Z", "soon"],
	])("is null for %s to %s", (from, to) => {
		expect(limitOf(from, to)).toBeNull();
	});
});
