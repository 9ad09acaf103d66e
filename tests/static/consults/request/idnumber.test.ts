import { describe, expect, it } from "vitest";
import {
	birthDateOf,
	foldedIdNumber,
	idNumberFault,
	isCalendarDay,
	sexOf,
} from "../../../../static/src/consults/request/idnumber.ts";

const TODAY = "2026-11-24";
/** The example of GB 11643-1999, 4.3: the check digit of 11010519491231002 is X. */
const EXAMPLE = "11010519491231002X";

describe("resident identity numbers", () => {
	it("accepts the standard's own example and an example with a digit", () => {
		expect(idNumberFault(EXAMPLE, TODAY)).toBeNull();
		expect(idNumberFault("440524188001010014", TODAY)).toBeNull();
		expect(idNumberFault("", TODAY)).toBeNull();
	});

	it("notices every single wrong digit", () => {
		for (let at = 0; at < 17; at += 1) {
			const wrong = EXAMPLE.slice(0, at) + ((Number(EXAMPLE[at]) + 1) % 10) + EXAMPLE.slice(at + 1);
			expect(idNumberFault(wrong, TODAY)).not.toBeNull();
		}
	});

	it("notices two digits that changed places", () => {
		expect(idNumberFault("11010519491321002X", TODAY)).not.toBeNull();
	});

	it("names what is wrong", () => {
		expect(idNumberFault("1101051949123100", TODAY)).toBe("length");
		expect(idNumberFault("1101051949123100XX", TODAY)).toBe("letters");
		expect(idNumberFault("110105194912310021", TODAY)).toBe("check");
		expect(idNumberFault(EXAMPLE, "1949-12-30")).toBe("birth");
	});

	it("folds full-width letters, small x and spaces", () => {
		expect(foldedIdNumber(" １１０１０５ 19491231 002ｘ ")).toBe(EXAMPLE);
	});

	it("reads birth date and sex", () => {
		expect(birthDateOf(EXAMPLE)).toBe("1949-12-31");
		expect(sexOf(EXAMPLE)).toBe("F");
		expect(sexOf("440524188001010014")).toBe("M");
		expect(sexOf("44")).toBeNull();
		expect(birthDateOf("110105194902310023")).toBeNull();
	});

	it("knows the calendar", () => {
		expect(isCalendarDay("2024-02-29")).toBe(true);
		expect(isCalendarDay("2023-02-29")).toBe(false);
		expect(isCalendarDay("2023-2-9")).toBe(false);
	});
});
