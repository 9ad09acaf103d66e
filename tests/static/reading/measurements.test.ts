import { describe, expect, it } from "vitest";
import {
	added,
	circled,
	distanceToSegment,
	EMPTY_LEDGER,
	figure,
	type Ledger,
	measurementsOn,
	redone,
	removed,
	undone,
} from "../../../static/src/reading/measurements.ts";
import { figures } from "./studies.ts";

const ONE = {
	seriesUid: "1",
	sopInstanceUid: "1.1",
	frameNumber: 1,
	from: { x: 0, y: 0 },
	to: { x: 3, y: 4 },
	distance: { value: 13.62, unit: "mm" as const, atDetector: false },
};

/** A ledger after some acts, and its content before each of them and at the end. */
function acted(acts: number, random: () => number): { ledger: Ledger; states: Ledger["current"][] } {
	let ledger: Ledger = EMPTY_LEDGER;
	const states = [ledger.current];
	for (let act = 0; act < acts; act++) {
		const ids = ledger.current.map(({ id }) => id);
		const remove = ids.length > 0 && random() < 0.4;
		ledger = remove ? removed(ledger, ids[Math.floor(random() * ids.length)] ?? 0) : added(ledger, ONE);
		states.push(ledger.current);
	}
	return { ledger, states };
}

function replayed(
	from: Ledger,
	step: (ledger: Ledger) => Ledger,
	expected: readonly Ledger["current"][],
): Ledger {
	let ledger = from;
	for (const state of expected) {
		ledger = step(ledger);
		expect(ledger.current).toEqual(state);
	}
	return ledger;
}

describe("the ledger of measurements", () => {
	it("undoes and redoes any series of acts, one by one", () => {
		const random = figures(14);
		for (let round = 0; round < 60; round++) {
			const { ledger, states } = acted(20, random);
			const first = replayed(ledger, undone, [...states].reverse().slice(1));
			expect(undone(first)).toBe(first);
			const last = replayed(first, redone, states.slice(1));
			expect(redone(last)).toBe(last);
		}
	});

	it("never gives an id twice, also after undo", () => {
		let ledger = added(added(EMPTY_LEDGER, ONE), ONE);
		ledger = added(undone(ledger), ONE);
		expect(ledger.current.map(({ id }) => id)).toEqual([1, 3]);
		expect(redone(ledger)).toBe(ledger);
	});

	it("is unchanged when there is nothing to remove", () => {
		const ledger = added(EMPTY_LEDGER, ONE);
		expect(removed(ledger, 99)).toBe(ledger);
	});

	it("keeps 200 steps", () => {
		let ledger: Ledger = EMPTY_LEDGER;
		for (let act = 0; act < 250; act++) ledger = added(ledger, ONE);
		for (let act = 0; act < 250; act++) ledger = undone(ledger);
		expect(ledger.current).toHaveLength(50);
	});

	it("finds what belongs to a frame", () => {
		const ledger = added(added(EMPTY_LEDGER, ONE), { ...ONE, frameNumber: 2 });
		expect(measurementsOn(ledger, "1.1", 2).map(({ id }) => id)).toEqual([2]);
		expect(measurementsOn(ledger, "1.2", 1)).toEqual([]);
	});
});

describe("labels and picking", () => {
	it("number in circles up to twenty", () => {
		expect([1, 2, 20, 21].map(circled)).toEqual(["①", "②", "⑳", "(21)"]);
	});

	it("give one decimal and the unit", () => {
		expect(figure(ONE.distance)).toBe("13.6 mm");
		expect(figure({ value: 42, unit: "px", atDetector: false })).toBe("42.0 px");
	});

	it("measure to the nearest point of the segment", () => {
		const [a, b] = [
			{ x: 0, y: 0 },
			{ x: 10, y: 0 },
		];
		expect(distanceToSegment({ x: 5, y: 3 }, a, b)).toBe(3);
		expect(distanceToSegment({ x: 14, y: 3 }, a, b)).toBe(5);
		expect(distanceToSegment({ x: -3, y: 4 }, a, a)).toBe(5);
	});
});
