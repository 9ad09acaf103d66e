import { describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { judge } from "../../../static/src/api/saving.ts";

const refusal = (status: number, code?: string): Problem =>
	new Problem({ status, ...(code ? { code } : {}) });

describe("a save that failed", () => {
	it.each([
		[412, "general.version_passed", "conflict"],
		[412, undefined, "conflict"],
		[409, "consults.preconditions_failed", "refused"],
		[0, undefined, "later"],
		[401, "identity.signed_out", "later"],
		[429, "calls.too_many_tries", "later"],
		[500, undefined, "later"],
		[502, undefined, "later"],
		[503, "general.busy", "later"],
		[504, undefined, "later"],
		[418, undefined, "later"],
		[400, undefined, "refused"],
		[403, "identity.role_missing", "refused"],
		[404, "consults.not_found", "refused"],
		[413, "general.too_large", "refused"],
		[415, undefined, "refused"],
		[422, "general.fields_refused", "refused"],
	])("with status %i (%s) is %s", (status, code, failure) =>
		expect(judge(refusal(status, code))).toBe(failure),
	);

	it("is tried later when the browser itself had no line, or broke", () => {
		expect(judge(new TypeError("Failed to fetch"))).toBe("later");
		expect(judge(new DOMException("cut", "AbortError"))).toBe("later");
		expect(judge(undefined)).toBe("later");
	});

	it("is never given up for a reason that passes by itself", () => {
		for (let status = 500; status < 600; status += 1) expect(judge(refusal(status))).toBe("later");
	});
});
