import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	checkLine,
	gradeLine,
	judge,
	type LineCheck,
	UNKNOWN_LINE,
} from "../../../static/src/calls/precheck.ts";
import { FakeTiming } from "./room_floor.ts";

interface LineTraits {
	/** There and back. */
	readonly rttMs: number;
	/** Whether the n-th message comes back. */
	readonly returns: (n: number) => boolean;
	readonly opens: boolean;
	readonly gathers: boolean;
}

const GOOD: LineTraits = { rttMs: 40, returns: () => true, opens: true, gathers: true };

/** A data channel to a peer that echoes as the line allows. */
class EchoChannel {
	binaryType = "";
	bufferedAmount = 0;
	sent = 0;
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: unknown }) => void) | null = null;
	constructor(
		readonly label: string,
		readonly init: RTCDataChannelInit,
		private readonly line: LineTraits,
	) {}
	send(data: string | Uint8Array): void {
		this.sent += 1;
		if (!this.line.returns(this.sent)) return;
		const back = typeof data === "string" ? data : data.slice().buffer;
		setTimeout(() => this.onmessage?.({ data: back }), this.line.rttMs);
	}
}

class EchoConnection {
	channel: EchoChannel | null = null;
	closed = false;
	localDescription: { sdp: string } | null = null;
	answer: unknown = null;
	iceGatheringState = "gathering";
	constructor(private readonly line: LineTraits) {}
	createDataChannel(label: string, init: RTCDataChannelInit): EchoChannel {
		this.channel = new EchoChannel(label, init, this.line);
		return this.channel;
	}
	async setLocalDescription(): Promise<void> {
		this.localDescription = { sdp: "offer" };
		if (this.line.gathers) this.iceGatheringState = "complete";
	}
	async setRemoteDescription(answer: unknown): Promise<void> {
		this.answer = answer;
		if (this.line.opens) setTimeout(() => this.channel?.onopen?.(), this.line.rttMs);
	}
	addEventListener(): void {
		// Gathering that ends late is not waited for.
	}
	close(): void {
		this.closed = true;
	}
}

beforeEach(() => {
	vi.useFakeTimers({ now: 0, toFake: ["setTimeout", "clearTimeout", "Date"] });
	vi.stubGlobal("performance", new FakeTiming());
});
afterEach(() => {
	vi.useRealTimers();
});

async function check(
	traits: Partial<LineTraits> = {},
	ask: (sdp: string) => Promise<string> = async () => "answer",
): Promise<{ line: LineCheck; connection: EchoConnection; tookMs: number }> {
	const connection = new EchoConnection({ ...GOOD, ...traits });
	const running = checkLine(ask, () => connection as never);
	let line: LineCheck | null = null;
	void running.then((found) => {
		line = found;
	});
	while (line === null) await vi.advanceTimersByTimeAsync(5);
	return { line, connection, tookMs: Date.now() };
}

describe("the grade", () => {
	it.each([
		[20, 0, null, "good"],
		[250, 0.03, 500, "good"],
		[251, 0, null, "fair"],
		[20, 0.031, null, "fair"],
		[20, 0, 499, "fair"],
		[600, 0.1, 150, "fair"],
		[601, 0, null, "poor"],
		[20, 0.11, null, "poor"],
		[20, 0, 149, "poor"],
		[null, 0, 500, "unknown"],
		[20, null, 500, "unknown"],
	] as const)("of %s ms, %s lost, %s kbit/s is %s", (rtt, loss, kbps, grade) =>
		expect(gradeLine(rtt, loss, kbps)).toBe(grade),
	);

	const RANK = ["good", "fair", "poor"];
	const worse = (from: readonly [number, number, number], at: number, to: number): boolean => {
		const [rtt, loss, kbps] = from.map((one, place) => (place === at ? to : one));
		const after = gradeLine(rtt ?? 0, loss ?? 0, kbps ?? 0);
		return RANK.indexOf(after) >= RANK.indexOf(gradeLine(...from));
	};
	const RTTS = [1, 200, 300, 700];
	const LINES = RTTS.flatMap((rtt) =>
		[0, 0.02, 0.05, 0.2].flatMap((loss) => [900, 400, 100].map((kbps) => [rtt, loss, kbps] as const)),
	);
	it.each(LINES)("of %s ms, %s, %s kbit/s never gets better when a figure gets worse", (...line) => {
		expect(worse(line, 0, line[0] * 3)).toBe(true);
		expect(worse(line, 1, line[1] + 0.06)).toBe(true);
		expect(worse(line, 2, line[2] / 3)).toBe(true);
	});
});

describe("figures", () => {
	it.each([
		[[30], 30],
		[[10, 30], 20],
		[[500, 10, 20], 20],
	])("%o has the median %s", (rttsMs, median) =>
		expect(judge({ rttsMs, sent: rttsMs.length, echoedBytes: 0, loadMs: 0 }).rttMs).toBe(median),
	);

	it("are bytes and time as a rate", () =>
		expect(judge({ rttsMs: [1], sent: 1, echoedBytes: 125_000, loadMs: 1000 }).kbps).toBe(1000));

	it("of nothing are unknown", () => {
		expect(judge({ rttsMs: [], sent: 40, echoedBytes: 0, loadMs: 1000 })).toEqual(UNKNOWN_LINE);
		expect(judge({ rttsMs: [], sent: 0, echoedBytes: 0, loadMs: 0 })).toEqual(UNKNOWN_LINE);
	});
});

describe("a check", () => {
	it("finds round trip and loss, and is over in about three seconds", async () => {
		const { line, connection, tookMs } = await check();
		expect(line).toMatchObject({ grade: "good", rttMs: 40, lossShare: 0 });
		expect(line.kbps).toBeGreaterThan(500);
		expect(tookMs).toBeLessThan(3500);
		expect(connection.answer).toEqual({ type: "answer", sdp: "answer" });
		expect(connection.closed).toBe(true);
	});

	it("measures as a call does: nothing is sent twice, order does not matter", async () => {
		const { connection } = await check();
		expect(connection.channel?.init).toEqual({ ordered: false, maxRetransmits: 0 });
	});

	it("counts what does not come back", async () => {
		const { line } = await check({ returns: (n) => n % 5 !== 0 });
		expect(line.lossShare).toBeCloseTo(0.2, 5);
		expect(line.grade).toBe("poor");
	});

	it("waits for slow echoes, but not for ever", async () => {
		expect((await check({ rttMs: 700 })).line).toMatchObject({ rttMs: 700, lossShare: 0, grade: "poor" });
		const late = await check({ rttMs: 5000 });
		expect(late.line).toEqual(UNKNOWN_LINE);
	});

	it("goes on without all candidates: the centre's peer finds us", async () =>
		expect((await check({ gathers: false })).line.grade).toBe("good"));

	const answers = async (): Promise<string> => "answer";
	const busy = async (): Promise<string> => {
		throw new Error("media_unavailable");
	};
	const FAILURES: readonly [string, Partial<LineTraits>, (sdp: string) => Promise<string>][] = [
		["the line does not open", { opens: false }, answers],
		["the centre has no peer free", {}, busy],
		["nothing comes back", { returns: () => false }, answers],
	];
	it.each(FAILURES)("is unknown, not an error, when %s", async (_why, traits, ask) => {
		const { line, connection } = await check(traits, ask);
		expect(line).toEqual(UNKNOWN_LINE);
		expect(connection.closed).toBe(true);
	});
});
