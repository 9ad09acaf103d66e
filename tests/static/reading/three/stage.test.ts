import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../../../../static/src/kit/store.ts";
import type { Picture, Rendering, RenderingState } from "../../../../static/src/reading/three/rendering.ts";
import { Stage } from "../../../../static/src/reading/three/stage.ts";
import { seenFrom } from "../../../../static/src/reading/three/camera.ts";
import type { Size } from "../../../../static/src/reading/view.ts";
import { aCanvas } from "../canvases.ts";

interface Asked {
	readonly size: Size;
	readonly moving: boolean;
	give(picture: Picture | null): void;
}

const START: RenderingState = { camera: seenFrom("front"), preset: "bone", ready: 1, slices: 3 };

function aPicture(whole: boolean, width = 2, height = 1): Picture {
	return { pixels: new Uint32Array(width * height).fill(0xff0000ff), width, height, whole };
}

/** A page in which frames and time pass when they are told to. */
class Page {
	frames: (() => void)[] = [];
	resized: () => void = () => undefined;

	constructor() {
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
		vi.stubGlobal("requestAnimationFrame", (run: () => void) => this.frames.push(run));
		vi.stubGlobal("cancelAnimationFrame", () => {
			this.frames = [];
		});
		const page = this;
		vi.stubGlobal(
			"ResizeObserver",
			class {
				constructor(run: () => void) {
					page.resized = run;
				}
				observe(): void {}
				disconnect(): void {
					page.resized = () => undefined;
				}
			},
		);
	}

	frame(): void {
		const due = this.frames;
		this.frames = [];
		for (const run of due) run();
	}
}

let page: Page;
beforeEach(() => {
	page = new Page();
});
afterEach(() => {
	vi.useRealTimers();
});

function aStage() {
	const asked: Asked[] = [];
	const state = new Store(START);
	const rendering = {
		state,
		picture: (size: Size, moving: boolean) =>
			new Promise<Picture | null>((give) => asked.push({ size, moving, give })),
	} as unknown as Rendering;
	const { canvas, pens } = aCanvas();
	const around = { clientWidth: 300, clientHeight: 200 };
	Object.assign(canvas, { parentElement: around });
	const stage = new Stage(rendering, canvas);
	const [pen, inner] = pens;
	if (pen === undefined || inner === undefined) throw new Error("no pens");
	return { stage, asked, state, canvas, around, pen, inner };
}

describe("the picture on the page", () => {
	it("is asked for coarsely at once and whole when nothing moves any more", async () => {
		const { asked } = aStage();
		page.frame();
		expect(asked.map(({ moving }) => moving)).toEqual([true]);
		vi.advanceTimersByTime(179);
		expect(asked).toHaveLength(1);
		vi.advanceTimersByTime(1);
		expect(asked.map(({ moving, size }) => [moving, size.width])).toEqual([
			[true, 300],
			[false, 300],
		]);
	});

	it("stays coarse as long as it is turned", () => {
		const { asked, state } = aStage();
		for (let n = 0; n < 5; n++) {
			state.set({ ...START, camera: seenFrom("front", 1 + n) });
			page.frame();
			vi.advanceTimersByTime(100);
		}
		expect(asked.map(({ moving }) => moving)).toEqual([true, true, true, true, true]);
		vi.advanceTimersByTime(80);
		expect(asked.at(-1)?.moving).toBe(false);
	});

	it("is asked for once in a frame, however often it changes", () => {
		const { asked, state } = aStage();
		for (let n = 0; n < 9; n++) state.set({ ...START, slices: n });
		expect(page.frames).toHaveLength(1);
		page.frame();
		expect(asked).toHaveLength(1);
	});

	it("fills the viewport, whatever its own pixels", async () => {
		const { stage, asked, pen, inner, canvas } = aStage();
		page.frame();
		asked[0]?.give(aPicture(false, 30, 20));
		await vi.waitFor(() => expect(stage.shown.value).toEqual({ count: 1, whole: false }));
		expect([canvas.width, canvas.height]).toEqual([300, 200]);
		expect(pen.of("drawImage")[0]?.args).toEqual([0, 0, 300, 200]);
		expect(inner.image).toHaveLength(600);
		expect(inner.image?.[0]).toBe(0xff0000ff);
	});

	it("says when it is whole", async () => {
		const { stage, asked } = aStage();
		page.frame();
		asked[0]?.give(aPicture(false));
		vi.advanceTimersByTime(180);
		asked[1]?.give(aPicture(true));
		await vi.waitFor(() => expect(stage.shown.value).toEqual({ count: 2, whole: true }));
	});

	it("is left as it is where no picture came", async () => {
		const { stage, asked, pen } = aStage();
		page.frame();
		asked[0]?.give(null);
		await Promise.resolve();
		expect([stage.shown.value.count, pen.of("drawImage").length]).toEqual([0, 0]);
	});

	it("follows the size of the viewport", () => {
		const { asked, around } = aStage();
		page.frame();
		around.clientWidth = 500;
		page.resized();
		page.frame();
		expect(asked.at(-1)?.size).toEqual({ width: 500, height: 200 });
	});

	it("has at least a pixel", () => {
		const { asked, around } = aStage();
		Object.assign(around, { clientWidth: 0, clientHeight: 0 });
		page.resized();
		page.frame();
		expect(asked.at(-1)?.size).toEqual({ width: 1, height: 1 });
	});

	it("ends when it is closed, whatever still comes", async () => {
		const { stage, asked, state, pen } = aStage();
		page.frame();
		stage.close();
		asked[0]?.give(aPicture(true));
		state.set({ ...START, slices: 8 });
		vi.advanceTimersByTime(500);
		await Promise.resolve();
		expect([asked.length, stage.shown.value.count, pen.of("drawImage").length]).toEqual([1, 0, 0]);
		expect(page.frames).toEqual([]);
	});
});
