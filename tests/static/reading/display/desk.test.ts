import { describe, expect, it } from "vitest";
import { Desk, standingSaid } from "../../../../static/src/reading/display/desk.ts";
import type { Kept } from "../../../../static/src/reading/display/standing.ts";
import { displayTexts } from "../../../../static/src/reading/display/texts.ts";
import { displayTable } from "../../../../static/src/reading/display/transform.ts";
import { NOTHING_KNOWN } from "../../../../static/src/reading/tools/facts.ts";
import { placement } from "../../../../static/src/reading/view.ts";
import { keepCalibration } from "../../../../static/src/ui/screen/screen.ts";
import { aForm, aSeries } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";
import { aGlass, MemoryStorage } from "./screens.ts";

const NOW = Date.parse("2026-11-20T08:00:00Z");
const KEPT: Kept = {
	measured: { minimum: 0.5, maximum: 420, ambient: 0.3, response: "gamma", curve: [] },
	at: new Date(NOW).toISOString(),
	on: true,
};
const FORM = aForm({ rows: 512, columns: 512, spacing: { rowMm: 0.7, columnMm: 0.7, source: "pixel" } });
const words = displayTexts.zh;

function opened(form = FORM) {
	const station = aReadyStation([aSeries(3, {}, form)]);
	const storage = new MemoryStorage();
	const display = aGlass();
	const told: string[] = [];
	const tell = (text: string) => void told.push(text);
	const desk = new Desk(station, { storage, display, facts: () => NOTHING_KNOWN, nowMs: () => NOW, tell });
	const scale = () => {
		const { size, state } = station.activePane;
		return placement(form, size, state.value.view).scaleY;
	};
	return { station, storage, display, told, desk, scale };
}

describe("a screen that nobody measured", () => {
	it("is for reference, and sends greys as they are", () => {
		const { desk, station } = opened();
		expect(standingSaid(desk.screen.value)).toBe(`${words.reference} · ${words.uncalibrated}`);
		expect(station.greys.value).toBeNull();
	});
});

describe("a measured screen", () => {
	it("has its date and its table, until it is forgotten", () => {
		const { desk, station } = opened();
		expect(desk.keepMeasured(KEPT)).toBe(true);
		expect(standingSaid(desk.screen.value)).toBe("GSDF 已校准 2026-11-20");
		expect(station.greys.value).toEqual(displayTable(KEPT.measured));
		const table = station.greys.value;
		desk.look();
		expect(station.greys.value, "looking again paints nothing anew").toBe(table);
		desk.keepMeasured({ ...KEPT, on: false });
		expect(station.greys.value).toBeNull();
		expect(standingSaid(desk.screen.value)).toContain(words.off);
		desk.keepMeasured(null);
		expect(desk.screen.value.standing).toBe("uncalibrated");
	});

	it("names what it lacks", () => {
		const { desk } = opened();
		desk.keepMeasured({ ...KEPT, measured: { ...KEPT.measured, maximum: 300 } });
		expect(standingSaid(desk.screen.value)).toContain("最大亮度 300 cd/m²，不足 350");
		desk.keepMeasured({ ...KEPT, measured: { ...KEPT.measured, minimum: 3 } });
		expect(standingSaid(desk.screen.value)).toContain("不足 250");
	});

	it("is another one when the window is dragged to it", () => {
		const { desk, station, display } = opened();
		desk.keepMeasured(KEPT);
		display.screen.width = 2560;
		desk.look();
		expect(desk.screen.value.kept).toBeNull();
		expect(station.greys.value).toBeNull();
	});
});

describe("sizes", () => {
	it("say why they cannot be", () => {
		const { desk, told } = opened(aForm({ rows: 512, columns: 512, spacing: null }));
		desk.size("true");
		expect(told).toEqual([words.no_spacing]);
		expect(desk.panel.value).toBeNull();
	});

	it("ask for the card first, and come when it was measured", () => {
		const { desk, told, scale, station } = opened();
		desk.size("true");
		expect(told).toEqual([words.no_screen]);
		expect(desk.panel.value).toBe("card");
		expect(desk.keepCard(0.1)).toBe(false);
		expect(desk.keepCard(4)).toBe(true);
		expect(scale()).toBeCloseTo(0.7 * 4, 9);
		expect(station.activePane.sizing.value?.said()).toBe(words.said_true);
	});

	it("use the millimetres that the ECG's paper was measured with", () => {
		const { desk, storage, display, scale } = opened();
		keepCalibration(storage, display, 5);
		desk.look();
		desk.size("true");
		expect(scale()).toBeCloseTo(0.7 * 5, 9);
	});

	it("name the detector's plane where the magnification is not known", () => {
		const { desk, station } = opened(
			aForm({ rows: 512, columns: 512, spacing: { rowMm: 0.7, columnMm: 0.7, source: "imager" } }),
		);
		desk.keepCard(4);
		desk.size("true");
		expect(station.activePane.sizing.value?.said()).toBe(words.said_detector);
		desk.size("pixel");
		expect(station.activePane.sizing.value?.said()).toBe(words.said_pixel);
	});

	it("have keys of their own that no other act has", () => {
		const { desk } = opened();
		const commands = desk.commands();
		expect(commands.map(({ keys }) => keys)).toEqual(["Shift+Z", "Shift+S", "Shift+O"]);
		commands.find(({ id }) => id === "display.check")?.run(new Event("keydown") as KeyboardEvent);
		expect(desk.panel.value).toBe("check");
		desk.close();
	});
});
