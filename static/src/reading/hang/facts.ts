/** What rules ask of a series: its plane, its words, view, side and thickness. Pure. */
import type { Series } from "../manifest.ts";
import { normalOf } from "../space.ts";
import { PLANES, type Plane, type Side, type ViewName } from "./protocol.ts";

export interface SeriesFacts {
	readonly uid: string;
	readonly modality: string;
	/** Null for a projection, and where the images do not say. */
	readonly plane: Plane | null;
	/** Description and body part, in lower case. */
	readonly text: string;
	readonly view: ViewName | null;
	readonly side: Side | null;
	readonly thicknessMm: number | null;
	readonly frames: number;
}

/** A normal must point along an axis by this much to be called by its plane. */
const ALONG = 0.8;
const AXES: readonly Plane[] = ["sagittal", "coronal", "axial"];
const VIEW_WORDS: readonly (readonly [ViewName, RegExp])[] = [
	["MLO", /\b[LR]?MLO\b|内外斜/i],
	["CC", /\b[LR]?CC\b|头尾|轴位/i],
	["LL", /\bLL\b|\bLAT(ERAL)?\b|侧位/i],
	["AP", /\bAP\b|前后位/i],
	["PA", /\bPA\b|后前位|正位/i],
];

export function planeOf(series: Series): Plane | null {
	const orientation = series.frames[0]?.form?.orientation;
	if (orientation == null) return null;
	const normal = normalOf(orientation);
	return AXES.find((_, axis) => Math.abs(normal[axis] ?? 0) >= ALONG) ?? null;
}

function sideOf(series: Series): Side | null {
	if (series.laterality === "L" || series.laterality === "R") return series.laterality;
	const { description } = series;
	if (/\bR(CC|MLO)?\b|RIGHT|右/i.test(description)) return "R";
	return /\bL(CC|MLO)?\b|LEFT|左/i.test(description) ? "L" : null;
}

export function factsOf(series: Series): SeriesFacts {
	const first = series.frames[0]?.form ?? null;
	return {
		uid: series.uid,
		modality: series.modality,
		plane: planeOf(series),
		text: `${series.description} ${series.bodyPart}`.toLowerCase(),
		view: VIEW_WORDS.find(([, words]) => words.test(series.description))?.[0] ?? null,
		side: sideOf(series),
		thicknessMm: first?.sliceThicknessMm ?? null,
		frames: series.frames.length,
	};
}

export function isPlane(value: string): value is Plane {
	return PLANES.some((one) => one === value);
}
