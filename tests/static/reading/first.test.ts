// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DecodePool } from "../../../static/src/reading/decode/pool.ts";
import { paintFirst } from "../../../static/src/reading/first.ts";
import { FIRST_IMAGE_MARK } from "../../../static/src/reading/open.ts";
import type { Samples } from "../../../static/src/reading/samples.ts";
import { Station } from "../../../static/src/reading/station.ts";
import { Pen } from "./canvases.ts";
import { aForm, aSeries, aStudy } from "./studies.ts";

const PATIENCE_MS = 1500;
const WINDOWED = aForm({ windows: [{ center: 40, width: 400, explanation: "" }], rows: 100, columns: 100 });
let frames: (() => void)[];
let pen: Pen;

beforeEach(() => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	frames = [];
	pen = new Pen();
	vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
	vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => pen as never);
	vi.spyOn(HTMLCanvasElement.prototype, "clientWidth", "get").mockReturnValue(400);
	vi.spyOn(HTMLCanvasElement.prototype, "clientHeight", "get").mockReturnValue(300);
	vi.spyOn(document, "hidden", "get").mockReturnValue(false);
	performance.clearMarks();
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	document.body.replaceChildren();
});

class Slow extends Station {
	here = false;
	broken = false;
	override samples(): Samples | undefined {
		return this.here ? new Uint16Array(10_000) : undefined;
	}
	override problemOf(): string | null {
		return this.broken ? "pixels.truncated" : null;
	}
	comes(change: { here?: boolean; broken?: boolean }): void {
		Object.assign(this, change);
		this.arrival.set({ seriesUid: "1.2.3", frame: 0 });
	}
}

function aBeginning() {
	const silent = { postMessage: () => undefined, onmessage: null, onerror: null, terminate: () => undefined };
	const station = new Slow({
		studyInstanceUid: "1.2",
		fetch: () => new Promise(() => undefined),
		pool: new DecodePool({ makeWorker: () => ({ ...silent }), workers: 1, wasmUrl: "" }),
		shared: false,
		bytesMax: 1e6,
	});
	const canvas = document.createElement("canvas");
	document.body.append(canvas);
	const done = vi.fn();
	paintFirst(station, canvas, PATIENCE_MS, done);
	const opens = (): void => {
		station.study.set(aStudy([aSeries(3, { modality: "OT" }, WINDOWED)]));
		station.status.set("open");
		station.showSeries("1.2.3");
	};
	return { station, canvas, done, opens };
}

/** Lets the browser make its next frame. */
function nextFrame(): void {
	for (const run of frames.splice(0)) run();
}

const marked = (): number => performance.getEntriesByName(FIRST_IMAGE_MARK).length;

describe("the first picture", () => {
	it("is painted, marked once it was presented, and then the page comes", () => {
		const { station, done, opens } = aBeginning();
		opens();
		expect(pen.of("drawImage")).toHaveLength(0);
		station.comes({ here: true });
		expect(pen.of("drawImage")).toHaveLength(1);
		expect(station.activePane.size).toEqual({ width: 400, height: 300 });
		nextFrame();
		expect([marked(), done.mock.calls.length, station.firstImage.value]).toEqual([0, 0, false]);
		nextFrame();
		expect([marked(), done.mock.calls.length, station.firstImage.value]).toEqual([1, 1, true]);
	});

	it("is not waited for by a tab in the background, which makes no frames", () => {
		vi.spyOn(document, "hidden", "get").mockReturnValue(true);
		const { station, done, opens } = aBeginning();
		opens();
		station.comes({ here: true });
		expect([marked(), done.mock.calls.length, frames.length]).toEqual([1, 1, 0]);
	});

	it("is painted once: what comes later belongs to the page", () => {
		const { station, done, opens } = aBeginning();
		opens();
		station.comes({ here: true });
		station.comes({ here: true });
		nextFrame();
		nextFrame();
		vi.advanceTimersByTime(2 * PATIENCE_MS);
		expect([pen.of("drawImage").length, done.mock.calls.length]).toEqual([1, 1]);
	});

	it.each(["empty", "failed"] as const)("is not waited for when the study is %s", (status) => {
		const { station, done } = aBeginning();
		station.status.set(status);
		expect(done).toHaveBeenCalledTimes(1);
	});

	it("is not waited for when its frame cannot be read", () => {
		const { station, done, opens } = aBeginning();
		opens();
		station.comes({ broken: true });
		expect([done.mock.calls.length, marked()]).toEqual([1, 0]);
	});

	it("keeps the page waiting for so long, and is painted when it comes all the same", () => {
		const { station, done, opens } = aBeginning();
		opens();
		vi.advanceTimersByTime(PATIENCE_MS - 1);
		expect(done).not.toHaveBeenCalled();
		vi.advanceTimersByTime(1);
		expect(done).toHaveBeenCalledTimes(1);
		station.comes({ here: true });
		expect(pen.of("drawImage")).toHaveLength(1);
		nextFrame();
		nextFrame();
		expect([marked(), done.mock.calls.length]).toEqual([1, 1]);
	});

	it("is left to the page once that has taken the canvas away", () => {
		const { station, canvas, opens } = aBeginning();
		opens();
		canvas.remove();
		station.comes({ here: true });
		expect(pen.of("drawImage")).toHaveLength(0);
	});
});
