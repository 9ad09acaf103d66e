import { describe, expect, it } from "vitest";
import { Keyboard, type KeyLike } from "../../../static/src/kit/keys.ts";
import { bindings } from "../../../static/src/reading/commands.ts";
import { DecodePool } from "../../../static/src/reading/decode/pool.ts";
import { Station } from "../../../static/src/reading/station.ts";
import { texts } from "../../../static/src/reading/texts.ts";
import { aSeries, aStudy } from "./studies.ts";

function aDesk(series = [aSeries(30)]) {
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
	keyboard.bind(
		bindings({
			station,
			words: () => texts.zh,
			cancel: () => done.push("cancel"),
			removeMeasurement: () => done.push("remove"),
			moveFocus: () => done.push("focus"),
			toggleReport: () => done.push("report"),
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
		expect(station.shownPanes.value).toBe(1);
		expect(done).toEqual([]);
		press("F6", { target: TEXT_AREA });
		expect(done).toEqual(["focus"]);
	});

	it("undo, redo, delete, cancel and fold the report", () => {
		const { station, pane, press, done } = aDesk();
		const { series } = pane.state.value;
		if (series == null || pane.frame == null) return;
		station.measure(series, pane.frame, { x: 0, y: 0 }, { x: 1, y: 1 });
		press("z", { ctrlKey: true });
		expect(station.ledger.value.current).toHaveLength(0);
		press("y", { ctrlKey: true });
		expect(station.ledger.value.current).toHaveLength(1);
		for (const key of ["Delete", "Backspace", "Escape", "\\"]) press(key);
		expect(done).toEqual(["remove", "remove", "cancel", "report"]);
	});

	it("stand on the shortcut sheet without two acts on one key", () => {
		const { keyboard } = aDesk();
		const keys = keyboard.sheet().flatMap((row) => row.keys);
		expect(new Set(keys).size).toBe(keys.length);
		for (const { label } of keyboard.sheet()) expect(label).not.toBe("");
	});
});
