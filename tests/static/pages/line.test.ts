// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { followLine, lineDown, online } from "../../../static/src/pages/line.ts";

describe("the line to the centre", () => {
	it("is what the browser says", () => {
		followLine();
		expect(online.value).toBe(true);
		dispatchEvent(new Event("offline"));
		expect(online.value).toBe(false);
		dispatchEvent(new Event("online"));
		expect(online.value).toBe(true);
	});

	it.each([
		[true, "live", false],
		[true, "connecting", false],
		[true, "stale", true],
		[false, "live", true],
	] as const)("with the browser online %s and the stream %s is down: %s", (isOnline, state, down) => {
		expect(lineDown(isOnline, { state, heardAtMs: 1 })).toBe(down);
	});
});
