import { describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { Preparation } from "../../../static/src/calls/prepare.ts";
import { Store } from "../../../static/src/kit/store.ts";
import type { Preview } from "../../../static/src/patient/api.ts";
import { JoinPage } from "../../../static/src/patient/page.ts";
import type { CallSeen, PatientCall, PatientPreparation } from "../../../static/src/patient/port.ts";
import {
	cleanTail,
	dots,
	follow,
	invitationIn,
	mainPeer,
	previewed,
	refused,
	START,
	seatSeconds,
	tailComplete,
	type Way,
} from "../../../static/src/patient/steps.ts";
import { texts } from "../../../static/src/patient/texts.ts";
import { afterKey, deviceKey, doctorWords, goneKeys, percent } from "../../../static/src/patient/wording.ts";

const PREVIEW: Preview = {
	standing: "open",
	institutionName: "龙潭镇中心卫生院",
	doctorName: "江临川",
	doctorTitle: "主任",
	doctorInstitution: "县医院",
	companionName: "覃秋月",
	contactPhone: "0778-5550101",
	identityTailRequired: true,
	patientSurnameMasked: "罗**",
};

const seen = (change: Partial<CallSeen> = {}): CallSeen => ({
	link: "open",
	me: { seat: "lobby" },
	peers: [],
	position: 1,
	clinicianPresent: true,
	media: { audio: true, video: true },
	camera: "on",
	cameras: 2,
	ended: null,
	liveSince: null,
	lostAtMs: null,
	graceSeconds: 45,
	entered: false,
	...change,
});

const peer = (change: Partial<CallSeen["peers"][number]> = {}): CallSeen["peers"][number] => ({
	pid: "d1",
	name: "江临川",
	institution: "县医院",
	state: "admitted",
	showing: true,
	line: "connected",
	grade: "good",
	media: { audio: true, video: true },
	...change,
});

describe("the last four of a card", () => {
	it.each([
		["0824", "0824"],
		["08 24", "0824"],
		["082x", "082X"],
		["x082", "082"],
		["08249", "0824"],
		["罗桂", ""],
	])("%s is read as %s", (typed, tail) => expect(cleanTail(typed)).toBe(tail));

	it("is complete with four, or where none is asked", () => {
		const way = previewed(START, PREVIEW);
		expect(tailComplete({ ...way, tail: "082" })).toBe(false);
		expect(tailComplete({ ...way, tail: "0824" })).toBe(true);
		expect(tailComplete(previewed(START, { ...PREVIEW, identityTailRequired: false }))).toBe(true);
	});
});

describe("a refusal leads to where it can be put right", () => {
	const checking: Way = { ...previewed(START, PREVIEW), step: "check", tail: "0824", consult: true };
	const problem = (code: string): Problem => new Problem({ status: 403, code });

	it("wrong digits: back to the digits, which are empty again; the consent stays", () => {
		expect(refused(checking, problem("calls.identity_mismatch"))).toMatchObject({
			step: "identity",
			tail: "",
			consult: true,
		});
	});

	it("the last wrong digits: the link is locked", () => {
		const last = new Problem({ status: 403, code: "calls.identity_mismatch", params: { tries_left: 0 } });
		expect(refused(checking, last)).toMatchObject({ step: "gone", gone: "locked" });
	});

	it.each(["unknown", "used", "ended", "locked"] as const)("%s: the end of this link, and why", (why) => {
		expect(refused(checking, problem(`calls.invitation_${why}`))).toMatchObject({ step: "gone", gone: why });
		const { head, hint } = goneKeys(why);
		expect(texts.zh[head]).not.toBe(texts.zh[hint]);
	});

	it.each(["used", "ended", "locked"] as const)(
		"a look at a link that is %s ends there, with whom to phone",
		(standing) => {
			const way = previewed(START, { ...PREVIEW, standing });
			expect(way).toMatchObject({ step: "gone", gone: standing });
			expect(way.preview?.contactPhone).toBe("0778-5550101");
		},
	);

	it("anything else: stay and try again", () => {
		expect(refused({ ...checking, sending: true }, problem("client.offline"))).toMatchObject({
			step: "check",
			sending: false,
		});
		const closed = refused(START, problem("client.offline"));
		expect(closed).toMatchObject({ step: "opening", problem: { code: "client.offline" } });
		expect(previewed(closed, PREVIEW)).toMatchObject({ step: "identity", problem: null });
	});
});

describe("the way through the call", () => {
	const waiting: Way = { ...previewed(START, PREVIEW), step: "waiting" };

	it("is in when admitted, back when sent back, over when ended", () => {
		const called = follow(waiting, seen({ me: { seat: "admitted" }, entered: true }));
		expect(called.step).toBe("call");
		expect(follow(called, seen({ link: "lost", me: { seat: "admitted" }, entered: true })).step).toBe("call");
		expect(follow(called, seen({ me: { seat: "lobby" }, entered: true })).step).toBe("waiting");
		expect(follow(called, seen({ ended: "room_closed" })).step).toBe("after");
	});

	it("does not leave the first steps by itself", () => {
		expect(follow({ ...waiting, step: "check" }, seen({ me: { seat: "admitted" } })).step).toBe("check");
	});

	it("shows whoever has a picture", () => {
		const voice = peer({ pid: "d2", showing: false });
		expect(mainPeer(seen({ peers: [voice, peer()] }))?.pid).toBe("d1");
		expect(mainPeer(seen({ peers: [voice] }))?.pid).toBe("d2");
		expect(mainPeer(seen())).toBeNull();
	});

	it("counts the kept seat down", () => {
		expect(seatSeconds(seen({ lostAtMs: 1000 }), 11_000)).toBe(35);
		expect(seatSeconds(seen(), 0)).toBe(45);
	});
});

describe("words", () => {
	it("says one thing over the picture", () => {
		expect(doctorWords(null)).toBe("connecting");
		expect(doctorWords(peer())).toBeNull();
		expect(doctorWords(peer({ state: "reconnecting", line: "broken" }))).toBe("doctorReconnecting");
		expect(doctorWords(peer({ line: "broken" }))).toBe("broken");
		expect(doctorWords(peer({ media: { audio: true, video: false } }))).toBe("doctorVoiceOnly");
	});

	it("has every sentence in both languages with the same parameters", () => {
		const names = (sentence: string): string[] =>
			[...new Set([...sentence.matchAll(/\{(\w+)/g)].map((m) => m[1] ?? ""))].sort();
		for (const key of Object.keys(texts.zh) as (keyof typeof texts.zh)[]) {
			expect(names(texts.en[key]), key).toEqual(names(texts.zh[key]));
		}
		for (const state of ["on", "off", "opening", "blocked", "busy", "missing", "insecure"] as const) {
			expect(texts.zh[deviceKey("camera", state)]).toBeTruthy();
			expect(texts.zh[deviceKey("microphone", state)]).toBeTruthy();
		}
		expect([afterKey("denied"), afterKey("kicked"), afterKey(null)]).toEqual([
			"afterDenied",
			"afterKicked",
			"afterEnded",
		]);
	});

	it("counts steps and levels", () => {
		expect((["identity", "check", "waiting", "call"] as const).map(dots)).toEqual([1, 2, 3, 3]);
		expect([percent(-1), percent(0.5), percent(9)]).toEqual([0, 50, 100]);
	});

	it("finds the invitation in the fragment and nowhere else", () => {
		expect(invitationIn("#abcDEF_-.123")).toBe("abcDEF_-.123");
		expect(invitationIn("#i=abcDEF_-.123")).toBe("abcDEF_-.123");
		for (const hash of ["", "#", "#short", `#${"x".repeat(201)}`, "#<script>alert(1)</script>"]) {
			expect(invitationIn(hash)).toBe("");
		}
	});
});

describe("the page", () => {
	class FakeCall implements PatientCall {
		readonly state = new Store(seen());
		readonly did: string[] = [];
		connect = (): void => void this.did.push("connect");
		checkLine = async (): Promise<{ grade: "fair" }> => ({ grade: "fair" });
		enter = async (): Promise<void> => void this.did.push("enter");
		setAudio = (): void => undefined;
		setVideo = (): void => undefined;
		switchCamera = async (): Promise<void> => undefined;
		leave = (): void => undefined;
		dispose = (): void => void this.did.push("dispose");
		show = (): (() => void) => () => undefined;
	}

	const preparation = (call: PatientCall): PatientPreparation => ({
		devices: { state: new Store({ camera: "on", microphone: "on", cameras: 2 } as const) },
		level: new Store(0),
		open: async () => undefined,
		show: () => () => undefined,
		switchCamera: async () => undefined,
		quiet: () => undefined,
		close: () => undefined,
		join: () => call,
	});

	it("asks once, with digits and consent together, and only after consent", async () => {
		const call = new FakeCall();
		const asked: unknown[] = [];
		const page = new JoinPage(preparation(call), "invitation-1", {
			previewInvitation: async () => PREVIEW,
			redeemInvitation: async (...given) => {
				asked.push(given);
				return { ticket: "t", signalingUrl: "/ws", roomId: "r", participantName: "罗桂兰" };
			},
		});
		await page.open();
		await page.confirmIdentity();
		expect(page.way.value.step).toBe("identity");
		page.type("0824");
		await page.confirmIdentity();
		await page.waitForDoctor();
		expect(asked).toEqual([]);
		page.agree({ consult: true });
		await page.waitForDoctor();
		expect(asked).toEqual([["invitation-1", "0824", { consult: true, recording: false }]]);
		expect(call.did.slice(0, 2)).toEqual(["connect", "enter"]);
		expect(page.way.value.step).toBe("waiting");
		call.state.set(seen({ me: { seat: "admitted" }, entered: true }));
		expect(page.way.value.step).toBe("call");
		page.close();
		expect(call.did).toContain("dispose");
	});

	it("is served by the preparation of calls", () => {
		const fits: PatientPreparation = new Preparation();
		expect(fits.level.value).toBe(0);
	});
});
