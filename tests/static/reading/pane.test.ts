import { describe, expect, it } from "vitest";
import { Pane } from "../../../static/src/reading/pane.ts";
import { FITTED } from "../../../static/src/reading/view.ts";
import { aForm, aSeries } from "./studies.ts";

function aPane(frames = 10): Pane {
	const pane = new Pane();
	pane.size = { width: 400, height: 400 };
	pane.show(aSeries(frames));
	pane.goTo(0);
	return pane;
}

describe("a pane", () => {
	it("scrolls and stops at both ends", () => {
		const pane = aPane();
		pane.scroll(3);
		pane.scroll(-1);
		expect(pane.state.value.index).toBe(2);
		pane.scroll(-9);
		expect(pane.state.value.index).toBe(0);
		pane.scroll(99);
		expect(pane.state.value.index).toBe(9);
		pane.goTo(Number.MAX_SAFE_INTEGER);
		expect(pane.frame?.sopInstanceUid).toBe("1.2.9");
	});

	it("keeps no window that was made of a preview", () => {
		const pane = aPane();
		const form = aForm();
		const blurred = pane.voiFor(form, Uint16Array.from([100, 200]), false);
		expect([blurred.center, blurred.width]).toEqual([150.5, 101]);
		const exact = pane.voiFor(form, Uint16Array.from([0, 400]));
		expect([exact.center, exact.width]).toEqual([200.5, 401]);
		expect(pane.voiFor(form, Uint16Array.from([9, 10]), false)).toBe(exact);
	});

	it("plays round", () => {
		const pane = aPane(3);
		const seen = [0, 1, 2, 3].map(() => {
			pane.step();
			return pane.state.value.index;
		});
		expect(seen).toEqual([1, 2, 0, 1]);
	});

	it("comes back to a series as it was left", () => {
		const pane = aPane();
		pane.goTo(4);
		pane.zoomCentre(2);
		pane.setPlaying(true);
		const left = pane.state.value;
		pane.show(aSeries(5, { uid: "other" }));
		expect(pane.state.value).toMatchObject({ index: 2, view: FITTED, chosenVoi: null });
		pane.show(aSeries(10));
		expect(pane.state.value).toMatchObject({ index: 4, view: left.view, playing: false });
	});

	it("keeps its place when the shown series is chosen again", () => {
		const pane = aPane();
		pane.goTo(4);
		pane.show(aSeries(10));
		expect(pane.state.value.index).toBe(4);
	});

	it("uses the object's window until the reader chooses one, and again after reset", () => {
		const windows = [{ center: 40, width: 80, explanation: "" }];
		const form = aForm({ windows });
		const pane = aPane();
		pane.show(aSeries(2, { uid: "w" }, form));
		const proposed = pane.voiFor(form, undefined);
		expect(proposed).toMatchObject({ center: 40, width: 80 });
		expect(pane.voiFor(form, undefined)).toBe(proposed);
		pane.changeWindow(proposed, 10, -20);
		expect(pane.voiFor(form, undefined)).toMatchObject({ center: 50, width: 60 });
		pane.toggleInvert();
		pane.pan(5, 5);
		pane.reset();
		expect(pane.voiFor(form, undefined)).toBe(proposed);
		expect(pane.state.value).toMatchObject({ invert: false, view: FITTED });
	});

	it("never makes a window narrower than the standard allows", () => {
		const pane = aPane();
		const voi = { center: 40, width: 5, function: "LINEAR", table: null } as const;
		pane.changeWindow(voi, 0, -100);
		expect(pane.state.value.chosenVoi?.width).toBe(1);
	});

	it("keeps one brightness for a series that proposes no window", () => {
		const pane = aPane();
		const form = aForm();
		const first = pane.voiFor(form, Uint16Array.from([0, 100]));
		expect(pane.voiFor(form, Uint16Array.from([0, 4000]))).toBe(first);
		pane.show(aSeries(2, { uid: "next" }));
		expect(pane.voiFor(form, Uint16Array.from([0, 4000]))).not.toBe(first);
	});

	it("shows something before the first samples are known", () => {
		expect(aPane().voiFor(aForm(), undefined).width).toBeGreaterThan(0);
	});
});
