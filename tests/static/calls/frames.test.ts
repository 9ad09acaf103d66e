import { beforeEach, describe, expect, it, vi } from "vitest";
import {
	MARK_CLICK,
	MARK_FIRST_FRAME,
	markFirstFrame,
	markJoin,
	onNextFrame,
} from "../../../static/src/calls/frames.ts";

const marks = (name: string): number => performance.getEntriesByName(name).length;

beforeEach(() => performance.clearMarks());

describe("the moment people wait for", () => {
	it("is marked once after each click, with the time since", () => {
		markJoin();
		const took = markFirstFrame();
		expect(took).toBeGreaterThanOrEqual(0);
		expect(took).toBeLessThan(1000);
		expect(markFirstFrame()).toBeNull();
		expect([marks(MARK_CLICK), marks(MARK_FIRST_FRAME)]).toEqual([1, 1]);
	});

	it("begins anew with the next click", () => {
		markJoin();
		markFirstFrame();
		markJoin();
		expect(marks(MARK_FIRST_FRAME)).toBe(0);
		expect(markFirstFrame()).not.toBeNull();
		expect(marks(MARK_CLICK)).toBe(1);
	});

	it("without a click is marked all the same, and says no time", () => {
		expect(markFirstFrame()).toBeNull();
		expect(marks(MARK_FIRST_FRAME)).toBe(1);
	});

	it("has the name that outside checks read", () =>
		expect(MARK_FIRST_FRAME).toBe("lianzhen:call-first-frame"));
});

describe("the next frame of an element", () => {
	it("calls back, and not after it was given up", () => {
		const [run, cancelled] = [vi.fn(), vi.fn()];
		const video = {
			requestVideoFrameCallback: (callback: () => void) => {
				callback();
				return 7;
			},
			cancelVideoFrameCallback: cancelled,
		};
		onNextFrame(video as never, run)();
		expect(run).toHaveBeenCalledOnce();
		expect(cancelled).toHaveBeenCalledWith(7);
	});
});
