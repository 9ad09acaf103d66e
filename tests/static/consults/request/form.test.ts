import { describe, expect, it } from "vitest";
import {
	type Consult,
	changesOf,
	cureOf,
	FIELDS,
	fieldsOf,
	gapsOf,
	mayDiscard,
	mayEdit,
	PARTS,
	partOf,
	returnOf,
	stepsOf,
	withPhrase,
} from "../../../../static/src/consults/request/form.ts";
import { firstFieldOf } from "../../../../static/src/consults/request/places.ts";
import { consultWith, stepAt } from "../case/consult.ts";

const verdict = (guard: Consult["verdicts"][number]["guard"], missing: string[]) => ({
	guard,
	missing,
	passed: missing.length === 0,
	facts: {},
});

describe("the fields of a request", () => {
	it("come from the consult as one flat record", () => {
		expect(fieldsOf(consultWith({ consent_kind: "signed_paper" }))).toEqual({
			patient_id: "p1",
			invited_institution_id: "i2",
			question: "右上肺结节是否增大",
			urgency: "emergency",
			urgency_reason: "痰中带血",
			chief_complaint: "咳嗽 3 天",
			study_instance_uid: "1.2.3",
			history: "",
			consent: "signed_paper",
		});
		const empty = fieldsOf(consultWith({ full_patient: null, invited: null, study_instance_uid: null }));
		expect(empty).toMatchObject({ patient_id: "", invited_institution_id: "", study_instance_uid: "" });
	});

	it("are sent only where they changed, under the server's names", () => {
		const fields = { ...fieldsOf(consultWith({})), consent: "verbal_emergency", question: "" };
		expect(changesOf(fields, ["consent", "question"])).toEqual({
			consent_kind: "verbal_emergency",
			question: "",
		});
		expect(changesOf(fields, ["urgency"])).toEqual({ urgency: "emergency" });
	});

	it("never unset an id or send an unknown word", () => {
		expect(
			changesOf({ patient_id: "", urgency: "soon", consent: "yes" }, ["patient_id", "urgency", "consent"]),
		).toEqual({});
		expect(changesOf({ consent: "" }, ["consent"])).toEqual({ consent_kind: "" });
	});
});

describe("what stands in the way", () => {
	it("is listed in the form's order, whatever the verdicts' order", () => {
		const gaps = gapsOf([
			verdict("consent_recorded", ["consent"]),
			verdict("agreement_in_force", ["invited_institution_id"]),
			verdict("data_complete", ["chief_complaint", "patient_id"]),
		]);
		expect(gaps).toEqual(["patient_id", "invited_institution_id", "chief_complaint", "consent"]);
	});

	it("ignores what a passed verdict lists", () => {
		expect(gapsOf([{ ...verdict("data_complete", ["question"]), passed: true }])).toEqual([]);
	});

	it("leads to the first field that cures it", () => {
		expect(cureOf(verdict("data_complete", ["unheard_of", "question"]))).toBe("question");
		expect(cureOf(verdict("data_complete", []))).toBeNull();
	});

	it("has a way to every field and every part", () => {
		for (const field of FIELDS) expect(PARTS).toContain(partOf(field));
		for (const part of PARTS) expect(partOf(firstFieldOf(part, partOf) ?? "consent")).toBe(part);
	});
});

describe("the step list", () => {
	const states = (given: Partial<Consult>) =>
		Object.fromEntries(stepsOf(fieldsOf(consultWith(given))).map((step) => [step.key, step.state]));

	it("tells filled, missing and optional apart", () => {
		expect(states({ consent_kind: "signed_paper" })).toEqual({
			patient: "filled",
			target: "filled",
			question: "filled",
			study: "filled",
			history: "optional",
			consent: "filled",
		});
		expect(states({ full_patient: null, history: "有" })).toMatchObject({
			patient: "open",
			history: "filled",
			consent: "open",
		});
	});

	it.each([{ question: "增大" }, { chief_complaint: " " }, { urgency_reason: "" }])("wants %j", (given) => {
		expect(states(given).question).toBe("open");
	});

	it("wants no reason for what is not an emergency", () => {
		expect(states({ urgency: "urgent", urgency_reason: "" }).question).toBe("filled");
	});
});

describe("common phrases", () => {
	it("are joined as sentences and never twice", () => {
		expect(withPhrase("", "排除出血")).toBe("排除出血");
		expect(withPhrase("是否增大？", "排除出血")).toBe("是否增大？排除出血");
		expect(withPhrase("是否增大", "排除出血")).toBe("是否增大；排除出血");
		expect(withPhrase("请排除出血", "排除出血")).toBe("请排除出血");
	});
});

describe("a returned request", () => {
	const returned = consultWith({
		status: "returned",
		verbs: ["submit", "withdraw"],
		steps: [
			stepAt("02:42", "submit"),
			stepAt("03:10", "return", { note: "病史不全" }),
			stepAt("02:50", "return", { note: "旧" }),
		],
	});

	it("shows the newest reason and may be corrected, but not thrown away", () => {
		expect(returnOf(returned)?.note).toBe("病史不全");
		expect(mayEdit(returned)).toBe(true);
		expect(mayDiscard(returned)).toBe(false);
	});

	it("is no longer one after it was submitted again", () => {
		expect(returnOf({ ...returned, status: "submitted" })).toBeNull();
		expect(mayDiscard(consultWith({}))).toBe(true);
		expect(mayEdit(consultWith({ status: "submitted" }))).toBe(false);
	});
});
