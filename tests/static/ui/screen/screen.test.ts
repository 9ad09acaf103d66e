import { describe, expect, it } from "vitest";
import { dragged, heightPxOf, nudged, openedCard, pxPerMmOf } from "../../../../static/src/ui/screen/card.ts";
import {
	CARD_LONG_MM,
	CARD_SHORT_MM,
	calibratedPxPerMm,
	cardEdgeFor,
	type DisplayLike,
	displayKey,
	keepCalibration,
	type Storage,
} from "../../../../static/src/ui/screen/screen.ts";
import { randomFrom } from "../../ecg/recordings.ts";

class MemoryStorage implements Storage {
	readonly kept = new Map<string, string>();
	getItem(key: string): string | null {
		return this.kept.get(key) ?? null;
	}
	setItem(key: string, value: string): void {
		this.kept.set(key, value);
	}
}

const display = (more: Partial<DisplayLike["screen"]> = {}, devicePixelRatio = 1): DisplayLike => ({
	devicePixelRatio,
	screen: { width: 1920, height: 1080, availLeft: 0, availTop: 0, ...more },
});

describe("a display's calibration", () => {
	it("is unknown until it is kept, then the same for ever", () => {
		const storage = new MemoryStorage();
		expect(calibratedPxPerMm(storage, display())).toBeNull();
		expect(keepCalibration(storage, display(), 3.64)).toBe(true);
		expect(calibratedPxPerMm(storage, display())).toBe(3.64);
	});

	it("belongs to one display: another size, or another place, is another display", () => {
		const storage = new MemoryStorage();
		keepCalibration(storage, display(), 3.64);
		expect(calibratedPxPerMm(storage, display({ width: 1366, height: 768 }))).toBeNull();
		expect(calibratedPxPerMm(storage, display({ availLeft: 1920 }))).toBeNull();
		keepCalibration(storage, display({ availLeft: 1920 }), 5.1);
		expect(calibratedPxPerMm(storage, display())).toBe(3.64);
	});

	it("stays true millimetres when the page is zoomed", () => {
		const random = randomFrom(2);
		for (let round = 0; round < 100; round += 1) {
			const storage = new MemoryStorage();
			const first = 0.5 + random() * 3;
			const then = 0.5 + random() * 3;
			const pxPerMm = (3 + random() * 9) / first;
			keepCalibration(storage, display({}, first), pxPerMm);
			const zoomed = calibratedPxPerMm(storage, display({}, then)) ?? 0;
			expect(zoomed * then).toBeCloseTo(pxPerMm * first, 9);
		}
	});

	it("is refused where no display could have it, and nothing is kept", () => {
		const storage = new MemoryStorage();
		for (const impossible of [0, -3, 0.1, 500, Number.NaN, Number.POSITIVE_INFINITY]) {
			expect(keepCalibration(storage, display(), impossible)).toBe(false);
		}
		expect(storage.kept.size).toBe(0);
	});

	it("survives whatever else is in the store", () => {
		for (const junk of ["", "null", "[1]", "{", '{"1920x1080@0,0":"wide"}', '{"1920x1080@0,0":-1}', "7"]) {
			const storage = new MemoryStorage();
			storage.setItem("lianzhen.ecg.displays", junk);
			expect(calibratedPxPerMm(storage, display())).toBeNull();
			expect(keepCalibration(storage, display(), 4)).toBe(true);
			expect(calibratedPxPerMm(storage, display())).toBe(4);
		}
	});

	it("says when the browser would not keep it", () => {
		const full: Storage = {
			getItem: () => null,
			setItem: () => {
				throw new Error("quota");
			},
		};
		expect(keepCalibration(full, display(), 4)).toBe(false);
	});

	it("keeps at most 16 displays, the newest ones", () => {
		const storage = new MemoryStorage();
		for (let at = 0; at < 30; at += 1) keepCalibration(storage, display({ availLeft: at }), 4);
		expect(calibratedPxPerMm(storage, display({ availLeft: 0 }))).toBeNull();
		expect(calibratedPxPerMm(storage, display({ availLeft: 29 }))).toBe(4);
		expect(Object.keys(JSON.parse(storage.getItem("lianzhen.ecg.displays") ?? "{}"))).toHaveLength(16);
	});

	it("knows a display that names no place", () => {
		expect(displayKey({ devicePixelRatio: 1, screen: { width: 390, height: 844 } })).toBe("390x844@0,0");
	});
});

describe("the card", () => {
	it("has the size of ISO/IEC 7810 ID-1", () => {
		const card = openedCard(900, 4, 1);
		expect(card.widthPx).toBeCloseTo(85.6 * 4, 9);
		expect(heightPxOf(card)).toBeCloseTo(53.98 * 4, 9);
		expect([CARD_LONG_MM, CARD_SHORT_MM]).toEqual([85.6, 53.98]);
	});

	it("is measured by its short edge on a phone", () => {
		expect(cardEdgeFor(350)).toBe("short");
		const card = openedCard(350, 6, 3);
		expect(card.widthPx).toBeCloseTo(53.98 * 6, 9);
		expect(pxPerMmOf(card)).toBeCloseTo(6, 9);
		expect(heightPxOf(card)).toBeCloseTo(85.6 * 6, 9);
	});

	it("made as wide as a real card gives the display's millimetres", () => {
		const random = randomFrom(9);
		for (let round = 0; round < 100; round += 1) {
			const truth = 2.5 + random() * 4;
			const card = openedCard(900, 3.78, 1);
			const fitted = dragged(card, "right", truth * 85.6 - card.widthPx);
			expect(pxPerMmOf(fitted)).toBeCloseTo(truth, 9);
		}
	});

	it.each([
		["right", "ArrowRight", false, 1],
		["right", "ArrowLeft", false, -1],
		["left", "ArrowLeft", false, 1],
		["left", "ArrowRight", true, -10],
		["right", "ArrowUp", true, 10],
	] as const)("%s side, %s, Shift %s: %i device pixels", (side, key, shift, by) => {
		const card = openedCard(900, 4, 2);
		expect((nudged(card, side, key, shift)?.widthPx ?? 0) - card.widthPx).toBeCloseTo(by / 2, 9);
	});

	it("does nothing for other keys", () => {
		expect(nudged(openedCard(900, 4, 1), "left", "Enter", false)).toBeNull();
	});

	it("never grows out of its room or shrinks to nothing", () => {
		const card = openedCard(700, 4, 1);
		expect(dragged(card, "right", 10_000).widthPx).toBe(700);
		expect(dragged(card, "right", -10_000).widthPx).toBeCloseTo(85.6 * 2, 9);
	});
});
