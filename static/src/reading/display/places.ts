/** Where a stack is not what it should be: slices that lack, that stand twice, that stand too far apart. Pure. */
import type { Series } from "../manifest.ts";
import { slicePositionMm } from "../space.ts";

export type Irregular =
	/** Between frame `at` and the next one, so many slices lack. */
	| { readonly kind: "missing"; readonly at: number; readonly slices: number }
	/** Between frame `at` and the next one lie so many millimetres, unlike elsewhere. */
	| { readonly kind: "uneven"; readonly at: number; readonly mm: number }
	/** Frames `at` to `to` stand where earlier ones stand already. */
	| { readonly kind: "repeated"; readonly at: number; readonly to: number };

const SAME_POSITION_MM = 0.01;
const UNEVEN_SHARE = 0.1;

function gapsOf(series: Series, heights: readonly number[]): Irregular[] {
	const { spacingMm, missingAfter, spacingVaries } = series.stack;
	if (spacingMm === null) return [];
	const missing = new Set(missingAfter);
	const rises = heights.slice(1).map((height, at) => height - (heights[at] ?? height));
	const first = rises.find((rise) => Math.abs(rise) >= SAME_POSITION_MM) ?? 0;
	return rises.flatMap((rise, at): Irregular[] => {
		// A step back begins another pass.
		if (rise * first <= 0) return [];
		const mm = Math.abs(rise);
		if (missing.has(at))
			return [{ kind: "missing", at, slices: Math.max(1, Math.round(mm / spacingMm) - 1) }];
		const uneven = mm >= SAME_POSITION_MM && Math.abs(mm - spacingMm) > UNEVEN_SHARE * spacingMm;
		const within = uneven && spacingVaries && mm < spacingMm * 2;
		return within ? [{ kind: "uneven", at, mm }] : [];
	});
}

/** Runs of frames that stand where an earlier one stands. */
function repeatsOf(heights: readonly number[]): Irregular[] {
	const seen = new Set<number>();
	const runs: { kind: "repeated"; at: number; to: number }[] = [];
	for (const [at, height] of heights.entries()) {
		const place = Math.round(height / SAME_POSITION_MM);
		const known = [place - 1, place, place + 1].some((one) => seen.has(one));
		const last = runs.at(-1);
		if (known && last?.to === at - 1) last.to = at;
		else if (known) runs.push({ kind: "repeated", at, to: at });
		seen.add(place);
	}
	return runs;
}

/** Every position stands equally often: phases of one examination, nothing out of order. */
function arePhases({ stack, frames }: Series): boolean {
	if (stack.repeats < 2) return true;
	const each = new Map<number, number>();
	for (const frame of frames) {
		const place = Math.round((slicePositionMm(frame) ?? 0) / SAME_POSITION_MM);
		each.set(place, (each.get(place) ?? 0) + 1);
	}
	return [...each.values()].every((count) => count === stack.repeats);
}

/** All places of a series that are worth a mark, in reading order; none where positions are not known. */
export function irregularPlaces(series: Series): Irregular[] {
	if (!series.stack.byPosition || series.frames.some((frame) => frame.number > 1)) return [];
	const heights = series.frames.map((frame) => slicePositionMm(frame));
	const known = heights.filter((one): one is number => one !== null);
	if (known.length !== heights.length) return [];
	const repeats = arePhases(series) ? [] : repeatsOf(known);
	return [...gapsOf(series, known), ...repeats].sort((a, b) => a.at - b.at);
}

/** What touches a frame: the gap before it, the gap after it, and whether it stands twice. */
export function placesAt(places: readonly Irregular[], index: number): Irregular[] {
	return places.filter((one) =>
		one.kind === "repeated" ? index >= one.at && index <= one.to : index === one.at || index === one.at + 1,
	);
}

/** Where a mark stands on the bar, from 0 at its top to 1, and how long it is. */
export function spanOf(place: Irregular, frames: number): { readonly top: number; readonly height: number } {
	if (place.kind !== "repeated") return { top: (place.at + 1) / frames, height: 0 };
	return { top: place.at / frames, height: (place.to + 1 - place.at) / frames };
}
