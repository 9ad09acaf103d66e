/** The pre-call check: a data channel to the server's peer, echoed; figures and a grade people understand. */
import type { Grade } from "./protocol.ts";

export interface LineCheck {
	readonly grade: Grade;
	readonly rttMs: number | null;
	readonly lossShare: number | null;
	readonly kbps: number | null;
}

export const UNKNOWN_LINE: LineCheck = { grade: "unknown", rttMs: null, lossShare: null, kbps: null };

const PINGS = 40;
const PING_EVERY_MS = 25;
const LATE_MS = 1000;
const OPEN_MS = 8000;
const LOAD_BYTES = 1024;
const LOAD_MS = 1000;
const LOAD_BUFFER_BYTES = 64 * 1024;
const LOAD_BYTES_MAX = 1024 * 1024;

export interface Figures {
	readonly rttsMs: readonly number[];
	readonly sent: number;
	readonly echoedBytes: number;
	readonly loadMs: number;
}

function median(values: readonly number[]): number | null {
	if (values.length === 0) return null;
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	const upper = sorted[middle] ?? 0;
	return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Good: nobody will notice. Fair: it works, with short gaps. Poor: plan on voice. */
export function gradeLine(rttMs: number | null, lossShare: number | null, kbps: number | null): Grade {
	if (rttMs === null || lossShare === null) return "unknown";
	const slow = kbps !== null && kbps < 150;
	if (rttMs > 600 || lossShare > 0.1 || slow) return "poor";
	const modest = kbps !== null && kbps < 500;
	if (rttMs > 250 || lossShare > 0.03 || modest) return "fair";
	return "good";
}

export function judge(figures: Figures): LineCheck {
	if (figures.sent === 0 || figures.rttsMs.length === 0) return UNKNOWN_LINE;
	const rttMs = median(figures.rttsMs);
	const lossShare = 1 - figures.rttsMs.length / figures.sent;
	const kbps = figures.loadMs > 0 ? (figures.echoedBytes * 8) / figures.loadMs : null;
	return { grade: gradeLine(rttMs, lossShare, kbps), rttMs, lossShare, kbps };
}

/** Asks the server's peer for an answer to this offer. */
export type AskAnswer = (sdp: string) => Promise<string>;

/** Runs the whole check, about three seconds; a line that cannot be measured is `unknown`, not an error. */
export async function checkLine(
	ask: AskAnswer,
	connect: () => RTCPeerConnection = () => new RTCPeerConnection({ iceServers: [] }),
): Promise<LineCheck> {
	const connection = connect();
	try {
		const channel = connection.createDataChannel("echo", { ordered: false, maxRetransmits: 0 });
		channel.binaryType = "arraybuffer";
		await connection.setLocalDescription();
		await gathered(connection);
		const sdp = await ask(connection.localDescription?.sdp ?? "");
		await connection.setRemoteDescription({ type: "answer", sdp });
		await opened(channel);
		const pings = await ping(channel);
		return judge({ ...pings, ...(await load(channel)) });
	} catch {
		return UNKNOWN_LINE;
	} finally {
		connection.close();
	}
}

function gathered(connection: RTCPeerConnection): Promise<void> {
	return new Promise((resolve) => {
		const look = (): void => {
			if (connection.iceGatheringState === "complete") resolve();
		};
		connection.addEventListener("icegatheringstatechange", look);
		// The server's peer finds us by our own checks, so waiting for every candidate is not needed.
		setTimeout(resolve, 500);
		look();
	});
}

function opened(channel: RTCDataChannel): Promise<void> {
	return new Promise((resolve, reject) => {
		const late = setTimeout(() => reject(new Error("the line did not open")), OPEN_MS);
		channel.onopen = () => {
			clearTimeout(late);
			resolve();
		};
	});
}

const pause = (spanMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, spanMs));

async function ping(channel: RTCDataChannel): Promise<{ rttsMs: number[]; sent: number }> {
	const sentAt = new Map<string, number>();
	const rttsMs: number[] = [];
	channel.onmessage = ({ data }) => {
		const at = typeof data === "string" ? sentAt.get(data) : undefined;
		if (at === undefined) return;
		sentAt.delete(String(data));
		rttsMs.push(performance.now() - at);
	};
	for (let number = 0; number < PINGS; number += 1) {
		sentAt.set(`${number}`, performance.now());
		channel.send(`${number}`);
		await pause(PING_EVERY_MS);
	}
	for (let waited = 0; waited < LATE_MS && rttsMs.length < PINGS; waited += PING_EVERY_MS)
		await pause(PING_EVERY_MS);
	return { rttsMs, sent: PINGS };
}

async function load(channel: RTCDataChannel): Promise<{ echoedBytes: number; loadMs: number }> {
	let echoedBytes = 0;
	let sentBytes = 0;
	channel.onmessage = ({ data }) => {
		if (data instanceof ArrayBuffer) echoedBytes += data.byteLength;
	};
	const block = new Uint8Array(LOAD_BYTES);
	const from = performance.now();
	while (performance.now() - from < LOAD_MS && sentBytes < LOAD_BYTES_MAX) {
		for (let n = 0; n < 8 && channel.bufferedAmount < LOAD_BUFFER_BYTES; n += 1) {
			channel.send(block);
			sentBytes += LOAD_BYTES;
		}
		await pause(10);
	}
	return { echoedBytes, loadMs: performance.now() - from };
}
