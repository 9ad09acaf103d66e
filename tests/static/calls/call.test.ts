import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call, endedBy, socketUrl } from "../../../static/src/calls/call.ts";
import { Devices } from "../../../static/src/calls/devices.ts";
import { MARK_CLICK, MARK_FIRST_FRAME } from "../../../static/src/calls/frames.ts";
import type { Media } from "../../../static/src/calls/protocol.ts";
import {
	FakeConnection,
	FakeDesk,
	FakeServer,
	FakeStream,
	FakeTiming,
	type FakeTrack,
	peer,
	plan,
	settle,
	WELCOME,
} from "./room_floor.ts";

const NO_CHECK = { grade: "unknown", rtt_ms: null, loss_share: null };

let desk: FakeDesk;

beforeEach(() => {
	vi.useFakeTimers({
		now: 0,
		toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
	});
	FakeConnection.made = [];
	FakeServer.sockets = [];
	desk = new FakeDesk();
	vi.stubGlobal("WebSocket", FakeServer);
	vi.stubGlobal("RTCPeerConnection", FakeConnection);
	vi.stubGlobal("MediaStream", FakeStream);
	vi.stubGlobal("location", { href: "https://clinic.test/room/1" });
	vi.stubGlobal("performance", new FakeTiming());
});
afterEach(() => {
	vi.useRealTimers();
});

async function a_call(opened = true, renew?: () => Promise<string>): Promise<Call> {
	const devices = new Devices(desk);
	if (opened) await devices.open();
	const call = new Call({
		entry: { ticket: "ticket-1", signalingUrl: "/signaling/ws", roomId: "room-1" },
		devices,
		...(renew === undefined ? {} : { renew }),
	});
	call.connect();
	return call;
}

/** A page in the room with these others. */
async function inside(...others: string[]): Promise<Call> {
	const call = await a_call();
	FakeServer.last.open();
	void call.enter();
	FakeServer.last.say("ok", {}, "lobby.knock");
	FakeServer.last.say("room.state", {
		room: others.length > 0 ? "live" : "open",
		live_since: others.length > 0 ? "2026-03-02T01:30:00Z" : null,
		peers: [peer("me"), ...others.map((pid) => peer(pid))],
	});
	FakeServer.last.say("media.plan", plan(others.map((pid) => ({ pid }))));
	await settle();
	return call;
}

const told = (t: string): Record<string, unknown>[] => FakeServer.last.of(t).map(({ d }) => d);
const tracks = (call: Call): FakeTrack[] =>
	(call.devices.state.value.stream as unknown as FakeStream | null)?.getTracks() ?? [];

/** A video element in small: it says when a frame is decoded. */
class Screen {
	srcObject: unknown = null;
	#run: (() => void) | null = null;
	requestVideoFrameCallback(run: () => void): number {
		this.#run = run;
		return 1;
	}
	cancelVideoFrameCallback(): void {
		this.#run = null;
	}
	frame(): void {
		this.#run?.();
	}
}

describe("the address of the socket", () => {
	it.each([
		["/signaling/ws", "https://a.test/room/1", "wss://a.test/signaling/ws"],
		["/signaling/ws", "http://a.test:8080/room/1", "ws://a.test:8080/signaling/ws"],
		["https://b.test/signaling/ws", "https://a.test/", "wss://b.test/signaling/ws"],
		["ws://127.0.0.1:8081/signaling/ws", "http://127.0.0.1:8080/", "ws://127.0.0.1:8081/signaling/ws"],
		["wss://b.test/ws", "http://a.test/", "wss://b.test/ws"],
	])("%s on %s is %s", (given, page, wanted) => expect(socketUrl(given, page)).toBe(wanted));
});

describe("why it ended", () => {
	it.each([
		[1000, null, null],
		[4001, null, "replaced"],
		[4003, null, "refused"],
		[4003, "unauthorized", "refused"],
		[4003, "room_full", "full"],
		[4004, null, "room_closed"],
		[4009, null, "refused"],
		[4010, "bad_message", "version"],
	] as const)("%s after %s is %s", (code, error, ended) => expect(endedBy(code, error)).toBe(ended));
});

describe("entering", () => {
	it("says hello with the ticket, then knocks with what is sent and what was measured", async () => {
		const call = await a_call();
		FakeServer.last.open();
		void call.enter();
		expect(FakeServer.last.url).toBe("wss://clinic.test/signaling/ws");
		expect(told("hello")).toEqual([
			{ token: "ticket-1", resume: null, last_seq: null, client: { app: "lianzhen-web/1" } },
		]);
		expect(told("lobby.knock")).toEqual([
			{ media: { audio: true, video: true }, check: { ...NO_CHECK, camera: true, microphone: true } },
		]);
		expect(performance.getEntriesByName(MARK_CLICK)).toHaveLength(1);
	});

	it.each([
		[{ video: "NotFoundError" }, { audio: true, video: false }],
		[
			{ audio: "NotAllowedError", video: "NotAllowedError" },
			{ audio: false, video: false },
		],
	])("promises nothing that is not there: %o", async (faults, media) => {
		desk.faults = faults;
		const call = await a_call();
		FakeServer.last.open();
		void call.enter();
		expect(told("lobby.knock")[0]?.["media"]).toEqual(media satisfies Media);
	});

	it("may be asked before the socket is open: it goes out with the welcome", async () => {
		const call = await a_call();
		const entered = call.enter();
		expect(FakeServer.last.sent).toEqual([]);
		FakeServer.last.open();
		expect(FakeServer.last.sent.map(({ t }) => t)).toEqual(["hello", "lobby.knock"]);
		FakeServer.last.say("ok", {}, "lobby.knock");
		await expect(entered).resolves.toBeUndefined();
	});

	it("fails as offline when nobody answers", async () => {
		const call = await a_call();
		const entered = expect(call.enter()).rejects.toMatchObject({ kind: "offline" });
		await vi.advanceTimersByTimeAsync(10_000);
		await entered;
	});

	it("waits as a guest and knows the place", async () => {
		const call = await a_call();
		FakeServer.last.open({ role: "patient", can_admit: false });
		void call.enter();
		FakeServer.last.say("lobby.waiting", { position: 2, clinician_present: false });
		expect(call.state.value).toMatchObject({ position: 2, clinicianPresent: false, peers: [] });
		expect(FakeConnection.made).toEqual([]);
	});
});

describe("in the room", () => {
	it("connects to those of the plan and sends both tracks", async () => {
		const call = await inside("d2", "d3");
		expect(call.state.value.peers.map((one) => one.pid)).toEqual(["d2", "d3"]);
		expect(FakeConnection.made.map((one) => one.kinds())).toEqual([
			["audio", "video"],
			["audio", "video"],
		]);
		expect(told("sdp.offer").map((d) => d["to"])).toEqual([
			{ pid: "d2", epoch: 1 },
			{ pid: "d3", epoch: 1 },
		]);
	});

	it("passes answers and candidates to the connection they are for", async () => {
		await inside("d2");
		const from = { pid: "d2", epoch: 1 };
		FakeServer.last.say("sdp.answer", { from, pc: "c0", plan_epoch: 1, sdp: "answer" });
		FakeServer.last.say("ice.candidate", { from, pc: "c0", candidate: null });
		await settle();
		expect(FakeConnection.last.heard).toEqual([{ type: "answer", sdp: "answer" }]);
		expect(FakeConnection.last.candidates).toEqual([undefined]);
	});

	it("answers an offer", async () => {
		await inside("d2");
		const from = { pid: "d2", epoch: 1 };
		FakeServer.last.say("sdp.answer", { from, pc: "c0", plan_epoch: 1, sdp: "answer" });
		FakeServer.last.say("sdp.offer", { from, pc: "c0", plan_epoch: 1, sdp: "offer" });
		await settle();
		expect(told("sdp.answer")).toHaveLength(1);
	});

	it.each([
		["sent back to the lobby", { t: "lobby.waiting", d: { position: 1, clinician_present: true } }],
		["turned out", { t: "bye", d: { reason: "kicked" } }],
	] as const)("ends every connection when %s", async (_how, { t, d }) => {
		const call = await inside("d2");
		const screen = new Screen();
		call.show(screen as never, "d2");
		FakeConnection.last.arrive(new FakeStream());
		expect(screen.srcObject).not.toBeNull();
		FakeServer.last.say(t, d as never);
		expect(FakeConnection.last.closed).toBe(true);
		expect(screen.srcObject).toBeNull();
		expect(call.state.value.peers).toEqual([]);
	});

	it("knocks again by itself when the server has forgotten the seat", async () => {
		await inside("d2");
		FakeServer.last.drop();
		await vi.advanceTimersByTimeAsync(1000);
		FakeServer.last.open({ state: "checking", resumed: false });
		await settle();
		expect(FakeServer.sockets).toHaveLength(2);
		expect(told("lobby.knock")).toHaveLength(1);
		expect(FakeConnection.last.closed).toBe(true);
	});

	it("keeps its connections over a dropped socket", async () => {
		const call = await inside("d2");
		FakeServer.last.drop();
		expect(call.state.value.link).toBe("lost");
		await vi.advanceTimersByTimeAsync(1000);
		expect(told("hello")[0] ?? { resume: "not yet" }).toMatchObject({ resume: "not yet" });
		FakeServer.last.open({ state: "admitted", resumed: true, epoch: 1 });
		expect(told("hello")[0]).toMatchObject({ token: null, resume: "resume-1", last_seq: 2 });
		expect(FakeConnection.made.map((one) => one.closed)).toEqual([false]);
		expect(call.state.value).toMatchObject({ link: "open", lostAtMs: null });
	});
});

describe("microphone and camera", () => {
	it("follow the buttons and the others are told", async () => {
		const call = await inside("d2");
		const before = told("media.state").length;
		call.setAudio(false);
		call.setVideo(false);
		call.setAudio(true);
		expect(told("media.state").slice(before)).toEqual([
			{ audio: false, video: true },
			{ audio: false, video: false },
			{ audio: true, video: false },
		]);
		expect(tracks(call).map((one) => [one.kind, one.enabled])).toEqual([
			["audio", true],
			["video", false],
		]);
	});

	it("tell nobody before the room", async () => {
		const call = await a_call();
		FakeServer.last.open();
		call.setAudio(false);
		expect(told("media.state")).toEqual([]);
		expect(call.state.value.media.audio).toBe(false);
	});

	it("that open late are sent, unless their button says off", async () => {
		desk.faults = { audio: "NotAllowedError" };
		const call = await inside("d2");
		expect(FakeConnection.last.kinds()).toEqual(["video"]);
		call.setAudio(false);
		desk.faults = {};
		await call.devices.open();
		expect(FakeConnection.last.kinds()).toEqual(["video", "audio"]);
		expect(tracks(call).find((one) => one.kind === "audio")?.enabled).toBe(false);
		expect(told("media.state").at(-1)).toEqual({ audio: false, video: true });
		call.setAudio(true);
		expect(told("media.state").at(-1)).toEqual({ audio: true, video: true });
	});

	it("that are pulled out are said to be off", async () => {
		const call = await inside("d2");
		tracks(call)
			.find((one) => one.kind === "audio")
			?.unplug();
		expect(call.state.value.microphone).toBe("missing");
		expect(told("media.state").at(-1)).toEqual({ audio: false, video: true });
	});

	it("change to the other camera on every connection and stay dark if they were", async () => {
		desk.cameras = ["front", "back"];
		const call = await inside("d2", "d3");
		call.setVideo(false);
		await call.switchCamera();
		for (const connection of FakeConnection.made) {
			const sent = connection.senders.find((one) => one.track?.kind === "video")?.track;
			expect(sent).toMatchObject({ deviceId: "back", enabled: false });
		}
	});
});

describe("pictures", () => {
	it("come to a screen that was there before them, and to one that comes after", async () => {
		const call = await inside("d2");
		const [early, late] = [new Screen(), new Screen()];
		call.show(early as never, "d2");
		const stream = new FakeStream();
		FakeConnection.last.arrive(stream);
		call.show(late as never, "d2");
		expect([early.srcObject, late.srcObject]).toEqual([stream, stream]);
	});

	it("are seen from the first decoded frame, which is marked once", async () => {
		const call = await inside("d2");
		const screen = new Screen();
		call.show(screen as never, "d2");
		expect(call.state.value.peers[0]?.showing).toBe(false);
		screen.frame();
		screen.frame();
		expect(call.state.value.peers[0]?.showing).toBe(true);
		expect(performance.getEntriesByName(MARK_FIRST_FRAME)).toHaveLength(1);
	});

	it("of oneself mark nothing", async () => {
		const call = await inside();
		const screen = new Screen();
		call.show(screen as never, "self");
		screen.frame();
		expect(screen.srcObject).toBe(call.devices.state.value.stream);
		expect(performance.getEntriesByName(MARK_FIRST_FRAME)).toEqual([]);
	});

	it("stay when a view attaches anew before it lets go of the old", async () => {
		const call = await inside("d2");
		const screen = new Screen();
		FakeConnection.last.arrive(new FakeStream());
		const first = call.show(screen as never, "d2");
		const second = call.show(screen as never, "d2");
		first();
		expect(screen.srcObject).not.toBeNull();
		second();
		expect(screen.srcObject).toBeNull();
	});
});

describe("relay credentials", () => {
	const turn = (credential: string) => ({ urls: ["turn:t"], username: "1:r.me", credential });

	it("are renewed at four fifths of their life, again and again", async () => {
		const call = await inside();
		FakeServer.last.say(
			"media.plan",
			plan([{ pid: "d2" }], { ice_servers: [turn("first")], ice_seconds: 20 }),
		);
		await vi.advanceTimersByTimeAsync(15_900);
		expect(told("ice.refresh")).toHaveLength(0);
		await vi.advanceTimersByTimeAsync(200);
		expect(told("ice.refresh")).toHaveLength(1);
		FakeServer.last.say("ice.servers", { ice_servers: [turn("second")], ice_seconds: 10 }, "ice.refresh");
		await settle();
		expect(FakeConnection.last.configuration.iceServers).toEqual([turn("second")]);
		FakeServer.last.say("pong", { n: 1 });
		await vi.advanceTimersByTimeAsync(8100);
		expect(told("ice.refresh")).toHaveLength(2);
		call.dispose();
	});

	it("are not asked for where there is no relay", async () => {
		const call = await inside("d2");
		await vi.advanceTimersByTimeAsync(12_000);
		expect(told("ice.refresh")).toEqual([]);
		call.dispose();
	});
});

describe("how the line is", () => {
	const moment = (frames: number, packets: number, lost = 0): Record<string, unknown>[] => [
		{
			type: "inbound-rtp",
			kind: "video",
			framesDecoded: frames,
			packetsReceived: packets,
			packetsLost: lost,
		},
		{ type: "inbound-rtp", kind: "audio", packetsReceived: packets },
	];

	/** Seconds of a connected line in which `each` says what has been counted by then. */
	async function seconds(count: number, each: (second: number) => Record<string, unknown>[]): Promise<void> {
		for (let second = 1; second <= count; second += 1) {
			FakeConnection.last.stats = each(second);
			FakeServer.last.say("pong", { n: second });
			await vi.advanceTimersByTimeAsync(1000);
		}
	}

	it("is reported every five seconds, the first time with the wait for the picture", async () => {
		const call = await inside("d2");
		FakeConnection.last.ice("connected");
		const screen = new Screen();
		call.show(screen as never, "d2");
		await vi.advanceTimersByTimeAsync(300);
		screen.frame();
		await seconds(11, (second) => moment(second * 20, second * 50));
		const reports = told("quality.report");
		expect(reports).toHaveLength(2);
		expect(reports[0]).toMatchObject({ pid: "d2", loss_share: 0 });
		expect(reports[0]?.["first_frame_ms"]).toBe(300);
		expect(reports[0]?.["fps"]).toBeCloseTo(20, 0);
		expect(reports[1]?.["first_frame_ms"]).toBeNull();
		call.dispose();
	});

	it("falls to weak after three bad seconds and is said on the tile", async () => {
		const call = await inside("d2");
		FakeConnection.last.ice("connected");
		await seconds(3, (second) => moment(second * 20, second * 50, second * 20));
		expect(call.state.value.peers[0]?.grade).toBe("good");
		await seconds(2, (second) => moment((second + 3) * 20, (second + 3) * 50, (second + 3) * 20));
		expect(call.state.value.peers[0]?.grade).toBe("poor");
		call.dispose();
	});

	it("is mended when nothing comes though the other side sends", async () => {
		const call = await inside("d2");
		FakeConnection.last.ice("connected");
		await seconds(6, () => moment(20, 50));
		expect(FakeConnection.last.restarts).toBe(0);
		await seconds(2, () => moment(20, 50));
		expect(FakeConnection.last.restarts).toBe(1);
		call.dispose();
	});

	it("is left alone when the other side has muted and hidden, or is away", async () => {
		const call = await inside("d2");
		FakeConnection.last.ice("connected");
		FakeServer.last.say("peer.updated", peer("d2", { media: { audio: false, video: false } }));
		await seconds(9, () => moment(20, 50));
		FakeServer.last.say("peer.updated", peer("d2", { state: "reconnecting" }));
		await seconds(9, () => moment(20, 50));
		expect(FakeConnection.last.restarts).toBe(0);
		call.dispose();
	});
});

describe("the end", () => {
	it("by leaving: goodbye is said, camera and microphone go out, nothing is left open", async () => {
		const call = await inside("d2");
		const own = tracks(call);
		call.leave();
		expect(told("bye")).toEqual([{}]);
		expect(call.state.value).toMatchObject({ ended: "left", link: "closed" });
		expect(own.map((one) => one.readyState)).toEqual(["ended", "ended"]);
		expect(FakeConnection.last.closed).toBe(true);
		expect(FakeServer.last.closedWith).toBe(1000);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("by closing the page: the seat is kept, so no goodbye", async () => {
		const call = await inside("d2");
		call.dispose();
		expect(told("bye")).toEqual([]);
		expect(call.state.value.ended).toBeNull();
		expect(FakeConnection.last.closed).toBe(true);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("by another window: the page says so and lets go of the devices", async () => {
		const call = await inside("d2");
		const own = tracks(call);
		FakeServer.last.drop(4001);
		await settle();
		expect(call.state.value.ended).toBe("replaced");
		expect(own.every((one) => one.readyState === "ended")).toBe(true);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(FakeServer.sockets).toHaveLength(1);
	});

	it("is put off once where another ticket can be had", async () => {
		await a_call(true, async () => "ticket-2");
		FakeServer.last.onopen?.();
		FakeServer.last.say("error", { code: "unauthorized", msg: "", retry_after_ms: null });
		FakeServer.last.drop(4003);
		await vi.advanceTimersByTimeAsync(1000);
		FakeServer.last.onopen?.();
		expect(told("hello")[0]).toMatchObject({ token: "ticket-2", resume: null });
	});

	it("comes at once without another ticket", async () => {
		const call = await a_call();
		FakeServer.last.onopen?.();
		FakeServer.last.say("error", { code: "unauthorized", msg: "", retry_after_ms: null });
		FakeServer.last.drop(4003);
		await settle();
		expect(call.state.value.ended).toBe("refused");
	});
});

describe("those who may admit", () => {
	it.each([
		["admit", "lobby.admit"],
		["deny", "lobby.deny"],
		["sendBack", "lobby.return"],
	] as const)("%s asks %s and hears the refusal", async (act, t) => {
		const call = await inside();
		const asked = call[act]("p1");
		expect(told(t)).toEqual([{ pid: "p1" }]);
		FakeServer.last.say("error", { code: "no_such_peer", msg: "", retry_after_ms: null }, t);
		await expect(asked).rejects.toMatchObject({ code: "signaling.no_such_peer" });
	});

	it("know who waits already while they try their camera", async () => {
		const call = await a_call();
		FakeServer.last.open(WELCOME);
		const waiter = {
			pid: "p1",
			name: "罗桂兰",
			institution: "",
			role: "patient",
			waiting_since: "2026-03-02T01:30:00Z",
			here: true,
			grade: "good",
		} as const;
		FakeServer.last.say("lobby.list", { waiting: [waiter] });
		expect(call.state.value.waiting).toEqual([waiter]);
	});
});
