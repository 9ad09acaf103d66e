/** What a reader marks on an image. Plain values; every change is a new one. */
import type { Point } from "../space.ts";

export const MARK_KINDS = [
	"length",
	"angle",
	"cobb",
	"ellipse",
	"rectangle",
	"bidirectional",
	"probe",
	"arrow",
	"text",
	"ratio",
	"spine",
	"key",
] as const;

/** `ratio` is the cardiothoracic ratio: heart, then thorax. `key` marks the whole image as a key image. */
export type MarkKind = (typeof MARK_KINDS)[number];
export type DrawnKind = Exclude<MarkKind, "key">;

export interface Author {
	readonly accountId: string;
	readonly name: string;
	/** ISO 8601. */
	readonly at: string;
}

export interface Mark {
	/** A UUID, made where the mark is made. */
	readonly id: string;
	readonly kind: MarkKind;
	readonly seriesUid: string;
	readonly sopInstanceUid: string;
	/** Frame number within the object, from 1. */
	readonly frameNumber: number;
	/** In the image's own points: columns and rows from its upper left corner. */
	readonly points: readonly Point[];
	readonly text: string;
	/** Whose it is; null while it is the reader's own. */
	readonly author: Author | null;
}

/** How many points a mark of a kind has. */
export const POINTS: Readonly<Record<MarkKind, number>> = {
	length: 2,
	angle: 3,
	cobb: 4,
	ellipse: 2,
	rectangle: 2,
	bidirectional: 4,
	probe: 1,
	arrow: 2,
	text: 1,
	ratio: 4,
	spine: 1,
	key: 0,
};

/** How many of them the reader places; the short axis of a bidirectional is proposed. */
export const PLACED: Readonly<Record<DrawnKind, number>> = { ...POINTS, bidirectional: 2 };

export const DRAWN_KINDS: readonly DrawnKind[] = MARK_KINDS.filter((kind) => kind !== "key");

/** True for kinds that carry words of the reader. */
export function takesText(kind: MarkKind): boolean {
	return kind === "text" || kind === "arrow" || kind === "spine";
}

/** The whole points of a finished drawing: the short axis stands upright in the middle of the long one. */
export function completed(kind: DrawnKind, placed: readonly Point[], aspect: number): readonly Point[] {
	const [a, b] = placed;
	if (kind !== "bidirectional" || a === undefined || b === undefined) return placed;
	const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
	// Upright in the patient, not in pixels: `aspect` is the width of a pixel over its height.
	const quarter = { x: ((b.x - a.x) * aspect) / 4, y: (b.y - a.y) / 4 };
	const side = { x: -quarter.y / aspect, y: quarter.x };
	return [
		a,
		b,
		{ x: middle.x + side.x, y: middle.y + side.y },
		{ x: middle.x - side.x, y: middle.y - side.y },
	];
}

export function moved(mark: Mark, by: Point): Mark {
	return { ...mark, points: mark.points.map(({ x, y }) => ({ x: x + by.x, y: y + by.y })) };
}

export function withPoint(mark: Mark, index: number, point: Point): Mark {
	return { ...mark, points: mark.points.map((one, i) => (i === index ? point : one)) };
}

export function marksOn(marks: readonly Mark[], sopInstanceUid: string, frameNumber: number): Mark[] {
	return marks.filter((one) => one.sopInstanceUid === sopInstanceUid && one.frameNumber === frameNumber);
}

export function replaced(marks: readonly Mark[], mark: Mark): readonly Mark[] {
	return marks.map((one) => (one.id === mark.id ? mark : one));
}

export function without(marks: readonly Mark[], id: string): readonly Mark[] {
	return marks.some((one) => one.id === id) ? marks.filter((one) => one.id !== id) : marks;
}

const CIRCLED_ONE = 0x2460;
const CIRCLED_MAX = 20;

/** ① to ⑳, then plain figures: a mark's number in order of making. */
export function circled(order: number): string {
	return order <= CIRCLED_MAX ? String.fromCodePoint(CIRCLED_ONE + order - 1) : `(${order})`;
}

/** The number of a mark among those that are measured or drawn; key images have none. */
export function numberOf(marks: readonly Mark[], id: string): number {
	return marks.filter((one) => one.kind !== "key").findIndex((one) => one.id === id) + 1;
}

const SPINE: readonly string[] = [
	...Array.from({ length: 7 }, (_, i) => `C${i + 1}`),
	...Array.from({ length: 12 }, (_, i) => `T${i + 1}`),
	...Array.from({ length: 5 }, (_, i) => `L${i + 1}`),
	"S1",
];

/** The vertebra below the last one that was labelled; the first is C1. */
export function nextVertebra(marks: readonly Mark[]): string {
	const last = marks.filter((one) => one.kind === "spine").at(-1)?.text ?? "";
	const at = SPINE.indexOf(last.toUpperCase());
	return SPINE[Math.min(at + 1, SPINE.length - 1)] ?? "";
}
