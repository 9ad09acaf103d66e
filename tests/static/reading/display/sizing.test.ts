import { describe, expect, it } from "vitest";
import { type Glass, Sizing, zoomFor } from "../../../../static/src/reading/display/sizing.ts";
import type { Pane } from "../../../../static/src/reading/pane.ts";
import { calibrationAt, NO_FACTS } from "../../../../static/src/reading/tools/calibration.ts";
import { NOTHING_KNOWN } from "../../../../static/src/reading/tools/facts.ts";
import { placement } from "../../../../static/src/reading/view.ts";
import { aForm, aSeries } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";

const VIEWPORT = { width: 800, height: 600 };
const FORM = aForm({ rows: 512, columns: 512, spacing: { rowMm: 0.7, columnMm: 0.7, source: "pixel" } });
const known = (form = FORM) => calibrationAt(form, NO_FACTS, []);

/** CSS pixels for a row of the image at a zoom. */
function scaleAt(zoom: number, form = FORM, viewport = VIEWPORT): number {
	return placement(form, viewport, { zoom, panX: 0, panY: 0 }).scaleY;
}

describe("the zoom of a size", () => {
	it.each([1, 1.25, 1.5, 2, 3])("of 1:1 gives one device pixel at a ratio of %d", (ratio) => {
		const zoom = zoomFor("pixel", FORM, known(), VIEWPORT, { ratio, pxPerMm: null });
		expect(scaleAt(zoom as number) * ratio).toBeCloseTo(1, 12);
	});

	it.each([3, 3.7795, 8.1])("of true size gives %d CSS pixels to a millimetre of the patient", (pxPerMm) => {
		const zoom = zoomFor("true", FORM, known(), VIEWPORT, { ratio: 2, pxPerMm });
		expect(scaleAt(zoom as number) / 0.7).toBeCloseTo(pxPerMm, 12);
	});

	it("counts a magnification that the object tells", () => {
		const form = aForm({ rows: 100, columns: 100, spacing: { rowMm: 0.2, columnMm: 0.2, source: "imager" } });
		const calibration = calibrationAt(form, { ...NO_FACTS, magnification: 1.25 }, []);
		const zoom = zoomFor("true", form, calibration, VIEWPORT, { ratio: 1, pxPerMm: 4 });
		expect(scaleAt(zoom as number, form)).toBeCloseTo((0.2 / 1.25) * 4, 12);
	});

	it("says why there is none", () => {
		const glass: Glass = { ratio: 1, pxPerMm: 4 };
		const bare = aForm({ spacing: null });
		const flat = aForm({ rows: 512, columns: 512, spacing: { rowMm: 1, columnMm: 0.5, source: "pixel" } });
		expect(zoomFor("true", bare, known(bare), VIEWPORT, glass)).toBe("no_spacing");
		expect(zoomFor("true", FORM, known(), VIEWPORT, { ...glass, pxPerMm: null })).toBe("no_screen");
		expect(zoomFor("pixel", flat, known(flat), VIEWPORT, glass)).toBe("not_square");
		expect(typeof zoomFor("true", flat, known(flat), VIEWPORT, glass)).toBe("number");
		const tiny = aForm({ rows: 2, columns: 2 });
		expect(zoomFor("pixel", tiny, known(tiny), VIEWPORT, glass)).toBe("too_far");
	});
});

interface Held {
	readonly pane: Pane;
	readonly sizing: Sizing;
	readonly glass: { ratio: number; pxPerMm: number | null };
	scale(): number;
}

function held(): Held {
	const station = aReadyStation([aSeries(3, {}, FORM)]);
	const pane = station.activePane;
	pane.size = VIEWPORT;
	const glass: Held["glass"] = { ratio: 2, pxPerMm: 4 };
	const sizing = new Sizing(station, {
		facts: () => NOTHING_KNOWN,
		glass: () => glass,
		said: (mode) => mode,
	});
	return {
		pane,
		sizing,
		glass,
		scale: () => scaleAt(pane.state.value.view.zoom, FORM, pane.size as typeof VIEWPORT),
	};
}

describe("a pane in a size", () => {
	it("is named, and fitted again at the second wish", () => {
		const { pane, sizing, scale } = held();
		expect(sizing.toggle("pixel")).toBeNull();
		expect(scale()).toBeCloseTo(0.5, 9);
		expect(pane.sizing.value?.exact).toBe(true);
		expect(pane.sizing.value?.said()).toBe("pixel");
		sizing.toggle("true");
		expect(scale()).toBeCloseTo(2.8, 9);
		expect(pane.sizing.value?.exact).toBe(false);
		sizing.toggle("true");
		expect(pane.state.value.view.zoom).toBe(1);
		expect(pane.sizing.value).toBeNull();
	});

	it("keeps its size when the viewport or the screen changes", () => {
		const { pane, sizing, glass, scale } = held();
		sizing.toggle("true");
		pane.size = { width: 500, height: 900 };
		pane.resized();
		expect(scale()).toBeCloseTo(2.8, 9);
		glass.pxPerMm = 5;
		sizing.look();
		expect(scale()).toBeCloseTo(3.5, 9);
		pane.goTo(2);
		expect(pane.sizing.value?.said()).toBe("true");
	});

	it("leaves it when somebody zooms, resets, or the screen is no longer known", () => {
		const { pane, sizing, glass } = held();
		for (const leave of [
			() => pane.zoomCentre(1.25),
			() => pane.reset(),
			() => {
				glass.pxPerMm = null;
				sizing.look();
			},
		]) {
			glass.pxPerMm = 4;
			sizing.toggle("true");
			expect(pane.sizing.value).not.toBeNull();
			leave();
			expect(pane.sizing.value).toBeNull();
		}
	});

	it("stays where it was moved", () => {
		const { pane, sizing } = held();
		sizing.toggle("pixel");
		pane.pan(30, -12);
		expect(pane.state.value.view).toMatchObject({ panX: 30, panY: -12 });
		expect(pane.sizing.value).not.toBeNull();
		sizing.close();
		pane.zoomCentre(2);
		expect(pane.sizing.value).not.toBeNull();
	});
});
