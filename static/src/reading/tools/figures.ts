/** What a mark measures: pure figures with their units. */
import type { ImageForm } from "../manifest.ts";
import type { Samples } from "../samples.ts";
import type { Point } from "../space.ts";
import type { Calibration } from "./calibration.ts";
import type { MarkKind } from "./mark.ts";
import { boxOf, statisticsIn, valueAt } from "./roi.ts";

export type FigureName =
	| "length"
	| "short"
	| "time"
	| "height"
	| "angle"
	| "area"
	| "mean"
	| "deviation"
	| "min"
	| "max"
	| "value"
	| "ratio"
	| "heart"
	| "thorax";

export interface Figure {
	readonly name: FigureName;
	readonly value: number;
	readonly unit: string;
	readonly digits: number;
}

/** What figures are made from besides the points; without samples only geometry is measured. */
export interface Ground {
	readonly form: ImageForm;
	readonly modality: string;
	readonly calibration: Calibration;
	readonly samples: Samples | undefined;
}

const DEGREES = 180 / Math.PI;
const UNNAMED = new Set(["", "US", "UNSPECIFIED"]);

function vector(a: Point, b: Point, { across, down }: Calibration): Point {
	return { x: (b.x - a.x) * across.delta, y: (b.y - a.y) * down.delta };
}

export function lengthOf(a: Point, b: Point, calibration: Calibration): number {
	const { x, y } = vector(a, b, calibration);
	return Math.hypot(x, y);
}

/** The angle between two directions, 0 to 180°; NaN where one has no length. */
function between(a: Point, b: Point): number {
	const size = Math.hypot(a.x, a.y) * Math.hypot(b.x, b.y);
	if (size === 0) return Number.NaN;
	return Math.atan2(Math.abs(a.x * b.y - a.y * b.x), a.x * b.x + a.y * b.y) * DEGREES;
}

/** The acute or right angle between two lines, whichever way they were drawn. */
function cobb(a: Point, b: Point): number {
	const angle = between(a, b);
	return angle > 90 ? 180 - angle : angle;
}

function figure(name: FigureName, value: number, unit: string, digits = 1): Figure[] {
	return Number.isFinite(value) ? [{ name, value, unit, digits }] : [];
}

/** A length where both axes are lengths, else how far along each axis. */
function lengths(a: Point, b: Point, calibration: Calibration, name: FigureName = "length"): Figure[] {
	const { across, down, planar } = calibration;
	if (planar) return figure(name, lengthOf(a, b, calibration), across.unit);
	const { x, y } = vector(a, b, calibration);
	return [
		...figure("time", Math.abs(x), across.unit, 2),
		...figure("height", Math.abs(y), down.unit, down.unit === "mm" ? 1 : 2),
	];
}

/** The unit of rescaled values: what the object says; CT says nothing and means Hounsfield (C.8.2.1). */
export function valueUnit(form: ImageForm, modality: string): string {
	if (!UNNAMED.has(form.rescaleType)) return form.rescaleType;
	return modality === "CT" && form.rescaleType === "" ? "HU" : "";
}

/** Digits that mean something: none for whole Hounsfield, two for values around one. */
function digitsFor(form: ImageForm): number {
	return form.floating || !Number.isInteger(form.rescaleSlope) ? 2 : 0;
}

function region(a: Point, b: Point, round: boolean, ground: Ground): Figure[] {
	const { form, calibration, samples, modality } = ground;
	const box = boxOf(a, b);
	const { across, down, planar } = calibration;
	const size = (box.right - box.left) * across.delta * (box.bottom - box.top) * down.delta;
	const area = planar ? figure("area", round ? (size * Math.PI) / 4 : size, `${across.unit}²`) : [];
	const found = samples === undefined ? null : statisticsIn(form, samples, box, round);
	if (found === null) return area;
	const unit = valueUnit(form, modality);
	const digits = digitsFor(form);
	return [
		...figure("mean", found.mean, unit, Math.max(1, digits)),
		...figure("deviation", found.deviation, unit, Math.max(1, digits)),
		...figure("min", found.min, unit, digits),
		...figure("max", found.max, unit, digits),
		...area,
	];
}

function ratio(p: readonly [Point, Point, Point, Point], calibration: Calibration): Figure[] {
	const heart = lengthOf(p[0], p[1], calibration);
	const thorax = lengthOf(p[2], p[3], calibration);
	return [
		...figure("ratio", thorax > 0 ? heart / thorax : Number.NaN, "", 2),
		...lengths(p[0], p[1], calibration, "heart"),
		...lengths(p[2], p[3], calibration, "thorax"),
	];
}

function probe(at: Point, { form, modality, samples }: Ground): Figure[] {
	const value = samples === undefined ? null : valueAt(form, samples, at);
	return value === null ? [] : figure("value", value, valueUnit(form, modality), digitsFor(form));
}

/** Angles mean nothing where an axis is a time. */
function angle(degrees: number, { planar }: Calibration): Figure[] {
	return planar ? figure("angle", degrees, "°") : [];
}

type Measure = (points: readonly Point[], ground: Ground) => Figure[];

/** A line, then what the second line adds; both lines are there once there are four points. */
function twoLines(
	whole: (p: readonly [Point, Point, Point, Point], calibration: Calibration) => Figure[],
): Measure {
	return (points, { calibration }) => {
		const [a, b, c, d] = points;
		if (a === undefined || b === undefined) return [];
		if (c === undefined || d === undefined) return lengths(a, b, calibration);
		return whole([a, b, c, d], calibration);
	};
}

function twoPoints(whole: (a: Point, b: Point, ground: Ground) => Figure[]): Measure {
	return ([a, b], ground) => (a === undefined || b === undefined ? [] : whole(a, b, ground));
}

const MEASURES: Readonly<Record<MarkKind, Measure>> = {
	length: twoPoints((a, b, { calibration }) => lengths(a, b, calibration)),
	angle: ([a, b, c], { calibration }) =>
		a === undefined || b === undefined || c === undefined
			? []
			: angle(between(vector(b, a, calibration), vector(b, c, calibration)), calibration),
	cobb: twoLines(([a, b, c, d], calibration) =>
		angle(cobb(vector(a, b, calibration), vector(c, d, calibration)), calibration),
	),
	ellipse: twoPoints((a, b, ground) => region(a, b, true, ground)),
	rectangle: twoPoints((a, b, ground) => region(a, b, false, ground)),
	bidirectional: twoLines(([a, b, c, d], calibration) =>
		[...lengths(a, b, calibration), ...lengths(c, d, calibration, "short")].sort(
			(one, other) => other.value - one.value,
		),
	),
	probe: ([a], ground) => (a === undefined ? [] : probe(a, ground)),
	ratio: twoLines(ratio),
	arrow: () => [],
	text: () => [],
	spine: () => [],
	key: () => [],
};

/** The figures of a mark; none while points are missing, and for marks that only point or speak. */
export function figuresOf(kind: MarkKind, points: readonly Point[], ground: Ground): Figure[] {
	return MEASURES[kind](points, ground);
}
