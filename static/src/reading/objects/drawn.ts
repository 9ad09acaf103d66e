/** Graphics and words of objects over a frame, ready for the overlay (PS3.3 C.10.5, C.18.6). Pure. */
import type { Frame } from "../manifest.ts";
import type { Projection } from "../projection.ts";
import type { Point } from "../space.ts";
import type { Item } from "../tools/scene.ts";
import { type Line, NOTHING, type Shape } from "../tools/shapes.ts";
import { areaOf } from "./presented.ts";
import {
	type Annotated,
	type Area,
	type Graphic,
	isFor,
	type Measurement,
	names,
	type Presentation,
	type Report,
	type Words,
} from "./told.ts";

const ROUND_STEPS = 64;
const CURVE_STEPS = 12;
const CROSS_PX = 6;
const LABEL_PX = 8;
const ITEMS_MAX = 2_000;

type Place = (pair: readonly [number, number]) => Point;

/** Where shares of the displayed area lie on the screen (C.10.5.1.2, DISPLAY). */
function displayPlace(area: Area, { toSeen }: Projection): Place {
	const [x, y] = area.top_left;
	const [toX, toY] = area.bottom_right;
	const outer = (from: number, to: number): readonly [number, number] =>
		from <= to ? [from - 1, to] : [from, to - 1];
	const [left, right] = outer(x, toX);
	const [top, bottom] = outer(y, toY);
	const first = toSeen({ x: left, y: top });
	const last = toSeen({ x: right, y: bottom });
	return ([across, down]) => ({
		x: first.x + across * (last.x - first.x),
		y: first.y + down * (last.y - first.y),
	});
}

function joined(points: readonly Point[], closed = false): Line[] {
	const ends = closed ? [...points.slice(1), points[0] as Point] : points.slice(1);
	return ends.map((b, i) => ({ a: points[i] as Point, b }));
}

function cross({ x, y }: Point): Line[] {
	return [
		{ a: { x: x - CROSS_PX, y }, b: { x: x + CROSS_PX, y } },
		{ a: { x, y: y - CROSS_PX }, b: { x, y: y + CROSS_PX } },
	];
}

type Pairs = readonly (readonly [number, number])[];

function turned(center: readonly [number, number], one: readonly number[], other: readonly number[]): Pairs {
	return Array.from({ length: ROUND_STEPS }, (_, i) => {
		const angle = (2 * Math.PI * i) / ROUND_STEPS;
		const [c, s] = [Math.cos(angle), Math.sin(angle)];
		return [
			center[0] + c * (one[0] ?? 0) + s * (other[0] ?? 0),
			center[1] + c * (one[1] ?? 0) + s * (other[1] ?? 0),
		] as const;
	});
}

/** Centre and a point of the circumference. */
function circle([center, rim]: Pairs): Pairs {
	if (center === undefined || rim === undefined) return [];
	const [dx, dy] = [rim[0] - center[0], rim[1] - center[1]];
	return turned(center, [dx, dy], [-dy, dx]);
}

/** Ends of the major, then of the minor axis. */
function ellipse([a, b, c, d]: Pairs): Pairs {
	if (a === undefined || b === undefined || c === undefined || d === undefined) return [];
	const half = (one: readonly [number, number], other: readonly [number, number]): readonly number[] => [
		(other[0] - one[0]) / 2,
		(other[1] - one[1]) / 2,
	];
	return turned([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2], half(a, b), half(c, d));
}

/** A curve through all points (Catmull–Rom); the standard leaves the interpolation open. */
export function curve(points: Pairs): Pairs {
	const closed = points.length > 2 && samePair(points[0], points.at(-1));
	const count = points.length;
	const at = (i: number): readonly [number, number] => {
		const index = closed ? (i + count - 1) % (count - 1) : Math.min(Math.max(i, 0), count - 1);
		return points[index] as readonly [number, number];
	};
	const through: (readonly [number, number])[] = [];
	for (let i = 0; i + 1 < count; i++) {
		for (let step = 0; step < CURVE_STEPS; step++) {
			const t = step / CURVE_STEPS;
			through.push([0, 1].map((axis) => blended(at, i, t, axis)) as unknown as readonly [number, number]);
		}
	}
	return count === 0 ? [] : [...through, points[count - 1] as readonly [number, number]];
}

function blended(at: (i: number) => readonly [number, number], i: number, t: number, axis: number): number {
	const [p, q, r, s] = [at(i - 1), at(i), at(i + 1), at(i + 2)].map((one) => one[axis] ?? 0) as [
		number,
		number,
		number,
		number,
	];
	return (
		0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t * t + (3 * q - p - 3 * r + s) * t * t * t)
	);
}

function samePair(one: readonly [number, number] | undefined, other: typeof one): boolean {
	return one !== undefined && other !== undefined && one[0] === other[0] && one[1] === other[1];
}

/** The lines of a figure, as they are seen. */
export function linesOf({ kind, points }: Pick<Graphic, "kind" | "points">, place: Place): Line[] {
	if (kind === "POINT" || kind === "MULTIPOINT") return points.flatMap((one) => cross(place(one)));
	if (kind === "CIRCLE") return joined(circle(points).map(place), true);
	if (kind === "ELLIPSE") return joined(ellipse(points).map(place), true);
	if (kind === "INTERPOLATED") return joined(curve(points).map(place));
	return joined(points.map(place), kind === "POLYGON");
}

function item(id: string, lines: readonly Line[], label: Point | null, said: readonly string[]): Item {
	const shape: Shape = { ...NOTHING, lines, label };
	return { id, tone: "object", shape, lines: said, held: false };
}

function wordsItem(id: string, words: Words, place: Place): Item {
	const at = place(words.at);
	const anchor = words.anchor === null ? [] : cross(place(words.anchor));
	const said = words.text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== "");
	return item(id, anchor, { x: at.x + LABEL_PX, y: at.y }, said);
}

/** What a presentation state draws and writes over a frame. */
export function presentedItems(state: Presentation, frame: Frame, projection: Projection): Item[] {
	const pixel: Place = ([x, y]) => projection.toSeen({ x, y });
	const area = areaOf(state, frame);
	const display = area === undefined ? null : displayPlace(area, projection);
	const placeOf = (units: Graphic["units"]): Place | null => (units === "PIXEL" ? pixel : display);
	const uid = state.header.sop_instance_uid;
	const over = state.annotations.filter((one) => isFor(one.images, state, frame));
	return over.flatMap((one, i) => annotatedItems(`${uid}-${i}`, one, placeOf)).slice(0, ITEMS_MAX);
}

function annotatedItems(
	id: string,
	{ graphics, words }: Annotated,
	placeOf: (units: Graphic["units"]) => Place | null,
): Item[] {
	return [
		...graphics.flatMap((one, i) => {
			const place = placeOf(one.units);
			return place === null ? [] : [item(`${id}-g${i}`, linesOf(one, place), null, [])];
		}),
		...words.flatMap((one, i) => {
			const place = placeOf(one.units);
			return place === null ? [] : [wordsItem(`${id}-w${i}`, one, place)];
		}),
	];
}

/** What a measurement says, in one line: `Long Axis 93.9 mm × Short Axis 47 mm`. */
export function figuresSaid({ figures }: Measurement): string[] {
	return figures
		.filter(({ value }) => value !== "")
		.map(({ name, derivation, value, unit }) => {
			const rounded = shortened(value);
			return [derivation || name, `${rounded}${unit === "" || unit === "°" ? unit : ` ${unit}`}`].join(" ");
		});
}

/** Numbers of other systems have up to sixteen digits; one after the point is what a reader wants. */
export function shortened(value: string): string {
	const number = Number(value);
	if (!Number.isFinite(number) || value.trim() === "") return value;
	return Number.isInteger(number)
		? String(number)
		: String(Number(number.toFixed(Math.abs(number) < 10 ? 2 : 1)));
}

/** A name for a measurement: its finding, else what its tracking identifier says of it. */
export function titleOf({ finding, tracking_identifier: tracking }: Measurement): string {
	return finding || tracking.slice(tracking.lastIndexOf(":") + 1);
}

/** What the measurements of a report draw over a frame. */
export function measuredItems(
	{ header, measurements }: Report,
	frame: Frame,
	projection: Projection,
): Item[] {
	const pixel: Place = ([x, y]) => projection.toSeen({ x, y });
	return measurements
		.flatMap((one, m) => {
			const here = one.places.filter(({ image }) => names([image], frame));
			return here.map(({ graphic }, i) => {
				const lines = linesOf(graphic, pixel);
				const said = i === 0 ? [titleOf(one), ...figuresSaid(one)].filter((line) => line !== "") : [];
				return item(`${header.sop_instance_uid}-${m}-${i}`, lines, labelBeside(lines), said);
			});
		})
		.slice(0, ITEMS_MAX);
}

function labelBeside(lines: readonly Line[]): Point | null {
	const points = lines.flatMap(({ a, b }) => [a, b]);
	const [first] = points;
	if (first === undefined) return null;
	const right = points.reduce((best, one) => (one.x > best.x ? one : best), first);
	return { x: right.x + LABEL_PX, y: right.y };
}
