// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DecodePool } from "../../../static/src/reading/decode/pool.ts";
import { PaneView } from "../../../static/src/reading/pane_view.ts";
import type { Samples } from "../../../static/src/reading/samples.ts";
import { Station } from "../../../static/src/reading/station.ts";
import { Pen } from "./canvases.ts";
import { aForm, aSeries, aStudy } from "./studies.ts";

const SIZE = { width: 400, height: 400 };
const FRAMES = 10;
const WINDOWED = aForm({ windows: [{ center: 40, width: 400, explanation: "" }], rows: 100, columns: 100 });
let frames: (() => void)[];
let pen: Pen;

beforeEach(() => {
	frames = [];
	pen = new Pen();
	vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
	vi.stubGlobal("cancelAnimationFrame", (id: number) => {
		if (id > 0) frames[id - 1] = () => undefined;
	});
	vi.stubGlobal(
		"ResizeObserver",
		class {
			observe(): void {}
			disconnect(): void {}
		},
	);
	vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => pen as never);
	vi.spyOn(HTMLCanvasElement.prototype, "clientWidth", "get").mockReturnValue(SIZE.width);
	vi.spyOn(HTMLCanvasElement.prototype, "clientHeight", "get").mockReturnValue(SIZE.height);
	HTMLCanvasElement.prototype.setPointerCapture = () => undefined;
});
afterEach(() => vi.restoreAllMocks());

/** Lets the browser make its next frames, as long as there is something to draw. */
function paint(): void {
	for (let run = frames.shift(); run !== undefined; run = frames.shift()) run();
}

class Still extends Station {
	readonly here = new Set<number>();
	override samples(_: unknown, index: number): Samples | undefined {
		return this.here.has(index) ? new Uint16Array(10_000) : undefined;
	}
}

function aView() {
	const silent = { postMessage: () => undefined, onmessage: null, onerror: null, terminate: () => undefined };
	const station = new Still({
		studyInstanceUid: "1.2",
		fetch: () => new Promise(() => undefined),
		pool: new DecodePool({ makeWorker: () => ({ ...silent }), workers: 1, wasmUrl: "" }),
		shared: false,
		bytesMax: 1e6,
	});
	station.study.set(aStudy([aSeries(FRAMES, { modality: "OT" }, WINDOWED)]));
	station.showSeries("1.2.3");
	for (let frame = 0; frame < FRAMES; frame++) station.here.add(frame);
	const canvas = document.createElement("canvas");
	const presented = vi.fn();
	const view = new PaneView(station, station.activePane, canvas, presented);
	paint();
	const send = (type: string, x: number, y: number, buttons: number, pointerId = 1): void => {
		const event = new MouseEvent(type, { clientX: x, clientY: y, buttons, cancelable: true });
		canvas.dispatchEvent(Object.assign(event, { pointerId }));
	};
	const drag = (from: readonly [number, number], to: readonly [number, number], buttons = 1): void => {
		send("pointerdown", ...from, buttons);
		send("pointermove", ...to, buttons);
		send("pointerup", ...to, 0);
		paint();
	};
	const wheel = (init: WheelEventInit): WheelEvent => {
		const event = new WheelEvent("wheel", { cancelable: true, ...init });
		canvas.dispatchEvent(event);
		paint();
		return event;
	};
	return { station, view, canvas, presented, send, drag, wheel, pane: station.activePane };
}

describe("a pane in the page", () => {
	it("tells once that the first picture is on screen, a frame after it was drawn", () => {
		const { presented, pane } = aView();
		expect(presented).toHaveBeenCalledTimes(1);
		pane.scroll(1);
		paint();
		expect(presented).toHaveBeenCalledTimes(1);
	});

	it("draws once for all that happened between two frames", () => {
		const { pane } = aView();
		const before = pen.of("clearRect").length;
		pane.scroll(1);
		pane.pan(1, 1);
		pane.toggleInvert();
		expect(frames).toHaveLength(1);
		paint();
		expect(pen.of("clearRect")).toHaveLength(before + 1);
	});

	it("says what it shows, and why not", () => {
		const { station, view, pane } = aView();
		expect(view.drawn.value).toMatchObject({
			arrived: true,
			zoomPercent: 400,
			voi: { center: 40, width: 400 },
		});
		station.here.delete(1);
		pane.scroll(1);
		paint();
		expect(view.drawn.value).toMatchObject({ arrived: false, problem: null });
	});

	it("is silent after it was closed", () => {
		const { view, pane, drag } = aView();
		view.close();
		pane.scroll(1);
		expect(frames).toEqual([]);
		drag([10, 10], [60, 10]);
		expect(pane.state.value.chosenVoi).toBeNull();
	});
});

describe("a drag", () => {
	it("to the right widens the window, down raises its level", () => {
		const { drag, pane } = aView();
		drag([100, 100], [200, 100]);
		expect(pane.state.value.chosenVoi).toMatchObject({ center: 40 });
		const wide = pane.state.value.chosenVoi?.width ?? 0;
		expect(wide).toBeGreaterThan(400);
		drag([100, 100], [100, 150]);
		expect(pane.state.value.chosenVoi?.width).toBe(wide);
		expect(pane.state.value.chosenVoi?.center).toBeGreaterThan(40);
	});

	it.each([
		["pan", 1],
		["window", 4],
	] as const)("with the tool %s and buttons %d moves the picture with the hand", (tool, buttons) => {
		const { station, drag, pane } = aView();
		station.tool.set(tool);
		drag([100, 100], [130, 80], buttons);
		expect(pane.state.value.view).toEqual({ zoom: 1, panX: 30, panY: -20 });
	});

	it("with the right button zooms about the middle", () => {
		const { drag, pane } = aView();
		drag([10, 100], [10, 60], 2);
		expect(pane.state.value.view.zoom).toBeCloseTo(Math.exp(0.2), 12);
		expect([pane.state.value.view.panX, pane.state.value.view.panY]).toEqual([0, 0]);
	});

	it("with both buttons turns slices", () => {
		const { drag, pane } = aView();
		drag([10, 10], [10, 28], 3);
		expect(pane.state.value.index).toBe(3);
	});

	it("measures a length in the image's own points", () => {
		const { station, drag } = aView();
		station.tool.set("length");
		drag([40, 40], [340, 40]);
		// 100 pixels of 0.5 mm on 400 screen pixels: 300 are 37.5 mm.
		const [made] = station.ledger.value.current;
		expect(made?.distance).toMatchObject({ value: 37.5, unit: "mm" });
		expect(made?.from).toEqual({ x: 10, y: 10 });
	});

	it("of a few pixels is a slip, and a cancelled one nothing", () => {
		const { station, drag, send } = aView();
		station.tool.set("length");
		drag([40, 40], [42, 41]);
		send("pointerdown", 40, 40, 1);
		send("pointermove", 90, 40, 1);
		send("pointercancel", 90, 40, 0);
		expect(station.ledger.value.current).toEqual([]);
	});

	it("given up by Escape measures nothing", () => {
		const { station, view, send } = aView();
		station.tool.set("length");
		send("pointerdown", 40, 40, 1);
		send("pointermove", 90, 40, 1);
		view.cancel();
		send("pointerup", 90, 40, 0);
		expect(station.ledger.value.current).toEqual([]);
	});

	it("removes the length under the pointer, else the last one", () => {
		const { station, view, drag, send } = aView();
		station.tool.set("length");
		drag([40, 40], [140, 40]);
		drag([40, 200], [140, 200]);
		drag([40, 300], [140, 300]);
		send("pointermove", 90, 42, 0);
		view.removeMeasurement();
		expect(station.ledger.value.current.map(({ from }) => from.y)).toEqual([50, 75]);
		send("pointermove", 390, 390, 0);
		view.removeMeasurement();
		expect(station.ledger.value.current.map(({ from }) => from.y)).toEqual([50]);
	});
});

describe("two fingers", () => {
	it("zoom by their distance and move by their middle, and draw nothing", () => {
		const { station, send, pane } = aView();
		station.tool.set("length");
		send("pointerdown", 150, 200, 1, 1);
		send("pointerdown", 250, 200, 1, 2);
		send("pointermove", 350, 200, 1, 2);
		expect(pane.state.value.view.zoom).toBeCloseTo(2, 12);
		send("pointerup", 350, 200, 0, 2);
		send("pointerup", 150, 200, 0, 1);
		expect(station.ledger.value.current).toEqual([]);
	});
});

describe("the wheel", () => {
	it("turns slices, and never scrolls the page", () => {
		const { wheel, pane } = aView();
		expect(wheel({ deltaY: 120 }).defaultPrevented).toBe(true);
		wheel({ deltaY: 120 });
		wheel({ deltaY: -120 });
		expect(pane.state.value.index).toBe(1);
	});

	it("with Ctrl zooms about the pointer", () => {
		const { wheel, pane } = aView();
		wheel({ deltaY: -100, ctrlKey: true, clientX: 300, clientY: 200 });
		const { zoom, panX, panY } = pane.state.value.view;
		expect(zoom).toBeCloseTo(Math.exp(0.5), 12);
		// The point 100 right of the middle stays: 100 = 100·zoom + pan.
		expect(panX).toBeCloseTo(100 - 100 * zoom, 9);
		expect(panY).toBeCloseTo(0, 9);
	});
});
