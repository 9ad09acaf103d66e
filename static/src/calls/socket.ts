/** The signalling socket: says hello, answers requests, paces itself, and comes back after a drop with what it
 * has not seen. It knows nothing of rooms. */
import { Problem } from "../api/problem.ts";
import { Store } from "../kit/store.ts";
import {
	CLOSE,
	type ErrorData,
	type Events,
	type Incoming,
	type Requests,
	readMessage,
	VERSION,
} from "./protocol.ts";

export const APP = "lianzhen-web/1";
const BACKOFF_MS = [0, 250, 500, 1000, 2000, 4000] as const;
const REQUEST_MS = 10_000;
const QUEUE_MAX = 256;
/** A little under the server's 30 a second and 60 at once, so that it never has to refuse. */
const PACE_PER_SECOND = 25;
const PACE_BURST = 50;
const SILENT_HEARTBEATS = 3;
const FINAL: ReadonlySet<number> = new Set([
	CLOSE.REPLACED,
	CLOSE.FORBIDDEN,
	CLOSE.ROOM_GONE,
	CLOSE.RATE,
	CLOSE.PROTOCOL,
]);

/** What is needed of a WebSocket. */
export interface Wire {
	send(text: string): void;
	close(code?: number): void;
	onopen: (() => void) | null;
	onmessage: ((event: { data: unknown }) => void) | null;
	onclose: ((event: { code: number }) => void) | null;
}

export type LinkState = "idle" | "connecting" | "open" | "lost" | "closed";

export interface Link {
	readonly state: LinkState;
	/** The close code that ended it for good; 0 before that. */
	readonly code: number;
}

/** The server refused a request; the sentence for people is found by the code `signaling.…`. */
export class Refused extends Problem {
	readonly retryAfterMs: number | null;

	constructor(error: ErrorData) {
		super({ status: 409, code: `signaling.${error.code}`, detail: error.msg });
		this.retryAfterMs = error.retry_after_ms;
	}
}

export interface SocketOptions {
	readonly url: string;
	readonly ticket: string;
	readonly open?: (url: string) => Wire;
	readonly now?: () => number;
	readonly onMessage: (message: Incoming) => void;
	/** Used tickets cannot be used again: asks for another where that is possible. */
	readonly renewTicket?: () => Promise<string>;
}

interface Waiting {
	readonly resolve: (message: Incoming) => void;
	readonly reject: (error: Error) => void;
	readonly timer: ReturnType<typeof setTimeout>;
}

export class SignalSocket {
	readonly link = new Store<Link>({ state: "idle", code: 0 });
	readonly #options: SocketOptions;
	readonly #now: () => number;
	readonly #waiting = new Map<string, Waiting>();
	readonly #queue: string[] = [];
	#wire: Wire | null = null;
	#welcomed = false;
	#ticket: string | null;
	#resume: string | null = null;
	#lastSeq: number | null = null;
	#failures = 0;
	#numbers = 0;
	#level = PACE_BURST;
	#levelAtMs = 0;
	#drainTimer: ReturnType<typeof setTimeout> | undefined;
	#retryTimer: ReturnType<typeof setTimeout> | undefined;
	#heartbeat: ReturnType<typeof setInterval> | undefined;
	#heardAtMs = 0;
	#lastError: string | null = null;

	constructor(options: SocketOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		this.#ticket = options.ticket;
	}

	/** The code of the last refusal before the socket was ended, such as `room_full`. */
	get lastError(): string | null {
		return this.#lastError;
	}

	start(): void {
		if (this.link.value.state === "idle") this.#connect();
	}

	/** Ends the socket for good. */
	stop(code = 1000): void {
		clearTimeout(this.#retryTimer);
		clearTimeout(this.#drainTimer);
		this.#stopHeartbeat();
		this.link.set({ state: "closed", code });
		this.#failRequests("closed");
		const wire = this.#wire;
		this.#wire = null;
		wire?.close(1000);
	}

	/** Sends without waiting for an answer; kept until the socket is open again. */
	send<T extends keyof Requests>(t: T, d: Requests[T]): void {
		this.#enqueue(JSON.stringify({ v: VERSION, t, d, id: null }));
	}

	/** Sends and waits for the answer that belongs to it. Throws `Refused`, or a `Problem` without a
	 * status when none comes. */
	request<T extends keyof Requests, R extends keyof Events = "ok">(t: T, d: Requests[T]): Promise<Events[R]> {
		this.#numbers += 1;
		const id = `r${this.#numbers}`;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(id);
				reject(new Problem({ status: 0, detail: `no answer to ${t}` }));
			}, REQUEST_MS);
			this.#waiting.set(id, {
				resolve: (message) => resolve(message.d as Events[R]),
				reject,
				timer,
			});
			this.#enqueue(JSON.stringify({ v: VERSION, t, d, id }));
		});
	}

	#connect(): void {
		if (this.link.value.state === "closed") return;
		this.link.set({ state: this.#lastSeq === null ? "connecting" : "lost", code: 0 });
		const open = this.#options.open ?? ((url: string) => new WebSocket(url) as unknown as Wire);
		const wire = open(this.#options.url);
		this.#wire = wire;
		this.#welcomed = false;
		wire.onopen = () => this.#hello(wire);
		wire.onmessage = (event) => {
			if (wire === this.#wire && typeof event.data === "string") this.#read(event.data);
		};
		wire.onclose = (event) => {
			if (wire === this.#wire) void this.#closed(event.code);
		};
	}

	#hello(wire: Wire): void {
		const resume = this.#resume;
		const d: Requests["hello"] = {
			token: resume === null ? this.#ticket : null,
			resume,
			last_seq: resume === null ? null : this.#lastSeq,
			client: { app: APP },
		};
		wire.send(JSON.stringify({ v: VERSION, t: "hello", d, id: null }));
	}

	#read(text: string): void {
		const message = readMessage(text);
		if (message === null) return;
		this.#heardAtMs = this.#now();
		if (message.seq !== null) {
			if (this.#lastSeq !== null && message.seq <= this.#lastSeq) return;
			this.#lastSeq = message.seq;
		}
		if (message.t === "welcome") this.#welcome(message.d);
		if (message.t === "resume") this.#resume = message.d.token;
		if (message.t === "error" && !this.#welcomed) this.#lastError = message.d.code;
		if (!this.#answer(message)) this.#options.onMessage(message);
	}

	#welcome(d: Events["welcome"]): void {
		this.#welcomed = true;
		this.#failures = 0;
		this.#ticket = null;
		this.#lastError = null;
		// After a resume the missed messages follow, so the count stays; otherwise the server's count holds.
		if (!d.resumed || this.#lastSeq === null) this.#lastSeq = d.seq;
		this.#resume = d.resume;
		this.#startHeartbeat(d.heartbeat_seconds * 1000);
		this.link.set({ state: "open", code: 0 });
		this.#drain();
	}

	/** True when the message was the answer to a request. */
	#answer(message: Incoming): boolean {
		if (message.re === null) return false;
		const waiting = this.#waiting.get(message.re);
		if (waiting === undefined) return false;
		this.#waiting.delete(message.re);
		clearTimeout(waiting.timer);
		if (message.t === "error") waiting.reject(new Refused(message.d));
		else waiting.resolve(message);
		return true;
	}

	async #closed(code: number): Promise<void> {
		this.#wire = null;
		this.#stopHeartbeat();
		const wasOpen = this.#welcomed;
		if (FINAL.has(code) && !(await this.#renewed(code, wasOpen))) {
			this.stop(code);
			return;
		}
		this.#failures = wasOpen ? 0 : this.#failures + 1;
		const wait = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)] ?? 4000;
		this.link.set({ state: this.#lastSeq === null ? "connecting" : "lost", code: 0 });
		this.#retryTimer = setTimeout(() => this.#connect(), wait * (0.75 + Math.random() / 2));
	}

	/** A ticket or resume token that no longer opens is replaced once, where the page can ask for another. */
	async #renewed(code: number, wasOpen: boolean): Promise<boolean> {
		const renew = this.#options.renewTicket;
		const stale = code === CLOSE.FORBIDDEN && !wasOpen && this.#lastError === "unauthorized";
		if (!stale || renew === undefined || this.#failures > 1) return false;
		try {
			this.#ticket = await renew();
		} catch {
			return false;
		}
		this.#resume = null;
		this.#lastSeq = null;
		return true;
	}

	#enqueue(text: string): void {
		if (this.link.value.state === "closed") return;
		if (this.#queue.length >= QUEUE_MAX) this.#queue.shift();
		this.#queue.push(text);
		this.#drain();
	}

	#drain(): void {
		const now = this.#now();
		this.#level = Math.min(PACE_BURST, this.#level + ((now - this.#levelAtMs) / 1000) * PACE_PER_SECOND);
		this.#levelAtMs = now;
		while (this.#wire !== null && this.#welcomed && this.#queue.length > 0 && this.#level >= 1) {
			this.#level -= 1;
			this.#wire.send(this.#queue.shift() ?? "");
		}
		if (this.#queue.length === 0 || !this.#welcomed) return;
		clearTimeout(this.#drainTimer);
		this.#drainTimer = setTimeout(() => this.#drain(), 1000 / PACE_PER_SECOND);
	}

	#startHeartbeat(everyMs: number): void {
		this.#stopHeartbeat();
		this.#heartbeat = setInterval(() => {
			if (this.#now() - this.#heardAtMs > everyMs * SILENT_HEARTBEATS) this.#giveUpWire();
			else this.send("ping", { n: Math.floor(this.#now()) });
		}, everyMs);
	}

	#stopHeartbeat(): void {
		clearInterval(this.#heartbeat);
	}

	/** The line is dead though nobody said so: do not wait for the browser to notice. */
	#giveUpWire(): void {
		const wire = this.#wire;
		void this.#closed(1006);
		wire?.close();
	}

	#failRequests(why: string): void {
		for (const waiting of this.#waiting.values()) {
			clearTimeout(waiting.timer);
			waiting.reject(new Problem({ status: 0, detail: why }));
		}
		this.#waiting.clear();
	}
}
