import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../../../../static/src/kit/store.ts";
import type { LabelLayer, Layer, PlaneLabels } from "../../../../static/src/reading/layer.ts";
import { PlaneCanvas } from "../../../../static/src/reading/mpr/plane_canvas.ts";
import type { Runner, Wish } from "../../../../static/src/reading/mpr/runner.ts";
import type { Arrival, Station } from "../../../../static/src/reading/station.ts";
import { aCanvas } from "../canvases.ts";
import { anMpr, VOI } from "./phantoms.ts";

interface Asked {
	readonly wish: Wish;
	give(value: number): void;
}

let frames: (() => void)[] = [];

function frame(): void {
	const due = frames;
	frames = [];
	for (const run of due) run();
}

/** Lets what was answered be heard, then shows a frame. */
async function shown(): Promise<void> {
	await vi.advanceTimersByTimeAsync(1);
	frame();
}

beforeEach(() => {
	frames = [];
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
	vi.stubGlobal("cancelAnimationFrame", () => undefined);
	vi.stubGlobal("window", { devicePixelRatio: 1 });
	vi.stubGlobal(
		"ResizeObserver",
		class {
			observe(): void {}
			disconnect(): void {}
		},
	);
});
afterEach(() => {
	vi.useRealTimers();
});

function aPlane(size = { clientWidth: 300, clientHeight: 200 }) {
	const asked: Asked[] = [];
	const run = (_name: string, wish: Wish) =>
		new Promise<Float32Array<ArrayBuffer>>((give) => {
			const count = wish.grid.width * wish.grid.height;
			asked.push({ wish, give: (value) => give(new Float32Array(count).fill(value)) });
		});
	const station = {
		layer: new Store<Layer | null>(null),
		labels: new Store<LabelLayer | null>(null),
		arrival: new Store<Arrival | null>(null),
	};
	const { canvas, pens } = aCanvas();
	const style: Record<string, string> = {};
	Object.assign(canvas, { parentElement: size, style });
	const mpr = anMpr();
	const plane = new PlaneCanvas(
		station as unknown as Station,
		mpr,
		"axial",
		{ run } as unknown as Runner,
		canvas,
	);
	const [pen] = pens;
	if (pen === undefined) throw new Error("no pen");
	const asking = (at: number): Asked => {
		const found = asked.at(at);
		if (found === undefined) throw new Error("nothing was asked for");
		return found;
	};
	return { plane, mpr, asked, asking, canvas, style, pen, station };
}

describe("a plane on the page", () => {
	it("is coarse at first and whole straight after", async () => {
		const { plane, asked, asking } = aPlane();
		frame();
		expect(asked).toHaveLength(1);
		await vi.advanceTimersByTimeAsync(0);
		expect(asked).toHaveLength(2);
		expect(asking(0).wish.grid.width).toBeLessThan(asking(1).wish.grid.width);
		asking(0).give(1);
		await shown();
		expect(plane.drawn.value).toEqual({ count: 1, whole: false });
		asking(1).give(1);
		await shown();
		expect(plane.drawn.value).toEqual({ count: 2, whole: true });
	});

	it("has as many pixels as points and fills its viewport", async () => {
		const { asking, canvas, style, pen } = aPlane();
		frame();
		for (const at of [0, 1]) {
			await vi.advanceTimersByTimeAsync(0);
			asking(at).give(40);
			await shown();
			const { width, height } = asking(at).wish.grid;
			expect([canvas.width, canvas.height]).toEqual([width, height]);
			expect(pen.image).toHaveLength(width * height);
			const [across, down] = [style.width, style.height].map((one) => Number.parseFloat(one ?? ""));
			expect(across).toBeGreaterThanOrEqual(300);
			expect(across).toBeLessThan(300 + 300 / (width - 1));
			expect(down).toBeGreaterThanOrEqual(200);
		}
	});

	it("stays coarse while it moves and is whole when it rests", async () => {
		const { mpr, asked, asking } = aPlane();
		frame();
		await vi.advanceTimersByTimeAsync(0);
		asking(0).give(1);
		await shown();
		const before = asked.length;
		for (let turn = 0; turn < 4; turn++) {
			mpr.rotate("coronal", 0.1);
			frame();
			await vi.advanceTimersByTimeAsync(100);
		}
		const [coarse] = asked;
		const sizes = asked.slice(before).map(({ wish }) => wish.grid.width);
		expect(sizes).toEqual(Array.from({ length: 4 }, () => coarse?.wish.grid.width));
		await vi.advanceTimersByTimeAsync(20);
		expect(asking(-1).wish.grid.width).toBeGreaterThan(coarse?.wish.grid.width ?? 0);
	});

	it("is drawn again only when values, window or layer are others", async () => {
		const { mpr, asking, pen, station } = aPlane();
		frame();
		await vi.advanceTimersByTimeAsync(0);
		asking(1).give(40);
		await shown();
		const drawings = (): number => pen.of("putImageData").length;
		expect(drawings()).toBe(1);
		mpr.activate("sagittal");
		frame();
		expect(drawings()).toBe(1);
		const before = pen.image?.[0];
		mpr.setVoi({ ...VOI, center: 140 });
		frame();
		expect(drawings()).toBe(2);
		expect(pen.image?.[0]).not.toBe(before);
		mpr.toggleInvert();
		frame();
		expect(drawings()).toBe(3);
		station.layer.set({ version: 1, values: async () => null, drawValues: () => undefined } as unknown as Layer);
		frame();
		expect(drawings()).toBe(4);
	});

	it("has the labels of its own points drawn over it, asked for again when they are others", async () => {
		const { mpr, asked, asking, station } = aPlane();
		const drawn: PlaneLabels[] = [];
		const wishes: Wish[] = [];
		const labels: PlaneLabels = [{ uid: "9.7", numbers: new Uint32Array(1) }];
		const layer = (version: number): LabelLayer => ({
			version,
			values: async (_, __, wish) => {
				wishes.push(wish);
				return labels;
			},
			draw: (_, __, wish, given, box) => {
				drawn.push(given);
				expect(box.width / wish.grid.width).toBeCloseTo(box.height / wish.grid.height, 9);
			},
			said: () => null,
		});
		station.labels.set(layer(1));
		frame();
		await vi.advanceTimersByTimeAsync(0);
		asking(1).give(40);
		await shown();
		expect(wishes).toEqual(asked.map(({ wish }) => wish));
		expect(drawn).toEqual([labels]);
		station.labels.set(layer(1));
		frame();
		expect([drawn.length, wishes.length]).toEqual([2, asked.length]);
		const before = asked.length;
		station.labels.set(layer(2));
		frame();
		expect(asked.length).toBe(before + 1);
		mpr.activate("sagittal");
		station.labels.set(null);
		frame();
		expect(drawn).toHaveLength(3);
	});

	it("is not drawn without labels that a newer wish has overtaken", async () => {
		const { plane, asking, station } = aPlane();
		station.labels.set({ version: 1, values: async () => null, draw: () => undefined, said: () => null });
		frame();
		await vi.advanceTimersByTimeAsync(0);
		asking(1).give(40);
		await shown();
		expect(plane.drawn.value.count).toBe(0);
	});

	it("shows nothing any more once it is closed", async () => {
		const { plane, asking, pen } = aPlane();
		frame();
		plane.close();
		asking(0).give(40);
		await shown();
		expect(pen.of("putImageData")).toEqual([]);
	});
});
