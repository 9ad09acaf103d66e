import { beforeEach, describe, expect, it, vi } from "vitest";
import {
	adopt,
	invitePatient,
	openConsult,
	signedReport,
	withdraw,
} from "../../../../static/src/consults/case/calls.ts";
import { consultWith } from "./consult.ts";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

const CASE = consultWith({ consult_id: "c/1", version: 9 });
const AT = "/api/consults/c%2F1";

beforeEach(() => wire.answers(() => Response.json(CASE)));

describe("what a case's page asks of the server", () => {
	it.each<[string, () => Promise<unknown>, string]>([
		["open", () => openConsult("c/1"), `GET ${AT}`],
		["withdraw", () => withdraw(CASE, "已转院"), `POST ${AT}/withdraw "9" {"reason":"已转院"}`],
		["adopt", () => adopt(CASE, "adopted", ""), `POST ${AT}/adopt "9" {"outcome":"adopted","note":""}`],
		[
			"adopt in part",
			() => adopt(CASE, "partly", "已复查"),
			`POST ${AT}/adopt "9" {"outcome":"partly","note":"已复查"}`,
		],
		["invite", () => invitePatient("c/1"), `POST ${AT}/invitations`],
	])("to %s", async (_what, ask, line) => {
		await ask();
		expect(wire.lines).toEqual([line]);
	});

	it("gives back what the server made of it", async () => {
		expect(await withdraw(CASE, "x")).toEqual(CASE);
	});
});

describe("what was signed", () => {
	it("is the signed report beside the draft", async () => {
		wire.answers(() => Response.json({ status: "final", signed: { number: "R-1" } }));
		expect(await signedReport("c1")).toEqual({ number: "R-1" });
		expect(wire.lines).toEqual(["GET /api/consults/c1/report"]);
	});

	it("is nothing while nobody signed", async () => {
		wire.answers(() => Response.json({ status: "draft", signed: null }));
		expect(await signedReport("c1")).toBeNull();
	});

	it("is nothing where there is no report to see", async () => {
		wire.refuses(404, "reports.not_found");
		expect(await signedReport("c1")).toBeNull();
	});

	it.each([
		[401, "identity.signed_out"],
		[500, "general.unexpected"],
		[503, "general.not_ready"],
	])("is not said to be nothing because of %i %s", async (status, code) => {
		wire.refuses(status, code);
		await expect(signedReport("c1")).rejects.toMatchObject({ status, code });
	});
});
