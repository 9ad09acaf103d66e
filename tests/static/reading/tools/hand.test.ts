import { describe, expect, it } from "vitest";
import type { Tool } from "../../../../static/src/reading/gesture.ts";
import {
	Ends,
	keyOf,
	nudge,
	removeSelected,
	selectNext,
	setText,
	toggleKey,
} from "../../../../static/src/reading/tools/acts.ts";
import { MarkHand } from "../../../../static/src/reading/tools/hand.ts";
import { newId } from "../../../../static/src/reading/tools/ids.ts";
import type { DrawnKind, Mark } from "../../../../static/src/reading/tools/mark.ts";
import { nextVertebra, numberOf, POINTS } from "../../../../static/src/reading/tools/mark.ts";
import { another, aReadyStation, points } from "./marks.ts";

/** A hand on a pane of 400 pixels that shows 100 pixels of 0.5 mm: 4 pixels of the screen are one of the image. */
function aHand(tool: Tool = "length") {
	const station = aReadyStation();
	const done: Mark[] = [];
	const hand = new MarkHand(station, station.activePane, { onDone: (mark) => done.push(mark) });
	station.tool.set(tool);
	const at = (x: number, y: number, finger = false) => ({ seen: { x, y }, finger });
	const click = (x: number, y: number): boolean => {
		hand.move(at(x, y));
		const taken = hand.down(at(x, y));
		hand.up(at(x, y));
		return taken;
	};
	const drag = (from: readonly [number, number], to: readonly [number, number], finger = false): boolean => {
		const before = station.snapshot();
		const taken = hand.down(at(...from, finger));
		hand.move(at(...to, finger));
		hand.up(at(...to, finger));
		station.keep(before);
		return taken;
	};
	return { station, hand, done, click, drag, at, pane: station.activePane };
}

describe("drawing", () => {
	it("makes a line by a drag, in the image's own points", () => {
		const { station, drag, done } = aHand();
		expect(drag([40, 40], [340, 240])).toBe(true);
		const [mark] = station.marks.value;
		expect(mark?.points).toEqual(points([10, 10], [85, 60]));
		expect(mark).toMatchObject({
			kind: "length",
			seriesUid: "1.2.3",
			sopInstanceUid: "1.2.0",
			frameNumber: 1,
		});
		expect(done).toEqual([mark]);
		expect(station.selected.value).toBe(mark?.id);
	});

	it("makes the same line by two clicks", () => {
		const { station, hand, click } = aHand();
		click(40, 40);
		expect(hand.drawing.value?.fixed).toEqual(points([10, 10]));
		click(340, 240);
		expect(station.marks.value.map((one) => one.points)).toEqual([points([10, 10], [85, 60])]);
		expect(hand.drawing.value).toBeNull();
	});

	it.each<[DrawnKind, number]>([
		["length", 2],
		["angle", 3],
		["cobb", 4],
		["ellipse", 2],
		["rectangle", 2],
		["bidirectional", 2],
		["probe", 1],
		["arrow", 2],
		["text", 1],
		["ratio", 4],
		["spine", 1],
	])("takes for %s as many points as it needs: %d", (kind, count) => {
		const { station, click } = aHand(kind);
		for (let i = 0; i < count; i++) {
			expect(station.marks.value).toHaveLength(0);
			click(20 + 90 * i, 30 + 40 * (i % 3));
		}
		expect(station.marks.value.map((one) => [one.kind, one.points.length])).toEqual([[kind, POINTS[kind]]]);
	});

	it("draws Cobb's two lines by two drags", () => {
		const { station, drag } = aHand("cobb");
		drag([40, 40], [120, 40]);
		drag([40, 200], [120, 240]);
		expect(station.marks.value[0]?.points).toEqual(points([10, 10], [30, 10], [10, 50], [30, 60]));
	});

	it("follows the pointer between the clicks, and is given up by Escape", () => {
		const { station, hand, click, at } = aHand("angle");
		click(40, 40);
		hand.move(at(80, 40));
		expect(hand.drawing.value?.loose).toEqual({ x: 20, y: 10 });
		expect(hand.cancel()).toBe(true);
		expect(hand.drawing.value).toBeNull();
		expect(hand.cancel()).toBe(false);
		expect(station.marks.value).toEqual([]);
	});

	it("begins anew when another tool is chosen in between", () => {
		const { station, click } = aHand("angle");
		click(40, 40);
		station.tool.set("length");
		click(100, 100);
		click(200, 100);
		expect(station.marks.value.map((one) => one.points)).toEqual([points([25, 25], [50, 25])]);
	});

	it("lies where it is seen, when the picture is turned and flipped", () => {
		const { station, drag, pane } = aHand();
		pane.turnBy(1);
		pane.flip("sideways");
		drag([40, 40], [340, 40]);
		const [a, b] = station.marks.value[0]?.points ?? [];
		// Turned by a quarter and flipped: what is seen to the right runs down the columns of the image.
		expect(Math.abs((a?.x ?? 0) - (b?.x ?? 9))).toBeLessThan(1e-9);
		expect(Math.abs((a?.y ?? 0) - (b?.y ?? 0))).toBeCloseTo(75, 9);
	});

	it("labels vertebrae one below the other", () => {
		const { station, click } = aHand("spine");
		for (const y of [20, 60, 100]) click(200, y);
		expect(station.marks.value.map(({ text }) => text)).toEqual(["C1", "C2", "C3"]);
		const [last] = station.marks.value.slice(-1);
		setText(station, last?.id ?? "", "T12");
		expect(nextVertebra(station.marks.value)).toBe("L1");
		expect(nextVertebra([another("spine", [], { text: "S1" })])).toBe("S1");
	});

	it("places a mark by keys in the middle of what is seen", () => {
		for (const kind of ["length", "ellipse", "cobb", "bidirectional", "text"] as const) {
			const { station, hand } = aHand(kind);
			hand.place(kind);
			const [mark] = station.marks.value;
			expect([mark?.kind, mark?.points.length]).toEqual([kind, POINTS[kind]]);
			for (const { x, y } of mark?.points ?? []) {
				expect(Math.hypot(x - 50, y - 50)).toBeLessThan(12);
			}
		}
	});
});

describe("taking up", () => {
	it("moves an end, and undo puts it back", () => {
		const { station, drag, done } = aHand();
		drag([40, 40], [340, 40]);
		station.tool.set("window");
		expect(drag([342, 41], [342, 141])).toBe(true);
		expect(station.marks.value[0]?.points[1]).toEqual({ x: 85.5, y: 35.25 });
		expect(done).toHaveLength(2);
		station.undo();
		expect(station.marks.value[0]?.points[1]).toEqual({ x: 85, y: 10 });
		station.undo();
		expect(station.marks.value).toEqual([]);
		station.redo();
		station.redo();
		expect(station.marks.value[0]?.points[1]).toEqual({ x: 85.5, y: 35.25 });
	});

	it("moves the whole mark by its line", () => {
		const { station, drag } = aHand();
		drag([40, 40], [340, 40]);
		station.tool.set("window");
		drag([200, 42], [220, 82]);
		expect(station.marks.value[0]?.points).toEqual(points([15, 20], [90, 20]));
	});

	it("lets go of the mark and leaves the gesture to the window where nothing lies", () => {
		const { station, drag } = aHand();
		drag([40, 40], [340, 40]);
		station.tool.set("window");
		expect(drag([200, 300], [220, 300])).toBe(false);
		expect(station.selected.value).toBeNull();
	});

	it("needs 44 pixels for a finger, once the mark is chosen, and 16 for a mouse", () => {
		const { station, drag } = aHand();
		drag([40, 40], [340, 40]);
		station.tool.set("window");
		expect(drag([355, 55], [355, 55])).toBe(false);
		station.selected.set(station.marks.value[0]?.id ?? null);
		expect(drag([355, 55], [355, 155], true)).toBe(true);
		expect(station.marks.value[0]?.points[1]).toEqual({ x: 88.75, y: 38.75 });
	});

	it("starts a new line on another one's line, but takes its end", () => {
		const { station, drag } = aHand();
		drag([40, 40], [340, 40]);
		drag([200, 40], [200, 240]);
		expect(station.marks.value).toHaveLength(2);
		drag([340, 40], [340, 80]);
		expect(station.marks.value).toHaveLength(2);
	});

	it("puts a mark back that was being moved when Escape came", () => {
		const { station, hand, drag, at } = aHand();
		drag([40, 40], [340, 40]);
		hand.down(at(340, 40));
		hand.move(at(340, 300));
		expect(hand.cancel()).toBe(true);
		expect(station.marks.value[0]?.points[1]).toEqual({ x: 85, y: 10 });
	});

	it("never takes a colleague's mark", () => {
		const { station, drag } = aHand("window");
		station.others.set([another("length", points([10, 10], [80, 10]))]);
		expect(drag([40, 40], [90, 90])).toBe(false);
		expect(station.others.value[0]?.points).toEqual(points([10, 10], [80, 10]));
	});

	it("gives the gestures of other tools to whoever has them", () => {
		const station = aReadyStation();
		const heard: string[] = [];
		const lens = {
			down: () => heard.push("down") > 0,
			move: () => void heard.push("move"),
			up: () => void heard.push("up"),
			cancel: () => heard.push("cancel") > 0,
		};
		const hand = new MarkHand(station, station.activePane, {
			others: { magnifier: lens },
			onDone: () => undefined,
		});
		station.tool.set("magnifier");
		const touch = { seen: { x: 5, y: 5 }, finger: false };
		expect(hand.down(touch)).toBe(true);
		hand.move(touch);
		hand.up(touch);
		hand.move(touch);
		expect(heard).toEqual(["down", "move", "move", "up"]);
		station.tool.set("pan");
		expect(hand.down(touch)).toBe(false);
	});
});

describe("keys", () => {
	it("move the chosen mark, or its end, by pixels of the image as seen", () => {
		const { station, drag, pane } = aHand();
		drag([40, 40], [340, 40]);
		const ends = new Ends();
		nudge(station, ends, 1, 0);
		expect(station.marks.value[0]?.points).toEqual(points([11, 10], [86, 10]));
		const [mark] = station.marks.value;
		if (mark === undefined) throw new Error("a mark");
		expect([ends.next(mark), ends.next(mark), ends.next(mark)]).toEqual([0, 1, -1]);
		ends.next(mark);
		pane.turnBy(2);
		nudge(station, ends, 0, -10);
		expect(station.marks.value[0]?.points).toEqual(points([11, 20], [86, 10]));
		station.undo();
		expect(station.marks.value[0]?.points).toEqual(points([11, 10], [86, 10]));
		expect(nudge(aReadyStation(), ends, 1, 1)).toBeNull();
	});

	it("go round the marks of the frame, and remove the chosen one, else the last", () => {
		const { station, drag } = aHand();
		for (const y of [40, 140, 240]) drag([40, y], [340, y]);
		const ids = station.marks.value.map(({ id }) => id);
		station.selected.set(null);
		const seen = [0, 1, 2, 3].map(() => {
			selectNext(station);
			return station.selected.value;
		});
		expect(seen).toEqual([ids[0], ids[1], ids[2], ids[0]]);
		removeSelected(station);
		removeSelected(station);
		expect(station.marks.value.map(({ id }) => id)).toEqual([ids[1]]);
		expect(station.selected.value).toBeNull();
		station.undo();
		expect(station.marks.value.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
	});

	it("mark a key image once, and take it back; it has no number among the measurements", () => {
		const { station, pane, drag } = aHand();
		toggleKey(station);
		expect(keyOf(station, pane)).toMatchObject({ kind: "key", points: [], sopInstanceUid: "1.2.0" });
		drag([40, 40], [340, 40]);
		expect(numberOf(station.marks.value, station.marks.value[1]?.id ?? "")).toBe(1);
		pane.scroll(1);
		expect(keyOf(station, pane)).toBeUndefined();
		pane.scroll(-1);
		toggleKey(station);
		expect(keyOf(station, pane)).toBeUndefined();
		expect(station.marks.value).toHaveLength(1);
	});

	it("write words; a text without words is gone, a line keeps its line", () => {
		const { station } = aHand();
		const [text, line] = [
			another("text", points([5, 5])),
			another("length", points([1, 1], [9, 9]), { text: "a" }),
		];
		station.marks.set([text, line]);
		setText(station, text.id, "  结节  ");
		expect(station.marks.value[0]?.text).toBe("结节");
		setText(station, text.id, " ");
		setText(station, line.id, "");
		expect(station.marks.value.map(({ id, text: said }) => [id, said])).toEqual([[line.id, ""]]);
	});
});

describe("ids", () => {
	it("are UUIDs of version 4, never twice", () => {
		const ids = Array.from({ length: 200 }, newId);
		expect(new Set(ids).size).toBe(200);
		for (const id of ids) {
			expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		}
	});
});
