/** A mark as it is drawn: lines, ellipses and handles at points of the screen. Pure. */
import type { Point } from "../space.ts";
import type { MarkKind } from "./mark.ts";

export interface Line {
	readonly a: Point;
	readonly b: Point;
	/** Joins what belongs together, without being measured. */
	readonly thin?: boolean;
}

export interface Round {
	readonly center: Point;
	readonly rx: number;
	readonly ry: number;
}

/** Where the x and y of a point come to lie: a·x + c·y + e and b·x + d·y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

/** An area of an object: an SVG path in points of its own, laid on the screen by a matrix. */
export interface Area {
	readonly outline: string;
	readonly matrix: Matrix;
	/** `#rrggbb`. */
	readonly colour: string;
	/** Opacity of what lies within, 0 to 1. */
	readonly fill: number;
	/** Its edge is drawn. */
	readonly edged: boolean;
}

export interface Shape {
	/** Filled areas; nothing else is drawn of a shape that has them. */
	readonly areas?: readonly Area[];
	readonly lines: readonly Line[];
	readonly rounds: readonly Round[];
	readonly handles: readonly Point[];
	/** Where the words begin. */
	readonly label: Point | null;
}

export const NOTHING: Shape = { lines: [], rounds: [], handles: [], label: null };
const TICK_PX = 5;
const ARROW_PX = 12;
const ARROW_SPREAD = 0.4;
const CROSS_PX = 7;
const LABEL_OFFSET_PX = 8;

function along(from: Point, by: number, angle: number): Point {
	return { x: from.x + by * Math.cos(angle), y: from.y + by * Math.sin(angle) };
}

/** A measured line with a tick across each end. */
function ruled(a: Point, b: Point): Line[] {
	const across = Math.atan2(b.y - a.y, b.x - a.x) + Math.PI / 2;
	const ticks = [a, b].map((end) => ({ a: along(end, TICK_PX, across), b: along(end, -TICK_PX, across) }));
	return [{ a, b }, ...ticks];
}

/** The tip is the first point. */
function arrow(tip: Point, tail: Point): Line[] {
	const back = Math.atan2(tail.y - tip.y, tail.x - tip.x);
	return [
		{ a: tail, b: tip },
		{ a: tip, b: along(tip, ARROW_PX, back + ARROW_SPREAD) },
		{ a: tip, b: along(tip, ARROW_PX, back - ARROW_SPREAD) },
	];
}

function cross(at: Point): Line[] {
	return [
		{ a: { x: at.x - CROSS_PX, y: at.y }, b: { x: at.x + CROSS_PX, y: at.y } },
		{ a: { x: at.x, y: at.y - CROSS_PX }, b: { x: at.x, y: at.y + CROSS_PX } },
	];
}

function rectangle(a: Point, b: Point): Line[] {
	const corners = [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
	return corners.map((one, i) => ({ a: one, b: corners[(i + 1) % 4] as Point }));
}

function middle(a: Point, b: Point): Point {
	return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function pairs(points: readonly Point[]): Line[] {
	const [a, b, c, d] = points;
	const lines = a !== undefined && b !== undefined ? ruled(a, b) : [];
	return c !== undefined && d !== undefined ? [...lines, ...ruled(c, d)] : lines;
}

/** Two lines that are far apart are joined from middle to middle. */
function cobb(points: readonly Point[]): Line[] {
	const [a, b, c, d] = points;
	if (a === undefined || b === undefined || c === undefined || d === undefined) return pairs(points);
	return [...pairs(points), { a: middle(a, b), b: middle(c, d), thin: true }];
}

function linesOf(kind: MarkKind, points: readonly Point[]): Line[] {
	const [a, b, c] = points;
	if (a === undefined) return [];
	if (kind === "probe" || kind === "spine" || kind === "text") return cross(a);
	if (b === undefined) return cross(a);
	if (kind === "arrow") return arrow(a, b);
	if (kind === "rectangle") return rectangle(a, b);
	if (kind === "angle")
		return c === undefined
			? [{ a, b }]
			: [
					{ a, b },
					{ a: b, b: c },
				];
	if (kind === "cobb") return cobb(points);
	return kind === "ellipse" ? [] : pairs(points);
}

/** The words stand right of the rightmost point, of an arrow at its tail. */
function labelAt(kind: MarkKind, points: readonly Point[]): Point | null {
	const [first] = points;
	if (first === undefined) return null;
	const from =
		kind === "arrow"
			? (points[1] ?? first)
			: points.reduce((best, one) => (one.x > best.x ? one : best), first);
	return { x: from.x + LABEL_OFFSET_PX, y: from.y };
}

/** The shape of a mark whose points are given as they are seen. */
export function shapeOf(kind: MarkKind, seen: readonly Point[]): Shape {
	const [a, b] = seen;
	const rounds =
		kind === "ellipse" && a !== undefined && b !== undefined
			? [{ center: middle(a, b), rx: Math.abs(b.x - a.x) / 2, ry: Math.abs(b.y - a.y) / 2 }]
			: [];
	return { lines: linesOf(kind, seen), rounds, handles: seen, label: labelAt(kind, seen) };
}

/** The distance of a point from a segment. */
export function distanceToLine(point: Point, { a, b }: Line): number {
	const dx = b.x - a.x;
	const dy = b.y - a.y;
	const size = dx * dx + dy * dy;
	const share =
		size === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / size));
	return Math.hypot(point.x - a.x - share * dx, point.y - a.y - share * dy);
}

/** About how far a point is from the line of an ellipse: exact for circles, near enough to pick the others. */
function distanceToRound(point: Point, { center, rx, ry }: Round): number {
	if (rx === 0 || ry === 0) return Math.hypot(point.x - center.x, point.y - center.y);
	const out = Math.hypot((point.x - center.x) / rx, (point.y - center.y) / ry);
	return Math.abs(out - 1) * Math.min(rx, ry);
}

export function distanceTo(point: Point, shape: Shape): number {
	return Math.min(
		Number.POSITIVE_INFINITY,
		...shape.lines.map((line) => distanceToLine(point, line)),
		...shape.rounds.map((round) => distanceToRound(point, round)),
	);
}

/** The handle within reach of a point, the nearest one; -1 if there is none. */
export function handleAt(point: Point, shape: Shape, reach: number): number {
	const far = shape.handles.map((one) => Math.hypot(one.x - point.x, one.y - point.y));
	const nearest = Math.min(...far);
	return nearest <= reach ? far.indexOf(nearest) : -1;
}
