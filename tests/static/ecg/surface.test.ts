// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pageOf } from "../../../static/src/ecg/layout.ts";
import { PAINTED_MARK, type Scene, Surface } from "../../../static/src/ecg/surface.ts";
import { TWELVE, twelveLeadRecording } from "./recordings.ts";

const RECORDING = twelveLeadRecording(100);
const CSS = {
	"--paper": "#fff8f0",
	"--paper-minor": "#f6dad5",
	"--paper-major": "#e9b3aa",
	"--trace": "#15191c",
};

/** Counts what is asked of a canvas; nothing is painted (jsdom has no 2D context). */
function aCanvas(has2d = true) {
	const canvas = document.createElement("canvas");
	for (const [name, value] of Object.entries(CSS)) canvas.style.setProperty(name, value);
	document.body.append(canvas);
	const strokes: string[] = [];
	const pen = new Proxy<Record<string, unknown>>(
		{},
		{
			get: (held, name) =>
				name in held
					? held[name as string]
					: () => name === "stroke" && strokes.push(String(held.strokeStyle)),
			set: (held, name, value) => {
				held[name as string] = value;
				return true;
			},
		},
	);
	canvas.getContext = (() => (has2d ? pen : null)) as unknown as typeof canvas.getContext;
	return { canvas, strokes };
}

function aScene(more: Partial<Scene> = {}, layout: Parameters<typeof pageOf>[0]["layout"] = "12x1"): Scene {
	return {
		page: pageOf({ layout, leads: TWELVE, fromMs: 0, toMs: 10_000, speedMmPerS: 25, gainMmPerMv: 10 }),
		recording: RECORDING,
		pxPerMm: 4,
		room: { widthPx: 0, heightPx: 0 },
		devicePixelRatio: 1,
		stripWord: "长条",
		...more,
	};
}

let frames: FrameRequestCallback[];

/** The next frame, and what was to happen after it. */
async function nextFrame(): Promise<void> {
	for (const frame of frames.splice(0)) frame(performance.now());
	await new Promise((resolve) => setTimeout(resolve, 1));
}

beforeEach(() => {
	frames = [];
	vi.stubGlobal("requestAnimationFrame", (frame: FrameRequestCallback) => frames.push(frame));
});
afterEach(() => {
	vi.unstubAllGlobals();
	performance.clearMarks();
	document.body.innerHTML = "";
});

describe("the two canvases of a paper", () => {
	it("have the sheet's millimetres in whole device pixels, and are never stretched", () => {
		for (const devicePixelRatio of [1, 1.25, 1.5, 2]) {
			const [grid, traces] = [aCanvas(), aCanvas()];
			const scene = aScene({ devicePixelRatio, pxPerMm: 3.7795 });
			new Surface(grid.canvas, traces.canvas).show(scene);
			for (const { canvas } of [grid, traces]) {
				const cssPx = Number.parseFloat(canvas.style.width);
				expect(Math.abs(cssPx - scene.page.widthMm * scene.pxPerMm)).toBeLessThanOrEqual(0.5);
				expect(canvas.width / cssPx).toBeCloseTo(canvas.height / Number.parseFloat(canvas.style.height), 6);
				expect(Number.isInteger(canvas.width)).toBe(true);
			}
			expect(grid.canvas.width).toBe(traces.canvas.width);
		}
	});

	it("fill their room where the page is smaller", () => {
		const [grid, traces] = [aCanvas(), aCanvas()];
		new Surface(grid.canvas, traces.canvas).show(aScene({ room: { widthPx: 3000, heightPx: 2000 } }));
		expect([grid.canvas.width, grid.canvas.height]).toEqual([3000, 2000]);
	});

	it("take their inks from the theme", () => {
		const [grid, traces] = [aCanvas(), aCanvas()];
		new Surface(grid.canvas, traces.canvas).show(aScene());
		expect(new Set(grid.strokes)).toEqual(new Set([CSS["--paper-minor"], CSS["--paper-major"]]));
		expect(new Set(traces.strokes)).toContain(CSS["--trace"]);
		expect(new Set(traces.strokes)).not.toContain(CSS["--paper-minor"]);
	});
});

describe("what is drawn again", () => {
	it("is the traces each time and the grid only when its size or its ink changed", () => {
		const [grid, traces] = [aCanvas(), aCanvas()];
		const surface = new Surface(grid.canvas, traces.canvas);
		surface.show(aScene());
		const [gridOnce, tracesOnce] = [grid.strokes.length, traces.strokes.length];
		expect(Math.min(gridOnce, tracesOnce)).toBeGreaterThan(0);
		surface.show(aScene());
		expect(grid.strokes.length).toBe(gridOnce);
		expect(traces.strokes.length).toBe(2 * tracesOnce);
		surface.show(aScene({ pxPerMm: 5 }));
		expect(grid.strokes.length).toBeGreaterThan(gridOnce);
		const before = grid.strokes.length;
		grid.canvas.style.setProperty("--paper-minor", "#000000");
		surface.show(aScene({ pxPerMm: 5 }));
		expect(grid.strokes.length).toBeGreaterThan(before);
	});

	it("is nothing where a browser gives no context, and then nothing is said to be painted", async () => {
		const [grid, traces] = [aCanvas(), aCanvas(false)];
		new Surface(grid.canvas, traces.canvas).show(aScene());
		await nextFrame();
		expect(grid.strokes).toEqual([]);
		expect(performance.getEntriesByName(PAINTED_MARK)).toEqual([]);
	});
});

describe("the mark of the first trace", () => {
	it("is set after the frame that shows it, and once", async () => {
		const [grid, traces] = [aCanvas(), aCanvas()];
		const surface = new Surface(grid.canvas, traces.canvas);
		surface.show(aScene());
		expect(performance.getEntriesByName(PAINTED_MARK)).toHaveLength(0);
		await nextFrame();
		expect(performance.getEntriesByName(PAINTED_MARK)).toHaveLength(1);
		surface.show(aScene());
		surface.show(aScene({}, "3x4+1"));
		await nextFrame();
		expect(performance.getEntriesByName(PAINTED_MARK)).toHaveLength(1);
	});
});
