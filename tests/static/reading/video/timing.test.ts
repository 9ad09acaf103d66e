import { describe, expect, it } from "vitest";
import { clock, frameAt, momentOf } from "../../../../static/src/reading/video/timing.ts";

describe("moments and frames", () => {
	it.each([40, 1000 / 30, 1001 / 30, 1000 / 60, 16.683])("lead back to each other at %f ms", (frameTime) => {
		for (const frame of [0, 1, 2, 99, 1234, 17_999]) {
			expect(frameAt(momentOf(frame, frameTime), frameTime, 20_000)).toBe(frame);
		}
	});

	it("are the same where a player says when a frame begins, rounded to milliseconds", () => {
		for (let frame = 0; frame < 500; frame++) {
			expect(frameAt(Math.round((frame * 1000) / 25) / 1000, 40, 500)).toBe(frame);
		}
	});

	it("stay within the video", () => {
		expect([frameAt(-1, 40, 10), frameAt(99, 40, 10), frameAt(5, 40, 0)]).toEqual([0, 9, 0]);
	});

	it("are said in minutes, seconds and tenths", () => {
		expect([0, 0.96, 9.99, 59.95, 63.2, 3600].map(clock)).toEqual([
			"0:00.0",
			"0:00.9",
			"0:09.9",
			"0:59.9",
			"1:03.2",
			"60:00.0",
		]);
		expect(clock(-3)).toBe("0:00.0");
	});
});
