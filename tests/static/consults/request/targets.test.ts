import { describe, expect, it } from "vitest";
import {
	type Agreement,
	type Institution,
	onlyTarget,
	targetsOf,
} from "../../../../static/src/consults/request/targets.ts";

const TODAY = "2026-11-24";
const place = (id: string): Institution => ({
	institution_id: id,
	name: id,
	level: "county",
	phone: "",
	runs_centre: true,
});
const agreement = (invited: string, from: string, to: string, lines: string[] = ["imaging"]): Agreement => ({
	agreement_id: `${invited} ${to}`,
	inviting_institution_id: "own",
	invited_institution_id: invited,
	service_lines: lines,
	valid_from: from,
	valid_to: to,
});

describe("where a request may go", () => {
	it("is only where an agreement covers the service today, both days included", () => {
		const found = targetsOf(
			[place("a"), place("b"), place("c"), place("d")],
			[
				agreement("a", TODAY, TODAY),
				agreement("b", "2020-01-01", "2026-11-23"),
				agreement("c", "2026-11-25", "2027-01-01"),
				agreement("d", "2020-01-01", "2030-01-01", ["ecg"]),
			],
			"imaging",
			TODAY,
		);
		expect(found.map((one) => [one.institution.institution_id, one.validTo, one.endedOn])).toEqual([
			["a", TODAY, null],
			["b", null, "2026-11-23"],
		]);
	});

	it("counts the longest of several agreements and puts those in force first", () => {
		const found = targetsOf(
			[place("old"), place("a")],
			[
				agreement("a", "2020-01-01", "2027-01-01"),
				agreement("a", "2020-01-01", "2028-01-01"),
				agreement("old", "2020-01-01", "2021-01-01"),
			],
			"imaging",
			TODAY,
		);
		expect(found.map((one) => one.validTo)).toEqual(["2028-01-01", null]);
		expect(onlyTarget(found)?.institution.institution_id).toBe("a");
	});

	it("is nobody's guess when there are two, or none", () => {
		const two = targetsOf(
			[place("a"), place("b")],
			[agreement("a", TODAY, TODAY), agreement("b", TODAY, TODAY)],
			"imaging",
			TODAY,
		);
		expect(onlyTarget(two)).toBeNull();
		expect(onlyTarget([])).toBeNull();
	});
});
