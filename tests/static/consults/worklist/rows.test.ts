import { afterEach, describe, expect, it } from "vitest";
import { applicantFace, columnsOf, readerFace } from "../../../../static/src/consults/worklist/faces.ts";
import { factsOf, imagesLine, primaryLabel } from "../../../../static/src/consults/worklist/preview.ts";
import {
	type ConsultRow,
	caseHref,
	examLine,
	examTitle,
	goneCell,
	groupByUrgency,
	partyLine,
	patientLine,
	patientName,
	readHref,
	rowInstant,
	runsOut,
	statusCell,
	todayTitle,
	ungrouped,
} from "../../../../static/src/consults/worklist/rows.ts";
import { setLocale } from "../../../../static/src/kit/i18n.ts";
import { aRow } from "../rows.ts";

const NOW = Date.parse("2026-11-21T03:00:00Z");
afterEach(() => setLocale("zh"));

describe("a row's cells", () => {
	it("groups by urgency, loudest first, and keeps the server's order inside", () => {
		const rows = ["routine", "urgent", "emergency", "urgent"].map((urgency, at) =>
			aRow({ consult_id: String(at), urgency: urgency as ConsultRow["urgency"] }),
		);
		const groups = groupByUrgency(rows).map((group) => [
			group.label,
			group.rows.map((row) => row.consult_id),
		]);
		expect(groups).toEqual([
			["急诊", ["2"]],
			["加急", ["1", "3"]],
			["常规", ["0"]],
		]);
		expect(ungrouped([])).toEqual([]);
		expect(ungrouped(rows)[0]?.rows).toHaveLength(4);
	});

	it.each([
		[{ modality: "CT", study_description: "胸部平扫" }, "CT 胸部平扫"],
		[{ modality: "CT", study_description: "胸部CT平扫" }, "胸部CT平扫"],
		[{ modality: "ECG", study_description: "静息心电图", service_line: "ecg" as const }, "静息心电图"],
		[{ modality: "", study_description: "", service_line: "ecg" as const }, "心电图"],
		[{ modality: "DX", study_description: " " }, "DX"],
		[{ modality: "", study_description: "", study_instance_uid: null }, "还没有关联检查"],
		[{ modality: "", study_description: "" }, "影像检查"],
	])("names the examination of %o “%s”", (given, title) => {
		expect(examTitle(aRow(given))).toBe(title);
	});

	it("masks the patient, and says when there is none yet", () => {
		expect(patientName(aRow())).toBe("罗*兰");
		expect(patientLine(aRow(), NOW)).toBe("女 · 63岁");
		expect(patientName(aRow({ patient: null }))).toBe("还没有选患者");
		expect(patientLine(aRow({ patient: null }), NOW)).toBe("");
	});

	it("asks the question, else names the complaint", () => {
		expect(examLine(aRow({ question: " " }))).toBe("咳嗽 3 天");
		expect(examLine(aRow())).toBe("右上肺结节是否增大");
	});

	it("counts from submission, or from the beginning of a draft", () => {
		expect(rowInstant(aRow())).toBe("2026-11-21T02:42:00Z");
		expect(rowInstant(aRow({ submitted_at: null }))).toBe("2026-11-21T02:36:00Z");
		expect(partyLine(aRow(), NOW)).toBe("覃秋月 · 10:42");
		expect(partyLine(aRow({ inviting: { institution_id: "i", name: "x", doctor: "" } }), NOW)).toBe("10:42");
	});

	it.each(["signed", "closed", "withdrawn", "declined", "draft", "returned"] as const)(
		"runs no clock on a case that is %s",
		(status) => expect(runsOut(aRow({ status }))).toBeNull(),
	);

	it.each(["submitted", "accepted", "assigned", "reporting"] as const)("runs the clock while %s", (status) =>
		expect(runsOut(aRow({ status }))).toBe("2026-11-21T04:42:00Z"),
	);

	it("says that images still arrive, with whom the case is, and nothing after its end", () => {
		const me = { account_id: "me", name: "沈知远" };
		const other = { account_id: "other", name: "蓝若溪" };
		const images = { received: 96, settled: false };
		expect(statusCell(aRow({ images }), "me")).toMatchObject({ text: "到达 96 幅", icon: "cloud" });
		expect(statusCell(aRow({ images, status: "reporting", specialist: me }), "me").text).toBe("阅片中 · 我");
		expect(statusCell(aRow({ status: "assigned", specialist: other }), "me")).toEqual({
			text: "待阅片 · 蓝若溪",
			tone: "violet",
		});
		expect(statusCell(aRow({ status: "signed", specialist: other }), "me")).toEqual({});
		expect(statusCell(aRow(), "me")).toEqual({});
	});

	it.each([
		["claim", "已被领取"],
		["assign", "已被领取"],
		["withdraw", "已撤回"],
		["return", "已退回"],
		["sign", "已签发"],
		["", "已不在此列"],
	])("says of a row gone by “%s”: %s", (verb, text) => expect(goneCell(verb).text).toBe(text));

	it("leads a reader to the study and an applicant to form or case", () => {
		expect(readHref(aRow({ study_instance_uid: "1.2/3" }))).toBe("/read/1.2%2F3?consult=c1");
		expect(readHref(aRow({ study_instance_uid: null }))).toBe("/cases/c1");
		expect(caseHref(aRow({ status: "draft" }))).toBe("/requests/c1");
		expect(caseHref(aRow({ status: "returned", verbs: ["submit"] }))).toBe("/requests/c1");
		expect(caseHref(aRow({ status: "returned" }))).toBe("/cases/c1");
		expect(caseHref(aRow({ status: "signed" }))).toBe("/cases/c1");
	});

	it("titles the day, in both languages", () => {
		expect(todayTitle(NOW)).toBe("今天 11月21日 周六");
		setLocale("en");
		expect(todayTitle(NOW)).toBe("Today, Sat 21 Nov");
	});
});

describe("the columns of a list", () => {
	it("gives English urgencies the room they need", () => {
		expect(columnsOf(readerFace).find((one) => one.key === "urgency")?.width).toBe("84px");
		setLocale("en");
		expect(columnsOf(applicantFace).find((one) => one.key === "urgency")?.width).toBe("112px");
		expect(columnsOf(readerFace).map((one) => one.label)).toContain("Time left");
	});
});

describe("the preview of a row", () => {
	it("leaves out what it does not know", () => {
		expect(factsOf(aRow()).map((fact) => fact.value)).toEqual(["咳嗽 3 天", "CT0417", "覃秋月"]);
		const empty = aRow({ chief_complaint: " ", accession_number: "" });
		expect(factsOf(empty).map((fact) => fact.value)).toEqual(["覃秋月"]);
	});

	it.each([
		[null, "还没有影像"],
		[{ received: 412, settled: true }, "影像 已到齐 412 幅"],
		[{ received: 96, settled: false }, "影像 到达 96 幅，还在传"],
	])("says of images %o: %s", (images, line) => expect(imagesLine(aRow({ images }))).toBe(line));

	it.each<[Partial<ConsultRow>, string]>([
		[{ verbs: ["claim"] }, "领取并阅片"],
		[{ verbs: ["start"], status: "assigned" }, "开始阅片"],
		[{ status: "reporting" }, "继续阅片"],
		[{ status: "signed" }, "看影像"],
		[{ study_instance_uid: null, verbs: ["claim"] }, "打开病例"],
	])("offers a reader of %o “%s”", (given, label) => {
		expect(primaryLabel(aRow(given), readerFace)).toBe(label);
	});

	it("offers an applicant the form of a draft and else the case", () => {
		expect(primaryLabel(aRow({ status: "draft" }), applicantFace)).toBe("继续填写");
		expect(primaryLabel(aRow({ status: "signed" }), applicantFace)).toBe("打开病例");
	});
});
