/** A server of frames in memory, for tests of what is asked for and in which order. */
import type { Fetch } from "../../../static/src/reading/loader.ts";
import { recordBytes } from "./studies.ts";

/** A server in memory that answers when told. */
export class FrameServer {
	readonly asked: {
		range: string;
		signal: AbortSignal;
		priority: string;
		answer: (response: Response | Error) => void;
	}[] = [];

	readonly fetch: Fetch = (url, { signal, priority }) =>
		new Promise((resolve, reject) => {
			signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
			this.asked.push({
				range: url.replace("/api/packs/p/1/frames/", "").replace("/api/packs/p/1/previews/", "small "),
				signal,
				priority,
				answer: (response) => (response instanceof Error ? reject(response) : resolve(response)),
			});
		});

	get open(): string[] {
		return this.asked.filter(({ signal }) => !signal.aborted).map(({ range }) => range);
	}

	answer(range: string, response: Response | Error = answerOf(range)): Promise<void> {
		const at = this.asked.findIndex((one) => one.range === range && !one.signal.aborted);
		const [request] = this.asked.splice(at, 1);
		request?.answer(response);
		return settled();
	}
}

function answerOf(range: string): Response {
	return range.startsWith("small ") ? previewsOf(range) : framesOf(range);
}

export function framesOf(range: string, leaveOut = -1): Response {
	const [first = 0, last = 0] = range.split("-").map(Number);
	const bytes: number[] = [];
	for (let frame = first; frame <= last; frame++) {
		if (frame !== leaveOut) bytes.push(...new Uint8Array(recordBytes(frame, 1, new Uint8Array([frame]))));
	}
	return new Response(new Uint8Array(bytes));
}

/** What the server says to a request for previews. */
export function previewsOf(range: string, leaveOut = -1): Response {
	const [first = 0, last = 0] = range.replace("small ", "").split("-").map(Number);
	const bytes: number[] = [];
	for (let frame = first; frame <= last; frame++) {
		if (frame !== leaveOut) bytes.push(...recordBytes(frame, 4, new Uint8Array([frame])));
	}
	return new Response(new Uint8Array(bytes));
}

/** Lets all promises that can go on go on, on every release of Node (they read streams in different turns). */
export async function settled(): Promise<void> {
	for (let turn = 0; turn < 64; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
