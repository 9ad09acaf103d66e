/** Where to open a prior beside the slice that is looked at. Pure. */
import type { Frame, Series } from "../manifest.ts";
import { slicePositionMm } from "../space.ts";
import { nearestFrame } from "../tools/spatial.ts";

/** What lies beyond the ends of the other stack by more than this is another part of the body, in millimetres. */
const BEYOND_MM = 30;

function positions(series: Series): { readonly index: number; readonly at: number }[] {
	return series.frames.flatMap((frame, index) => {
		const at = slicePositionMm(frame);
		return at === null ? [] : [{ index, at }];
	});
}

/**
 * The index of `series` that shows the place of frame `index` of `current`: the nearest plane where they share
 * a frame of reference, else the same table position where both have it, else the same share of the stack.
 */
export function alignedIndex(current: Series, index: number, series: Series, shared: boolean): number {
	const frame: Frame | undefined = current.frames[index];
	const last = Math.max(0, series.frames.length - 1);
	if (frame?.position != null && shared) {
		const nearest = nearestFrame(series, frame.position);
		if (nearest !== null) return nearest.index;
	}
	const at = frame === undefined ? null : slicePositionMm(frame);
	const theirs = positions(series);
	if (at !== null && theirs.length > 0) {
		const nearest = theirs.reduce((best, one) =>
			Math.abs(one.at - at) < Math.abs(best.at - at) ? one : best,
		);
		if (Math.abs(nearest.at - at) <= BEYOND_MM) return nearest.index;
	}
	const whole = Math.max(1, current.frames.length - 1);
	return Math.round((Math.min(whole, Math.max(0, index)) / whole) * last);
}
