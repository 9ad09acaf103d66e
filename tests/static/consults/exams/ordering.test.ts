import { describe, expect, it } from "vitest";
import type { NewExam } from "../../../../static/src/consults/exams/calls.ts";
import { Ordering } from "../../../../static/src/consults/exams/ordering.ts";
import { anExam } from "./rows.ts";

const BODY: NewExam = {
	patient_id: "p1",
	modality: "CT",
	body_part: "CHEST",
	procedure: "胸部平扫",
	reason: "",
	urgency: "routine",
	scheduled_at: "2026-11-25T08:30:00+08:00",
	station_ae_title: "",
};

/** An ordering whose keys count up, with what was sent; it fails as often as told. */
function anOrdering(failures: number) {
	const sent: [string, string][] = [];
	let key = 0;
	const ordering = new Ordering(
		async (body, used) => {
			sent.push([body.procedure, used]);
			if (sent.length <= failures) throw new Error("no answer");
			return anExam();
		},
		() => `key-${++key}`,
	);
	return { ordering, sent };
}

describe("an order", () => {
	it("that got no answer is sent again as the same one", async () => {
		const { ordering, sent } = anOrdering(1);
		await expect(ordering.order(BODY)).rejects.toThrow("no answer");
		expect(await ordering.order({ ...BODY })).toEqual(anExam());
		expect(sent.map(([, key]) => key)).toEqual(["key-1", "key-1"]);
	});

	it("with other words is another one", async () => {
		const { ordering, sent } = anOrdering(1);
		await expect(ordering.order(BODY)).rejects.toThrow("no answer");
		await ordering.order({ ...BODY, procedure: "胸部增强" });
		expect(sent).toEqual([
			["胸部平扫", "key-1"],
			["胸部增强", "key-2"],
		]);
	});

	it("that was taken is over: the same words are a new one", async () => {
		const { ordering, sent } = anOrdering(0);
		await ordering.order(BODY);
		await ordering.order(BODY);
		expect(sent.map(([, key]) => key)).toEqual(["key-1", "key-2"]);
	});
});
