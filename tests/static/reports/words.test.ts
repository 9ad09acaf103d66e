import { afterEach, describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";
import { blocks, checksOf } from "../../../static/src/reports/signing.ts";
import { formChange } from "../../../static/src/reports/template.ts";
import {
	blankName,
	checkGuards,
	faultSentence,
	fieldName,
	foretold,
	joined,
} from "../../../static/src/reports/words.ts";
import { openGuards } from "../../../static/src/ui/guards.ts";
import { ABDOMEN, CHEST, type Fields, written } from "./forms.ts";

afterEach(() => setLocale("zh"));

const guardsOf = (fields: Fields) => checkGuards(checksOf(CHEST, fields), fields);
const whole = { findings: "左肺下叶结节。", impression: "建议复查。" };

describe("the checks before signing", () => {
	it("name what is missing, and block", () => {
		const fields = written({ findings: "左肺＿＿结节。" });
		expect(blocks(checksOf(CHEST, fields))).toBe(true);
		expect(guardsOf(fields).map(({ key, state }) => [key, state])).toEqual([
			["missing", "failed"],
			["blanks", "failed"],
			["unmarked", "missing"],
		]);
		expect(guardsOf(fields)[0]?.label).toBe("还没有写：段impression");
	});

	it("let a complete report pass", () => {
		const fields = written(whole, { positive: "yes" });
		expect(blocks(checksOf(CHEST, fields))).toBe(false);
		expect(guardsOf(fields).map(({ label, state }) => [state, label])).toEqual([
			["passed", "必填部分都已写"],
			["passed", "结论：阳性"],
		]);
	});

	it("take normal text, filled in or typed, as a reminder: nothing is unmet", () => {
		const fields = written(
			{ findings: "双肺纹理清晰。", impression: "胸部CT平扫未见异常。" },
			{ positive: "no" },
		);
		const guards = guardsOf(fields);
		expect(blocks(checksOf(CHEST, fields))).toBe(false);
		expect(openGuards(guards)).toBe(0);
		expect(guards.at(-1)).toMatchObject({
			state: "noted",
			label: "与模板正常文字相同，请确认看过：段findings、段impression",
		});
		expect(guards.map(({ state }) => state)).toEqual(["passed", "passed", "noted"]);
	});

	it("leave an unmarked conclusion to the doctor", () => {
		const guards = guardsOf(written(whole));
		expect(guards[0]).toMatchObject({ key: "unmarked", state: "missing" });
		expect(blocks(checksOf(CHEST, written(whole)))).toBe(false);
	});
});

describe("what a change of form says beforehand", () => {
	it("is a sentence for each thing it does", () => {
		const fields = written({ technique: "胸部CT平扫", findings: "x", pleura: "少量积液。" });
		expect(foretold(formChange(fields, CHEST, ABDOMEN), CHEST, ABDOMEN)).toEqual([
			"这些段落的文字照原样保留：段findings",
			"新模板没有这些段落，文字移到“段findings”末尾：段pleura",
			"这些段落只有模板正常文字，会清空：段technique",
		]);
	});

	it("is nothing where nothing is written, or there is no such form", () => {
		expect(foretold(formChange(written({}), CHEST, ABDOMEN), CHEST, ABDOMEN)).toEqual([]);
		expect(foretold(null, CHEST, ABDOMEN)).toEqual([]);
	});
});

describe("names", () => {
	it("follow the language", () => {
		expect(joined(CHEST.sections.slice(0, 2))).toBe("段technique、段findings");
		setLocale("en");
		expect(joined(CHEST.sections.slice(0, 2))).toBe("Part technique, Part findings");
	});

	it("of fields and blanks are words; an invented blank keeps its own", () => {
		expect(
			["template", "positive", "section.pleura", "section.x"].map((field) => fieldName(CHEST, field)),
		).toEqual(["报告模板", "结论", "段pleura", "section.x"]);
		expect([blankName("side"), blankName("toString"), blankName("科室")]).toEqual([
			"侧别",
			"toString",
			"科室",
		]);
	});
});

describe("what became of a signature", () => {
	it.each([
		[{ kind: "unsaved" }, "还没有存到中心"],
		[{ kind: "passwordMissing" }, "请输入登录密码"],
		[{ kind: "wrongPassword", tries: 2 }, "第 2 次"],
		[{ kind: "locked", until: "" }, "请稍后再试"],
		[{ kind: "locked", until: "2026-11-21T03:04:00Z" }, "后再试。报告未签发"],
		[{ kind: "changed" }, "没有签发"],
		[{ kind: "unknown" }, "不知道是否已签发"],
		[{ kind: "refused", problem: new Problem({ status: 403 }) }, "没有签发，报告已保留"],
	] as const)("%o", (fault, expected) => {
		expect(faultSentence(fault)).toContain(expected);
	});
});
