import { describe, expect, it } from "vitest";
import {
	hrefOf,
	type Measurement,
	measurementField,
	measurementsOf,
	standingIn,
	updated,
} from "../../../static/src/reports/measurements.ts";
import { draftOf, fieldsOf, type Report } from "../../../static/src/reports/model.ts";
import { randomFrom } from "../ecg/recordings.ts";

const NODULE: Measurement = {
	section: "findings",
	text: "9.6 × 8.6 mm",
	studyInstanceUid: "1.2.840.3",
	markId: "00000000-0000-4000-8000-000000000001",
};
const WIRE = {
	section: "findings",
	text: "9.6 × 8.6 mm",
	study_instance_uid: "1.2.840.3",
	annotation_id: NODULE.markId,
};

function aReport(text: string, measurements: readonly (typeof WIRE)[] = [WIRE]): Report {
	const sections = { findings: text };
	return { template_id: "ct_chest", sections, positive: null, measurements, version: 1 } as unknown as Report;
}

describe("links of measured values", () => {
	it("go to the server and come back as fields of their own", () => {
		const fields = fieldsOf(aReport("结节 9.6 × 8.6 mm。"));
		expect(measurementsOf(fields)).toEqual([NODULE]);
		const draft = draftOf(fields);
		expect(draft.measurements).toEqual([WIRE]);
		expect(draft.sections).toEqual({ findings: "结节 9.6 × 8.6 mm。" });
	});

	it("are not sent once their words are gone", () => {
		expect(draftOf(fieldsOf(aReport("结节。"))).measurements).toEqual([]);
		const elsewhere = { ...fieldsOf(aReport("")), "section.impression": NODULE.text };
		expect(draftOf(elsewhere).measurements).toEqual([]);
	});

	it("survive the way through fields, whatever their words", () => {
		const random = randomFrom(12);
		for (let round = 0; round < 200; round++) {
			const some: Measurement[] = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, i) => ({
				section: `part_${Math.floor(random() * 3)}`,
				text: `${(random() * 90).toFixed(1)} | mm.${i}`,
				studyInstanceUid: `1.2.${Math.floor(random() * 1e6)}`,
				markId: `${i}-${Math.floor(random() * 1e6)}`,
			}));
			const fields = Object.fromEntries(some.map((one) => [measurementField(one), one.text]));
			expect(measurementsOf(fields)).toEqual(some);
		}
	});

	it("are told from other fields", () => {
		expect(
			measurementsOf({ template: "x", "section.measure": "1 mm", "measure.a": "1", "measure.a|b|c": "" }),
		).toEqual([]);
	});

	it("stand where their words stand", () => {
		const other = { ...NODULE, section: "impression" };
		expect(standingIn([NODULE, other], "findings", "见 9.6 × 8.6 mm 结节")).toEqual([NODULE]);
		expect(standingIn([NODULE], "findings", "9.6 mm")).toEqual([]);
	});

	it("take a newer value in the place of the older one, and nothing else", () => {
		expect(updated("左 9.6 × 8.6 mm，右 3 mm。", NODULE, "10.1 × 9 mm")).toBe("左 10.1 × 9 mm，右 3 mm。");
		expect(updated("没有", NODULE, "1 mm")).toBe("没有");
		expect(updated("9.6 × 8.6 mm", NODULE, "$& mm")).toBe("$& mm");
	});

	it("lead to the study's page at the mark", () => {
		expect(hrefOf(NODULE)).toBe(`/read/1.2.840.3?mark=${NODULE.markId}`);
	});
});
