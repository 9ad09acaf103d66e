import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	EventStreamParser,
	Live,
	type LiveEvent,
	retryDelayMs,
	STALE_AFTER_MS,
} from "../../../static/src/api/live.ts";

const FRAME = 'id: 1-1,0-0\nevent: consult.changed\ndata: {"consult_id":"c1"}\n\n';
const EVENT = { id: "1-1,0-0", type: "consult.changed", data: { consult_id: "c1" } };

describe("a server-sent event stream", () => {
	it.each([1, 2, 3, 7, 1000])("is the same in pieces of %i characters", (size) => {
		const text = `: still here\n\n${FRAME}data: plain\n\n${FRAME}`;
		const parser = new EventStreamParser();
		const heard: LiveEvent[] = [];
		for (let at = 0; at < text.length; at += size) heard.push(...parser.push(text.slice(at, at + size)));
		expect(heard).toEqual([EVENT, { id: "", type: "message", data: "plain" }, EVENT]);
	});

	it.each(["\r\n", "\r"])("takes %j for the end of a line", (end) => {
		const text = FRAME.replaceAll("\n", end).repeat(2);
		const parser = new EventStreamParser();
		const heard = [...text].flatMap((letter) => parser.push(letter));
		expect([...heard, ...parser.push(":")]).toEqual([EVENT, EVENT]);
	});

	it("joins several data lines, takes one space away, and passes over what it does not know", () => {
		const [event] = new EventStreamParser().push("data:  a\ndata:b\nretry: 3\nnonsense\n:c\n\n");
		expect(event?.data).toBe(" a\nb");
		expect(new EventStreamParser().push("event: x\n\n")).toEqual([]);
	});

	it("refuses an event without end", () => {
		const parser = new EventStreamParser();
		expect(() => parser.push("x".repeat(65_537))).toThrow(RangeError);
	});
});

it("waits twice as long after each failure, and never longer than a quarter of a minute", () => {
	expect([0, 1, 2, 3, 4, 5, 50].map(retryDelayMs)).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

/** A server whose streams the test feeds. */
class Server {
	readonly asked: (string | null)[] = [];
	status = 200;
	down = false;
	private feeds: ReadableStreamDefaultController<Uint8Array>[] = [];

	readonly fetch = async (_url: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
		this.asked.push(new Headers(init?.headers).get("Last-Event-ID"));
		if (this.down) throw new TypeError("no line");
		const body = new ReadableStream<Uint8Array>({
			start: (feed) => {
				this.feeds.push(feed);
				init?.signal?.addEventListener("abort", () => {
					try {
						feed.error(new DOMException("cut", "AbortError"));
					} catch {
						// the stream had ended
					}
				});
			},
		});
		return new Response(this.status === 200 ? body : null, { status: this.status });
	};

	send(text: string): void {
		this.feeds.at(-1)?.enqueue(new TextEncoder().encode(text));
	}

	end(): void {
		this.feeds.at(-1)?.close();
	}
}

describe("the live stream of a page", () => {
	let server: Server;
	let live: Live;
	let heard: LiveEvent[];
	let signedOut: number;

	beforeEach(() => {
		vi.useFakeTimers();
		server = new Server();
		heard = [];
		signedOut = 0;
		live = new Live({ fetch: server.fetch, onSignedOut: () => (signedOut += 1) });
		live.on((event) => heard.push(event));
	});
	afterEach(() => {
		live.stop();
		vi.useRealTimers();
	});
	const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

	it("hears events and is live", async () => {
		expect(live.status.value.state).toBe("connecting");
		live.start();
		live.start();
		await pass(0);
		server.send(FRAME);
		await pass(0);
		expect(heard).toEqual([EVENT]);
		expect(live.status.value.state).toBe("live");
		expect(server.asked).toEqual([null]);
	});

	it("comes back after the stream ended, from the last event on", async () => {
		live.start();
		await pass(0);
		server.send(FRAME);
		await pass(0);
		server.end();
		await pass(500);
		expect(server.asked).toEqual([null, "1-1,0-0"]);
	});

	it("tries again ever more slowly while there is no line, and says that the page grows old", async () => {
		live.start();
		await pass(0);
		server.send(": still here\n\n");
		await pass(0);
		server.down = true;
		server.end();
		await pass(500 + 1000 + 2000 + 4000);
		expect(server.asked).toHaveLength(5);
		await pass(STALE_AFTER_MS);
		expect(live.status.value.state).toBe("stale");
		server.down = false;
		await pass(15_000);
		expect(live.status.value.state).toBe("live");
	});

	it("cuts a connection that has fallen silent, and makes a new one", async () => {
		live.start();
		await pass(0);
		await pass(STALE_AFTER_MS - 1);
		expect([live.status.value.state, server.asked.length]).toEqual(["live", 1]);
		await pass(1);
		expect(live.status.value.state).toBe("stale");
		await pass(1000);
		expect(server.asked).toHaveLength(2);
		expect(live.status.value.state).toBe("live");
	});

	it("stops for good when the session has ended", async () => {
		server.status = 401;
		live.start();
		await pass(120_000);
		expect([signedOut, server.asked.length]).toEqual([1, 1]);
	});

	it("is not live on a refusal, and asks again", async () => {
		server.status = 503;
		live.start();
		await pass(1000);
		expect(live.status.value.state).toBe("connecting");
		expect(server.asked.length).toBeGreaterThan(1);
	});

	it("tells a listener nothing after it left", async () => {
		const more: LiveEvent[] = [];
		const off = live.on((event) => more.push(event));
		live.start();
		await pass(0);
		off();
		server.send(FRAME);
		await pass(0);
		expect([heard.length, more.length]).toEqual([1, 0]);
	});
});
