/** A recording as the server answers it, its samples decoded to the stored whole numbers.
 * Millivolts are computed from them by the same rule as on the server; nothing is rounded on the way. */
import type { components } from "../api/schema.gen.ts";

export type EcgAnswer = components["schemas"]["EcgAnswer"];
export type EcgGroup = components["schemas"]["EcgGroup"];
export type EcgSummary = components["schemas"]["EcgSummary"];
export type EcgFilters = components["schemas"]["EcgFilters"];
type EcgLead = components["schemas"]["EcgLead"];

const MICROVOLTS_PER_MILLIVOLT = 1000;

/** One lead in time. `startMs`: when its first sample was taken, from the start of the recording. */
export interface Trace {
	readonly name: string;
	readonly derived: boolean;
	readonly hz: number;
	readonly startMs: number;
	readonly samples: Int16Array | Int32Array;
	readonly microvoltsPerUnit: number;
	readonly baselineMicrovolts: number;
	/** Samples of this value were never recorded. */
	readonly padding: number | null;
	readonly filters: EcgFilters;
}

export interface Recording {
	readonly answer: EcgAnswer;
	readonly traces: ReadonlyMap<string, Trace>;
	/** The part that has been fetched, of `durationMs` in all. */
	readonly fromMs: number;
	readonly toMs: number;
	readonly durationMs: number;
}

/** Base64 of little-endian whole numbers → numbers, whatever the byte order of this machine. */
export function decodeSamples(base64: string, type: "int16" | "int32"): Int16Array | Int32Array {
	const text = atob(base64);
	const bytes = new Uint8Array(text.length);
	for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
	const view = new DataView(bytes.buffer);
	if (type === "int16") {
		return Int16Array.from({ length: bytes.length >> 1 }, (_, at) => view.getInt16(at * 2, true));
	}
	return Int32Array.from({ length: bytes.length >> 2 }, (_, at) => view.getInt32(at * 4, true));
}

function traceOf(group: EcgGroup, lead: EcgLead): Trace {
	return {
		name: lead.name,
		derived: lead.origin === "derived",
		hz: group.hz,
		startMs: group.offset_ms + lead.skew_ms,
		samples: decodeSamples(lead.samples, lead.sample_type),
		microvoltsPerUnit: lead.microvolts_per_unit,
		baselineMicrovolts: lead.baseline_microvolts,
		padding: lead.padding,
		filters: lead.filters,
	};
}

/** Every lead once: of a lead recorded in several groups the longest stands, averaged beats never. */
export function recordingOf(answer: EcgAnswer): Recording {
	const traces = new Map<string, Trace>();
	for (const group of answer.groups) {
		if (group.kind !== "rhythm") continue;
		for (const lead of group.leads) {
			const known = traces.get(lead.name);
			const knownMs = known ? (known.samples.length / known.hz) * 1000 : -1;
			if ((group.sample_count / group.hz) * 1000 > knownMs) traces.set(lead.name, traceOf(group, lead));
		}
	}
	return {
		answer,
		traces,
		fromMs: answer.window_start_ms,
		toMs: answer.window_end_ms,
		durationMs: answer.duration_ms,
	};
}

/** Sample `index` in millivolts; NaN where nothing was recorded. */
export function millivoltsAt(trace: Trace, index: number): number {
	const sample = trace.samples[index];
	if (sample === undefined || sample === trace.padding) return Number.NaN;
	return (sample * trace.microvoltsPerUnit + trace.baselineMicrovolts) / MICROVOLTS_PER_MILLIVOLT;
}

export function timeOfSample(trace: Trace, index: number): number {
	return trace.startMs + (index * 1000) / trace.hz;
}

/** The first sample at or after a time, inside the trace or one past its end. */
export function sampleAtOrAfter(trace: Trace, ms: number): number {
	const exact = Number((((ms - trace.startMs) * trace.hz) / 1000).toFixed(6));
	return Math.min(Math.max(Math.ceil(exact), 0), trace.samples.length);
}

/** The filters that all shown leads have in common; null where they differ or say nothing. */
export function commonFilters(recording: Recording): EcgFilters | null {
	const all = [...recording.traces.values()].map(({ filters }) => filters);
	const first = all[0];
	if (!first || first.low_hz === null || first.high_hz === null) return null;
	const same = all.every(
		(one) => one.low_hz === first.low_hz && one.high_hz === first.high_hz && one.notch_hz === first.notch_hz,
	);
	return same ? first : null;
}

const LOW_CUT_THAT_BENDS_ST_HZ = 0.5;
const HIGH_CUT_THAT_ROUNDS_QRS_HZ = 100;

/** True where the stored filters may have altered ST or QRS (AHA 2007: 0.05 to 150 Hz is diagnostic). */
export function filtersMayAlter(filters: EcgFilters): boolean {
	return (
		(filters.low_hz ?? 0) >= LOW_CUT_THAT_BENDS_ST_HZ ||
		(filters.high_hz !== null && filters.high_hz > 0 && filters.high_hz < HIGH_CUT_THAT_ROUNDS_QRS_HZ)
	);
}

/** True where all leads were sampled at the same moments. */
export function isSynchronous(recording: Recording): boolean {
	const starts = new Set([...recording.traces.values()].map(({ startMs, hz }) => `${startMs} ${hz}`));
	return starts.size === 1;
}
