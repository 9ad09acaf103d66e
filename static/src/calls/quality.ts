/** How each connection is doing: samples from getStats, the watchdog of a picture that stands still, and the
 * line's grade with patience both ways. Pure; whoever owns the timer feeds it. */
import type { QualityData } from "./protocol.ts";

/** Counters of one moment (identifiers as in W3C webrtc-stats). */
export interface Counters {
	readonly atMs: number;
	readonly framesDecoded: number;
	readonly audioPackets: number;
	readonly packetsReceived: number;
	readonly packetsLost: number;
	readonly bytesReceived: number;
	readonly concealedSamples: number;
	readonly samplesReceived: number;
	readonly freezeSeconds: number;
	readonly jitterSeconds: number;
	readonly rttSeconds: number | null;
	readonly pairType: QualityData["pair_type"];
}

export interface Sample {
	readonly fps: number;
	readonly kbps: number;
	readonly lossShare: number;
	readonly concealedShare: number;
	readonly rttMs: number | null;
	readonly jitterMs: number;
	readonly freezeMs: number;
	readonly pairType: QualityData["pair_type"];
}

type Stat = Readonly<Record<string, unknown>>;

const PAIR_TYPES: readonly string[] = ["host", "srflx", "prflx", "relay"];

function number(stat: Stat | undefined, field: string): number {
	const value = stat?.[field];
	return typeof value === "number" ? value : 0;
}

function inbound(stats: readonly Stat[], kind: string): Stat | undefined {
	return stats.find((one) => one["type"] === "inbound-rtp" && one["kind"] === kind);
}

function selectedPair(stats: readonly Stat[]): Stat | undefined {
	const transport = stats.find((one) => one["type"] === "transport");
	const id = transport?.["selectedCandidatePairId"];
	return stats.find((one) => one["type"] === "candidate-pair" && one["id"] === id);
}

function pairType(stats: readonly Stat[], pair: Stat | undefined): QualityData["pair_type"] {
	const local = stats.find((one) => one["id"] === pair?.["localCandidateId"]);
	const kind = local?.["candidateType"];
	return typeof kind === "string" && PAIR_TYPES.includes(kind) ? (kind as QualityData["pair_type"]) : null;
}

/** The counters in a stats report. */
export function readCounters(stats: readonly Stat[], atMs: number): Counters {
	const video = inbound(stats, "video");
	const audio = inbound(stats, "audio");
	const pair = selectedPair(stats);
	const rtt = pair?.["currentRoundTripTime"];
	return {
		atMs,
		framesDecoded: number(video, "framesDecoded"),
		audioPackets: number(audio, "packetsReceived"),
		packetsReceived: number(video, "packetsReceived") + number(audio, "packetsReceived"),
		packetsLost: number(video, "packetsLost") + number(audio, "packetsLost"),
		bytesReceived: number(video, "bytesReceived") + number(audio, "bytesReceived"),
		concealedSamples: number(audio, "concealedSamples"),
		samplesReceived: number(audio, "totalSamplesReceived"),
		freezeSeconds: number(video, "totalFreezesDuration"),
		jitterSeconds: number(audio, "jitter"),
		rttSeconds: typeof rtt === "number" ? rtt : null,
		pairType: pairType(stats, pair),
	};
}

const share = (part: number, whole: number): number =>
	whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;

/** What happened between two moments of the same connection. */
export function between(before: Counters, after: Counters): Sample {
	const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
	const lost = Math.max(0, after.packetsLost - before.packetsLost);
	const received = Math.max(0, after.packetsReceived - before.packetsReceived);
	return {
		fps: Math.max(0, after.framesDecoded - before.framesDecoded) / seconds,
		kbps: (Math.max(0, after.bytesReceived - before.bytesReceived) * 8) / 1000 / seconds,
		lossShare: share(lost, lost + received),
		concealedShare: share(
			after.concealedSamples - before.concealedSamples,
			after.samplesReceived - before.samplesReceived,
		),
		rttMs: after.rttSeconds === null ? null : after.rttSeconds * 1000,
		jitterMs: after.jitterSeconds * 1000,
		freezeMs: Math.max(0, after.freezeSeconds - before.freezeSeconds) * 1000,
		pairType: after.pairType,
	};
}

/** The report of a sample for the server, bounded as the wire demands. */
export function reportOf(pid: string, sample: Sample, firstFrameMs: number | null): QualityData {
	const ms = (value: number): number => Math.min(600_000, Math.max(0, value));
	return {
		pid,
		rtt_ms: sample.rttMs === null ? null : ms(sample.rttMs),
		jitter_ms: ms(sample.jitterMs),
		loss_share: sample.lossShare,
		concealed_share: sample.concealedShare,
		kbps: Math.min(1_000_000, sample.kbps),
		fps: Math.min(240, sample.fps),
		freeze_ms: ms(sample.freezeMs),
		pair_type: sample.pairType,
		first_frame_ms: firstFrameMs === null ? null : ms(firstFrameMs),
	};
}

/** Nothing heard or seen for this long, while the other side says it sends: the line is mended. */
export const STILL_MS = 6000;

export interface Watch {
	readonly counters: Counters | null;
	/** Since when nothing has come. */
	readonly stillSinceMs: number | null;
}

export const UNWATCHED: Watch = { counters: null, stillSinceMs: null };

/** Takes the next counters; `repair` says that it is time to restart the connection. */
export function watch(
	before: Watch,
	now: Counters,
	sends: { readonly audio: boolean; readonly video: boolean },
): { readonly watch: Watch; readonly repair: boolean } {
	const past = before.counters;
	const moved =
		past === null ||
		(sends.video && now.framesDecoded > past.framesDecoded) ||
		(sends.audio && now.audioPackets > past.audioPackets) ||
		!(sends.audio || sends.video);
	if (moved) return { watch: { counters: now, stillSinceMs: null }, repair: false };
	const since = before.stillSinceMs ?? past.atMs;
	if (now.atMs - since < STILL_MS) return { watch: { counters: now, stillSinceMs: since }, repair: false };
	return { watch: { counters: now, stillSinceMs: null }, repair: true };
}

export type LineGrade = "good" | "fair" | "poor";

/** Samples of one second that must agree before the grade falls, and before it rises again. */
const WORSE_AFTER = 3;
const BETTER_AFTER = 20;

export interface Line {
	readonly grade: LineGrade;
	readonly candidate: LineGrade;
	readonly count: number;
}

export const FRESH_LINE: Line = { grade: "good", candidate: "good", count: 0 };

const RANK: Readonly<Record<LineGrade, number>> = { good: 0, fair: 1, poor: 2 };

/** The grade that one sample alone would give. */
export function gradeSample(sample: Sample): LineGrade {
	const rtt = sample.rttMs ?? 0;
	if (sample.lossShare > 0.12 || sample.concealedShare > 0.08 || rtt > 800) return "poor";
	if (sample.lossShare > 0.04 || sample.concealedShare > 0.03 || rtt > 350) return "fair";
	return "good";
}

/** Falls after 3 agreeing samples and rises after 20, so that the words do not flicker. */
export function follow(line: Line, sample: Sample): Line {
	const seen = gradeSample(sample);
	if (seen === line.grade) return { grade: line.grade, candidate: seen, count: 0 };
	const count = seen === line.candidate ? line.count + 1 : 1;
	const needed = RANK[seen] > RANK[line.grade] ? WORSE_AFTER : BETTER_AFTER;
	if (count >= needed) return { grade: seen, candidate: seen, count: 0 };
	return { grade: line.grade, candidate: seen, count };
}
