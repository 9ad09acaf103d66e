import { describe, expect, it } from "vitest";
import type { Frame, ImageForm } from "../../../../static/src/reading/manifest.ts";
import { boxOf, lookOf, turnOf, viewOf, voiOf } from "../../../../static/src/reading/objects/presented.ts";
import { createdSaid, isFor, names, originSaid } from "../../../../static/src/reading/objects/told.ts";
import { canvasSize, seenPoint, UPRIGHT } from "../../../../static/src/reading/turn.ts";
import { FITTED, placement, toViewport } from "../../../../static/src/reading/view.ts";
import { shade } from "../../../../static/src/reading/voi.ts";
import { aForm, aFrame } from "../studies.ts";
import { aHeader, aState } from "./objects.ts";

function frameOf(changes: Partial<ImageForm> = {}): Frame {
	return aFrame(0, aForm({ rows: 80, columns: 100, ...changes }));
}

function lut(entries: readonly number[], bits = 8, first = 0) {
	const bytes = entries.flatMap((one) => [one & 0xff, one >> 8]);
	return { first_mapped: first, bits, entries: btoa(String.fromCharCode(...bytes)) };
}

function window(
	center: number,
	width: number,
	images: { sop_instance_uid: string; frames: number[] }[] = [],
) {
	return { images, center, width, function: "LINEAR" as const, lut: null };
}

describe("a state's window", () => {
	it("is told in the frame's own units, whatever the state's rescale", () => {
		const frame = frameOf({ rescaleSlope: 1, rescaleIntercept: -1024 });
		const same = aState({ rescale_intercept: -1024, voi: [window(40, 400)] });
		expect(voiOf(same, frame)).toEqual({ center: 40, width: 400, function: "LINEAR", table: null });
		// Without a rescale of its own, the state speaks of stored values.
		expect(voiOf(aState({ voi: [window(1064, 400)] }), frame)).toMatchObject({ center: 40, width: 400 });
		const steep = voiOf(aState({ rescale_slope: 2, voi: [window(100, 50)] }), frameOf());
		expect(steep).toMatchObject({ center: 50, width: 25 });
	});

	it("is that of the frame, not of its neighbours", () => {
		const state = aState({
			images: [
				{ sop_instance_uid: "1.2.0", frames: [] },
				{ sop_instance_uid: "1.2.7", frames: [] },
			],
			voi: [window(1, 2, [{ sop_instance_uid: "1.2.7", frames: [] }]), window(3, 4)],
		});
		expect(voiOf(state, frameOf())).toMatchObject({ center: 3, width: 4 });
	});

	it("is left to the reader where the state has none, and where colours are shown", () => {
		expect(voiOf(aState(), frameOf())).toBeNull();
		expect(voiOf(aState({ colour: true, voi: [window(1, 2)] }), frameOf())).toBeNull();
		expect(voiOf(aState({ voi: [window(1, 2)] }), aFrame(0, null))).toBeNull();
	});

	it("takes stored values through all three tables", () => {
		const modality = Array.from({ length: 256 }, (_, i) => (i * 7 + 3) % 256);
		const voi = Array.from({ length: 256 }, (_, i) => (i * 5 + 11) % 256);
		const last = Array.from({ length: 256 }, (_, i) => 255 - i);
		const state = aState({
			modality_lut: lut(modality),
			voi: [{ images: [], center: null, width: null, function: "LINEAR", lut: lut(voi) }],
			presentation_lut: lut(last),
		});
		const frame = frameOf({ bitsAllocated: 8, bitsStored: 8 });
		const made = voiOf(state, frame);
		if (made === null || frame.form === null) throw new Error("no window");
		for (const stored of [0, 1, 17, 128, 255]) {
			const expected = last[voi[modality[stored] as number] as number] as number;
			expect((shade(stored, frame.form, made, false) & 0xff) - expected, String(stored)).toBe(0);
		}
	});

	it("gives no table for images whose values are not whole", () => {
		const state = aState({ presentation_lut: lut([0, 255]) });
		expect(voiOf(state, frameOf({ rescaleSlope: 0.5 }))).toBeNull();
	});
});

describe("a state's turn", () => {
	it("is turned, then flipped; a pane flips first", () => {
		for (const flipped of [false, true]) {
			for (const quarters of [0, 1, 2, 3]) {
				// By the standard's order: clockwise about the centre, then left to right.
				let [x, y] = [0.3, 0.1];
				for (let i = 0; i < quarters; i++) [x, y] = [-y, x];
				if (flipped) x = -x;
				const turn = turnOf({ quarters, flipped });
				const canvas = { width: 2, height: 2 };
				const seen = seenPoint({ x: 1.3, y: 1.1 }, canvas, turn);
				expect(seen.x - 1).toBeCloseTo(x);
				expect(seen.y - 1).toBeCloseTo(y);
			}
		}
	});
});

describe("a displayed area", () => {
	const form = aForm({ rows: 80, columns: 100, spacing: null });
	const images: never[] = [];

	it("of the whole image is the fitted view", () => {
		const whole = {
			images,
			top_left: [1, 1] as [number, number],
			bottom_right: [100, 80] as [number, number],
		};
		expect(viewOf(whole, form, { width: 400, height: 400 })).toEqual(FITTED);
	});

	it("fills the canvas, whichever way round its corners are", () => {
		const part = {
			images,
			top_left: [60, 50] as [number, number],
			bottom_right: [21, 31] as [number, number],
		};
		expect(boxOf(part)).toEqual({ left: 20, top: 30, right: 60, bottom: 50 });
		const canvas = { width: 400, height: 300 };
		const at = placement(form, canvas, viewOf(part, form, canvas));
		expect(toViewport({ x: 20, y: 30 }, at)).toMatchObject({ x: expect.closeTo(0), y: expect.closeTo(50) });
		expect(toViewport({ x: 60, y: 50 }, at)).toMatchObject({
			x: expect.closeTo(400),
			y: expect.closeTo(250),
		});
	});

	it("that shows nothing is ignored", () => {
		const none = { images, top_left: [5, 5] as [number, number], bottom_right: [3, 4] as [number, number] };
		const odd = { ...none, bottom_right: [Number.NaN, 4] as [number, number] };
		expect(viewOf(odd, form, { width: 400, height: 400 })).toEqual(FITTED);
	});

	it("is laid out in the canvas as it will be turned", () => {
		const part = { images, top_left: [1, 1] as [number, number], bottom_right: [50, 80] as [number, number] };
		const frame = aFrame(0, form);
		const now = { series: null, chosenVoi: null, invert: false, view: FITTED, turn: UPRIGHT };
		const canvas = { width: 400, height: 200 };
		const look = lookOf(aState({ quarters: 1, areas: [part] }), frame, canvas, now);
		expect(look.view).toEqual(viewOf(part, form, canvasSize(canvas, look.turn)));
	});
});

describe("a state's look", () => {
	const now = { series: null, chosenVoi: null, invert: true, view: FITTED, turn: UPRIGHT };

	it("takes the place of the image's own inversion", () => {
		for (const inverse of [false, true]) {
			for (const bright of [false, true]) {
				const look = lookOf(aState({ inverse }), frameOf({ inverse: bright }), { width: 9, height: 9 }, now);
				// What is seen is turned over once for the image and once for the look.
				expect(bright !== look.invert).toBe(inverse);
			}
		}
		expect(lookOf(aState({ colour: true }), frameOf(), { width: 9, height: 9 }, now).invert).toBe(true);
	});
});

describe("names of images", () => {
	const all = [{ sop_instance_uid: "1", frames: [] }];
	const some = [{ sop_instance_uid: "1", frames: [2, 4] }];

	it("mean all frames or those that are told", () => {
		expect(names(all, { sopInstanceUid: "1", number: 9 })).toBe(true);
		expect(names(some, { sopInstanceUid: "1", number: 4 })).toBe(true);
		expect(names(some, { sopInstanceUid: "1", number: 3 })).toBe(false);
		expect(names(all, { sopInstanceUid: "2", number: 1 })).toBe(false);
	});

	it("within a state never mean images that the state is not for", () => {
		expect(isFor([], aState({ images: all }), { sopInstanceUid: "1", number: 1 })).toBe(true);
		expect(isFor([], aState({ images: all }), { sopInstanceUid: "2", number: 1 })).toBe(false);
		expect(isFor(some, aState({ images: all }), { sopInstanceUid: "1", number: 3 })).toBe(false);
	});

	it("come with who made them and when", () => {
		expect(originSaid(aHeader())).toBe("Doe Jane · ACME · 2026-03-02 17:05");
		expect(originSaid(aHeader({ author: "", created: "20260302" }))).toBe("ACME · 2026-03-02");
		expect(createdSaid("")).toBe("");
	});
});
