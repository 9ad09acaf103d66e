import { describe, expect, it } from "vitest";
import {
	adoptionFault,
	mayTalk,
	nextAct,
	readHref,
	shortDigest,
} from "../../../../static/src/consults/case/acts.ts";
import { courseOf, evidenceOf } from "../../../../static/src/consults/case/course.ts";
import { type Consult, stagesOf } from "../../../../static/src/consults/case/stages.ts";
import { consultWith, stepAt } from "./consult.ts";

const SUBMITTED = "2026-11-21T02:42:00Z";
const short = (consult: Consult): string[] =>
	stagesOf(consult).map((one) => `${one.state} ${one.label}${one.note ? ` ${one.note}` : ""}`);

describe("the stages of a case", () => {
	it("shows real times for what is done, and who is waited for", () => {
		const consult = consultWith({
			status: "reporting",
			submitted_at: SUBMITTED,
			specialist: { account_id: "s", name: "蓝若溪" },
			steps: [
				stepAt("02:42", "submit"),
				stepAt("02:50", "accept"),
				stepAt("02:55", "claim"),
				stepAt("03:01", "start"),
			],
		});
		const lines = short(consult);
		expect(lines.slice(0, 4).map((line) => line.split(" ").at(-1))).toEqual([
			"10:42",
			"10:50",
			"10:55",
			"11:01",
		]);
		expect(lines[4]).toMatch(/^now .*蓝若溪/);
		expect(lines[5]).toMatch(/^next /);
	});

	it("says how long the whole took when it is signed, and the date of another day", () => {
		const consult = consultWith({
			status: "signed",
			submitted_at: SUBMITTED,
			steps: [
				stepAt("02:42", "submit"),
				stepAt("02:50", "accept"),
				stepAt("02:55", "assign"),
				stepAt("03:01", "start"),
				{ ...stepAt("03:22", "sign"), at: "2026-11-22T01:10:00Z" },
			],
		});
		const signed = stagesOf(consult).find((one) => one.key === "sign");
		expect(signed?.note).toContain("11-22 09:10");
		expect(signed?.note).toMatch(/22|小时/);
	});

	it.each<[Partial<Consult>, RegExp]>([
		[{ status: "draft", verbs: ["submit"] }, /^now .*等您/],
		[{ status: "assigned", verbs: ["start"] }, /^now .*等您/],
		[{ status: "reporting", verbs: ["sign"] }, /^now .*等您/],
		[{ status: "signed", verbs: ["adopt"] }, /^now .*等您/],
	])("says that %o waits for whoever looks", (given, line) => {
		expect(short(consultWith(given)).find((one) => one.startsWith("now"))).toMatch(line);
	});

	it("takes back what came before a return, and shows the loop", () => {
		const steps = [stepAt("02:42", "submit"), stepAt("02:50", "accept"), stepAt("02:58", "return")];
		const returned = stagesOf(consultWith({ status: "returned", submitted_at: SUBMITTED, steps }));
		expect(returned[0]).toMatchObject({ key: "returned", looped: true, note: "10:58" });
		const again = consultWith({
			status: "submitted",
			submitted_at: SUBMITTED,
			steps: [...steps, stepAt("03:10", "submit")],
		});
		const stages = stagesOf(again);
		expect(stages.map((one) => one.key)[0]).toBe("submit");
		expect(stages[0]?.note).toBe("11:10");
		expect(stages.find((one) => one.key === "accept")?.state).toBe("now");
	});

	it("takes back claim and reading, but not the acceptance, when a reader gives a case back", () => {
		const consult = consultWith({
			status: "accepted",
			submitted_at: SUBMITTED,
			steps: [
				stepAt("03:05", "abandon"),
				stepAt("02:42", "submit"),
				stepAt("02:50", "accept"),
				stepAt("02:55", "claim"),
				stepAt("03:01", "start"),
			],
		});
		expect(stagesOf(consult).map((one) => one.state)).toEqual([
			"done",
			"done",
			"now",
			"next",
			"next",
			"next",
		]);
		expect(stagesOf(consult)[1]?.note).toBe("10:50");
	});

	it.each(["withdrawn", "declined"] as const)("ends with what ended it: %s", (status) => {
		const verb = status === "withdrawn" ? "withdraw" : "decline";
		const consult = consultWith({
			status,
			submitted_at: SUBMITTED,
			steps: [stepAt("02:42", "submit"), stepAt("02:44", verb)],
		});
		const stages = stagesOf(consult);
		expect(stages.map((one) => one.state)).toEqual(["done", "failed"]);
		expect(stages.at(-1)).toMatchObject({ key: status, note: "10:44" });
	});

	it("is all done when the outcome is recorded", () => {
		const stages = stagesOf(
			consultWith({ status: "closed", submitted_at: SUBMITTED, steps: [stepAt("02:42", "submit")] }),
		);
		expect(new Set(stages.map((one) => one.state))).toEqual(new Set(["done"]));
	});
});

describe("what may be done with a case", () => {
	it.each<[Partial<Consult>, ReturnType<typeof nextAct>]>([
		[{ status: "signed", verbs: ["adopt"] }, { kind: "adopt" }],
		[
			{ status: "draft", verbs: ["submit"] },
			{ kind: "edit", href: "/requests/c1" },
		],
		[
			{ status: "returned", verbs: ["submit"] },
			{ kind: "correct", href: "/requests/c1" },
		],
		[
			{ status: "assigned", verbs: ["start"] },
			{ kind: "read", href: "/read/1.2.3?consult=c1" },
		],
		[{ status: "assigned", verbs: ["start"], study_instance_uid: null }, null],
		[{ status: "submitted", verbs: ["withdraw"] }, null],
	])("offers for %o: %o", (given, act) => expect(nextAct(consultWith(given))).toEqual(act));

	it("has no images to lead to without a study", () => {
		expect(readHref(consultWith({ study_instance_uid: null }))).toBeNull();
	});

	it.each(["draft", "returned", "withdrawn", "declined"] as const)("has no room while %s", (status) =>
		expect(mayTalk(consultWith({ status }))).toBe(false),
	);
	it.each(["submitted", "reporting", "signed"] as const)("has a room while %s", (status) =>
		expect(mayTalk(consultWith({ status }))).toBe(true),
	);

	it("asks for an outcome, and for a sentence unless it is plainly yes", () => {
		expect(adoptionFault("", "x")).toBe("adoptChoose");
		expect(adoptionFault("adopted", "")).toBeNull();
		expect(adoptionFault("partly", " ")).toBe("adoptNoteMissing");
		expect(adoptionFault("rejected", "条件不够")).toBeNull();
	});

	it("shortens a digest to what an eye compares", () => {
		expect(shortDigest("0123456789abcdef".repeat(4))).toBe("01234567 … 89abcdef");
	});
});

describe("the course of a case", () => {
	it("tells each step with its reason, and no empty note", () => {
		const items = courseOf([
			stepAt("02:42", "submit"),
			stepAt("02:50", "assign", { subject_name: "许诺" }),
			stepAt("02:58", "return", { note: "病史不全" }),
			stepAt("03:30", "adopt", { note: "已转诊" }),
		]);
		expect(items[0]).not.toHaveProperty("note");
		expect(items[1]?.text).toContain("许诺");
		expect(items[2]).toMatchObject({ tone: "orange", icon: "return" });
		expect(items[2]?.note).toContain("病史不全");
		expect(items[3]?.note).toBe("已转诊");
		expect(new Set(items.map((one) => one.key)).size).toBe(4);
	});

	const kept = (guard: Consult["evidence"][number]["guard"], at: string, given: object = {}) => ({
		guard,
		passed: true,
		facts: {},
		rules_version: "2026-03",
		at,
		...given,
	});

	it("shows the verdict of the latest submission for each precondition", () => {
		const rows = evidenceOf([
			kept("agreement_in_force", "2026-11-21T02:42:00Z", { passed: false, facts: { ended: "2026-11-20" } }),
			kept("agreement_in_force", "2026-11-21T03:10:00Z", { facts: { valid_to: "2027-06-30" } }),
			kept("consent_recorded", "2026-11-21T03:10:00Z", {
				facts: { kind: "verbal_emergency", at: "2026-11-21T02:38:00Z" },
			}),
			kept("data_complete", "2026-11-21T03:10:00Z"),
		] as Consult["evidence"]);
		expect(rows.map((row) => row.state)).toEqual(["passed", "passed", "passed"]);
		expect(rows[0]?.facts).toContain("2027-06-30");
		expect(rows[1]?.facts).toMatch(/11-21 10:38$/);
		expect(rows[0]?.rule).toContain("2026-11-21 11:10:00");
		const ended = evidenceOf([
			kept("agreement_in_force", "2026-11-21T02:42:00Z", { passed: false, facts: { ended: "2026-11-20" } }),
		] as Consult["evidence"]);
		expect(ended[0]).toMatchObject({ state: "failed" });
		expect(ended[0]?.facts).toContain("2026-11-20");
	});
});
