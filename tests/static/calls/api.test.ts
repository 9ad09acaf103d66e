import { beforeEach, describe, expect, it, vi } from "vitest";
import { invitePatient, openCall } from "../../../static/src/calls/api.ts";

let asked: { path: string; init: RequestInit }[];

function answering(status: number, body: unknown): void {
	vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
		asked.push({ path, init });
		if (status === 0) throw new TypeError("Failed to fetch");
		return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
	});
}

beforeEach(() => {
	asked = [];
});

describe("a doctor's seat", () => {
	it("comes with the ticket, the address, and whose case it is", async () => {
		answering(200, {
			ticket: "t",
			signaling_url: "wss://a/ws",
			room_id: "consult-1",
			participant_name: "周丽",
			about: { number: "D1", patient_name: "仇大山", question: "是否增大？" },
		});
		expect(await openCall("1")).toEqual({
			ticket: "t",
			signalingUrl: "wss://a/ws",
			roomId: "consult-1",
			participantName: "周丽",
			about: { number: "D1", patientName: "仇大山", question: "是否增大？" },
		});
		expect(asked[0]?.init).toMatchObject({ method: "POST", credentials: "same-origin", body: "{}" });
	});

	it("never lets an id out of its place in the address", async () => {
		answering(200, {});
		await openCall("../accounts?x=1#y");
		expect(asked[0]?.path).toBe("/api/consults/..%2Faccounts%3Fx%3D1%23y/call");
	});

	it.each([{}, { about: null }, { about: 7, ticket: 1 }, { about: { number: {} } }])(
		"of an answer that is not one is empty, never undefined: %o",
		async (body) => {
			answering(200, body);
			const seat = await openCall("1");
			expect(seat.ticket).toBe("");
			expect(seat.about).toEqual({ number: "", patientName: "", question: "" });
		},
	);
});

describe("a patient's link", () => {
	it("comes with its end", async () => {
		answering(201, { url: "https://a/join#x", expires_at: "2026-03-02T03:30:00Z" });
		expect(await invitePatient("1")).toEqual({ url: "https://a/join#x", expiresAt: "2026-03-02T03:30:00Z" });
		expect(asked[0]?.path).toBe("/api/consults/1/invitations");
	});
});

describe("what goes wrong is a problem with words", () => {
	it.each([
		[0, "", "offline"],
		[401, { code: "identity.signed_out" }, "signed_out"],
		[404, { code: "consults.not_found" }, "not_found"],
		[409, { code: "calls.not_possible", params: { status: "draft" } }, "conflict"],
		[503, "<html>busy</html>", "unavailable"],
		[500, "", "unexpected"],
	] as const)("%s", async (status, body, kind) => {
		answering(status, body);
		for (const ask of [openCall, invitePatient]) {
			await expect(ask("1")).rejects.toMatchObject({ kind, status });
		}
	});
});
