import { beforeEach, describe, expect, it, vi } from "vitest";
import { post, text } from "../../../static/src/api/post.ts";

let asked: { path: string; init: RequestInit }[];

function answering(status: number, body: string | object | null): void {
	vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
		asked.push({ path, init });
		if (status === 0) throw new TypeError("Failed to fetch");
		return new Response(typeof body === "string" ? body : JSON.stringify(body), { status });
	});
}

beforeEach(() => {
	asked = [];
});

describe("a request of a small page", () => {
	it("goes out as JSON, with the cookie, without a Referer", async () => {
		answering(200, { a: 1 });
		expect(await post("/api/x", { name: "仇大山" })).toEqual({ a: 1 });
		expect(asked).toHaveLength(1);
		expect(asked[0]?.init).toMatchObject({
			method: "POST",
			credentials: "same-origin",
			referrerPolicy: "no-referrer",
			headers: { "Content-Type": "application/json", Accept: "application/json" },
			body: '{"name":"仇大山"}',
		});
	});

	it("says an empty object when it has nothing to say", async () => {
		answering(201, {});
		expect(await post("/api/x")).toEqual({});
		expect(asked[0]?.init.body).toBe("{}");
	});

	it.each([
		[0, "", "offline", 0],
		[400, { code: "general.http_400" }, "invalid", 400],
		[401, { code: "identity.signed_out" }, "signed_out", 401],
		[409, { code: "calls.not_possible" }, "conflict", 409],
		[429, { code: "calls.too_many_tries" }, "unavailable", 429],
		[502, "<html>bad gateway</html>", "unavailable", 502],
		[500, "", "unexpected", 500],
		[503, null, "unavailable", 503],
		[403, ["not", "an", "object"], "forbidden", 403],
	] as const)("refused with %i %o is a problem of kind %s", async (status, body, kind, kept) => {
		answering(status, body);
		await expect(post("/api/x")).rejects.toMatchObject({ name: "Problem", kind, status: kept });
	});

	it.each([["<html>the sign-in page of some Wi-Fi</html>"], [""], ["[]"], ["null"], ["7"], ['"text"']])(
		"answered with %j, which is no answer of ours, is a problem and never an empty one",
		async (body) => {
			answering(200, body);
			await expect(post("/api/x")).rejects.toMatchObject({ kind: "unexpected" });
		},
	);

	it("keeps what the server says about a refusal", async () => {
		answering(429, { code: "calls.too_many_tries", number: "7f3a", params: { retry_after_seconds: 41 } });
		await expect(post("/api/x")).rejects.toMatchObject({
			code: "calls.too_many_tries",
			number: "7f3a",
			params: { retry_after_seconds: 41 },
		});
	});
});

it.each([
	["x", "x"],
	["", ""],
	[null, ""],
	[undefined, ""],
	[7, ""],
	[{}, ""],
	[["x"], ""],
])("%j read as text is %j", (value, expected) => expect(text(value)).toBe(expected));
