// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DecodePool } from "../../../static/src/reading/decode/pool.ts";
import type { Hand } from "../../../static/src/reading/gesture.ts";
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

	it("leaves room at its bottom for the controls of a video", () => {
		const { view, canvas, pane } = aView();
		view.size.set(SIZE);
		view.leave(60);
		expect(pane.size).toEqual({ width: 400, height: SIZE.height - 60 });
		expect(canvas.style.height).toBe(`${SIZE.height - 60}px`);
		view.leave(0);
		expect(pane.size).toEqual(SIZE);
	});

	it("moves a video where it would change the window of an image", () => {
		const { station, pane, drag } = aView();
		const video = { url: "/api/videos/v/1.2/", frames: 9, frameTimeMs: 40 };
		const filmed = aSeries(1, { uid: "film" }, null);
		const frames = filmed.frames.map((frame) => ({ ...frame, problem: "pixels.video", video }));
		station.study.set(aStudy([{ ...filmed, frames }]));
		station.showSeries("film");
		drag([100, 100], [120, 90]);
		expect(pane.state.value.view).toMatchObject({ panX: 20, panY: -10 });
		expect(pane.state.value.chosenVoi).toBeNull();
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

	it("is drawn again for its own frame alone; of the others it hears a figure now and then", () => {
		const { station, view, pane } = aView();
		const drawn = (): number => pen.of("clearRect").length;
		const before = drawn();
		station.arrival.set({ seriesUid: "1.2.3", frame: pane.state.value.index + 1 });
		station.arrival.set({ seriesUid: "1.2.4", frame: pane.state.value.index });
		paint();
		expect(drawn()).toBe(before);
		const heard = vi.fn();
		view.drawn.subscribe(heard);
		station.progress.set(1);
		paint();
		expect([drawn(), heard.mock.calls.length]).toEqual([before, 2]);
		station.arrival.set({ seriesUid: "1.2.3", frame: pane.state.value.index });
		paint();
		expect(drawn()).toBe(before + 1);
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

	it("moves a turned picture with the hand, and zooms about what is under it", () => {
		const { station, drag, pane } = aView();
		pane.turnBy(1);
		paint();
		station.tool.set("pan");
		drag([100, 100], [130, 80]);
		// Seen to the right is up on the canvas that lies turned.
		expect(pane.state.value.view).toEqual({ zoom: 1, panX: -20, panY: -30 });
	});

	it("can be undone as one act, however many moves it had", () => {
		const { station, send, pane } = aView();
		send("pointerdown", 100, 100, 1);
		for (let x = 101; x < 140; x++) send("pointermove", x, 100, 1);
		send("pointerup", 140, 100, 0);
		const window = pane.state.value.chosenVoi;
		station.undo();
		expect(pane.state.value.chosenVoi).toBeNull();
		station.redo();
		expect(pane.state.value.chosenVoi).toEqual(window);
	});
});

/** A hand that notes what it hears, and takes what it is told to. */
function aHand(takes: boolean): { hand: Hand; heard: string[] } {
	const heard: string[] = [];
	const note = (word: string): boolean => heard.push(word) > 0;
	const hand: Hand = {
		down: ({ seen }) => note(`down ${seen.x},${seen.y}`) && takes,
		move: ({ seen }) => void note(`move ${seen.x},${seen.y}`),
		up: ({ seen }) => void note(`up ${seen.x},${seen.y}`),
		cancel: () => note("cancel"),
	};
	return { hand, heard };
}

describe("the tools of a pane", () => {
	it("are asked first, and have the whole gesture once they took it", () => {
		const { view, drag, pane } = aView();
		const { hand, heard } = aHand(true);
		view.hand = hand;
		drag([10, 20], [60, 70]);
		expect(heard).toEqual(["down 10,20", "move 60,70", "up 60,70"]);
		expect(pane.state.value.chosenVoi).toBeNull();
	});

	it("leave the gesture to the picture where nothing of theirs is", () => {
		const { view, drag, pane } = aView();
		const { hand, heard } = aHand(false);
		view.hand = hand;
		drag([10, 20], [60, 20]);
		expect(heard).toEqual(["down 10,20"]);
		expect(pane.state.value.chosenVoi).not.toBeNull();
	});

	it("hear of the free pointer, of other buttons nothing", () => {
		const { view, drag, send } = aView();
		const { hand, heard } = aHand(true);
		view.hand = hand;
		send("pointermove", 5, 6, 0);
		drag([10, 100], [10, 60], 2);
		expect(heard).toEqual(["move 5,6"]);
	});

	it("give up when a second finger comes, the gesture is cancelled or Escape is pressed", () => {
		const { view, send } = aView();
		const { hand, heard } = aHand(true);
		view.hand = hand;
		send("pointerdown", 10, 20, 1, 1);
		send("pointerdown", 90, 20, 1, 2);
		send("pointerup", 90, 20, 0, 2);
		send("pointerup", 10, 20, 0, 1);
		send("pointerdown", 10, 20, 1, 1);
		send("pointercancel", 10, 20, 0, 1);
		expect(view.cancel()).toBe(true);
		expect(heard).toEqual(["down 10,20", "cancel", "down 10,20", "cancel", "cancel"]);
	});
});

describe("a turned picture", () => {
	it("has a canvas of exchanged sides, laid out turned", () => {
		const { view, canvas, pane } = aView();
		view.size.set({ width: 400, height: 300 });
		pane.turnBy(1);
		paint();
		expect([canvas.style.width, canvas.style.height]).toEqual(["300px", "400px"]);
		expect(canvas.style.transform).toBe("matrix(0, 1, -1, 0, 400, 0)");
		expect(pane.size).toEqual({ width: 300, height: 400 });
		pane.reset();
		paint();
		expect(canvas.style.transform).toBe("none");
	});
});

describe("two fingers", () => {
	it("zoom by their distance and move by their middle", () => {
		const { send, pane } = aView();
		send("pointerdown", 150, 200, 1, 1);
		send("pointerdown", 250, 200, 1, 2);
		send("pointermove", 350, 200, 1, 2);
		expect(pane.state.value.view.zoom).toBeCloseTo(2, 12);
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

describe("two taps of a finger", () => {
	it("fit the picture again, and a mouse's two clicks do not", () => {
		const { station, canvas } = aView();
		const pane = station.activePane;
		const press = (type: string, pointerType: string): void => {
			const event = new MouseEvent(type, { clientX: 50, clientY: 60, buttons: type === "pointerdown" ? 1 : 0 });
			canvas.dispatchEvent(Object.assign(event, { pointerId: 3, pointerType }));
		};
		const twice = (pointerType: string): void => {
			for (let i = 0; i < 2; i++) {
				press("pointerdown", pointerType);
				press("pointerup", pointerType);
			}
		};
		pane.zoomCentre(2);
		twice("mouse");
		expect(pane.state.value.view.zoom).toBe(2);
		twice("touch");
		expect(pane.state.value.view.zoom).toBe(1);
		station.undo();
		expect(pane.state.value.view.zoom).toBe(2);
	});
});
