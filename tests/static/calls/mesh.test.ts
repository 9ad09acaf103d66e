import { beforeEach, describe, expect, it, vi } from "vitest";
import { Mesh, RETURN_MS } from "../../../static/src/calls/mesh.ts";
import type { PlanPeer } from "../../../static/src/calls/protocol.ts";
import { FakeConnection, FakeStream, FakeTrack, plan, settle } from "./room_floor.ts";

let sent: { t: string; d: Record<string, unknown> }[];
let streams: [string, unknown][];
let local: FakeStream | null;

beforeEach(() => {
	FakeConnection.made = [];
	sent = [];
	streams = [];
	local = new FakeStream([new FakeTrack("audio"), new FakeTrack("video")]);
});

const make = (): Mesh =>
	new Mesh({
		send: (t, d) => sent.push({ t, d: d as unknown as Record<string, unknown> }),
		local: () => local as never,
		onStream: (pid, stream) => streams.push([pid, stream]),
		onLine: () => undefined,
		connect: (configuration) => new FakeConnection(configuration) as never,
	});

const living = (): FakeConnection[] => FakeConnection.made.filter((one) => !one.closed);

describe("a plan", () => {
	it("makes one connection for each peer, and the side that offers offers", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }, { pid: "b", offers: false, polite: true }]));
		await settle();
		expect([...mesh.connections().keys()]).toEqual(["a", "b"]);
		expect(sent.map(({ t, d }) => [t, d["to"]])).toEqual([["sdp.offer", { pid: "a", epoch: 1 }]]);
		expect(FakeConnection.made.map((one) => one.kinds())).toEqual([["audio", "video"], []]);
		expect(FakeConnection.made[0]?.configuration.bundlePolicy).toBe("max-bundle");
	});

	it("that names the same page leaves its connection alone", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }]));
		await settle();
		mesh.follow(plan([{ pid: "a", polite: true }, { pid: "b" }]));
		expect(FakeConnection.made).toHaveLength(2);
		expect(living()).toHaveLength(2);
	});

	it("that names a newer page of somebody ends the connection to the older", () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a", epoch: 1 }]));
		mesh.follow(plan([{ pid: "a", epoch: 2 }]));
		expect(FakeConnection.made.map((one) => one.closed)).toEqual([true, false]);
		expect(streams).toEqual([["a", null]]);
	});

	it("that names somebody no more ends the connection and the picture", () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }, { pid: "b" }]));
		mesh.follow(plan([{ pid: "b" }]));
		expect([...mesh.connections().keys()]).toEqual(["b"]);
		expect(streams).toEqual([["a", null]]);
	});

	it("of a server that has forgotten the room ends nobody who may still come back", async () => {
		vi.useFakeTimers();
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }, { pid: "b" }]));
		mesh.awaitReturns();
		mesh.follow(plan([]));
		mesh.follow(plan([{ pid: "a" }]));
		await vi.advanceTimersByTimeAsync(RETURN_MS - 1);
		expect(living()).toHaveLength(2);
		expect(FakeConnection.made).toHaveLength(2);
		await vi.advanceTimersByTimeAsync(1);
		expect([...mesh.connections().keys()]).toEqual(["a"]);
		expect(streams).toEqual([["b", null]]);
		mesh.follow(plan([]));
		expect(living()).toEqual([]);
		vi.useRealTimers();
	});

	it("that names a newer page ends the older also while others are awaited", () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a", epoch: 1 }]));
		mesh.awaitReturns();
		mesh.follow(plan([{ pid: "a", epoch: 2 }]));
		expect(FakeConnection.made.map((one) => one.closed)).toEqual([true, false]);
		mesh.close();
		expect(living()).toEqual([]);
	});

	/** Every sequence of three plans over two people and two pages of each. */
	it("is the truth, whatever was planned before", () => {
		const pages: Partial<PlanPeer>[] = [
			{ pid: "a", epoch: 1 },
			{ pid: "a", epoch: 2 },
			{ pid: "b", epoch: 1 },
		];
		const plans = [
			[],
			...pages.map((one) => [one]),
			[pages[0], pages[2]],
			[pages[1], pages[2]],
		] as Partial<PlanPeer>[][];
		for (const first of plans) {
			for (const second of plans) {
				for (const third of plans) {
					FakeConnection.made = [];
					const mesh = make();
					for (const one of [first, second, third]) mesh.follow(plan(one));
					expect([...mesh.connections().keys()].sort()).toEqual(third.map((one) => one.pid).sort());
					expect(living()).toHaveLength(third.length);
					mesh.close();
					expect(living()).toHaveLength(0);
				}
			}
		}
	});
});

describe("relay credentials", () => {
	const turn = { urls: ["turn:t:3478"], username: "1:r.p", credential: "secret" };

	it("go to connections of the plan and, when fresh, to those that exist", () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }], { ice_servers: [turn] }));
		expect(FakeConnection.last.configuration.iceServers).toEqual([turn]);
		mesh.useServers([{ ...turn, credential: "fresh" }]);
		expect(FakeConnection.last.configuration.iceServers).toEqual([{ ...turn, credential: "fresh" }]);
		expect(FakeConnection.last.configuration.bundlePolicy).toBe("max-bundle");
	});

	it("of a server that needs none stay absent", () => {
		const mesh = make();
		mesh.follow(
			plan([{ pid: "a" }], { ice_servers: [{ urls: ["stun:s"], username: null, credential: null }] }),
		);
		expect(FakeConnection.last.configuration.iceServers).toEqual([{ urls: ["stun:s"] }]);
	});
});

describe("what comes from a peer", () => {
	const from = { pid: "a", epoch: 1 };
	const candidate = { candidate: "c", sdp_mid: "0", sdp_m_line_index: 0, username_fragment: "u" };

	it("is answered by the connection it belongs to", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a", offers: false }]));
		mesh.describe("offer", { from, pc: "c0", plan_epoch: 1, sdp: "v=0" });
		mesh.trickle({ from, pc: "c0", candidate });
		mesh.trickle({ from, pc: "c0", candidate: null });
		await settle();
		expect(FakeConnection.last.heard).toEqual([{ type: "offer", sdp: "v=0" }]);
		expect(FakeConnection.last.candidates).toEqual([
			{ candidate: "c", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" },
			undefined,
		]);
		expect(sent.map(({ t }) => t)).toEqual(["sdp.answer"]);
	});

	it.each([
		["a stranger", { pid: "x", epoch: 1 }],
		["an older page", { pid: "a", epoch: 0 }],
		["a page not planned yet", { pid: "a", epoch: 2 }],
	])("is dropped when it is %s", async (_who, stranger) => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a", offers: false }]));
		mesh.describe("offer", { from: stranger, pc: "c0", plan_epoch: 1, sdp: "v=0" });
		mesh.trickle({ from: stranger, pc: "c0", candidate });
		await settle();
		expect([FakeConnection.last.heard, FakeConnection.last.candidates, sent]).toEqual([[], [], []]);
	});

	it("and one's own candidates carry the plan and the page they are for", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a", epoch: 3 }], { plan_epoch: 7 }));
		await settle();
		FakeConnection.last.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: "x", sdpMid: "0" }) } });
		expect(sent).toEqual([
			{ t: "sdp.offer", d: { to: { pid: "a", epoch: 3 }, pc: "c0", plan_epoch: 7, sdp: "offer of 2" } },
			{
				t: "ice.candidate",
				d: {
					to: { pid: "a", epoch: 3 },
					pc: "c0",
					candidate: { candidate: "x", sdp_mid: "0", sdp_m_line_index: null, username_fragment: null },
				},
			},
		]);
	});
});

describe("one's own tracks", () => {
	it("join when they open late, and each only once", async () => {
		local = new FakeStream([new FakeTrack("audio")]);
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }]));
		local.addTrack(new FakeTrack("video"));
		mesh.addLateTracks();
		mesh.addLateTracks();
		expect(FakeConnection.last.kinds()).toEqual(["audio", "video"]);
	});

	it("take the place of one that was pulled out", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }]));
		const [before] = local?.getVideoTracks() ?? [];
		before?.unplug();
		if (before !== undefined) local?.removeTrack(before);
		const plugged = new FakeTrack("video", "video-2");
		local?.addTrack(plugged);
		mesh.addLateTracks();
		expect(FakeConnection.last.kinds()).toEqual(["audio", "video"]);
		expect(FakeConnection.last.senders[1]?.track).toBe(plugged);
	});

	it("are exchanged on every connection at once", async () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }, { pid: "b" }]));
		const other = new FakeTrack("video", "video-2");
		await mesh.replaceTrack("video", other as never);
		expect(FakeConnection.made.map((one) => one.senders[1]?.track)).toEqual([other, other]);
	});

	it("are none where nothing opened, and the connection is made all the same", async () => {
		local = null;
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }]));
		await settle();
		expect(FakeConnection.last.kinds()).toEqual([]);
	});
});

describe("a line that carries nothing", () => {
	it("is mended for the one whose it is", () => {
		const mesh = make();
		mesh.follow(plan([{ pid: "a" }, { pid: "b" }]));
		mesh.repair("a");
		mesh.repair("nobody");
		expect(FakeConnection.made.map((one) => one.restarts)).toEqual([1, 0]);
	});
});
