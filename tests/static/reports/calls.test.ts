import { beforeEach, describe, expect, it, vi } from "vitest";
import {
	abandonConsult,
	claimConsult,
	listTemplates,
	loadReport,
	openConsult,
	openReport,
	phoneOf,
	previewReport,
	priorReports,
	returnConsult,
	saveReport,
	signPort,
	signReport,
	startReading,
	writingPort,
} from "../../../static/src/reports/calls.ts";
import type { Consult, Report } from "../../../static/src/reports/model.ts";
import { Writing } from "../../../static/src/reports/writing.ts";
import { CHEST, written } from "./forms.ts";

const { wire } = await vi.hoisted(() => import("../api/wire.ts"));

const CONSULT = { consult_id: "c/1", version: 7, verbs: [], service_line: "imaging" } as unknown as Consult;
const REPORT = {
	template_id: CHEST.id,
	sections: { findings: "双肺清晰。" },
	positive: null,
	measurements: [],
	saved_at: null,
	status: "draft",
	version: 3,
} as unknown as Report;
const AT = "/api/consults/c%2F1";
const TEXT = written({ findings: "结节", impression: "" }, { positive: "yes" });

beforeEach(() => wire.answers(() => Response.json(REPORT)));

describe("what writing a report asks of the server", () => {
	it.each<[string, () => Promise<unknown>, string]>([
		["open the case", () => openConsult("c/1"), `GET ${AT}`],
		["read the report", () => loadReport("c/1"), `GET ${AT}/report`],
		["list the forms", () => listTemplates(), "GET /api/report-templates"],
		["begin", () => startReading(CONSULT), `POST ${AT}/start "7"`],
		["take", () => claimConsult(CONSULT), `POST ${AT}/claim "7"`],
		["give back", () => returnConsult(CONSULT, "缺左侧位"), `POST ${AT}/return "7" {"reason":"缺左侧位"}`],
		["give up", () => abandonConsult(CONSULT, "转急诊"), `POST ${AT}/abandon "7" {"reason":"转急诊"}`],
		["sign", () => signReport("c/1", 3, "密码"), `POST ${AT}/report/sign "3" {"password":"密码"}`],
		[
			"save",
			() => saveReport("c/1", 3, TEXT),
			`PUT ${AT}/report "3" {"template_id":"ct_chest","sections":{"findings":"结节","impression":""},"measurements":[],"positive":true}`,
		],
	])("to %s", async (_what, ask, line) => {
		await ask();
		expect(wire.lines).toEqual([line]);
	});

	it("says neither positive nor negative when nothing was marked", async () => {
		await saveReport("c1", 0, written({}));
		expect(wire.asked[0]?.body).toEqual({ template_id: "ct_chest", sections: {}, measurements: [], positive: null });
		await saveReport("c1", 0, written({}, { positive: "no" }));
		expect(wire.asked[1]?.body).toMatchObject({ positive: false });
	});

	it("takes the printed page as it is, never as text", async () => {
		const bytes = new Uint8Array([0x25, 0x50, 0x44, 0x46, 0, 0xff, 0xfe]);
		wire.answers(() => new Response(bytes, { headers: { "content-type": "application/pdf" } }));
		const page = await previewReport("c1", 3);
		expect(new Uint8Array(await page.arrayBuffer())).toEqual(bytes);
		expect(wire.lines).toEqual(['POST /api/consults/c1/report/preview "3"']);
	});
});

describe("what stands beside the report", () => {
	const row = (uid: string, signed_at: string | null) => ({ study_instance_uid: uid, signed_at });

	it("is what was signed about earlier studies, and only those are asked for", async () => {
		wire.answers(({ path }) =>
			path.endsWith("/priors")
				? Response.json({ regions: [], rows: [row("9.1", "2026-05-14T00:00:00Z"), row("9.2", null)] })
				: Response.json([{ study_date: "20260514", institution_name: "县人民医院", signed: {} }]),
		);
		const found = await priorReports("1.2");
		expect(found.map((one) => one.study_date)).toEqual(["20260514"]);
		expect(wire.lines).toEqual(["GET /api/studies/1.2/priors", "GET /api/studies/1.2/priors/9.1/reports"]);
	});

	it("is bounded, however much was signed", async () => {
		const rows = Array.from({ length: 40 }, (_, i) => row(`9.${i}`, "2026-05-14T00:00:00Z"));
		wire.answers(({ path }) => Response.json(path.endsWith("/priors") ? { regions: [], rows } : []));
		expect(await priorReports("1.2")).toEqual([]);
		expect(wire.asked).toHaveLength(11);
	});

	it("is the telephone of who asks, empty where none is known", async () => {
		wire.answers(() => Response.json([{ institution_id: "i1", phone: "0770-1200" }]));
		expect(await phoneOf("i1")).toBe("0770-1200");
		expect(await phoneOf("i2")).toBe("");
	});
});

describe("a report that one may see", () => {
	it("is the report", async () => expect(await openReport("c1")).toEqual(REPORT));

	it("is nothing while there is none", async () => {
		wire.refuses(404, "reports.not_found");
		expect(await openReport("c1")).toBeNull();
	});

	it.each([
		[401, "identity.signed_out"],
		[403, "identity.role_missing"],
		[500, "general.unexpected"],
		[503, "general.busy"],
	])("is not called missing because of %i %s", async (status, code) => {
		wire.refuses(status, code);
		await expect(openReport("c1")).rejects.toMatchObject({ status, code });
	});

	it("is not called missing because there is no line", async () => {
		wire.cut();
		await expect(openReport("c1")).rejects.toMatchObject({ kind: "offline" });
	});
});

describe("writing and signing through the server", () => {
	function aDesk() {
		const kept: unknown[] = [];
		const copy = {
			keep: async (text: unknown) => kept.push(text) > 0,
			drop: () => void kept.push("dropped"),
		};
		const port = writingPort(copy as unknown as Parameters<typeof writingPort>[0]);
		const writing = new Writing({ ...CONSULT, consult_id: "c1" }, REPORT, [CHEST], port, null);
		return { writing, port: signPort(writing), kept };
	}

	it("signs the version that was saved last", async () => {
		const { writing, port } = aDesk();
		wire.answers(({ method }) => Response.json(method === "PUT" ? { ...REPORT, version: 4 } : REPORT));
		writing.write("findings", "左肺结节。");
		expect(await port.flush()).toBe(true);
		expect(port.version()).toBe(4);
		await port.preview(port.version());
		await port.sign(port.version(), "密码");
		expect(wire.asked.map(({ path, ifMatch }) => `${path.split("/").at(-1)} ${ifMatch}`)).toEqual([
			'report "3"',
			'preview "4"',
			'sign "4"',
		]);
		writing.autosave.stop();
	});

	it("keeps the text on this computer when the line is down, and says that it is not saved", async () => {
		const { writing, port, kept } = aDesk();
		wire.cut();
		writing.write("findings", "左肺结节。");
		expect(await port.flush()).toBe(false);
		expect(JSON.stringify(kept)).toContain("左肺结节。");
		expect(port.version()).toBe(3);
		writing.autosave.stop();
	});

	it("asks for the report as the server has it", async () => {
		const { writing, port } = aDesk();
		expect(await port.load()).toEqual(REPORT);
		expect(wire.lines).toEqual(["GET /api/consults/c1/report"]);
		writing.autosave.stop();
	});
});
