/** What one object outlines, once it was fetched: of a segmentation its masks, of a structure set its contours. */
import type { Contours } from "../objects/told.ts";
import type { Projection } from "../projection.ts";
import type { Area, Matrix } from "../tools/shapes.ts";
import type { Combos } from "./combos.ts";
import { contourStacks } from "./contour_stack.ts";
import { type LabelStack, labelStacks, type Placed } from "./label_stack.ts";
import { EDGED_LEVEL, LEVELS, levelOpacity, type Masks, type Outlines } from "./masks.ts";
import {
	contourPath,
	contourPoints,
	crossPath,
	maskMatrix,
	onScreen,
	type Shown,
	UNMOVED,
} from "./placing.ts";

/** How a part of an object is drawn. */
export interface Ink {
	readonly colour: string;
	/** Opacity of what lies within, 0 to 1. */
	readonly fill: number;
}

/** What a segmentation or a structure set draws; parts are its segments or its regions, by number. */
export interface Source {
	/** Frames that cannot be shown. */
	readonly broken: number;
	/** How many levels of strength its parts have. */
	readonly levels: number;
	/** What lies within a part is tinted, not only outlined. */
	readonly filled: boolean;
	/** Its parts as labels in the space of a series, for planes through it. */
	stacks(combos: Combos, placed: Placed): Promise<LabelStack[]>;
	/** True when a part, or any part for null, lies in the plane of an image. */
	lies(part: number | null, shown: Shown): boolean;
	/** The areas of the parts that have ink, in the order of the object. */
	areas(shown: Shown, projection: Projection, inkOf: (part: number) => Ink | null): Area[];
}

/** What is drawn of a segment in a frame: its outline, or one for each level of its shares. */
function areasOf(outlines: Outlines, matrix: Matrix, { colour, fill: opacity }: Ink): Area[] {
	const fill = levelOpacity(opacity, outlines.length);
	const edged = outlines.length === 1 ? 0 : EDGED_LEVEL;
	return outlines
		.map((outline, level) => ({ outline, matrix, colour, fill, edged: level === edged }))
		.filter(({ outline }) => outline !== "");
}

export function maskSource(masks: Masks): Source {
	const { all } = masks;
	return {
		broken: masks.broken,
		levels: all.fractional ? LEVELS.length : 1,
		filled: true,
		stacks: (combos, placed) => labelStacks(masks, combos, placed),
		lies: (part, shown) =>
			all.frames.some(
				(one) => (part === null || one.segments.includes(part)) && maskMatrix(one, all, shown) !== null,
			),
		areas: (shown, projection, inkOf) =>
			all.frames.flatMap((one, i) => {
				const inked = one.segments.flatMap((part) => {
					const ink = inkOf(part);
					return ink === null ? [] : [{ part, ink }];
				});
				const matrix = inked.length === 0 ? null : maskMatrix(one, all, shown);
				if (matrix === null) return [];
				const seen = onScreen(matrix, projection);
				return inked.flatMap(({ part, ink }) => areasOf(masks.outlines(i, part) ?? [], seen, ink));
			}),
	};
}

export function contourSource({ contours }: Contours): Source {
	return {
		broken: 0,
		levels: 1,
		filled: false,
		stacks: async (combos, placed) => contourStacks(contours, combos, placed),
		lies: (part, shown) =>
			contours.some((one) => (part === null || one.roi === part) && contourPoints(one, shown) !== null),
		areas: (shown, projection, inkOf) =>
			contours.flatMap((one) => {
				const ink = inkOf(one.roi);
				const points = ink === null ? null : contourPoints(one, shown);
				const [first] = points ?? [];
				if (ink === null || points === null || first === undefined) return [];
				const drawn = { colour: ink.colour, fill: 0, edged: true };
				if (one.kind === "POINT")
					return [{ ...drawn, outline: crossPath(projection.toSeen(first)), matrix: UNMOVED }];
				const outline = contourPath(one.kind, points);
				return [{ ...drawn, outline, matrix: onScreen(UNMOVED, projection) }];
			}),
	};
}
