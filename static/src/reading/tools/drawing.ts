/** A mark in the making: each line by a drag or by two clicks, as the hand likes. Pure. */
import type { Point } from "../space.ts";
import { type DrawnKind, PLACED } from "./mark.ts";

export interface Drawing {
	readonly kind: DrawnKind;
	/** What is placed for good. */
	readonly fixed: readonly Point[];
	/** The point that follows the pointer. */
	readonly loose: Point | null;
}

export type Drawn = { readonly drawing: Drawing } | { readonly finished: readonly Point[] };

function after(kind: DrawnKind, fixed: readonly Point[], at: Point): Drawn {
	if (fixed.length >= PLACED[kind]) return { finished: fixed };
	return { drawing: { kind, fixed, loose: at } };
}

/** The pointer goes down: it places a point, and the next one follows it. */
export function pressed(drawing: Drawing | null, kind: DrawnKind, at: Point): Drawn {
	const before = drawing?.kind === kind ? drawing.fixed : [];
	return after(kind, [...before, at], at);
}

export function followed(drawing: Drawing, at: Point): Drawing {
	return { ...drawing, loose: at };
}

/** The pointer goes up: after a drag it places a point, after a click the next one goes on following. */
export function released(drawing: Drawing, at: Point, dragged: boolean): Drawn {
	if (!dragged) return { drawing };
	return after(drawing.kind, [...drawing.fixed, at], at);
}

/** All points to be shown now. */
export function shownPoints({ fixed, loose }: Drawing): readonly Point[] {
	return loose === null ? fixed : [...fixed, loose];
}
