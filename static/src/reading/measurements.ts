/** Length measurements of the reader, with undo and redo. Plain values; every change is a new list. */
import type { Distance, Point } from "./space.ts";

export interface Measurement {
	readonly id: number;
	readonly seriesUid: string;
	readonly sopInstanceUid: string;
	/** Frame number within the object, from 1. */
	readonly frameNumber: number;
	readonly from: Point;
	readonly to: Point;
	readonly distance: Distance;
}

export interface Ledger {
	readonly current: readonly Measurement[];
	readonly past: readonly (readonly Measurement[])[];
	readonly future: readonly (readonly Measurement[])[];
	readonly nextId: number;
}

export const EMPTY_LEDGER: Ledger = { current: [], past: [], future: [], nextId: 1 };
const UNDO_STEPS_MAX = 200;

function changed(ledger: Ledger, current: readonly Measurement[], nextId = ledger.nextId): Ledger {
	const past = [...ledger.past, ledger.current].slice(-UNDO_STEPS_MAX);
	return { current, past, future: [], nextId };
}

export function added(ledger: Ledger, measurement: Omit<Measurement, "id">): Ledger {
	const whole = { ...measurement, id: ledger.nextId };
	return changed(ledger, [...ledger.current, whole], ledger.nextId + 1);
}

export function removed(ledger: Ledger, id: number): Ledger {
	const rest = ledger.current.filter((one) => one.id !== id);
	return rest.length === ledger.current.length ? ledger : changed(ledger, rest);
}

export function undone(ledger: Ledger): Ledger {
	const before = ledger.past.at(-1);
	if (before === undefined) return ledger;
	return {
		...ledger,
		current: before,
		past: ledger.past.slice(0, -1),
		future: [ledger.current, ...ledger.future],
	};
}

export function redone(ledger: Ledger): Ledger {
	const [next, ...future] = ledger.future;
	if (next === undefined) return ledger;
	return { ...ledger, current: next, past: [...ledger.past, ledger.current], future };
}

export function measurementsOn(ledger: Ledger, sopInstanceUid: string, frameNumber: number): Measurement[] {
	return ledger.current.filter(
		(one) => one.sopInstanceUid === sopInstanceUid && one.frameNumber === frameNumber,
	);
}

const CIRCLED_ONE = 0x2460;
const CIRCLED_MAX = 20;

/** ① to ⑳, then plain figures: a measurement's number in order of making. */
export function circled(order: number): string {
	return order <= CIRCLED_MAX ? String.fromCodePoint(CIRCLED_ONE + order - 1) : `(${order})`;
}

/** `13.6 mm`, `42.0 px`: one decimal, as the scanner's resolution allows. */
export function figure(distance: Distance): string {
	return `${distance.value.toFixed(1)} ${distance.unit}`;
}

/** The distance of a point from a segment, for picking. */
export function distanceToSegment(point: Point, a: Point, b: Point): number {
	const dx = b.x - a.x;
	const dy = b.y - a.y;
	const size = dx * dx + dy * dy;
	const along =
		size === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / size));
	return Math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy);
}
