import { afterEach, describe, expect, it, vi } from "vitest";
import { consultOf, follow } from "../../../static/src/api/feed.ts";
import type { LiveEvent } from "../../../static/src/api/live.ts";

const EVENT: LiveEvent = { id: "1", type: "consult.changed", data: { consult_id: "c1" } };
const FRAME = 'id: 1\nevent: consult.changed\ndata: {"consult_id":"c1"}\n\n';

afterEach(() => vi.unstubAllGlobals());

describe("listening to what changed", () => {
	it("is on the page's stream where there is one, and ends without a trace", () => {
		const listeners = new Set<(event: LiveEvent) => void>();
		const live = {
			on(hear: (event: LiveEvent) => void) {
				listeners.add(hear);
				return () => void listeners.delete(hear);
			},
		};
		const heard: string[] = [];
		const end = follow(live, (event) => heard.push(event.type));
		for (const listener of listeners) listener(EVENT);
		expect(heard).toEqual(["consult.changed"]);
		end();
		expect(listeners.size).toBe(0);
	});

	it("is on a stream of one's own where the page gives none, and closes it", async () => {
		const signals: AbortSignal[] = [];
		vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
			expect(path).toBe("/api/live");
			if (init.signal) signals.push(init.signal);
			const body = new ReadableStream<Uint8Array>({
				start(feed) {
					feed.enqueue(new TextEncoder().encode(FRAME));
					init.signal?.addEventListener("abort", () => feed.error(new DOMException("cut", "AbortError")));
				},
			});
			return new Response(body, { headers: { "content-type": "text/event-stream" } });
		});
		const heard: LiveEvent[] = [];
		const end = follow(undefined, (event) => heard.push(event));
		await vi.waitFor(() => expect(heard).toEqual([EVENT]));
		expect(signals.map((signal) => signal.aborted)).toEqual([false]);
		end();
		expect(signals.map((signal) => signal.aborted)).toEqual([true]);
	});
});

describe("an event", () => {
	it.each([
		[{ consult_id: "c1" }, "c1"],
		[{ consult_id: "c1", version: 4 }, "c1"],
		[{ consult_id: "" }, ""],
		[{ consult_id: 7 }, null],
		[{ consult_id: null }, null],
		[{ study_instance_uid: "1.2" }, null],
		[["consult_id"], null],
		[{}, null],
		[null, null],
		[undefined, null],
		["c1", null],
		[7, null],
	])("of %j is about case %j", (data, id) => expect(consultOf({ id: "1", type: "x", data })).toBe(id));
});
