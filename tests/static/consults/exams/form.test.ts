import { describe, expect, it } from "vitest";
import {
	ANY_STATION,
	BODY_PARTS,
	type ExamForm,
	emptyForm,
	examFaults,
	formOf,
	MODALITIES,
	orderOf,
	URGENCIES,
} from "../../../../static/src/consults/exams/form.ts";
import { texts } from "../../../../static/src/consults/exams/texts.ts";
import { anExam } from "./rows.ts";

const NOW = Date.parse("2026-11-24T02:07:00Z");
const FORM: ExamForm = {
	modality: "CT",
	bodyPart: "CHEST",
	procedure: " 胸部平扫 ",
	reason: " 复查 ",
	urgency: "urgent",
	day: "2026-11-25",
	time: "08:30",
	station: ANY_STATION,
};

describe("an order", () => {
	it.each([
		["2026-11-24T02:07:00Z", "2026-11-24", "10:15"],
		["2026-11-24T02:15:00Z", "2026-11-24", "10:15"],
		["2026-11-24T15:50:00Z", "2026-11-25", "00:00"],
		["2026-12-31T15:59:59Z", "2027-01-01", "00:00"],
	])("begun at %s is for the next quarter of Beijing's clock: %s %s", (now, day, time) => {
		expect(emptyForm(now)).toMatchObject({ day, time, urgency: "routine", station: ANY_STATION });
	});

	it.each<[Partial<ExamForm>, object]>([
		[{}, {}],
		[{ modality: "" }, { modality: "choose" }],
		[{ bodyPart: "" }, { bodyPart: "choose" }],
		[{ procedure: "  " }, { procedure: "missing" }],
		[{ procedure: "胸" }, { procedure: "procedureShort" }],
		[{ procedure: "𠮷𠮷" }, {}],
		[{ procedure: "胸部\\平扫" }, { procedure: "procedureShort" }],
		[{ reason: "" }, {}],
		[{ day: "" }, { day: "dayWrong" }],
		[{ day: "2026-02-30" }, { day: "dayWrong" }],
		[{ day: "2026-11-22" }, { day: "dayWrong" }],
		[{ day: "2026-11-23" }, {}],
		[{ day: "2027-11-24" }, {}],
		[{ day: "2027-11-25" }, { day: "dayWrong" }],
		[{ time: "" }, { time: "timeWrong" }],
		[{ time: "24:00" }, { time: "timeWrong" }],
		[{ time: "23:59" }, {}],
	])("with %o has the faults %o", (given, faults) => {
		const form = { ...FORM, ...given };
		expect(examFaults(form, NOW)).toEqual(faults);
		expect(orderOf(form, NOW) === null).toBe(Object.keys(faults).length > 0);
	});

	it("is sent trimmed, in Beijing time, for any device", () => {
		expect(orderOf(FORM, NOW)).toEqual({
			modality: "CT",
			body_part: "CHEST",
			procedure: "胸部平扫",
			reason: "复查",
			urgency: "urgent",
			scheduled_at: "2026-11-25T08:30:00+08:00",
			station_ae_title: "",
		});
		expect(orderOf({ ...FORM, station: "SQ_CT" }, NOW)?.station_ae_title).toBe("SQ_CT");
	});

	it("that is there fills the form, and sent unchanged orders the same", () => {
		const exam = anExam({ station_ae_title: "SQ_CT", reason: "复查", urgency: "emergency" });
		const order = orderOf(formOf(exam), NOW);
		expect(Date.parse(order?.scheduled_at ?? "")).toBe(Date.parse(exam.scheduled_at));
		expect(order).toMatchObject({
			modality: exam.modality,
			body_part: exam.body_part,
			procedure: exam.procedure,
			reason: "复查",
			urgency: "emergency",
			station_ae_title: "SQ_CT",
		});
		expect(formOf(anExam()).station).toBe(ANY_STATION);
	});

	it("has a word for every choice in both languages", () => {
		const choices = [...MODALITIES, ...BODY_PARTS, ...URGENCIES];
		expect(new Set(choices).size).toBe(choices.length);
		for (const language of ["zh", "en"] as const) {
			const words = choices.map((choice) => texts[language][choice]);
			expect(words.every((word) => word.length > 1)).toBe(true);
			expect(new Set(words).size).toBe(words.length);
		}
	});
});
