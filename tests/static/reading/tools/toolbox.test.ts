// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PaneView } from "../../../../static/src/reading/pane_view.ts";
import type { Mark } from "../../../../static/src/reading/tools/mark.ts";
import type { Scene } from "../../../../static/src/reading/tools/scene.ts";
import { Toolbox } from "../../../../static/src/reading/tools/toolbox.ts";
import { Pen } from "../canvases.ts";
import { aServer } from "../objects/objects.ts";
import { aSeries, aStudy } from "../studies.ts";
import { aMark, another, aReadyStation, MemoryMarks, points } from "./marks.ts";

let frames: (() => void)[];

beforeEach(() => {
	frames = [];
	vi.useFakeTimers();
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
	vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockImplementation(() => new Pen() as never);
	vi.spyOn(HTMLCanvasElement.prototype, "clientWidth", "get").mockReturnValue(400);
	vi.spyOn(HTMLCanvasElement.prototype, "clientHeight", "get").mockReturnValue(400);
	HTMLCanvasElement.prototype.setPointerCapture = () => undefined;
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

function paint(): void {
	for (let run = frames.shift(); run !== undefined; run = frames.shift()) run();
}

function aBox() {
	const station = aReadyStation();
	station.pixels = new Uint16Array(10_000);
	const marks = new MemoryMarks();
	const priorMarks = new MemoryMarks();
	const kept: Record<string, unknown>[] = [];
	const groups = [{ sop_instance_uids: [], frame_of_reference_uid: "9", regions: [] }];
	const tools = new Toolbox(station, {
		marks,
		objects: aServer(),
		facts: async () => ({ series: [{ series_instance_uid: "1.2.3", groups }] }),
		beside: () => ({
			marks: priorMarks,
			facts: async () => ({
				series: [
					{
						series_instance_uid: "prior",
						groups: [{ sop_instance_uids: [], frame_of_reference_uid: "8", regions: [] }],
					},
				],
			}),
		}),
		loadKeys: async () => ({ profile: "pacs", keys: {} }),
		saveKeys: async (value) => kept.push(value) > 0,
	});
	const pane = station.activePane;
	const view = new PaneView(station, pane, document.createElement("canvas"), () => undefined);
	const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const scenes: Scene[] = [];
	const sheets = { svg, lens: document.createElement("canvas") };
	const detach = tools.attach(pane, view, sheets, (scene) => scenes.push(scene));
	paint();
	const send = (type: string, x: number, y: number, buttons: number): void => {
		const event = new MouseEvent(type, { clientX: x, clientY: y, buttons, cancelable: true });
		view.canvas.dispatchEvent(Object.assign(event, { pointerId: 1 }));
	};
	const drag = (from: readonly [number, number], to: readonly [number, number]): void => {
		send("pointerdown", ...from, 1);
		send("pointermove", ...to, 1);
		send("pointerup", ...to, 0);
		paint();
	};
	return { station, tools, marks, priorMarks, kept, view, svg, scenes, detach, drag, pane };
}

describe("an earlier study beside", () => {
	it("keeps its own marks, and the present study its own", async () => {
		const { station, tools, marks, priorMarks } = aBox();
		await tools.open(null);
		const prior = { ...aStudy([aSeries(3, { uid: "prior" })]), uid: "1.9" };
		station.priors.set([prior]);
		await tools.addBeside(prior);
		await tools.addBeside(prior);
		const [here, there] = [aMark({ id: "here" }), aMark({ id: "there", seriesUid: "prior" })];
		station.marks.set([here, there]);
		await vi.advanceTimersByTimeAsync(1000);
		expect([...marks.kept.keys()]).toEqual(["here"]);
		expect([...priorMarks.kept.keys()]).toEqual(["there"]);
	});

	it("has its own frame of reference", async () => {
		const { station, tools } = aBox();
		await tools.open(null);
		const prior = { ...aStudy([aSeries(3, { uid: "prior" })]), uid: "1.9" };
		station.priors.set([prior]);
		await tools.addBeside(prior);
		expect(tools.facts.value.frameOfReference("prior", "1")).toBe("8");
		expect(tools.facts.value.frameOfReference("1.2.3", "1")).toBe("9");
	});
});

describe("the tools of a station", () => {
	it("open with the marks, the facts and the keys of the person, at the mark of the address", async () => {
		const { station, tools, marks } = aBox();
		const mark = aMark({ sopInstanceUid: "1.2.3" });
		marks.kept.set(mark.id, { mark, version: 1, own: true, removed: false });
		await tools.open(mark.id);
		expect(station.marks.value).toEqual([mark]);
		expect(station.keymap.value.profile).toBe("pacs");
		expect([station.activePane.state.value.index, station.selected.value]).toEqual([3, mark.id]);
		expect(tools.cross.reference(station.activePane)).toBe("9");
	});

	it("draw what is done with the pointer, tell its words and save it after a moment", async () => {
		const { station, tools, marks, svg, drag, scenes } = aBox();
		await tools.open(null);
		station.tool.set("length");
		drag([40, 40], [340, 40]);
		expect(svg.querySelector("g.own text")?.textContent).toBe("① 37.5 mm");
		expect(scenes.at(-1)?.source).toBe("定标：像素间距");
		expect(station.measured.value?.said).toBe("37.5 mm");
		expect(marks.heard).toEqual([]);
		await vi.advanceTimersByTimeAsync(600);
		expect(marks.heard).toEqual(["put length 0"]);
		station.undo();
		paint();
		expect(svg.children).toHaveLength(0);
	});

	it("follow the keys", async () => {
		const { station, tools, drag } = aBox();
		await tools.open(null);
		station.tool.set("length");
		tools.place();
		expect(station.marks.value).toHaveLength(1);
		const before = station.measured.value?.said;
		tools.nextEnd();
		tools.nudge(-5, 0);
		expect(station.measured.value?.said).not.toBe(before);
		tools.selectNext();
		tools.removeSelected();
		expect(station.marks.value).toEqual([]);
		tools.toggleKey();
		expect(station.marks.value.map(({ kind }) => kind)).toEqual(["key"]);
		station.tool.set("angle");
		drag([40, 40], [100, 40]);
		expect(tools.cancel()).toBe(true);
		expect(tools.cancel()).toBe(false);
		tools.toggleLink();
		expect(station.linked.value).toBe(true);
		station.tool.set("window");
		tools.place();
		expect(station.marks.value).toHaveLength(1);
	});

	it("ask for the words of a text, and forget one without words", async () => {
		const { station, tools, drag } = aBox();
		await tools.open(null);
		station.tool.set("text");
		drag([40, 40], [40, 40]);
		const id = tools.writing.value ?? "";
		expect(station.marks.value.map((one) => one.id)).toEqual([id]);
		tools.write(id, "结节");
		expect([tools.writing.value, station.marks.value[0]?.text]).toEqual([null, "结节"]);
		tools.write(id, "");
		expect(station.marks.value).toEqual([]);
	});

	it("open and close their lists, and keep the person's keys", async () => {
		const { station, tools, kept } = aBox();
		tools.showMarks();
		expect(tools.panel.value).toBe("marks");
		tools.showMarks();
		expect(tools.panel.value).toBeNull();
		tools.showDocuments();
		expect([tools.board.reading.value, tools.panel.value]).toEqual([true, null]);
		tools.showKeys();
		expect([tools.board.reading.value, tools.panel.value]).toEqual([true, "keys"]);
		tools.showDocuments();
		expect(tools.board.reading.value).toBe(false);
		expect(await tools.keepKeys({ profile: "ohif", keys: { invert: ["U"] } })).toBe(true);
		expect(kept).toEqual([{ profile: "ohif", keys: { invert: ["U"] } }]);
		expect(station.keymap.value.keys.invert).toEqual(["U"]);
	});

	it("try again by themselves when the line was down", async () => {
		const { station, tools, marks } = aBox();
		marks.answer = { kind: "offline" };
		await tools.open(null);
		expect(tools.sync.state.value).toBe("offline");
		station.marks.set([another("probe", points([3, 3]))] as Mark[]);
		marks.answer = null;
		await vi.advanceTimersByTimeAsync(11_000);
		expect(marks.heard).toEqual(["put probe 0"]);
	});

	it("send what is left when the page is closed, and then leave the pane alone", async () => {
		const { station, tools, marks, detach, view, svg } = aBox();
		await tools.open(null);
		station.marks.set([aMark()]);
		detach();
		tools.close();
		await vi.advanceTimersByTimeAsync(0);
		expect(marks.heard).toEqual(["put length 0"]);
		expect(view.hand).toBeNull();
		paint();
		expect(svg.children).toHaveLength(0);
	});
});
