import { describe, expect, it } from "vitest";
import { Keyboard, type KeyLike } from "../../../static/src/kit/keys.ts";
import { commands, type ToolActs } from "../../../static/src/reading/commands.ts";
import { DecodePool } from "../../../static/src/reading/decode/pool.ts";
import { Station } from "../../../static/src/reading/station.ts";
import { texts } from "../../../static/src/reading/texts.ts";
import { aSeries, aStudy } from "./studies.ts";

function aDesk(series = [aSeries(30)], loaded = true) {
	const done: string[] = [];
	const station = new Station({
		studyInstanceUid: "1.2",
		fetch: () => new Promise(() => undefined),
		pool: new DecodePool({
			makeWorker: () => ({
				postMessage: () => undefined,
				onmessage: null,
				onerror: null,
				terminate: () => undefined,
			}),
			workers: 1,
			wasmUrl: "",
		}),
		shared: false,
		bytesMax: 1e6,
	});
	station.study.set(aStudy(series));
	station.showSeries(series[0]?.uid ?? "");
	station.activePane.goTo(0);
	const keyboard = new Keyboard();
	const note = (word: string) => (): void => void done.push(word);
	const tools: ToolActs = {
		cancel: () => done.push("cancel") > 0,
		removeSelected: note("remove"),
		nudge: (dx, dy) => void done.push(`nudge ${dx} ${dy}`),
		selectNext: note("next"),
		nextEnd: note("end"),
		place: note("place"),
		toggleKey: note("key"),
		toggleLink: note("link"),
		showMarks: note("marks"),
		showKeys: note("keys"),
		showDocuments: note("documents"),
		toggleFusion: note("fusion"),
		toggleRendering: note("rendering"),
	};
	keyboard.bind(
		commands({
			station,
			words: () => texts.zh,
			tools: () => (loaded ? tools : null),
			beside: () =>
				loaded
					? {
							priorBy: (steps) => void done.push(`prior ${steps}`),
							hidePrior: note("hide prior"),
							stageBy: (by) => void done.push(`stage ${by}`),
							showProtocols: note("protocols"),
						}
					: null,
			moveFocus: () => done.push("focus"),
			toggleReport: () => done.push("report"),
			toggleMpr: note("mpr"),
		}),
	);
	const press = (key: string, more: Partial<KeyLike> = {}): boolean =>
		keyboard.handle({
			key,
			keyCode: 0,
			ctrlKey: false,
			metaKey: false,
			altKey: false,
			shiftKey: false,
			isComposing: false,
			target: null,
			defaultPrevented: false,
			preventDefault: () => undefined,
			...more,
		});
	return { station, keyboard, press, done, pane: station.activePane };
}

const TEXT_AREA = { tagName: "TEXTAREA", getAttribute: () => null } as unknown as EventTarget;

describe("the keys of the station", () => {
	it("choose tools by their letters, in either case", () => {
		const { station, press } = aDesk();
		for (const [key, tool] of [
			["l", "length"],
			["P", "pan"],
			["z", "zoom"],
			["s", "scroll"],
			["w", "window"],
		]) {
			press(key ?? "");
			expect(station.tool.value).toBe(tool);
		}
	});

	it("turn slices", () => {
		const { pane, press } = aDesk();
		const after = (key: string): number => {
			press(key);
			return pane.state.value.index;
		};
		expect(
			["ArrowDown", "ArrowDown", "ArrowUp", "End", "Home", "ArrowRight", "PageDown", "PageUp"].map(after),
		).toEqual([1, 2, 1, 29, 0, 1, 11, 1]);
	});

	it("change series by page where there are several", () => {
		const { pane, press } = aDesk([aSeries(30), aSeries(5, { uid: "b" })]);
		press("PageDown");
		expect(pane.state.value.series?.uid).toBe("b");
		press("PageUp");
		expect(pane.state.value.series?.uid).toBe("1.2.3");
	});

	it("choose the pane by left and right where there are two", () => {
		const { station, press } = aDesk();
		press("g");
		press("ArrowRight");
		expect(station.active.value).toBe(1);
		press("ArrowLeft");
		expect(station.active.value).toBe(0);
	});

	it("window, invert, zoom and reset", () => {
		const { pane, press } = aDesk();
		press("4");
		press("i");
		press("+");
		expect(pane.state.value).toMatchObject({ invert: true, chosenVoi: { center: 480, width: 2500 } });
		expect(pane.state.value.view.zoom).toBeCloseTo(1.25, 12);
		press("-");
		expect(pane.state.value.view.zoom).toBeCloseTo(1, 12);
		press(" ");
		expect(pane.state.value).toMatchObject({ invert: false, chosenVoi: null });
	});

	it("rest while text is being written or composed", () => {
		const { station, pane, press, done } = aDesk();
		for (const more of [{ target: TEXT_AREA }, { isComposing: true }, { keyCode: 229 }]) {
			for (const key of ["l", "2", "i", " ", "ArrowDown", "Delete", "\\", "g"]) press(key, more);
		}
		expect(station.tool.value).toBe("window");
		expect(pane.state.value).toMatchObject({ invert: false, chosenVoi: null, index: 0 });
		expect(station.layout.value).toBe("1x1");
		expect(done).toEqual([]);
		press("F6", { target: TEXT_AREA });
		expect(done).toEqual(["focus"]);
	});

	it("undo and redo how a picture is looked at", () => {
		const { pane, press } = aDesk();
		press("i");
		press("r");
		press("h");
		expect(pane.state.value).toMatchObject({ invert: true, turn: { quarters: 3, flipped: true } });
		press("z", { ctrlKey: true });
		press("z", { ctrlKey: true });
		expect(pane.state.value).toMatchObject({ invert: true, turn: { quarters: 0, flipped: false } });
		press("y", { ctrlKey: true });
		expect(pane.state.value.turn.quarters).toBe(1);
	});

	it("turn, flip and fit", () => {
		const { pane, press } = aDesk();
		press("R", { shiftKey: true });
		press("v");
		expect(pane.state.value.turn).toEqual({ quarters: 3, flipped: true });
		press("+");
		press("=");
		expect(pane.state.value.view.zoom).toBe(1);
	});

	it("work on marks", () => {
		const { station, press, done } = aDesk();
		expect(press("Enter")).toBe(false);
		station.tool.set("length");
		for (const key of ["Delete", "n", "k", "y", "q", "Enter", "Escape", "\\"]) press(key);
		press("k", { ctrlKey: true });
		expect(done).toEqual(["remove", "next", "key", "link", "marks", "place", "cancel", "report", "keys"]);
	});

	it("move the mark that is chosen when Ctrl is held, and turn slices always otherwise", () => {
		const { station, pane, press, done } = aDesk();
		station.selected.set("x");
		press("ArrowDown", { ctrlKey: true });
		press("ArrowLeft", { ctrlKey: true, shiftKey: true });
		press("N", { shiftKey: true });
		expect(done).toEqual(["nudge 0 1", "nudge -10 0", "end"]);
		expect(pane.state.value.index).toBe(0);
		press("ArrowDown");
		expect(pane.state.value.index).toBe(1);
		expect(done).toHaveLength(3);
		station.selected.set(null);
		expect(press("ArrowDown", { ctrlKey: true })).toBe(false);
	});

	it("do nothing with marks before the tools are there, and let go of what is chosen", () => {
		const { station, press, done } = aDesk(undefined, false);
		station.selected.set("x");
		for (const key of ["k", "y", "Delete", "n", "Escape"]) press(key);
		expect([done, station.selected.value]).toEqual([[], null]);
	});

	it("have windows by body part: 7 to 9 of a head are not those of a chest", () => {
		const { pane, press } = aDesk();
		press("7");
		expect(pane.state.value.chosenVoi).toMatchObject({ center: 300, width: 600 });
		const head = aDesk([aSeries(3, { bodyPart: "HEAD" })]);
		head.press("7");
		expect(head.pane.state.value.chosenVoi).toMatchObject({ center: 80, width: 200 });
		const mr = aDesk([aSeries(3, { modality: "MR" })]);
		expect(mr.press("7")).toBe(false);
	});

	it("go round the layouts, and from pane to pane", () => {
		const { station, press } = aDesk([aSeries(3), aSeries(3, { uid: "b" }), aSeries(3, { uid: "c" })]);
		for (const layout of ["1x2", "2x1", "2x2"]) {
			press("g");
			expect(station.layout.value).toBe(layout);
		}
		expect(station.visible.map((one) => one.state.value.series?.uid)).toEqual(["1.2.3", "b", "c", "1.2.3"]);
		press("ArrowRight");
		expect(station.active.value).toBe(1);
		station.setLayout("2x1");
		press("ArrowLeft");
		expect(station.active.value).toBe(0);
		station.active.set(1);
		press("g");
		press("g");
		expect([station.layout.value, station.active.value]).toEqual(["1x1", 0]);
	});

	it("open the planes with M; the slab's keys rest until they are shown", () => {
		const { done, press } = aDesk();
		expect(press("m")).toBe(true);
		for (const key of ["]", "["]) expect(press(key)).toBe(false);
		expect(done).toEqual(["mpr"]);
	});

	it("stand on the shortcut sheet", () => {
		const { keyboard } = aDesk();
		expect(keyboard.sheet().length).toBeGreaterThan(50);
		for (const { label } of keyboard.sheet()) expect(label).not.toBe("");
	});
});

describe("what stands beside", () => {
	it.each([
		["ArrowLeft", { altKey: true }, "prior -1"],
		["ArrowRight", { altKey: true }, "prior 1"],
		["ArrowDown", { altKey: true }, "hide prior"],
		[".", {}, "stage 1"],
		["。", {}, "stage 1"],
		[",", {}, "stage -1"],
		["，", {}, "stage -1"],
		["G", { shiftKey: true }, "protocols"],
	])("is reached by %s", (key, more, said) => {
		const { press, done } = aDesk();
		expect(press(key, more)).toBe(true);
		expect(done).toEqual([said]);
	});

	it("leaves its keys to the browser until it is loaded", () => {
		const { press, done } = aDesk([aSeries(30)], false);
		expect(press("ArrowLeft", { altKey: true })).toBe(false);
		expect(done).toEqual([]);
	});
});
