import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followCine, frameTimeMs } from "../../../static/src/reading/cine.ts";
import { Pane } from "../../../static/src/reading/pane.ts";
import type { Station } from "../../../static/src/reading/station.ts";
import { aForm, aSeries } from "./studies.ts";

/** The two questions that playing asks a station. */
function aStationWith(loaded: ReadonlySet<number>): Station {
	return {
		shows: (_: unknown, frame: number) => loaded.has(frame),
		problemOf: () => null,
	} as unknown as Station;
}

function aPane(frames: number, frameTime: number | null): Pane {
	const pane = new Pane();
	pane.show(aSeries(frames, {}, aForm({ frameTimeMs: frameTime })));
	pane.goTo(0);
	return pane;
}

describe("playing", () => {
	beforeEach(() => {
		vi.useFakeTimers();
	});
	afterEach(() => {
		vi.useRealTimers();
	});

	it("keeps the stored rate", () => {
		const pane = aPane(10, 40);
		const stop = followCine(aStationWith(new Set(Array(10).keys())), pane);
		pane.setPlaying(true);
		vi.advanceTimersByTime(200);
		expect(pane.state.value.index).toBe(5);
		pane.setPlaying(false);
		vi.advanceTimersByTime(400);
		expect(pane.state.value.index).toBe(5);
		stop();
	});

	it("waits for a frame that has not come, and goes on when it is there", () => {
		const loaded = new Set([0, 1]);
		const pane = aPane(3, 50);
		const stop = followCine(aStationWith(loaded), pane);
		pane.setPlaying(true);
		vi.advanceTimersByTime(500);
		expect(pane.state.value.index).toBe(1);
		loaded.add(2);
		vi.advanceTimersByTime(50);
		expect(pane.state.value.index).toBe(2);
		stop();
		vi.advanceTimersByTime(500);
		expect(pane.state.value.index).toBe(2);
	});

	it("has a sane rate for odd objects", () => {
		expect(frameTimeMs(aPane(2, null))).toBe(100);
		expect(frameTimeMs(aPane(2, 0.001))).toBe(16);
	});
});
