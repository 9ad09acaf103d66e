import { describe, expect, it } from "vitest";
import { examName } from "../../../static/src/kit/exam.ts";

describe("the name of an examination", () => {
	it.each([
		["CT", "胸部平扫", "CT 胸部平扫"],
		["CT", " 胸部CT平扫 ", "胸部CT平扫"],
		["CT", "CT 胸部", "CT 胸部"],
		["DX", "", "DX"],
		["DX", " ", "DX"],
		["", "心电图", "心电图"],
		["CT/SR", "胸部平扫", "CT/SR 胸部平扫"],
		["CT", "ct 胸部", "CT ct 胸部"],
		["", "", ""],
	])("of %j, described as %j, is %j", (modality, study_description, expected) => {
		expect(examName({ modality, study_description })).toBe(expected);
	});

	it("never begins or ends in a blank, and always says the modality", () => {
		for (const modality of ["", "CT", "US"])
			for (const study_description of ["", "  ", "腹部", " CT腹部 ", "US"]) {
				const name = examName({ modality, study_description });
				expect(name).toBe(name.trim());
				expect(name).toContain(modality);
				expect(name).toContain(study_description.trim());
			}
	});
});
