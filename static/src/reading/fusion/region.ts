/** What a PET holds within a region of an image: of its stored samples, nothing between them. Pure; millimetres.
 *
 * A sample counts when the plane of the image passes through it and its centre, seen along the image's normal, lies
 * inside the region. Of parallel slices that is the nearest one; both where the plane is midway between two. */
import { say } from "../../kit/i18n.ts";
import { signed } from "../corners.ts";
import type { RegionSaid } from "../layer.ts";
import type { Frame, Vector } from "../manifest.ts";
import type { Content } from "../mpr/resample.ts";
import { plus, times } from "../mpr/vectors.ts";
import { indexOf, placeOf, type Volume } from "../mpr/volume.ts";
import { dot, normalOf } from "../space.ts";
import type { Mark } from "../tools/mark.ts";
import { type Box, boxOf, isInside, isPadding } from "../tools/roi.ts";
import { heightAbove, imageOf, patientOf } from "../tools/spatial.ts";
import type { Pet } from "./pairing.ts";
import type { FusionWords } from "./texts.ts";

/** A rectangle or an ellipse, in points of an image. */
export interface Region {
	readonly frame: Frame;
	readonly box: Box;
	readonly round: boolean;
}

export interface Uptake {
	readonly count: number;
	readonly mean: number;
	readonly max: number;
}

/** `none`: no centre of a sample lies inside. `incomplete`: one does whose slice is not here; it may be the greatest. */
export type Found = Uptake | "none" | "incomplete";

/** Positions are written with so many digits that two writings of one place differ by less. */
const SAME_PLACE_MM = 0.01;

/** How far the centre of a sample may lie from a plane that passes through the sample. */
function reachMm({ byColumn, byRow, byHeight, spacingMm }: Volume, normal: Vector): number {
	const sides = [byColumn, byRow, times(byHeight, spacingMm)];
	return sides.reduce((sum, side) => sum + Math.abs(dot(side, normal)), 0) / 2 + SAME_PLACE_MM;
}

/** The corners of the region's box, lifted to both faces of what is within reach of its plane. */
function cornersOf({ frame, box }: Region, normal: Vector, reach: number): Vector[] {
	const { left, right, top, bottom } = box;
	const corners = [left, right].flatMap((x) => [top, bottom].map((y) => patientOf({ x, y }, frame)));
	return corners.flatMap((one) =>
		one === null ? [] : [-reach, reach].map((by) => plus(one, times(normal, by))),
	);
}

/** The first and the last whole number that lie within these values and from 0 to `count`, which is not one. */
function span(values: readonly number[], count: number): readonly [number, number] {
	return [Math.max(0, Math.ceil(Math.min(...values))), Math.min(count - 1, Math.floor(Math.max(...values)))];
}

/** Columns and rows of the samples that may count, and whether the one at a place does. */
function bounds(volume: Volume, region: Region) {
	const { frame, box, round } = region;
	const normal = normalOf(frame.form?.orientation ?? [1, 0, 0, 0, 1, 0]);
	const reach = reachMm(volume, normal);
	const corners = cornersOf(region, normal, reach).map((one) => indexOf(volume, one));
	const counts = (centre: Vector): boolean => {
		const point = imageOf(centre, frame);
		const away = heightAbove(centre, frame) ?? Number.POSITIVE_INFINITY;
		return point !== null && Math.abs(away) <= reach && isInside(box, round, point);
	};
	const axis = (at: 0 | 1, count: number) =>
		span(
			corners.map((one) => one[at]),
			count,
		);
	return { columns: axis(0, volume.columns), rows: axis(1, volume.rows), counts };
}

/** Each sample that counts: the number of its slice by height, and where in the slice it stands. */
function* countedIn(volume: Volume, region: Region): Generator<readonly [number, number]> {
	const { columns, rows, counts } = bounds(volume, region);
	for (const [slice, height] of volume.heights.entries()) {
		for (let row = rows[0]; row <= rows[1]; row++) {
			for (let column = columns[0]; column <= columns[1]; column++) {
				if (counts(placeOf(volume, [column, row, height]))) yield [slice, row * volume.columns + column];
			}
		}
	}
}

/** The rescaled values that a PET has stored within a region. */
export function uptakeIn(volume: Volume, content: Content, region: Region): Found {
	let [count, sum, max] = [0, 0, Number.NEGATIVE_INFINITY];
	for (const [slice, at] of countedIn(volume, region)) {
		const samples = content.slices[slice];
		if (samples === undefined) return "incomplete";
		const stored = samples[at] as number;
		const value = stored * (content.slopes[slice] ?? 1) + (content.intercepts[slice] ?? 0);
		if (isPadding(content.padding, stored) || !Number.isFinite(value)) continue;
		count += 1;
		sum += value;
		max = Math.max(max, value);
	}
	return count === 0 ? "none" : { count, mean: sum / count, max };
}

/** What a region of an image says of the PET over it, in SUV where that can be told; null for what is no region. */
export function regionSaid(
	{ volume, suvFactor }: Pick<Pet, "volume" | "suvFactor">,
	content: Content,
	frame: Frame,
	{ kind, points }: Pick<Mark, "kind" | "points">,
	told: { readonly unit: string; readonly words: FusionWords },
): RegionSaid | null {
	const [a, b] = points;
	if ((kind !== "ellipse" && kind !== "rectangle") || a === undefined || b === undefined) return null;
	const { unit, words } = told;
	const found = uptakeIn(volume, content, { frame, box: boxOf(a, b), round: kind === "ellipse" });
	if (found === "none") return { figures: null, note: words.regionEmpty };
	if (found === "incomplete") return { figures: null, note: words.regionIncomplete };
	const [max, mean] = [found.max, found.mean].map((one) => signed(one * (suvFactor ?? 1), 2));
	const form = suvFactor === null ? words.region : words.regionSuv;
	return {
		figures: say(form, { max: max ?? "", mean: mean ?? "", unit }),
		note: say(words.regionOf, { count: found.count }),
	};
}
