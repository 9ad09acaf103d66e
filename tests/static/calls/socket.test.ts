import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Incoming, WelcomeData } from "../../../static/src/calls/protocol.ts";
import { Refused, SignalSocket, type SocketOptions, type Wire } from "../../../static/src/calls/socket.ts";

class FakeWire implements Wire {
	sent: { t: string; d: Record<string, unknown>; id: string | null }[] = [];
	closed = false;
	onopen: (() => void) | null = null;
	onmessage: ((event: { data: unknown }) => void) | null = null;
	onclose: ((event: { code: number }) => void) | null = null;

	send(text: string): void {
		this.sent.push(JSON.parse(text));
	}
	close(): void {
		this.closed = true;
	}
	say(message: Record<string, unknown>): void {
		this.onmessage?.({ data: JSON.stringify({ v: 1, re: null, seq: null, ...message }) });
	}
	welcome(change: Partial<WelcomeData> = {}): void {
		const d = {
			pid: "p",
			epoch: 1,
			seq: 0,
			resumed: false,
			resume: "resume-1",
			heartbeat_seconds: 5,
			...change,
		};
		this.say({ t: "welcome", d });
	}
	of(t: string): FakeWire["sent"] {
		return this.sent.filter((one) => one.t === t);
	}
}

let wires: FakeWire[];
let heard: Incoming[];
let nowMs: number;

function make(more: Partial<SocketOptions> = {}): SignalSocket {
	const socket = new SignalSocket({
		url: "ws://x/ws",
		ticket: "ticket-1",
		open: () => {
			const wire = new FakeWire();
			wires.push(wire);
			return wire;
		},
		now: () => nowMs,
		onMessage: (message) => heard.push(message),
		...more,
	});
	socket.start();
	wires[0]?.onopen?.();
	return socket;
}

const wire = (at = -1): FakeWire => {
	const found = wires.at(at);
	if (found === undefined) throw new Error("no wire");
	return found;
};

async function pass(spanMs: number): Promise<void> {
	nowMs += spanMs;
	await vi.advanceTimersByTimeAsync(spanMs);
}

beforeEach(() => {
	vi.useFakeTimers();
	wires = [];
	heard = [];
	nowMs = 1000;
});
afterEach(() => {
	vi.useRealTimers();
});

describe("hello", () => {
	it("shows the ticket first, never in the address, and nothing else before the welcome", () => {
		const socket = make();
		socket.send("media.state", { audio: true, video: true });
		expect(wire().sent.map((one) => one.t)).toEqual(["hello"]);
		expect(wire().sent[0]?.d).toMatchObject({ token: "ticket-1", resume: null, last_seq: null });
		wire().welcome();
		expect(wire().of("media.state")).toHaveLength(1);
		expect(socket.link.value.state).toBe("open");
	});
});

describe("after a drop", () => {
	it("comes back with the newest resume token and the last number it has seen", async () => {
		const socket = make();
		wire().welcome();
		wire().say({ t: "resume", seq: 1, d: { token: "resume-2" } });
		wire().say({ t: "lobby.list", seq: 2, d: { waiting: [] } });
		wire().onclose?.({ code: 1006 });
		expect(socket.link.value.state).toBe("lost");
		await pass(500);
		wire().onopen?.();
		expect(wires).toHaveLength(2);
		expect(wire().sent[0]?.d).toMatchObject({ token: null, resume: "resume-2", last_seq: 2 });
	});

	it("does not hear a message twice, and keeps its count while it catches up", async () => {
		make();
		wire().welcome();
		wire().say({ t: "lobby.list", seq: 1, d: { waiting: [] } });
		wire().onclose?.({ code: 1006 });
		await pass(500);
		wire().onopen?.();
		wire().welcome({ seq: 3, resumed: true, resume: "resume-3" });
		for (const seq of [1, 2, 3]) wire().say({ t: "lobby.list", seq, d: { waiting: [] } });
		expect(heard.filter((one) => one.t === "lobby.list").map((one) => one.seq)).toEqual([1, 2, 3]);
	});

	it("counts anew where the server has forgotten it", async () => {
		make();
		wire().welcome({ seq: 40 });
		wire().say({ t: "lobby.list", seq: 41, d: { waiting: [] } });
		wire().onclose?.({ code: 1012 });
		await pass(500);
		wire().onopen?.();
		wire().welcome({ seq: 0, resumed: false });
		wire().say({ t: "lobby.list", seq: 1, d: { waiting: [] } });
		expect(heard.at(-1)?.seq).toBe(1);
	});

	it("sends what was said meanwhile", async () => {
		const socket = make();
		wire().welcome();
		wire().onclose?.({ code: 1006 });
		socket.send("media.state", { audio: false, video: true });
		await pass(500);
		wire().onopen?.();
		wire().welcome({ resumed: true });
		expect(wire().of("media.state")).toHaveLength(1);
	});

	it("tries again with growing patience and never gives up by itself", async () => {
		make();
		wire().welcome();
		wire().onclose?.({ code: 1006 });
		for (let n = 0; n < 12; n += 1) {
			await pass(6000);
			wire().onclose?.({ code: 1006 });
		}
		expect(wires.length).toBeGreaterThanOrEqual(12);
	});

	it.each([4001, 4003, 4004, 4009, 4010])("stays closed after %i", async (code) => {
		const socket = make();
		wire().welcome();
		wire().onclose?.({ code });
		await pass(10_000);
		expect(wires).toHaveLength(1);
		expect(socket.link.value).toEqual({ state: "closed", code });
	});

	it("asks for another ticket where its own is spent", async () => {
		make({ renewTicket: async () => "ticket-2" });
		wire().say({ t: "error", d: { code: "unauthorized", msg: "", retry_after_ms: null } });
		wire().onclose?.({ code: 4003 });
		await pass(2000);
		wire().onopen?.();
		expect(wire().sent[0]?.d["token"]).toBe("ticket-2");
	});
});

describe("requests", () => {
	it("belong to their answers", async () => {
		const socket = make();
		wire().welcome();
		const asked = socket.request("lobby.admit", { pid: "p1" });
		const refused = socket.request("lobby.deny", { pid: "p2" });
		const [first, second] = wire().sent.slice(1);
		wire().say({ t: "error", re: second?.id, d: { code: "not_admitted", msg: "no", retry_after_ms: null } });
		wire().say({ t: "ok", re: first?.id, d: {} });
		await expect(asked).resolves.toEqual({});
		await expect(refused).rejects.toThrow(Refused);
		await expect(refused).rejects.toMatchObject({ code: "signaling.not_admitted" });
	});

	it("end when no answer comes", async () => {
		const socket = make();
		wire().welcome();
		const asked = expect(socket.request("lobby.admit", { pid: "p1" })).rejects.toThrow("no answer");
		await pass(11_000);
		await asked;
	});
});

describe("pace and pulse", () => {
	it("never sends faster than the server allows", async () => {
		const socket = make();
		wire().welcome();
		for (let n = 0; n < 120; n += 1) socket.send("ping", { n });
		expect(wire().of("ping").length).toBeLessThanOrEqual(60);
		for (let n = 0; n < 40; n += 1) await pass(100);
		expect(wire().of("ping").length).toBeGreaterThanOrEqual(120);
	});

	it("asks whether the server is there, and does not wait for a dead line", async () => {
		make();
		wire().welcome();
		await pass(5000);
		expect(wire().of("ping")).toHaveLength(1);
		for (let n = 0; n < 4; n += 1) await pass(5000);
		expect(wire(0).closed).toBe(true);
		expect(wires.length).toBeGreaterThan(1);
	});

	it("is silent once it is stopped", async () => {
		const socket = make();
		wire().welcome();
		socket.stop();
		await pass(60_000);
		expect(wires).toHaveLength(1);
		expect(wire().of("ping")).toHaveLength(0);
	});
});
