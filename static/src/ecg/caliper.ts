/** Two lines in time. They stand on samples, so a reading is exact to the sample and no finer. */

export interface Caliper {
	readonly hz: number;
	/** When sample 0 was taken. */
	readonly startMs: number;
	readonly sampleCount: number;
	readonly first: number;
	readonly second: number;
}

export type Line = "first" | "second";

export interface Reading {
	readonly ms: number;
	/** 60 000 / ms; null where the span is no plausible RR interval. */
	readonly ratePerMinute: number | null;
}

const RR_MS_MIN = 200;
const RR_MS_MAX = 3000;
const USUAL_RR_MS = 800;

export const msOfLine = (caliper: Caliper, line: Line): number =>
	caliper.startMs + (caliper[line] * 1000) / caliper.hz;

function inside(caliper: Caliper, sample: number): number {
	return Math.min(Math.max(sample, 0), caliper.sampleCount - 1);
}

export function moved(caliper: Caliper, line: Line, bySamples: number): Caliper {
	return { ...caliper, [line]: inside(caliper, caliper[line] + bySamples) };
}

/** The line on the sample nearest to a time. */
export function placed(caliper: Caliper, line: Line, ms: number): Caliper {
	const sample = Math.round(((ms - caliper.startMs) * caliper.hz) / 1000);
	return { ...caliper, [line]: inside(caliper, sample) };
}

/** A caliper on the two neighbouring R peaks nearest to a time, else a usual RR apart around it. */
export function openedAt(
	base: Pick<Caliper, "hz" | "startMs" | "sampleCount">,
	aroundMs: number,
	rPeaksMs: readonly number[],
): Caliper {
	const empty: Caliper = { ...base, first: 0, second: 0 };
	let pair: readonly [number, number] = [aroundMs - USUAL_RR_MS / 2, aroundMs + USUAL_RR_MS / 2];
	let nearest = Number.POSITIVE_INFINITY;
	for (let at = 1; at < rPeaksMs.length; at += 1) {
		const from = rPeaksMs[at - 1] ?? 0;
		const to = rPeaksMs[at] ?? 0;
		const away = Math.abs((from + to) / 2 - aroundMs);
		if (away < nearest) {
			nearest = away;
			pair = [from, to];
		}
	}
	return placed(placed(empty, "first", pair[0]), "second", pair[1]);
}

export function readingOf(caliper: Caliper): Reading {
	const ms = (Math.abs(caliper.second - caliper.first) * 1000) / caliper.hz;
	const isRr = ms >= RR_MS_MIN && ms <= RR_MS_MAX;
	return { ms, ratePerMinute: isRr ? 60_000 / ms : null };
}

/** `RR 870 ms · 69`; a span that is no RR interval is only a span: `Δt 96 ms`. */
export function chipText(reading: Reading): string {
	const span = `${Math.round(reading.ms)} ms`;
	return reading.ratePerMinute === null ? `Δt ${span}` : `RR ${span} · ${Math.round(reading.ratePerMinute)}`;
}

/** The same span marched out over the page: times of the ticks outside the two lines. */
export function marchedOut(caliper: Caliper, fromMs: number, toMs: number): number[] {
	const { ms } = readingOf(caliper);
	if (ms < RR_MS_MIN) return [];
	const left = Math.min(msOfLine(caliper, "first"), msOfLine(caliper, "second"));
	const ticks: number[] = [];
	for (let at = left - ms; at >= fromMs; at -= ms) ticks.push(at);
	ticks.reverse();
	for (let at = left + 2 * ms; at <= toMs; at += ms) ticks.push(at);
	return ticks;
}
