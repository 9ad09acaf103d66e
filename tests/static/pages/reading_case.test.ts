import { beforeEach, describe, expect, it, vi } from "vitest";
import { mayCall, neighbourOf, nextCase, nextStudy, openCase, penOf } from "../../../static/src/pages/reading_case.ts";
import { consultWith } from "../consults/case/consult.ts";
import { aRow, rowsOf } from "../consults/rows.ts";

const { wire } = await vi.hoisted(() => import("../api/wire.ts"));

const page = (rows: object[]) => Response.json({ rows, next: null, now: "2026-11-21T03:00:00Z" });

describe("opening a case beside its images", () => {
	it("begins the reading where it waits for this reader", async () => {
		const waiting = consultWith({ consult_id: "c1", version: 5, status: "assigned", verbs: ["start"] });
		const begun = consultWith({ consult_id: "c1", version: 6, status: "reporting", verbs: ["sign"] });
		wire.answers(({ method }) => Response.json(method === "GET" ? waiting : begun));
		expect(await openCase("c1")).toMatchObject({ version: 6, status: "reporting" });
		expect(wire.lines).toEqual(["GET /api/consults/c1", 'POST /api/consults/c1/start "5"']);
	});

	it("only looks where somebody else reads, or where it is done", async () => {
		for (const verbs of [[], ["adopt"], ["abandon", "sign"]] as const) {
			wire.answers(() => Response.json(consultWith({ consult_id: "c1", verbs: [...verbs] })));
			await openCase("c1");
			expect(wire.lines).toEqual(["GET /api/consults/c1"]);
		}
	});

	it("tells that somebody was faster", async () => {
		wire.answers(({ method }) =>
			method === "GET"
				? Response.json(consultWith({ verbs: ["start"] }))
				: Response.json({ code: "general.version_passed" }, { status: 412 }),
		);
		await expect(openCase("c1")).rejects.toMatchObject({ status: 412, kind: "conflict" });
	});
});

describe("the next case", () => {
	beforeEach(() => wire.answers(() => page(rowsOf("a", "b", "c"))));

	it.each([
		["a", "b"],
		["b", "c"],
		["c", "a"],
		["gone", "a"],
	])("after %s is %s", async (from, to) => {
		expect(await nextCase(from)).toBe(`/read/1.2.3?consult=${to}`);
		expect(wire.lines).toEqual(["GET /api/worklist?view=mine&q="]);
	});

	it.each([
		["a", "c"],
		["b", "a"],
		["c", "b"],
		["gone", "c"],
	])("before %s is %s", async (from, to) => {
		expect(await nextCase(from, -1)).toBe(`/read/1.2.3?consult=${to}`);
	});

	it("is reached again by going on and back", () => {
		const rows = ["a", "b", "c", "d"].map((consult_id) => ({ consult_id }));
		for (const { consult_id } of rows) {
			const next = neighbourOf(rows, consult_id, 1);
			expect(next && neighbourOf(rows, next.consult_id, -1)?.consult_id).toBe(consult_id);
		}
	});

	it("is looked at ahead without being claimed", async () => {
		wire.answers(() => page([aRow({ consult_id: "b", version: 2, verbs: ["claim"] })]));
		expect(await nextStudy("a")).toBe("1.2.3");
		expect(wire.lines).toEqual(["GET /api/worklist?view=mine&q="]);
	});

	it("is none where it was the last, or nothing waits", async () => {
		wire.answers(() => page(rowsOf("a")));
		expect(await nextCase("a")).toBeNull();
		wire.answers(() => page([]));
		expect(await nextCase("a")).toBeNull();
	});

	it("is claimed first where it is free, so that no two open it", async () => {
		wire.answers(({ method }) =>
			method === "GET" ? page([aRow({ consult_id: "b", version: 2, verbs: ["claim"] })]) : Response.json({}),
		);
		expect(await nextCase("a")).toBe("/read/1.2.3?consult=b");
		expect(wire.lines.at(-1)).toBe('POST /api/consults/b/claim "2"');
	});

	it("is not opened when somebody else claimed it meanwhile", async () => {
		wire.answers(({ method }) =>
			method === "GET"
				? page([aRow({ consult_id: "b", verbs: ["claim"] })])
				: Response.json({ code: "consults.step_not_possible" }, { status: 409 }),
		);
		await expect(nextCase("a")).rejects.toMatchObject({ kind: "conflict" });
	});
});

describe("a case", () => {
	it.each([
		["draft", false],
		["submitted", false],
		["accepted", true],
		["assigned", true],
		["reporting", true],
		["signed", true],
		["closed", false],
		["returned", false],
		["withdrawn", false],
		["declined", false],
	] as const)("that is %s may have a call: %s", (status, may) => expect(mayCall({ status })).toBe(may));

	const reader = { account_id: "x", name: "许诺" };
	it.each([
		["reporting", reader, ["abandon"], "mine"],
		["reporting", reader, [], "other"],
		["reporting", null, ["abandon"], null],
		["assigned", reader, ["start"], null],
		["signed", reader, [], null],
	] as const)("%s, read by %o with %o: the pen is %s", (status, specialist, verbs, pen) => {
		expect(penOf({ status, specialist, verbs: [...verbs] })).toBe(pen);
	});
});
