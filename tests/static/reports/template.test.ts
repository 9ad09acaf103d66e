import { describe, expect, it } from "vitest";
import {
	changedForm,
	clashSection,
	emptyRequired,
	formChange,
	formsFor,
	isNormalText,
	mayFill,
	normalFill,
	OPEN_BLANK,
	takenBack,
	untouched,
	withBlanks,
} from "../../../static/src/reports/template.ts";
import { figures } from "../reading/studies.ts";
import { ABDOMEN, aSection, aTemplate, CHEST, type Fields, written } from "./forms.ts";

const sections = (...keys: string[]) => CHEST.sections.filter(({ key }) => keys.includes(key));
const keysOf = (found: readonly { readonly key: string }[]): string[] => found.map(({ key }) => key);
const name = ({ label }: { readonly label: { readonly zh: string } }): string => label.zh;

describe("normal text", () => {
	it("fills only what is empty, and only where there is some", () => {
		const fields = written({ findings: "左肺下叶结节。", pleura: "  \n" });
		expect(normalFill(CHEST.sections, fields)).toEqual({
			"section.technique": "胸部CT平扫",
			"section.pleura": "未见胸腔积液。",
			"section.impression": "胸部CT平扫未见异常。",
		});
		expect(CHEST.sections.map((section) => mayFill(section, fields))).toEqual([
			true,
			false,
			true,
			true,
			false,
		]);
	});

	it("is taken back where nobody has written over it", () => {
		const before = written({ findings: "左肺下叶结节。" });
		const filled = normalFill(CHEST.sections, before);
		const now: Fields = { ...before, ...filled, "section.pleura": "左侧少量积液。" };
		const after = { ...now, ...takenBack(filled, now) };
		expect(after).toMatchObject({
			"section.findings": "左肺下叶结节。",
			"section.pleura": "左侧少量积液。",
			"section.technique": "",
			"section.impression": "",
		});
		expect(takenBack(filled, after)).toEqual({});
	});

	it("is recognised to the letter", () => {
		const [pleura] = sections("pleura");
		if (pleura === undefined) return;
		expect(isNormalText(pleura, written({ pleura: "未见胸腔积液。" }))).toBe(true);
		expect(isNormalText(pleura, written({ pleura: "未见胸腔积液" }))).toBe(false);
		expect(isNormalText(aSection("x"), written({ x: "" }))).toBe(false);
		expect(keysOf(untouched(CHEST, written({ pleura: "未见胸腔积液。", findings: "x" })))).toEqual([
			"pleura",
		]);
	});
});

describe("another form", () => {
	it("foretells what stays, moves and goes", () => {
		const fields = written({
			technique: "胸部CT增强",
			findings: "双肺纹理清晰。",
			pleura: " ",
			impression: "好。",
		});
		expect(formChange(fields, CHEST, ABDOMEN)).toEqual({
			kept: ["impression"],
			moved: ["technique"],
			dropped: ["findings"],
		});
		expect(formChange(written({}), CHEST, ABDOMEN)).toEqual({ kept: [], moved: [], dropped: [] });
	});

	it("keeps text under its key and moves homeless text to the end of the findings, named", () => {
		const fields = written({ findings: "肝内低密度影。", pleura: "少量积液。", impression: "肝囊肿。" });
		expect(changedForm(fields, CHEST, ABDOMEN, name)).toEqual({
			template: "ct_abdomen",
			"section.pleura": "",
			"section.findings": "肝内低密度影。\n段pleura：少量积液。",
		});
	});

	it("does not drag normal text along", () => {
		const fields = written({ findings: "双肺纹理清晰。", technique: "胸部CT平扫", pleura: "少量积液。" });
		expect(changedForm(fields, CHEST, ABDOMEN, name)).toEqual({
			template: "ct_abdomen",
			"section.technique": "",
			"section.pleura": "",
			"section.findings": "段pleura：少量积液。",
		});
	});

	it("calls a part of an unknown form by its key", () => {
		expect(changedForm(written({ spleen: "大。" }), null, ABDOMEN, name)).toMatchObject({
			"section.findings": "spleen：大。",
		});
	});

	it("never loses a word that somebody wrote, whatever the forms", () => {
		const random = figures(7);
		const keys = ["findings", "impression", "a", "b", "c", "d"];
		const some = (): string[] => keys.filter(() => random() < 0.6);
		for (let round = 0; round < 300; round++) {
			const from = aTemplate(
				"from",
				some().map((key) => aSection(key, { normal_text: `N${key}` })),
			);
			const to = aTemplate(
				"to",
				[...new Set(["findings", ...some()])].map((key) => aSection(key)),
			);
			const fields = written(
				Object.fromEntries(some().map((key) => [key, random() < 0.3 ? `N${key}` : `W${key}`])),
			);
			const after: Fields = { ...fields, ...changedForm(fields, from, to, name) };
			const all = Object.values(after).join("\n");
			for (const [field, text] of Object.entries(fields)) {
				if (text.startsWith("W")) expect(all, `${field} in round ${round}`).toContain(text);
			}
			const left = Object.entries(after).filter(
				([field, text]) => field.startsWith("section.") && text !== "",
			);
			const known = to.sections.map(({ key }) => `section.${key}`);
			expect(left.every(([field]) => known.includes(field))).toBe(true);
		}
	});
});

describe("what a form asks for", () => {
	it("names empty required parts in the form's order", () => {
		expect(keysOf(emptyRequired(CHEST, written({ findings: " " })))).toEqual(["findings", "impression"]);
		expect(emptyRequired(CHEST, written({ findings: "x", impression: "y" }))).toEqual([]);
	});

	it("names parts with an open blank", () => {
		const fields = written({ findings: `大小${OPEN_BLANK} mm`, impression: "＿" });
		expect(keysOf(withBlanks(CHEST, fields))).toEqual(["findings"]);
	});

	it("finds the part of a clash", () => {
		expect(clashSection(CHEST, "section.pleura")?.key).toBe("pleura");
		expect(clashSection(CHEST, "positive")).toBeNull();
		expect(clashSection(null, "section.pleura")).toBeNull();
	});

	it("is offered by service line; the one in use stays even when it has been retired", () => {
		const ecg = aTemplate("ecg12", [], { service_line: "ecg" });
		const old = aTemplate("old", [], { status: "retired" });
		const general = aTemplate("general", [], { service_line: "ecg" });
		const all = [CHEST, ecg, old, general];
		expect(formsFor(all, "imaging", "ct_chest").map(({ id }) => id)).toEqual(["ct_chest", "general"]);
		expect(formsFor(all, "imaging", "old").map(({ id }) => id)).toEqual(["ct_chest", "old", "general"]);
		expect(formsFor(all, "ecg", "ecg12").map(({ id }) => id)).toEqual(["ecg12", "general"]);
	});
});
