/** Sentences of the workspace that are put together from figures. */

import { signed } from "../kit/format.ts";
import { say, t } from "../kit/i18n.ts";
import type { LayoutId } from "./layout.ts";
import type { MeasureRow } from "./measures.ts";
import type { EcgAnswer, EcgFilters, Recording, Trace } from "./recording.ts";
import { texts } from "./texts.ts";

const LAYOUT_WORDS: Readonly<Record<Exclude<LayoutId, "cabrera">, string>> = {
	"12x1": "12×1",
	"6x2": "6×2",
	"3x4+1": "3×4+1",
	"3x4+3": "3×4+3",
};

export function layoutWord(layout: LayoutId): string {
	return layout === "cabrera" ? t(texts).cabrera : LAYOUT_WORDS[layout];
}

const plain = (figure: number): string => String(Number(figure.toFixed(2)));

/** `0.05–150 Hz · 50 Hz 陷波`, as the recorder states it. */
export function filterWords(filters: EcgFilters | null): string {
	if (filters === null || filters.low_hz === null || filters.high_hz === null) return t(texts).filterUnknown;
	const band = say(t(texts).filterBand, { low: plain(filters.low_hz), high: plain(filters.high_hz) });
	const notch = filters.notch_hz ? say(t(texts).filterNotch, { hz: plain(filters.notch_hz) }) : "";
	return [band, notch].filter((word) => word !== "").join(" · ");
}

/** The wall clock of the recorder, as it wrote it: `2026-11-21 10:38:12`. */
export function recordedAt(acquiredAt: string | null): string {
	return acquiredAt === null ? t(texts).recordedUnknown : acquiredAt.slice(0, 19).replace("T", " ");
}

/** Seconds of paper, `0`, `2.5`. */
export const seconds = (ms: number): string => plain(ms / 1000);

/** The finest stored trace's sampling, for the line under the paper. */
export function samplingWords(recording: Recording): string {
	const stored = [...recording.traces.values()].filter(({ derived }) => !derived);
	const first: Trace | undefined = stored[0];
	if (!first) return "";
	return say(t(texts).sampling, { hz: plain(first.hz), uv: plain(Math.abs(first.microvoltsPerUnit)) });
}

export function derivedWords(recording: Recording): string {
	const derived = [...recording.traces.values()].filter((trace) => trace.derived).map(({ name }) => name);
	return derived.length === 0 ? "" : say(t(texts).derivedLeads, { leads: derived.join(" ") });
}

const UNITS: Readonly<Record<MeasureRow["key"], string>> = {
	rate: "",
	pr: " ms",
	qrs: " ms",
	qt: " ms",
	qtc: " ms",
	axis: "°",
};

export function measureText(row: MeasureRow): string {
	const unit = row.key === "rate" ? ` ${t(texts).perMinute}` : UNITS[row.key];
	return `${signed(row.value)}${unit}`;
}

export function patientName(answer: EcgAnswer): string {
	return answer.patient.name === "" ? t(texts).patientUnknown : answer.patient.name;
}
