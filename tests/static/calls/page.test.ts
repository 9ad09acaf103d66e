import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import type { CallEntry } from "../../../static/src/calls/api.ts";
import { RoomPage, type Server } from "../../../static/src/calls/page.ts";
import { Preparation } from "../../../static/src/calls/prepare.ts";
import type { WaiterData } from "../../../static/src/calls/protocol.ts";
import { FakeConnection, FakeDesk, FakeServer, FakeStream, peer, plan, settle } from "./room_floor.ts";

const ENTRY: CallEntry = {
	ticket: "ticket-1",
	signalingUrl: "/signaling/ws",
	roomId: "consult-1",
	participantName: "周丽",
	about: { number: "D1", patientName: "仇大山", question: "是否增大？" },
};
const LINK = { url: "https://a/join#x", expiresAt: "2026-03-02T03:30:00Z" };

const waiter = (pid: string): WaiterData => ({
	pid,
	name: pid,
	institution: "",
	role: "patient",
	waiting_since: "2026-03-02T01:30:00Z",
	here: true,
	grade: "unknown",
});

let desk: FakeDesk;
let opened: string[];
let knocks: number;

beforeEach(() => {
	vi.useFakeTimers({
		now: 0,
		toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
	});
	FakeConnection.made = [];
	FakeServer.sockets = [];
	desk = new FakeDesk();
	opened = [];
	knocks = 0;
	vi.stubGlobal("navigator", { mediaDevices: desk });
	vi.stubGlobal("WebSocket", FakeServer);
	vi.stubGlobal("RTCPeerConnection", FakeConnection);
	vi.stubGlobal("MediaStream", FakeStream);
	vi.stubGlobal("location", { href: "https://clinic.test/room/1" });
	vi.stubGlobal(
		"AudioContext",
		class {
			createAnalyser = () => ({ fftSize: 0, getFloatTimeDomainData: (into: Float32Array) => into.fill(0.1) });
			createMediaStreamSource = () => ({ connect: () => undefined });
			close = async (): Promise<void> => undefined;
		},
	);
});
afterEach(() => {
	vi.useRealTimers();
});

function a_page(server: Partial<Server> = {}): RoomPage {
	return new RoomPage(
		"1",
		new Preparation(),
		{
			openCall: async (id) => {
				opened.push(id);
				return ENTRY;
			},
			invitePatient: async () => LINK,
			...server,
		},
		() => {
			knocks += 1;
		},
	);
}

async function at_the_door(): Promise<RoomPage> {
	const page = a_page();
	void page.open();
	await settle();
	FakeServer.last.open();
	await settle();
	return page;
}

describe("at the door of a room", () => {
	it("ticket, socket and devices are had at once, so that entering is one message", async () => {
		const page = await at_the_door();
		expect(opened).toEqual(["1"]);
		expect(page.state.value).toMatchObject({ about: ENTRY.about, problem: null, entering: false });
		expect(page.preparation.devices.state.value).toMatchObject({ camera: "on", microphone: "on" });
		expect(FakeServer.last.of("hello")).toHaveLength(1);
		expect(FakeServer.last.of("lobby.knock")).toEqual([]);
		page.close();
	});

	it("the loudness of one's own voice is shown until the room is entered", async () => {
		const page = await at_the_door();
		await vi.advanceTimersByTimeAsync(100);
		expect(page.preparation.level.value).toBeGreaterThan(0);
		const entering = page.enter();
		expect(page.state.value.entering).toBe(true);
		FakeServer.last.say("ok", {}, "lobby.knock");
		await entering;
		expect(page.state.value.entering).toBe(false);
		page.preparation.level.set(0);
		await vi.advanceTimersByTimeAsync(300);
		expect(page.preparation.level.value).toBe(0);
		page.close();
	});

	it("a line that cannot be measured is said to be unknown", async () => {
		const page = await at_the_door();
		expect(page.state.value.line).toMatchObject({ grade: "unknown" });
		page.close();
	});

	it.each([
		[new Problem({ status: 404, code: "consults.not_found" }), "not_found"],
		[new TypeError("Failed to fetch"), "offline"],
	])("a room that does not open says why, and may be tried again", async (thrown, kind) => {
		let fails = true;
		const page = a_page({
			openCall: async () => {
				if (fails) throw thrown;
				return ENTRY;
			},
		});
		await page.open();
		expect(page.state.value).toMatchObject({ call: null, problem: { kind } });
		fails = false;
		void page.open();
		await settle();
		expect(page.state.value.problem).toBeNull();
		expect(page.state.value.call).not.toBeNull();
		page.close();
	});
});

describe("a ticket that is spent", () => {
	it("is replaced by asking for the same case again", async () => {
		const page = a_page();
		void page.open();
		await settle();
		FakeServer.last.onopen?.();
		FakeServer.last.say("error", { code: "unauthorized", msg: "", retry_after_ms: null });
		FakeServer.last.drop(4003);
		await settle();
		expect(opened).toEqual(["1", "1"]);
		page.close();
	});
});

describe("those who wait", () => {
	it("knock once each, however often the list is sent", async () => {
		const page = await at_the_door();
		const lists = [["p1"], ["p1"], ["p1", "p2"], ["p2"], [], ["p2"]];
		const heard = lists.map((pids) => {
			FakeServer.last.say("lobby.list", { waiting: pids.map(waiter) });
			return knocks;
		});
		expect(heard).toEqual([1, 1, 2, 2, 2, 3]);
		page.close();
		FakeServer.last.say("lobby.list", { waiting: [waiter("p9")] });
		expect(knocks).toBe(3);
	});

	it.each(["admit", "deny", "sendBack"] as const)("who are gone: %s says so and goes on", async (act) => {
		const page = await at_the_door();
		const asked = page[act]("p1");
		const t = { admit: "lobby.admit", deny: "lobby.deny", sendBack: "lobby.return" }[act];
		FakeServer.last.say("error", { code: "no_such_peer", msg: "", retry_after_ms: null }, t);
		await asked;
		expect(page.state.value.problem?.code).toBe("signaling.no_such_peer");
		page.forgetProblem();
		expect(page.state.value.problem).toBeNull();
		page.close();
	});
});

describe("inviting", () => {
	it("shows the link until the dialog is closed", async () => {
		const page = await at_the_door();
		await page.invite();
		expect(page.state.value.invitation).toEqual(LINK);
		page.forgetInvitation();
		expect(page.state.value.invitation).toBeNull();
		page.close();
	});

	it("that fails is a problem, not a link", async () => {
		const page = a_page({
			invitePatient: async () => {
				throw new Problem({ status: 409, code: "calls.not_possible" });
			},
		});
		await page.invite();
		expect(page.state.value).toMatchObject({ invitation: null, problem: { code: "calls.not_possible" } });
	});
});

describe("a device that is allowed only in the room", () => {
	it("opens, is sent, and starts no meter that nobody sees", async () => {
		desk.faults = { audio: "NotAllowedError" };
		const page = await at_the_door();
		void page.enter();
		FakeServer.last.say("ok", {}, "lobby.knock");
		FakeServer.last.say("room.state", { room: "live", live_since: null, peers: [peer("me"), peer("d2")] });
		FakeServer.last.say("media.plan", plan([{ pid: "d2" }]));
		await settle();
		desk.faults = {};
		await page.openDevices();
		expect(FakeConnection.last.kinds().sort()).toEqual(["audio", "video"]);
		page.preparation.level.set(0);
		await vi.advanceTimersByTimeAsync(300);
		expect(page.preparation.level.value).toBe(0);
		page.close();
	});
});

describe("closing the page", () => {
	it("lets go of camera, socket and every timer", async () => {
		const page = await at_the_door();
		const stream = page.preparation.devices.state.value.stream as unknown as FakeStream;
		page.close();
		await vi.advanceTimersByTimeAsync(20_000);
		expect(stream.getTracks().map((one) => one.readyState)).toEqual(["ended", "ended"]);
		expect(FakeServer.last.closedWith).toBe(1000);
		expect(vi.getTimerCount()).toBe(0);
	});

	it("before anything opened is no fault", () => {
		expect(() => a_page().close()).not.toThrow();
	});
});
