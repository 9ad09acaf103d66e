import { describe, expect, it } from "vitest";
import type { Events, Incoming, PeerData } from "../../../static/src/calls/protocol.ts";
import {
	type CallState,
	callSpanMs,
	EMPTY,
	lineWords,
	ownSecondsLeft,
	phaseOf,
	reduce,
	secondsLeft,
} from "../../../static/src/calls/room.ts";

const say = <T extends keyof Events>(state: CallState, t: T, d: Events[T]): CallState =>
	reduce(state, { t: "said", message: { v: 1, t, re: null, seq: null, d } as Incoming });

const peer = (pid: string, change: Partial<PeerData> = {}): PeerData => ({
	pid,
	epoch: 1,
	role: "specialist",
	name: pid,
	institution: "",
	state: "admitted",
	media: { audio: true, video: true },
	grace_until: null,
	...change,
});

const welcome = (state: Events["welcome"]["state"]): Events["welcome"] => ({
	pid: "me",
	epoch: 1,
	role: "patient",
	name: "罗桂兰",
	can_admit: false,
	state,
	resume: "r",
	seq: 0,
	resumed: false,
	server_time: "2026-03-02T01:30:00+00:00",
	heartbeat_seconds: 5,
	limits: {
		message_bytes_max: 65_536,
		messages_per_second: 30,
		messages_burst: 60,
		participants_max: 6,
		grace_seconds: 30,
		probe_seconds_max: 30,
	},
});

const inside = (...peers: PeerData[]): CallState =>
	say(say(EMPTY, "welcome", welcome("admitted")), "room.state", {
		room: "live",
		live_since: "2026-03-02T01:30:00Z",
		peers: [peer("me"), ...peers],
	});

describe("what the page knows", () => {
	it("is the others, never oneself", () => {
		expect(inside(peer("d1")).peers.map((one) => one.pid)).toEqual(["d1"]);
	});

	it("follows who comes, changes and goes", () => {
		let state = say(inside(), "peer.joined", peer("d1"));
		state = say(state, "peer.updated", peer("d1", { media: { audio: false, video: true } }));
		expect(state.peers).toHaveLength(1);
		expect(state.peers[0]?.media.audio).toBe(false);
		state = say(state, "peer.left", { pid: "d1", epoch: 1, reason: "grace_over" });
		expect(state.peers).toEqual([]);
		expect(state.lastDeparture).toEqual({ name: "d1", reason: "grace_over" });
	});

	it("keeps what it sees of a page, and starts anew with the next page", () => {
		let state = reduce(inside(peer("d1")), { t: "line", pid: "d1", line: "connected" });
		state = reduce(state, { t: "showing", pid: "d1", showing: true });
		state = say(state, "peer.updated", peer("d1"));
		expect(state.peers[0]).toMatchObject({ line: "connected", showing: true });
		state = say(state, "peer.updated", peer("d1", { epoch: 2 }));
		expect(state.peers[0]).toMatchObject({ line: "connecting", showing: false });
	});

	it("forgets everybody when sent back to the lobby or out", () => {
		const waiting = say(inside(peer("d1")), "lobby.waiting", { position: 2, clinician_present: true });
		expect(waiting).toMatchObject({ peers: [], position: 2, liveSince: null });
		expect(say(inside(peer("d1")), "bye", { reason: "kicked" })).toMatchObject({
			peers: [],
			ended: "kicked",
		});
	});
});

describe("which page is shown", () => {
	it("goes from before to waiting to inside to the end", () => {
		expect(phaseOf(EMPTY)).toBe("before");
		const checking = say(EMPTY, "welcome", welcome("checking"));
		expect(phaseOf(checking)).toBe("before");
		const waiting = say(checking, "lobby.waiting", { position: 1, clinician_present: false });
		expect(phaseOf(waiting)).toBe("waiting");
		expect(phaseOf(inside())).toBe("inside");
		expect(phaseOf(say(inside(), "bye", { reason: "left" }))).toBe("ended");
	});

	it("stays inside while reconnecting", () => {
		const lost = reduce(inside(), { t: "link", link: "lost", ended: null, atMs: 1000 });
		expect(phaseOf(lost)).toBe("inside");
		expect(ownSecondsLeft(lost, 1000)).toBe(30);
		expect(ownSecondsLeft(lost, 11_500)).toBe(20);
		expect(ownSecondsLeft(lost, 99_000)).toBe(0);
		const again = reduce(lost, { t: "link", link: "lost", ended: null, atMs: 5000 });
		expect(ownSecondsLeft(again, 11_000)).toBe(20);
		expect(reduce(again, { t: "link", link: "open", ended: null, atMs: 9000 }).lostAtMs).toBeNull();
	});
});

describe("words about a line", () => {
	const view = (change: Partial<CallState["peers"][number]>): CallState["peers"][number] => ({
		...peer("d1"),
		line: "connected",
		grade: "good",
		showing: true,
		...change,
	});

	it.each([
		[{}, "good"],
		[{ state: "reconnecting", line: "broken" }, "reconnecting"],
		[{ line: "connecting", grade: "poor" }, "connecting"],
		[{ line: "broken" }, "broken"],
		[{ grade: "poor" }, "poor"],
		[{ grade: "fair", media: { audio: true, video: false } }, "fair"],
		[{ media: { audio: true, video: false } }, "voiceOnly"],
	] as const)("%j is %s", (change, words) => {
		expect(lineWords(view(change))).toBe(words);
	});

	it("counts down a kept seat and the call up", () => {
		expect(secondsLeft("2026-03-02T01:30:45Z", Date.parse("2026-03-02T01:30:00.400Z"))).toBe(45);
		expect(secondsLeft("2026-03-02T01:30:45Z", Date.parse("2026-03-02T01:31:00Z"))).toBe(0);
		expect(secondsLeft(null, 0)).toBe(0);
		expect(callSpanMs(inside(), Date.parse("2026-03-02T01:30:10Z"))).toBe(10_000);
		expect(callSpanMs(EMPTY, 0)).toBeNull();
	});
});
