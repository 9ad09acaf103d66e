import { describe, expect, it } from "vitest";
import { gradeLine, judge } from "../../../static/src/calls/precheck.ts";
import {
	between,
	type Counters,
	FRESH_LINE,
	follow,
	readCounters,
	reportOf,
	STILL_MS,
	UNWATCHED,
	type Watch,
	watch,
} from "../../../static/src/calls/quality.ts";

const counters = (change: Partial<Counters> = {}): Counters => ({
	atMs: 0,
	framesDecoded: 0,
	audioPackets: 0,
	packetsReceived: 0,
	packetsLost: 0,
	bytesReceived: 0,
	concealedSamples: 0,
	samplesReceived: 0,
	freezeSeconds: 0,
	jitterSeconds: 0,
	rttSeconds: 0.1,
	pairType: "host",
	...change,
});

describe("reading statistics", () => {
	it("takes what the standard names", () => {
		const read = readCounters(
			[
				{
					type: "inbound-rtp",
					kind: "video",
					framesDecoded: 30,
					packetsReceived: 90,
					packetsLost: 10,
					bytesReceived: 1000,
				},
				{
					type: "inbound-rtp",
					kind: "audio",
					packetsReceived: 50,
					bytesReceived: 500,
					concealedSamples: 48,
					totalSamplesReceived: 480,
					jitter: 0.01,
				},
				{ type: "transport", selectedCandidatePairId: "P" },
				{ type: "candidate-pair", id: "P", currentRoundTripTime: 0.05, localCandidateId: "L" },
				{ type: "candidate-pair", id: "Q", currentRoundTripTime: 9 },
				{ type: "local-candidate", id: "L", candidateType: "relay" },
			],
			7,
		);
		expect(read).toMatchObject({
			framesDecoded: 30,
			packetsReceived: 140,
			packetsLost: 10,
			rttSeconds: 0.05,
			pairType: "relay",
			atMs: 7,
		});
	});

	it("is calm about an empty report", () => {
		expect(readCounters([], 0)).toMatchObject({ framesDecoded: 0, rttSeconds: null, pairType: null });
	});

	it("computes rates between two moments", () => {
		const sample = between(
			counters(),
			counters({
				atMs: 2000,
				framesDecoded: 40,
				packetsReceived: 90,
				packetsLost: 10,
				bytesReceived: 25_000,
				concealedSamples: 10,
				samplesReceived: 100,
			}),
		);
		expect(sample).toMatchObject({ fps: 20, kbps: 100, lossShare: 0.1, concealedShare: 0.1, rttMs: 100 });
	});

	it("never reports what the wire refuses", () => {
		const wild = between(
			counters({ packetsLost: 5, framesDecoded: 9 }),
			counters({ atMs: 1, bytesReceived: 1e12, framesDecoded: 1e9, rttSeconds: 1e9, freezeSeconds: 1e9 }),
		);
		const report = reportOf("p", wild, 1e12);
		for (const share of [report.loss_share, report.concealed_share]) {
			expect(share).toBeGreaterThanOrEqual(0);
			expect(share).toBeLessThanOrEqual(1);
		}
		expect(report.fps).toBeLessThanOrEqual(240);
		expect(report.kbps).toBeLessThanOrEqual(1_000_000);
		for (const ms of [report.rtt_ms, report.freeze_ms, report.first_frame_ms])
			expect(ms).toBeLessThanOrEqual(600_000);
	});
});

describe("the watchdog", () => {
	const sees = { audio: true, video: true };
	const run = (steps: Counters[], sends = sees): boolean[] => {
		let state: Watch = UNWATCHED;
		return steps.map((now) => {
			const judged = watch(state, now, sends);
			state = judged.watch;
			return judged.repair;
		});
	};

	it("mends a line on which nothing has come for six seconds, once", () => {
		const still = Array.from({ length: 9 }, (_, second) =>
			counters({ atMs: second * 1000, framesDecoded: 5 }),
		);
		const repairs = run(still);
		expect(repairs.indexOf(true)).toBe(STILL_MS / 1000);
		expect(repairs.filter(Boolean)).toHaveLength(1);
	});

	it("rests while pictures or voice come, and while nobody sends", () => {
		const moving = Array.from({ length: 20 }, (_, n) => counters({ atMs: n * 1000, audioPackets: n * 50 }));
		expect(run(moving)).not.toContain(true);
		const still = Array.from({ length: 20 }, (_, n) => counters({ atMs: n * 1000 }));
		expect(run(still, { audio: false, video: false })).not.toContain(true);
		expect(run(moving, { audio: false, video: true })).toContain(true);
	});
});

describe("the grade of a line", () => {
	const sample = (lossShare: number) => ({ ...between(counters(), counters({ atMs: 1000 })), lossShare });

	it("falls after three bad seconds and rises after twenty good ones", () => {
		let line = FRESH_LINE;
		for (let n = 0; n < 2; n += 1) line = follow(line, sample(0.2));
		expect(line.grade).toBe("good");
		line = follow(line, sample(0.2));
		expect(line.grade).toBe("poor");
		for (let n = 0; n < 19; n += 1) line = follow(line, sample(0));
		expect(line.grade).toBe("poor");
		expect(follow(line, sample(0)).grade).toBe("good");
	});

	it("does not flicker", () => {
		let line = FRESH_LINE;
		for (let n = 0; n < 60; n += 1) line = follow(line, sample(n % 3 === 0 ? 0 : 0.2));
		expect(line.grade).toBe("good");
	});
});

describe("the pre-call check", () => {
	it.each([
		[20, 0, 2000, "good"],
		[300, 0, 2000, "fair"],
		[20, 0.05, 2000, "fair"],
		[20, 0, 400, "fair"],
		[700, 0, 2000, "poor"],
		[20, 0.2, 2000, "poor"],
		[20, 0, 100, "poor"],
		[20, 0, null, "good"],
		[null, null, null, "unknown"],
	] as const)("%s ms, %s lost, %s kbit/s is %s", (rtt, loss, kbps, grade) => {
		expect(gradeLine(rtt, loss, kbps)).toBe(grade);
	});

	it("takes the median, and counts what never came back", () => {
		const line = judge({ rttsMs: [10, 900, 20], sent: 4, echoedBytes: 125_000, loadMs: 1000 });
		expect(line).toEqual({ grade: "poor", rttMs: 20, lossShare: 0.25, kbps: 1000 });
		expect(judge({ rttsMs: [], sent: 40, echoedBytes: 0, loadMs: 0 }).grade).toBe("unknown");
	});
});
