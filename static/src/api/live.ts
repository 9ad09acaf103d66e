/** What changed, pushed by the server: `GET /api/live` as server-sent events, resumed by `Last-Event-ID`.
 * A push says only that something changed and its version; whoever cares fetches it again. */
import { Store } from "../kit/store.ts";

export interface LiveEvent {
	readonly id: string;
	readonly type: string;
	readonly data: unknown;
}

export type LiveState = "connecting" | "live" | "stale";

export interface LiveStatus {
	readonly state: LiveState;
	/** When the stream was last heard, in milliseconds since 1970; null before the first time. */
	readonly heardAtMs: number | null;
}

/** Silence after which the page says that it may be out of date. */
export const STALE_AFTER_MS = 30_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const FRAME_CHARACTERS_MAX = 65_536;

/** Takes a server-sent event stream apart, fed in pieces of any size. */
export class EventStreamParser {
	#rest = "";

	/** Answers the events completed by this piece. Comments (keep-alives) give none. */
	push(piece: string): LiveEvent[] {
		const text = this.#rest + piece;
		// A carriage return at the end may be half of a line end.
		const half = text.endsWith("\r") ? "\r" : "";
		const whole = text
			.slice(0, text.length - half.length)
			.replaceAll("\r\n", "\n")
			.replaceAll("\r", "\n");
		const frames = whole.split("\n\n");
		this.#rest = (frames.pop() ?? "") + half;
		if (this.#rest.length > FRAME_CHARACTERS_MAX)
			throw new RangeError("server-sent event longer than allowed");
		return frames.map(parseFrame).filter((event) => event !== null);
	}
}

function parseFrame(frame: string): LiveEvent | null {
	let id = "";
	let type = "message";
	const data: string[] = [];
	for (const line of frame.split("\n")) {
		const colon = line.indexOf(":");
		if (colon <= 0) continue;
		const field = line.slice(0, colon);
		const value = line.slice(colon + 1).replace(/^ /, "");
		if (field === "id") id = value;
		else if (field === "event") type = value;
		else if (field === "data") data.push(value);
	}
	return data.length === 0 ? null : { id, type, data: parseData(data.join("\n")) };
}

function parseData(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

/** Waits between attempts: doubling, with a ceiling. */
export function retryDelayMs(failures: number): number {
	return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
}

export interface LiveOptions {
	readonly url?: string;
	readonly fetch?: typeof globalThis.fetch;
	readonly now?: () => number;
	/** Called when the session ended (401): the stream stops for good. */
	readonly onSignedOut?: () => void;
}

/** One stream per page. `on` hears events; `status` says whether the page is live. */
export class Live {
	readonly status = new Store<LiveStatus>({ state: "connecting", heardAtMs: null });
	readonly #listeners = new Set<(event: LiveEvent) => void>();
	readonly #url: string;
	readonly #fetch: typeof globalThis.fetch;
	readonly #now: () => number;
	readonly #onSignedOut: () => void;
	#lastId = "";
	#stop: AbortController | null = null;

	constructor(options: LiveOptions = {}) {
		this.#url = options.url ?? "/api/live";
		this.#fetch = options.fetch ?? ((...given) => globalThis.fetch(...given));
		this.#now = options.now ?? Date.now;
		this.#onSignedOut = options.onSignedOut ?? (() => undefined);
	}

	on(listener: (event: LiveEvent) => void): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	/** Opens the stream and keeps it open until `stop`. */
	start(): void {
		if (this.#stop) return;
		this.#stop = new AbortController();
		void this.#run(this.#stop.signal);
	}

	stop(): void {
		this.#stop?.abort();
		this.#stop = null;
	}

	async #run(signal: AbortSignal): Promise<void> {
		let failures = 0;
		while (!signal.aborted) {
			const heard = await this.#attempt(signal);
			if (signal.aborted) return;
			failures = heard ? 0 : failures + 1;
			this.#judgeSilence();
			await pause(retryDelayMs(failures), signal);
		}
	}

	/** Reads one connection to its end; true when anything was heard on it. */
	async #attempt(signal: AbortSignal): Promise<boolean> {
		const connection = new AbortController();
		const cut = (): void => connection.abort();
		signal.addEventListener("abort", cut, { once: true });
		const watch = setInterval(() => this.#judgeSilence(cut), STALE_AFTER_MS / 6);
		try {
			return await this.#read(connection.signal);
		} catch {
			return false;
		} finally {
			clearInterval(watch);
			signal.removeEventListener("abort", cut);
		}
	}

	async #read(signal: AbortSignal): Promise<boolean> {
		const headers: Record<string, string> = { Accept: "text/event-stream" };
		if (this.#lastId !== "") headers["Last-Event-ID"] = this.#lastId;
		const response = await this.#fetch(this.#url, { headers, signal, credentials: "same-origin" });
		if (response.status === 401) {
			this.stop();
			this.#onSignedOut();
			return false;
		}
		if (!response.ok || response.body === null) return false;
		this.#heard();
		const parser = new EventStreamParser();
		const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return true;
			this.#heard();
			for (const event of parser.push(value)) this.#deliver(event);
		}
	}

	#deliver(event: LiveEvent): void {
		if (event.id !== "") this.#lastId = event.id;
		for (const listener of [...this.#listeners]) listener(event);
	}

	#heard(): void {
		this.status.set({ state: "live", heardAtMs: this.#now() });
	}

	#judgeSilence(cut: () => void = () => undefined): void {
		const { heardAtMs } = this.status.value;
		const silent = heardAtMs === null || this.#now() - heardAtMs >= STALE_AFTER_MS;
		if (!silent) return;
		this.status.set({ state: heardAtMs === null ? "connecting" : "stale", heardAtMs });
		cut();
	}
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, delayMs);
		signal.addEventListener(
			"abort",
			() => {
				clearTimeout(timer);
				resolve();
			},
			{ once: true },
		);
	});
}
