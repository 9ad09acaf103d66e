import { describe, expect, it } from "vitest";
import { consultOf } from "../../../static/src/reports/feed.ts";
import {
	draftOf,
	examName,
	fieldsOf,
	keptOf,
	type Report,
	sectionOf,
	textsOf,
} from "../../../static/src/reports/model.ts";

function aReport(changes: Partial<Report> = {}): Report {
	return {
		consult_id: "c",
		template_id: "ct_chest",
		sections: { findings: "双肺清晰。", impression: "" },
		positive: null,
		saved_at: "2026-11-21T03:04:00Z",
		signed: null,
		status: "draft",
		version: 3,
		...changes,
	} as Report;
}

describe("a report as fields", () => {
	it.each([
		[true, "yes"],
		[false, "no"],
		[null, ""],
	])("goes to the server as it came: positive %j", (positive, field) => {
		const report = aReport({ positive });
		expect(fieldsOf(report)).toMatchObject({ positive: field, template: "ct_chest" });
		expect(draftOf(fieldsOf(report))).toEqual({
			template_id: "ct_chest",
			sections: report.sections,
			positive,
		});
	});

	it("keeps its version and time", () => {
		expect(keptOf(aReport())).toMatchObject({ version: 3, savedAt: "2026-11-21T03:04:00Z" });
	});

	it("knows which fields are parts", () => {
		expect(textsOf({ template: "t", positive: "", "section.findings": "x" })).toEqual({ findings: "x" });
		expect([sectionOf("section.a.b"), sectionOf("positive"), sectionOf("section")]).toEqual([
			"a.b",
			null,
			null,
		]);
	});
});

describe("the name of an examination", () => {
	it.each([
		["CT", "胸部平扫", "CT 胸部平扫"],
		["CT", " 胸部CT平扫 ", "胸部CT平扫"],
		["DX", "", "DX"],
		["", "心电图", "心电图"],
	])("%s, %s", (modality, study_description, expected) => {
		expect(examName({ modality, study_description })).toBe(expected);
	});
});

describe("an event", () => {
	it.each([
		[{ consult_id: "c1" }, "c1"],
		[{ consult_id: 7 }, null],
		[{ study: "1.2" }, null],
		[null, null],
		["c1", null],
	])("%j is about %j", (data, expected) => {
		expect(consultOf({ name: "x", data } as unknown as Parameters<typeof consultOf>[0])).toBe(expected);
	});
});
