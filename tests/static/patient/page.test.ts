import { beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { Store } from "../../../static/src/kit/store.ts";
import type { Preview } from "../../../static/src/patient/api.ts";
import { JoinPage, type Server } from "../../../static/src/patient/page.ts";
import type { CallSeen, PatientCall, PatientPreparation } from "../../../static/src/patient/port.ts";

const PREVIEW: Preview = {
	standing: "open",
	institutionName: "石桥镇中心卫生院",
	contactPhone: "0770-1200",
	doctorName: "许诺",
	doctorTitle: "医师",
	doctorInstitution: "云岭县人民医院",
	companionName: "周丽",
	identityTailRequired: true,
	patientSurnameMasked: "仇**",
};
const SEAT = { ticket: "t", signalingUrl: "/ws", roomId: "r", participantName: "仇大山" };

const LOBBY: CallSeen = {
	link: "open",
	me: { seat: "lobby" },
	peers: [],
	position: 1,
	clinicianPresent: true,
	media: { audio: true, video: true },
	camera: "on",
	cameras: 1,
	ended: null,
	liveSince: null,
	lostAtMs: null,
	graceSeconds: 45,
	entered: false,
};
const IN: CallSeen = { ...LOBBY, me: { seat: "admitted" }, entered: true };

let did: string[];
let lit: number;
let lets: string[];

class FakeCall implements PatientCall {
	readonly state = new Store(LOBBY);
	fails = false;
	connect = (): void => void did.push("connect");
	checkLine = async (): Promise<{ grade: "poor" }> => {
		did.push("check");
		return { grade: "poor" };
	};
	enter = async (): Promise<void> => {
		did.push("enter");
		if (this.fails) throw new Problem({ status: 0 });
	};
	setAudio = (): void => undefined;
	setVideo = (): void => undefined;
	switchCamera = async (): Promise<void> => undefined;
	leave = (): void => this.state.set({ ...this.state.value, ended: "left" });
	dispose = (): void => void did.push("dispose");
	show = (): (() => void) => () => undefined;
}

function preparation(call: () => FakeCall): PatientPreparation {
	return {
		devices: { state: new Store({ camera: "on", microphone: "on", cameras: 1 } as const) },
		level: new Store(0),
		open: async () => void did.push("open devices"),
		show: () => () => undefined,
		switchCamera: async () => undefined,
		quiet: () => void did.push("quiet"),
		close: () => void did.push("close devices"),
		join: () => call(),
	};
}

/** A patient who has typed, agreed and pressed; `server` and `call` may fail. */
async function waiting(call: FakeCall = new FakeCall(), server: Partial<Server> = {}): Promise<JoinPage> {
	const page = new JoinPage(
		preparation(() => call),
		"invitation-1",
		{ previewInvitation: async () => PREVIEW, redeemInvitation: async () => SEAT, ...server },
	);
	await page.open();
	page.type("0036");
	await page.confirmIdentity();
	page.agree({ consult: true });
	await page.waitForDoctor();
	return page;
}

const refusing = (code: string, status = 403, params = {}): Partial<Server> => ({
	redeemInvitation: async () => {
		throw new Problem({ status, code, params });
	},
});

beforeEach(() => {
	did = [];
	lit = 0;
	lets = [];
	vi.stubGlobal("document", {
		visibilityState: "visible",
		addEventListener: () => undefined,
		removeEventListener: () => lets.push("sleep"),
	});
	vi.stubGlobal("navigator", {
		wakeLock: {
			request: async () => {
				lit += 1;
				return { release: async () => undefined };
			},
		},
	});
});

describe("the look at the link", () => {
	it.each(["used", "ended", "locked"] as const)(
		"that is %s asks nothing of the patient",
		async (standing) => {
			const page = new JoinPage(
				preparation(() => new FakeCall()),
				"invitation-1",
				{ previewInvitation: async () => ({ ...PREVIEW, standing }), redeemInvitation: async () => SEAT },
			);
			await page.open();
			expect(page.way.value).toMatchObject({ step: "gone", gone: standing });
			expect(did).toEqual([]);
		},
	);

	it("without a network can be tried again, and then goes on", async () => {
		let online = false;
		const page = new JoinPage(
			preparation(() => new FakeCall()),
			"invitation-1",
			{
				previewInvitation: async () => {
					if (!online) throw new TypeError("Failed to fetch");
					return PREVIEW;
				},
				redeemInvitation: async () => SEAT,
			},
		);
		await page.open();
		expect(page.way.value).toMatchObject({ step: "opening", problem: { kind: "offline" } });
		online = true;
		await page.open();
		expect(page.way.value).toMatchObject({ step: "identity", problem: null });
	});
});

describe("pressing to wait", () => {
	it("leads to the lobby with the screen kept lit, then tries the line and tells the doctors", async () => {
		const page = await waiting();
		await vi.waitFor(() => expect(page.way.value.line).toBe("poor"));
		expect(page.way.value).toMatchObject({ step: "waiting", sending: false });
		expect(lit).toBe(1);
		expect(did).toEqual(["open devices", "connect", "enter", "check", "enter"]);
		page.close();
	});

	it("twice is one request", async () => {
		let asked = 0;
		const page = new JoinPage(
			preparation(() => new FakeCall()),
			"invitation-1",
			{
				previewInvitation: async () => PREVIEW,
				redeemInvitation: async () => {
					asked += 1;
					return SEAT;
				},
			},
		);
		await page.open();
		page.type("0036");
		await page.confirmIdentity();
		page.agree({ consult: true });
		await Promise.all([page.waitForDoctor(), page.waitForDoctor()]);
		expect(asked).toBe(1);
		page.close();
	});

	it("without consent, or with too few digits, is nothing", async () => {
		const page = new JoinPage(
			preparation(() => new FakeCall()),
			"invitation-1",
			{ previewInvitation: async () => PREVIEW, redeemInvitation: async () => SEAT },
		);
		await page.open();
		page.type("003");
		await page.confirmIdentity();
		expect(page.way.value.step).toBe("identity");
		await page.waitForDoctor();
		expect(page.call.value).toBeNull();
	});

	it("with wrong digits leads back to them and says how many tries are left", async () => {
		const page = await waiting(new FakeCall(), refusing("calls.identity_mismatch", 403, { tries_left: 2 }));
		expect(page.way.value).toMatchObject({ step: "identity", tail: "", consult: true, sending: false });
		expect(page.way.value.problem?.params).toEqual({ tries_left: 2 });
		page.type("0036");
		expect(page.way.value.problem).toBeNull();
	});

	it("on a link used meanwhile ends there", async () => {
		const page = await waiting(new FakeCall(), refusing("calls.invitation_used", 409));
		expect(page.way.value).toMatchObject({ step: "gone", gone: "used" });
		expect(page.way.value.preview?.contactPhone).toBe("0770-1200");
	});

	it.each([
		["calls.too_many_tries", 429],
		["general.unavailable", 503],
	])("%s: stays, says so, and can be pressed again", async (code, status) => {
		const page = await waiting(new FakeCall(), refusing(code, status));
		expect(page.way.value).toMatchObject({ step: "check", sending: false, problem: { code } });
	});

	it("while the centre's calls do not answer gives the call up and opens camera and microphone again", async () => {
		const call = new FakeCall();
		call.fails = true;
		const page = await waiting(call);
		expect(page.way.value).toMatchObject({ step: "check", sending: false, problem: { kind: "offline" } });
		expect(page.call.value).toBeNull();
		expect(did).toEqual(["open devices", "connect", "enter", "dispose", "open devices"]);
		call.fails = false;
		await page.waitForDoctor();
		expect(page.way.value.step).toBe("waiting");
		page.close();
	});
});

describe("the call", () => {
	it("begins when a doctor lets the patient in; the meter stops", async () => {
		const call = new FakeCall();
		const page = await waiting(call);
		call.state.set(IN);
		expect(page.way.value.step).toBe("call");
		expect(did.filter((one) => one === "quiet")).toEqual(["quiet"]);
		call.state.set({ ...IN, link: "lost" });
		call.state.set(IN);
		expect(did.filter((one) => one === "quiet")).toEqual(["quiet"]);
		page.close();
	});

	it("is the lobby again when sent back", async () => {
		const call = new FakeCall();
		const page = await waiting(call);
		call.state.set(IN);
		call.state.set({ ...LOBBY, entered: true });
		expect(page.way.value.step).toBe("waiting");
		page.close();
	});

	it.each(["left", "denied", "room_closed", "replaced"])(
		"%s: is over, and the screen may sleep",
		async (ended) => {
			const call = new FakeCall();
			const page = await waiting(call);
			call.state.set({ ...IN, ended });
			expect(page.way.value.step).toBe("after");
			expect(lets).toEqual(["sleep"]);
			page.close();
		},
	);

	it("closed with the page lets everything go and follows nothing more", async () => {
		const call = new FakeCall();
		const page = await waiting(call);
		page.close();
		call.state.set(IN);
		expect(page.way.value.step).toBe("waiting");
		expect(did.slice(-2)).toEqual(["dispose", "close devices"]);
	});
});
