import { describe, expect, it } from "vitest";
import {
	draftOf,
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
		measurements: [],
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
			measurements: [],
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
