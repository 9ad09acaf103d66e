import { describe, expect, it } from "vitest";
import { limitsText, measureRows } from "../../../static/src/ecg/measures.ts";
import type { EcgAnswer } from "../../../static/src/ecg/recording.ts";
import { twelveLeads } from "./recordings.ts";

const stated = (values: Record<string, number>): EcgAnswer["stated"] =>
	Object.entries(values).map(([key, value]) => ({ key, value, unit: "ms" }));

const rows = (more: Partial<EcgAnswer>) => measureRows(twelveLeads(100, 1, more));

describe("measurements", () => {
	it("are those the recorder wrote, the rate from its RR interval", () => {
		const found = rows({ stated: stated({ rr: 982, pr: 161, qrs: 75, qt: 368, qtc: 370, qrs_axis: 52 }) });
		expect(found.map(({ key, value, source }) => [key, value, source])).toEqual([
			["rate", 61, "recorder"],
			["pr", 161, "recorder"],
			["qrs", 75, "recorder"],
			["qt", 368, "recorder"],
			["qtc", 370, "recorder"],
			["axis", 52, "recorder"],
		]);
		expect(found.every(({ flag }) => flag === null)).toBe(true);
	});

	it("are none where nobody measured: nothing is invented", () => {
		expect(rows({ stated: [], machine_rate: null })).toEqual([]);
	});

	it("name our own detector where the recorder is silent", () => {
		const machine_rate = { rate_per_minute: 71.6, r_peaks_ms: [] };
		expect(rows({ machine_rate })).toMatchObject([{ key: "rate", value: 72, source: "detector" }]);
		expect(rows({ machine_rate, stated: stated({ heart_rate: 70 }) })).toMatchObject([
			{ value: 70, source: "recorder" },
		]);
	});

	it.each([
		[{ rr: 0 }, null, []],
		[{ rr: -1 }, null, []],
		[{ rr: 0 }, { rate_per_minute: 71.6, r_peaks_ms: [] }, [["rate", 72, "detector"]]],
		[{ rr: 1 }, null, [["rate", 60_000, "recorder"]]],
		[{ rr: 1000, heart_rate: 61 }, null, [["rate", 61, "recorder"]]],
	] as const)("take no rate from an interval that is none: %o", (values, machine_rate, expected) => {
		const found = rows({
			stated: stated(values),
			machine_rate: machine_rate && { ...machine_rate, r_peaks_ms: [] },
		});
		expect(found.map(({ key, value, source }) => [key, value, source])).toEqual(expected);
		expect(found.every(({ value }) => Number.isFinite(value))).toBe(true);
	});

	it.each([
		["pr", 119, "low"],
		["pr", 120, null],
		["pr", 200, null],
		["pr", 201, "high"],
		["qrs", 119, null],
		["qrs", 120, "high"],
		["qtc", 449, null],
		["qtc", 450, "high"],
		["qrs_axis", -31, "low"],
		["qrs_axis", 91, "high"],
		["heart_rate", 59, "low"],
		["heart_rate", 101, "high"],
	])("%s %i of a man is flagged %s", (key, value, flag) => {
		expect(rows({ stated: stated({ [key]: value }) })[0]?.flag).toBe(flag);
	});

	it("have a woman's limit of QTc, and none where the sex is unknown", () => {
		const patient = { name: "", patient_id: "", birth_date: "19610314", age: "" };
		const of = (sex: string) => rows({ stated: stated({ qtc: 455 }), patient: { ...patient, sex } })[0];
		expect(of("F")?.flag).toBeNull();
		expect(of("M")?.flag).toBe("high");
		expect(of("")?.limits).toBeNull();
	});

	it.each([
		["20190512", "", false],
		["20101122", "", false],
		["20101121", "", true],
		["", "042Y", true],
		["", "012Y", false],
		["", "", false],
	])("of somebody born %s, age %s: adult limits %s", (birth_date, age, adult) => {
		const patient = { name: "", patient_id: "", sex: "M", birth_date, age };
		const row = rows({ stated: stated({ pr: 160 }), patient })[0];
		expect(row?.limits !== null).toBe(adult);
	});

	it("write their limits in words of the table", () => {
		expect(limitsText({ low: 60, high: 100 })).toBe("60–100");
		expect(limitsText({ low: null, high: 119 })).toBe("<120");
		expect(limitsText({ low: -30, high: 90 })).toBe("−30–90");
		expect(limitsText({ low: 5, high: null })).toBe("≥5");
		expect(limitsText(null)).toBe("");
	});
});
