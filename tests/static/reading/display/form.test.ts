import { describe, expect, it } from "vitest";
import { curveOf, EMPTY_FORM, formOf, measuredOf } from "../../../../static/src/reading/display/form.ts";
import type { Luminances } from "../../../../static/src/reading/display/transform.ts";

const FILLED = { ...EMPTY_FORM, minimum: "0.3", maximum: "400", ambient: "0.2" };

describe("what is typed of a screen", () => {
	it("is read with full-width digits, commas and spaces", () => {
		const measured = measuredOf({ ...FILLED, minimum: " ０．３ ", maximum: "400,5" });
		expect(measured).toEqual({ minimum: 0.3, maximum: 400.5, ambient: 0.2, response: "gamma", curve: [] });
	});

	it("comes back as it was typed", () => {
		const measured: Luminances = {
			minimum: 0.35,
			maximum: 380,
			ambient: 0.1,
			response: "measured",
			curve: [
				[0, 0.35],
				[128, 80],
				[255, 380],
			],
		};
		expect(measuredOf(formOf(measured))).toEqual(measured);
	});

	it("takes black and white from the ends of a curve", () => {
		const form = {
			...EMPTY_FORM,
			ambient: "0",
			response: "measured" as const,
			curve: "0 0.4\n\n100\t30\n255,300",
		};
		expect(measuredOf(form)).toMatchObject({ minimum: 0.4, maximum: 300 });
		expect(curveOf(form.curve)).toHaveLength(3);
	});

	it.each([
		[EMPTY_FORM, "not_a_number"],
		[{ ...FILLED, maximum: "x" }, "not_a_number"],
		[{ ...FILLED, minimum: "500" }, "order"],
		[{ ...FILLED, response: "measured" as const, curve: "" }, "curve"],
		[{ ...FILLED, response: "measured" as const, curve: "0 1\n255" }, "curve"],
	])("%j is refused: %s", (form, fault) => {
		expect(measuredOf(form)).toBe(fault);
	});
});
