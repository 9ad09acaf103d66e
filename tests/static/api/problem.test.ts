import { describe, expect, it } from "vitest";
import { asProblem, Problem, problemFrom } from "../../../static/src/api/problem.ts";

describe("a refusal of the server", () => {
	it.each([
		[0, "offline"],
		[400, "invalid"],
		[401, "signed_out"],
		[403, "forbidden"],
		[404, "not_found"],
		[409, "conflict"],
		[412, "conflict"],
		[413, "too_large"],
		[422, "invalid"],
		[429, "unavailable"],
		[500, "unexpected"],
		[503, "unavailable"],
		[418, "unexpected"],
	])("with status %i is %s", (status, kind) => {
		expect(new Problem({ status })).toMatchObject({ kind, code: `client.${kind}`, number: null });
	});

	it("is read from problem+json, and only what can be shown of its parameters", () => {
		const problem = problemFrom(422, {
			code: "general.invalid",
			detail: "Fields are wrong.",
			number: "7F3A",
			params: {
				n: 3,
				who: "x",
				nested: {},
				fields: [{ field: "patient.name", rule: "too_long", text: "64" }, 7],
			},
		});
		expect(problem).toMatchObject({ code: "general.invalid", message: "Fields are wrong.", number: "7F3A" });
		expect(problem.params).toEqual({ n: 3, who: "x" });
		expect(problem.fields).toEqual([{ field: "patient.name", rule: "too_long", text: "64" }]);
	});

	it.each([null, "<html>", [], 7, { code: 7, number: "", params: "x", detail: 1 }])(
		"is a problem whatever the body is: %o",
		(body) => expect(problemFrom(502, body)).toMatchObject({ kind: "unavailable", fields: [], number: null }),
	);

	it("says its own sentence, else that of its kind, else what the server said", () => {
		expect(new Problem({ status: 404, code: "never.heard", detail: "No such." }).sentence).not.toBe("");
		expect(new Problem({ status: 500, detail: "oh" }).sentence).toBeTruthy();
	});

	it("takes whatever was thrown: a failed fetch is no line", () => {
		const known = new Problem({ status: 409 });
		expect(asProblem(known)).toBe(known);
		expect(asProblem(new TypeError("Failed to fetch")).kind).toBe("offline");
		expect(asProblem(new RangeError("x"))).toMatchObject({ kind: "unexpected", message: "RangeError: x" });
		expect(asProblem(undefined).kind).toBe("unexpected");
	});
});
