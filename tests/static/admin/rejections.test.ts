import { beforeEach, describe, expect, it } from "vitest";
import type { Rejection } from "../../../static/src/admin/rejections/calls.ts";
import {
	amountText,
	endedText,
	RejectionPage,
	studyText,
	whyText,
} from "../../../static/src/admin/rejections/rejections.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const NOTE: Rejection = {
	note_id: "n1",
	institution_id: "i1",
	institution_name: "石桥镇中心卫生院",
	source_ae_title: "SQZX_PACS",
	sop_instance_uid: "1.2.3",
	study_instance_uid: "1.2",
	title: "113001",
	referenced: 4,
	missing: 0,
	noted_at: "2026-11-21T01:12:00Z",
	withdrawn_at: null,
	withdrawn_reason: null,
	study_date: "20260302",
	accession_number: "A1",
	modalities: ["CT", "SR"],
	studies: 1,
	series: 2,
	instances: 4,
};

beforeEach(() => setLocale("zh"));

describe("a rejection note", () => {
	it.each([
		["113001", "质量不合格", "Rejected for quality reasons"],
		["113037", "患者安全", "Rejected for patient safety reasons"],
		["113038", "检查申请选错", "Incorrect modality worklist entry"],
		["113039", "超过保存期限", "Data retention policy expired"],
		["999999", "其他原因", "Another reason"],
	])("of the code %s says why in both languages", (title, zh, en) => {
		expect(whyText({ ...NOTE, title })).toBe(zh);
		setLocale("en");
		expect(whyText({ ...NOTE, title })).toBe(en);
	});

	it("says of which study it speaks", () => {
		expect(studyText(NOTE)).toBe("CT/SR · 2026-03-02");
		expect(studyText({ ...NOTE, modalities: [], study_date: "" })).toBe("");
	});

	it("says how much it hides and what is still to come", () => {
		expect(amountText(NOTE)).toBe("2 个序列 · 4 幅");
		expect(amountText({ ...NOTE, studies: 2, missing: 1 })).toBe(
			"2 个序列 · 4 幅，分在 2 份检查里，还有 1 幅没有收到，收到后也会撤下",
		);
		expect(amountText({ ...NOTE, studies: 0, series: 0, instances: 0, missing: 4 })).toBe(
			"还有 4 幅没有收到，收到后也会撤下",
		);
	});

	it("says when it was shown again", () => {
		expect(endedText(NOTE)).toBe("");
		expect(endedText({ ...NOTE, withdrawn_at: "2026-11-21T02:00:00Z" })).toBe("11-21 10:00 重新显示");
	});
});

describe("the list", () => {
	it("shows what is hidden, then what was shown again", async () => {
		const asked: boolean[] = [];
		const page = new RejectionPage({
			load: (withdrawn) => {
				asked.push(withdrawn);
				return Promise.resolve(withdrawn ? [] : [NOTE]);
			},
		});
		await page.load();
		expect(page.state.value).toEqual({ withdrawn: false, rows: [NOTE], problem: null });
		await page.show(true);
		expect(page.state.value).toEqual({ withdrawn: true, rows: [], problem: null });
		expect(asked).toEqual([false, true]);
	});

	it("believes the newest question alone", async () => {
		const answers: ((rows: Rejection[]) => void)[] = [];
		const page = new RejectionPage({ load: () => new Promise((resolve) => answers.push(resolve)) });
		const first = page.load();
		const second = page.show(true);
		answers[1]?.([]);
		answers[0]?.([NOTE]);
		await Promise.all([first, second]);
		expect(page.state.value.rows).toEqual([]);
	});

	it("keeps what is shown when a question fails", async () => {
		let failing = false;
		const page = new RejectionPage({
			load: () => (failing ? Promise.reject(new Problem({ status: 0 })) : Promise.resolve([NOTE])),
		});
		await page.load();
		failing = true;
		await page.load();
		expect(page.state.value.rows).toEqual([NOTE]);
		expect(page.state.value.problem).not.toBeNull();
	});
});
