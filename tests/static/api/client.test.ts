import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answer, api, ifMatch, signedOut } from "../../../static/src/api/client.ts";
import { asProblem } from "../../../static/src/api/problem.ts";
import { serverNow } from "../../../static/src/kit/clock.ts";

const { wire } = await vi.hoisted(() => import("./wire.ts"));

const me = () => answer(api.GET("/api/me"));
const refused = async (call: Promise<unknown>) => asProblem(await call.catch((thrown: unknown) => thrown));

beforeEach(() => {
	signedOut.set(false);
	wire.answers(() => Response.json({ user: "zhouli" }));
});
afterEach(() => vi.useRealTimers());

describe("an answer", () => {
	it("is its body", async () => {
		expect(await me()).toEqual({ user: "zhouli" });
		expect(wire.lines).toEqual(["GET /api/me"]);
	});

	it("of 204 has no body and is no problem", async () => {
		wire.answers(() => new Response(null, { status: 204 }));
		expect(await answer(api.DELETE("/api/sessions/current"))).toBeUndefined();
	});

	it("without a body where one was due is a problem", async () => {
		expect(
			await refused(answer(Promise.resolve({ response: new Response("", { status: 200 }) }))),
		).toMatchObject({
			kind: "unexpected",
			status: 500,
		});
	});

	it("tells how late it is at the centre", async () => {
		const there = Date.parse("2026-11-21T03:00:00Z");
		vi.useFakeTimers({ now: there - 3_600_000 });
		wire.answers(() => Response.json({}, { headers: { date: new Date(there).toUTCString() } }));
		await me();
		expect(Math.abs(serverNow() - there)).toBeLessThanOrEqual(1000);
	});
});

describe("a refusal", () => {
	it.each([
		[403, "identity.role_missing", "forbidden"],
		[404, "consults.not_found", "not_found"],
		[409, "consults.step_not_possible", "conflict"],
		[412, "general.version_passed", "conflict"],
		[422, "general.fields_refused", "invalid"],
		[503, "general.busy", "unavailable"],
	])("with %i %s is thrown as a problem of kind %s", async (status, code, kind) => {
		wire.refuses(status, code, { verb: "sign" });
		expect(await refused(me())).toMatchObject({
			status,
			code,
			kind,
			number: "7f3a",
			params: { verb: "sign" },
		});
		expect(signedOut.value).toBe(false);
	});

	it("because nobody is signed in is told to the whole page", async () => {
		wire.refuses(401, "identity.signed_out");
		expect(await refused(me())).toMatchObject({ kind: "signed_out" });
		expect(signedOut.value).toBe(true);
	});

	it("because a password is wrong signs nobody out", async () => {
		wire.refuses(401, "identity.wrong_password");
		expect(await refused(me())).toMatchObject({ code: "identity.wrong_password" });
		expect(signedOut.value).toBe(false);
	});

	it.each([
		["text/html", "<html>bad gateway</html>"],
		["application/json", "{ broken"],
		["application/json", ""],
		["", "x"],
	])("with a body of %s that is not ours (%j) is still a problem", async (type, body) => {
		wire.answers(
			() => new Response(body, { status: 502, headers: type === "" ? {} : { "content-type": type } }),
		);
		expect(await refused(me())).toMatchObject({
			status: 502,
			kind: "unavailable",
			code: "client.unavailable",
		});
	});

	it("by the line itself has status 0", async () => {
		wire.cut();
		expect(await refused(me())).toMatchObject({ kind: "offline", status: 0 });
	});
});

describe("the version one has seen", () => {
	it.each([0, 1, 12, 123_456_789])(
		"%i goes out quoted, as RFC 9110 8.8.3 writes an entity tag",
		async (version) => {
			const path = { consult_id: "c1" };
			await answer(
				api.POST("/api/consults/{consult_id}/submit", { params: { path, header: ifMatch(version) } }),
			);
			expect(wire.asked[0]?.ifMatch).toBe(`"${version}"`);
		},
	);

	it("goes out with an id that stays in its place", async () => {
		const path = { consult_id: "../a?b#c" };
		await answer(api.POST("/api/consults/{consult_id}/submit", { params: { path, header: ifMatch(1) } }));
		expect(wire.asked[0]?.path).toBe("/api/consults/..%2Fa%3Fb%23c/submit");
	});
});
