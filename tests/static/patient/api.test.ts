import { beforeEach, describe, expect, it, vi } from "vitest";
import { previewInvitation, redeemInvitation } from "../../../static/src/patient/api.ts";

let asked: { path: string; init: RequestInit }[];

function answering(status: number, body: unknown): void {
	vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
		asked.push({ path, init });
		if (status === 0) throw new TypeError("Failed to fetch");
		return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
	});
}

const OPEN = {
	standing: "open",
	institution_name: "石桥镇中心卫生院",
	contact_phone: "0770-1200",
	doctor_name: "许诺",
	doctor_title: "医师",
	doctor_institution_name: "云岭县人民医院",
	companion_name: "周丽",
	identity_tail_required: true,
	patient_surname_masked: "仇**",
};

beforeEach(() => {
	asked = [];
});

describe("the look at a link", () => {
	it("reads who invites", async () => {
		answering(200, OPEN);
		expect(await previewInvitation("token-12345")).toEqual({
			standing: "open",
			institutionName: "石桥镇中心卫生院",
			contactPhone: "0770-1200",
			doctorName: "许诺",
			doctorTitle: "医师",
			doctorInstitution: "云岭县人民医院",
			companionName: "周丽",
			identityTailRequired: true,
			patientSurnameMasked: "仇**",
		});
	});

	it.each(["used", "ended", "locked"])("reads that it is %s", async (standing) => {
		answering(200, { ...OPEN, standing });
		expect((await previewInvitation("token-12345")).standing).toBe(standing);
	});

	it.each([undefined, "OPEN", "", 1, null])(
		"a word it does not know (%s) opens nothing",
		async (standing) => {
			answering(200, { ...OPEN, standing });
			expect((await previewInvitation("token-12345")).standing).toBe("ended");
		},
	);
});

describe("the invitation", () => {
	it.each([
		["preview", () => previewInvitation("token-12345")],
		["redeem", () => redeemInvitation("token-12345", "0036", { consult: true, recording: false })],
	] as const)("of %s goes out in the body and never in an address or a Referer", async (verb, ask) => {
		answering(200, OPEN);
		await ask();
		expect(asked[0]?.path).toBe(`/api/invitations/${verb}`);
		expect(asked[0]?.init).toMatchObject({
			method: "POST",
			referrerPolicy: "no-referrer",
			credentials: "same-origin",
		});
		expect(JSON.parse(String(asked[0]?.init.body))).toMatchObject({ invitation: "token-12345" });
	});
});

describe("redeeming", () => {
	it("sends digits and consent together and reads the seat", async () => {
		answering(200, {
			ticket: "t",
			signaling_url: "/ws",
			room_id: "r",
			participant_name: "仇大山",
			appointment: {},
		});
		const seat = await redeemInvitation("token-12345", "003X", { consult: true, recording: true });
		expect(seat).toEqual({ ticket: "t", signalingUrl: "/ws", roomId: "r", participantName: "仇大山" });
		expect(JSON.parse(String(asked[0]?.init.body))).toEqual({
			invitation: "token-12345",
			identity_tail: "003X",
			consent: { consult: true, recording: true },
		});
	});

	it("is told how many tries are left", async () => {
		answering(403, { code: "calls.identity_mismatch", params: { tries_left: 3 } });
		const refused = redeemInvitation("token-12345", "0000", { consult: true, recording: false });
		await expect(refused).rejects.toMatchObject({
			code: "calls.identity_mismatch",
			params: { tries_left: 3 },
		});
	});
});

describe("what goes wrong is a problem with words", () => {
	it.each([
		[0, "", "offline"],
		[404, { code: "calls.invitation_unknown" }, "not_found"],
		[409, { code: "calls.invitation_used" }, "conflict"],
		[429, { code: "calls.too_many_tries", params: { retry_after_seconds: 41 } }, "unavailable"],
		[502, "<html>", "unavailable"],
		[200, "<html>a page of some Wi-Fi's sign-in</html>", "unexpected"],
	] as const)("%s %o", async (status, body, kind) => {
		answering(status, body);
		await expect(previewInvitation("token-12345")).rejects.toMatchObject({ kind });
	});
});
