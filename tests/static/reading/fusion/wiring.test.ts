// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commands } from "../../../../static/src/reading/commands.ts";
import type { Box, Layer } from "../../../../static/src/reading/layer.ts";
import type { Series } from "../../../../static/src/reading/manifest.ts";
import { planeCorners } from "../../../../static/src/reading/mpr/corners.ts";
import { PlaneCanvas } from "../../../../static/src/reading/mpr/plane_canvas.ts";
import { Runner, type Wish } from "../../../../static/src/reading/mpr/runner.ts";
import { mprTexts } from "../../../../static/src/reading/mpr/texts.ts";
import type { Pane } from "../../../../static/src/reading/pane.ts";
import { PaneView } from "../../../../static/src/reading/pane_view.ts";
import { texts } from "../../../../static/src/reading/texts.ts";
import { Toolbox } from "../../../../static/src/reading/tools/toolbox.ts";
import { toast } from "../../../../static/src/ui/toasts.ts";
import { Pen } from "../canvases.ts";
import { anMpr, scanned } from "../mpr/phantoms.ts";
import { aServer } from "../objects/objects.ts";
import { aStudy } from "../studies.ts";
import { MemoryMarks } from "../tools/marks.ts";
import { aCt, activity, aPet, aStation, CT_UID, PET_UID, SPACE } from "./pets.ts";

let frames: (() => void)[];
let pens: Pen[];

beforeEach(() => {
	frames = [];
	pens = [];
	vi.stubGlobal("requestAnimationFrame", (run: () => void) => frames.push(run));
	vi.stubGlobal("cancelAnimationFrame", () => undefined);
	vi.stubGlobal("matchMedia", () => ({ matches: false }));
	vi.stubGlobal(
		"ResizeObserver",
		class {
			observe(): void {}
			disconnect(): void {}
		},
	);
	vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => {
		const pen = new Pen();
		pens.push(pen);
		return pen as never;
	});
	vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(400);
	vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(300);
});
afterEach(() => vi.restoreAllMocks());

function paint(): void {
	for (let run = frames.shift(); run !== undefined; run = frames.shift()) run();
}

/** A layer that notes what it is asked for. */
class Noted implements Layer {
	readonly drawn: { pane: Pane; box: Box }[] = [];
	readonly planes: string[] = [];
	readonly asked: Wish[] = [];

	constructor(
		readonly version = 1,
		readonly over: Float32Array<ArrayBuffer> | null = Float32Array.of(1),
	) {}
	draw(_: CanvasRenderingContext2D, pane: Pane, box: Box): void {
		this.drawn.push({ pane, box });
	}
	async values(_: Series, __: string, wish: Wish): Promise<Float32Array<ArrayBuffer> | null> {
		this.asked.push(wish);
		return this.over;
	}
	drawValues(_: CanvasRenderingContext2D, name: string, wish: Wish, __: Float32Array, box: Box): void {
		this.planes.push(`${name} ${wish.grid.width} ${Math.round(box.width)}`);
	}
	said(): string | null {
		return "over";
	}
	valueSaid(): string | null {
		return null;
	}
	regionSaid(): null {
		return null;
	}
}

describe("a pane under a layer", () => {
	function aPane() {
		const station = aStation([aCt()]);
		station.scan(aCt(), () => 40);
		const view = new PaneView(station, station.activePane, document.createElement("canvas"), () => undefined);
		paint();
		return { station, view };
	}

	it("is drawn again when it comes, and the layer after the picture, where that lies", () => {
		const { station } = aPane();
		const layer = new Noted();
		station.layer.set(layer);
		paint();
		// Eight by six pixels fitted into 400 × 300.
		expect(layer.drawn).toEqual([{ pane: station.activePane, box: { left: 0, top: 0, width: 400, height: 300 } }]);
	});

	it("keeps it on the picture when that is zoomed and moved", () => {
		const { station } = aPane();
		const layer = new Noted();
		station.layer.set(layer);
		station.activePane.zoomCentre(2);
		station.activePane.pan(5, -7);
		paint();
		expect(layer.drawn.at(-1)?.box).toEqual({ left: -195, top: -157, width: 800, height: 600 });
	});

	it("shows none over a slice that is not here", () => {
		const { station } = aPane();
		station.held.get(CT_UID)?.delete(3);
		const layer = new Noted();
		station.layer.set(layer);
		station.activePane.goTo(3);
		paint();
		expect(layer.drawn).toEqual([]);
	});

	it("is drawn again without it when it goes", () => {
		const { station, view } = aPane();
		const layer = new Noted();
		station.layer.set(layer);
		paint();
		const before = pens[0]?.of("clearRect").length ?? 0;
		station.layer.set(null);
		paint();
		expect(pens[0]?.of("clearRect").length).toBe(before + 1);
		expect(layer.drawn).toHaveLength(1);
		view.close();
	});
});

describe("what is needed though no pane shows it", () => {
	it("is fetched as long as it is needed, about the frame that is named", async () => {
		const [ct, pet] = [aCt(), { ...aPet(), pack: { url: "/api/packs/q/1/frames/", blockFrames: 2 } }];
		const heard: string[] = [];
		const station = aStation([ct, pet], 1e8, (url) => {
			heard.push(url);
			return new Promise(() => undefined);
		});
		station.presented();
		expect(heard.some((url) => url.startsWith("/api/packs/q/"))).toBe(false);
		station.needed.set(new Map([[PET_UID, 4]]));
		await vi.waitFor(() => expect(heard.some((url) => url.startsWith("/api/packs/q/"))).toBe(true));
		expect(heard.find((url) => url.startsWith("/api/packs/q/"))).toMatch(/4/);
	});

	it("does not move a series that a pane shows", () => {
		const station = aStation([aCt(), aPet()]);
		station.needed.set(new Map([[CT_UID, 0]]));
		station.activePane.goTo(3);
		expect(station.activePane.state.value.index).toBe(3);
	});
});

describe("a reconstructed plane under a layer", () => {
	async function aPlane(layer: Layer | null) {
		const mpr = anMpr();
		const { series, volume } = mpr;
		const station = aStation([aCt()]);
		station.layer.set(layer);
		const content = scanned(series, volume, () => 40);
		const runner = new Runner({
			volume,
			strideBytes: null,
			content: () => content,
			makeWorker: () => {
				throw new Error("nothing is shared here");
			},
			workers: 1,
		});
		const canvas = document.createElement("canvas");
		const plane = new PlaneCanvas(station, mpr, "axial", runner, canvas);
		await vi.waitFor(() => {
			paint();
			expect(plane.drawn.value.whole).toBe(true);
		});
		return { station, mpr, plane };
	}

	it("asks for its values on the plane's own points and draws them over it", async () => {
		const layer = new Noted();
		const { plane } = await aPlane(layer);
		expect(layer.asked.length).toBeGreaterThan(0);
		const [width] = [layer.asked.at(-1)?.grid.width];
		expect(layer.planes.at(-1)).toMatch(new RegExp(`^axial ${width} `));
		plane.close();
	});

	it("draws nothing over it where nothing lies", async () => {
		const layer = new Noted(1, null);
		await aPlane(layer);
		expect(layer.planes).toEqual([]);
	});

	it("asks again when values are others, and only draws when looks are", async () => {
		const { station, plane } = await aPlane(new Noted(1));
		const same = new Noted(1);
		station.layer.set(same);
		paint();
		expect([same.asked.length, same.planes.length]).toEqual([0, 1]);
		const count = plane.drawn.value.count;
		const other = new Noted(2);
		station.layer.set(other);
		await vi.waitFor(() => {
			paint();
			expect(plane.drawn.value.count).toBeGreaterThan(count);
		});
		expect(other.asked.length).toBeGreaterThan(0);
	});

	it("says first what lies over it", () => {
		const mpr = anMpr();
		const { series, volume } = mpr;
		const seen = {
			study: aStudy([series]),
			series,
			volume,
			state: mpr.state.value,
			name: "axial" as const,
			perMm: 1,
			loaded: 20,
			refused: 0,
		};
		expect(planeCorners(seen, mprTexts.zh, texts.zh, ["融合"]).notices[0]).toBe("融合");
		expect(planeCorners(seen, mprTexts.zh, texts.zh).notices).toEqual([]);
	});
});

describe("the tools' doors", () => {
	async function aBox(series: readonly Series[] = [aCt(), aPet()]) {
		const station = aStation(series);
		for (const one of series) station.scan(one, activity);
		const marks = new MemoryMarks();
		const groups = [{ sop_instance_uids: [], frame_of_reference_uid: SPACE }];
		const facts = {
			series: [CT_UID, PET_UID].map((uid) => ({ series_instance_uid: uid, groups })),
		};
		const tools = new Toolbox(station, {
			marks,
			objects: aServer(),
			facts: async () => facts,
			beside: () => ({ marks, facts: async () => facts }),
			loadKeys: async () => null,
			saveKeys: async () => true,
		});
		await tools.open(null);
		return { station, tools };
	}

	it("lay a PET over the images and take it off", async () => {
		const { station, tools } = await aBox();
		await tools.toggleFusion();
		expect(tools.fusion.value).not.toBeNull();
		expect(station.layer.value?.said(aCt())).toBe("融合 PET 插值显示");
		await tools.toggleFusion();
		expect([tools.fusion.value, station.layer.value]).toEqual([null, null]);
	});

	it("say why there is none", async () => {
		const { station, tools } = await aBox([aCt()]);
		await tools.toggleFusion();
		expect(tools.fusion.value).toBeNull();
		expect(toast.value?.text).toContain("没有 PET 序列");
		expect(station.layer.value).toBeNull();
	});

	it("render a CT and leave it, and say why a PET is not rendered", async () => {
		const { station, tools } = await aBox();
		await tools.toggleRendering();
		expect(tools.rendering.value?.series.uid).toBe(CT_UID);
		await tools.toggleRendering();
		expect(tools.rendering.value).toBeNull();
		station.showSeries(PET_UID);
		await tools.toggleRendering();
		expect(tools.rendering.value).toBeNull();
		expect(toast.value?.text).toContain("只用于 CT 和 MR");
	});

	it("close with the tools, and open nothing after", async () => {
		const { station, tools } = await aBox();
		await tools.toggleFusion();
		const late = tools.toggleRendering();
		tools.close();
		await late;
		expect([station.layer.value, tools.rendering.value]).toEqual([null, null]);
	});

	it("are acts with keys of their own", async () => {
		const done: string[] = [];
		const { station, tools } = await aBox();
		tools.toggleFusion = async () => void done.push("fusion");
		tools.toggleRendering = async () => void done.push("rendering");
		const acts = commands({
			station,
			words: () => texts.zh,
			tools: () => tools,
			beside: () => null,
			moveFocus: () => undefined,
			toggleReport: () => undefined,
			toggleMpr: () => undefined,
		});
		for (const keys of ["U", "J"]) acts.find((one) => one.keys === keys)?.run(new KeyboardEvent("keydown"));
		expect(done).toEqual(["fusion", "rendering"]);
		expect(new Set(acts.flatMap(({ keys }) => keys)).size).toBe(acts.flatMap(({ keys }) => keys).length);
	});
});
