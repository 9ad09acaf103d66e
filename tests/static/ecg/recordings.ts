/** Recordings made by hand: what the server would answer for signals whose every value is known. */
import { type EcgAnswer, type EcgGroup, recordingOf } from "../../../static/src/ecg/recording.ts";

export const TWELVE = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"] as const;
const FILTERS = { low_hz: 0.05, high_hz: 150, notch_hz: 50 };

export function base64(samples: Int16Array | Int32Array): string {
	const bytes = Buffer.alloc(samples.byteLength);
	const width = samples.BYTES_PER_ELEMENT;
	samples.forEach((value, at) => {
		if (width === 2) bytes.writeInt16LE(value, at * 2);
		else bytes.writeInt32LE(value, at * 4);
	});
	return bytes.toString("base64");
}

export interface Signal {
	readonly name: string;
	readonly samples: Int16Array | Int32Array;
	readonly microvoltsPerUnit?: number;
	readonly baseline?: number;
	readonly padding?: number | null;
	readonly skewMs?: number;
	readonly filters?: EcgGroup["leads"][number]["filters"];
	readonly derived?: boolean;
}

export function group(hz: number, signals: readonly Signal[], more: Partial<EcgGroup> = {}): EcgGroup {
	return {
		label: "RHYTHM",
		kind: "rhythm",
		hz,
		offset_ms: 0,
		sample_count: signals[0]?.samples.length ?? 0,
		leads: signals.map((one) => ({
			name: one.name,
			origin: one.derived ? "derived" : "stored",
			sample_type: one.samples instanceof Int16Array ? "int16" : "int32",
			samples: base64(one.samples),
			microvolts_per_unit: one.microvoltsPerUnit ?? 5,
			baseline_microvolts: one.baseline ?? 0,
			padding: one.padding ?? null,
			skew_ms: one.skewMs ?? 0,
			filters: one.filters ?? FILTERS,
		})),
		...more,
	};
}

export function answerOf(groups: EcgGroup[], more: Partial<EcgAnswer> = {}): EcgAnswer {
	const durationMs = Math.max(...groups.map((one) => one.offset_ms + (one.sample_count / one.hz) * 1000), 0);
	return {
		sop_instance_uid: "2.25.7",
		acquired_at: "2026-11-21T10:38:12+08:00",
		duration_ms: durationMs,
		window_start_ms: 0,
		window_end_ms: durationMs,
		patient: { name: "单建国", patient_id: "SQZX2600001", sex: "M", birth_date: "19610314", age: "" },
		accession_number: "E1",
		institution: "石桥镇中心卫生院",
		device: "",
		groups,
		stated: [],
		statements: [],
		machine_rate: null,
		...more,
	};
}

/** 1 mV high and 1 s apart: a unit step at each odd second of every lead, at 5 µV to the unit. */
export function squareWave(hz: number, seconds: number): Int16Array {
	return Int16Array.from({ length: hz * seconds }, (_, at) => (Math.floor(at / hz) % 2 === 1 ? 200 : 0));
}

export function twelveLeads(hz = 500, seconds = 10, more: Partial<EcgAnswer> = {}): EcgAnswer {
	const samples = squareWave(hz, seconds);
	return answerOf(
		[
			group(
				hz,
				TWELVE.map((name) => ({ name, samples })),
			),
		],
		more,
	);
}

export const twelveLeadRecording = (hz = 500, seconds = 10) => recordingOf(twelveLeads(hz, seconds));

/** A repeatable stream of numbers in [0, 1): mulberry32. */
export function randomFrom(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
