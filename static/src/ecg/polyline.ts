/** From samples to the points that must be drawn: all of them, or first, lowest, highest and last of each
 * pixel column where there are more than two samples to a pixel. No peak is lost, none is made up. */
import { millivoltsAt, sampleAtOrAfter, type Trace, timeOfSample } from "./recording.ts";

export const SAMPLES_PER_PIXEL_MAX = 2;

/** One unbroken stretch: time in ms and height in mV of each point, alternating. */
export type Stretch = readonly number[];

class Column {
	first = -1;
	low = -1;
	high = -1;
	last = -1;

	take(index: number, mv: number, trace: Trace): void {
		if (this.first < 0) {
			this.first = index;
			this.low = index;
			this.high = index;
		}
		if (mv < millivoltsAt(trace, this.low)) this.low = index;
		if (mv > millivoltsAt(trace, this.high)) this.high = index;
		this.last = index;
	}

	/** The samples to draw, in the order of time, each once. */
	drain(): number[] {
		if (this.first < 0) return [];
		const kept = [...new Set([this.first, this.low, this.high, this.last])].sort((a, b) => a - b);
		this.first = -1;
		return kept;
	}
}

/** The samples of a trace from `fromMs` up to `toMs` (inclusive) as stretches between gaps.
 * `pixelsPerMs`: device pixels. */
export function stretchesOf(trace: Trace, fromMs: number, toMs: number, pixelsPerMs: number): Stretch[] {
	const begin = sampleAtOrAfter(trace, fromMs);
	const end = Math.min(sampleAtOrAfter(trace, toMs) + 1, trace.samples.length);
	const reduce = trace.hz / 1000 / pixelsPerMs > SAMPLES_PER_PIXEL_MAX;
	const stretches: number[][] = [];
	let stretch: number[] = [];
	const column = new Column();
	let columnNumber = Number.NaN;
	const put = (index: number): void => {
		stretch.push(timeOfSample(trace, index), millivoltsAt(trace, index));
	};
	const close = (): void => {
		for (const kept of column.drain()) put(kept);
		if (stretch.length > 0) stretches.push(stretch);
		stretch = [];
		columnNumber = Number.NaN;
	};
	for (let index = begin; index < end && timeOfSample(trace, index) <= toMs; index += 1) {
		const mv = millivoltsAt(trace, index);
		if (Number.isNaN(mv)) {
			close();
			continue;
		}
		if (!reduce) {
			put(index);
			continue;
		}
		const at = Math.floor((timeOfSample(trace, index) - fromMs) * pixelsPerMs);
		if (at !== columnNumber) {
			for (const kept of column.drain()) put(kept);
			columnNumber = at;
		}
		column.take(index, mv, trace);
	}
	close();
	return stretches;
}
