import { describe, expect, it } from "vitest";
import { inserted } from "../../../static/src/reports/insert.ts";
import type { Phrase } from "../../../static/src/reports/model.ts";
import {
	blanksOf,
	filledPhrase,
	initialsBefore,
	matchingPhrases,
} from "../../../static/src/reports/phrases.ts";
import { figures } from "../reading/studies.ts";

const NODULE: Phrase = {
	id: "1",
	initials: "fjj",
	text: "{side}肺{lobe}见结节，大小{a}×{b} mm，{side}肺门无肿大。",
};
const CLEAR: Phrase = { id: "2", initials: "sfqx", text: "双肺清晰。" };
const PLEURA: Phrase = { id: "3", initials: "xqjy", text: "胸腔积液，FJJ 除外。" };
const ALL = [PLEURA, CLEAR, NODULE];
const ids = (found: readonly Phrase[]): string[] => found.map(({ id }) => id);

describe("finding a phrase", () => {
	it.each([
		["", ["3", "2", "1"]],
		["fjj", ["1", "3"]],
		["ＦＪＪ", ["1", "3"]],
		["qx", ["2"]],
		["积液", ["3"]],
		["没有", []],
	])("by %j", (typed, expected) => {
		expect(ids(matchingPhrases(ALL, typed))).toEqual(expected);
	});

	it("puts the beginning of initials before their middle, and words last", () => {
		const list: Phrase[] = [
			{ id: "word", initials: "x", text: "jy 见" },
			{ id: "middle", initials: "ajy", text: "乙" },
			{ id: "start", initials: "jyz", text: "丙" },
		];
		expect(ids(matchingPhrases(list, "jy"))).toEqual(["start", "middle", "word"]);
	});

	it("takes the letters before the caret for initials", () => {
		expect(initialsBefore("双肺清晰。fjj余", 8)).toBe("fjj");
		expect(initialsBefore("FJ", 2)).toBe("fj");
		expect(initialsBefore("双肺。", 3)).toBe("");
		expect(initialsBefore("abcdefghijklmnopq", 17)).toHaveLength(14);
	});
});

describe("a phrase's blanks", () => {
	it("are asked for once each, in order", () => {
		expect(blanksOf(NODULE)).toEqual(["side", "lobe", "a", "b"]);
		expect(blanksOf(CLEAR)).toEqual([]);
	});

	it("are filled everywhere; an empty one stays visible", () => {
		expect(filledPhrase(NODULE, { side: " 左 ", lobe: "下叶", a: "9.6", b: "" })).toBe(
			"左肺下叶见结节，大小9.6×＿＿ mm，左肺门无肿大。",
		);
	});

	it.each(["constructor", "hasownproperty", "x_1"])("may have any name a hospital gives: {%s}", (name) => {
		const phrase = { id: "", initials: "", text: `见{${name}}。` };
		expect(filledPhrase(phrase, {})).toBe("见＿＿。");
		expect(filledPhrase(phrase, { [name]: "结节" })).toBe("见结节。");
	});

	it("take a value to the letter", () => {
		expect(filledPhrase({ id: "", initials: "", text: "{a}" }, { a: "$&{b}" })).toBe("$&{b}");
	});
});

describe("putting text into text", () => {
	it.each([
		["双肺清晰", { start: 2, end: 2 }, "纹理", "双肺纹理清晰", 4],
		["双肺fjj", { start: 2, end: 5 }, "结节", "双肺结节", 4],
		["双肺", { start: 9, end: 12 }, "。", "双肺。", 3],
		["双肺", { start: -3, end: 0 }, "见", "见双肺", 1],
		["双肺", { start: 1, end: 0 }, "一", "双一肺", 2],
	])("%j at %o", (text, place, added, expected, caret) => {
		expect(inserted(text, place, added)).toEqual({ text: expected, caret });
	});

	it("keeps what is outside the place", () => {
		const random = figures(3);
		for (let round = 0; round < 200; round++) {
			const text = "甲乙丙丁戊己".slice(0, Math.floor(random() * 7));
			const start = Math.floor(random() * 9) - 1;
			const place = { start, end: start + Math.floor(random() * 4) };
			const { text: after, caret } = inserted(text, place, "＋");
			const at = Math.min(Math.max(0, place.start), text.length);
			expect(after.startsWith(`${text.slice(0, at)}＋`)).toBe(true);
			expect(text.endsWith(after.slice(caret))).toBe(true);
			expect(after[caret - 1]).toBe("＋");
		}
	});
});
