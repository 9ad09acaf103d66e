import { describe, expect, it } from "vitest";
import type { Destination } from "../../../../static/src/consults/worklist/calls.ts";
import { destinationChoices, orderOf } from "../../../../static/src/consults/worklist/sendstudy.ts";

const DESTINATIONS: Destination[] = [
	{ ae_title: "CITY_PACS", institution_id: "i2", institution_name: "市医院" },
	{ ae_title: "SQZX_PACS", institution_id: "i1", institution_name: "石桥镇中心卫生院" },
];

describe("sending an arrived study on", () => {
	it("offers every destination with whose it is", () => {
		expect(destinationChoices(DESTINATIONS, "CT1")).toEqual([
			{ value: "CITY_PACS", label: "CITY_PACS · 市医院" },
			{ value: "SQZX_PACS", label: "SQZX_PACS · 石桥镇中心卫生院" },
		]);
	});

	it("does not offer the system that it came from", () => {
		const values = destinationChoices(DESTINATIONS, "SQZX_PACS").map((one) => one.value);
		expect(values).toEqual(["CITY_PACS"]);
	});

	it("offers nothing where nobody can be called", () => expect(destinationChoices([], "CT1")).toEqual([]));

	it.each([true, false])("orders what was chosen, a promise wanted: %s", (commitment) => {
		expect(orderOf({ aeTitle: "CITY_PACS", commitment }, "1.2.3")).toEqual({
			study_instance_uid: "1.2.3",
			ae_title: "CITY_PACS",
			commitment,
		});
	});
});
