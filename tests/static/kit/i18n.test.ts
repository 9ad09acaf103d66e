// @vitest-environment jsdom
import { afterEach, describe, expect, it } from "vitest";
import {
	defineTexts,
	languageTag,
	locale,
	localeFromTag,
	localeStore,
	say,
	setLocale,
	t,
} from "../../../static/src/kit/i18n.ts";

const texts = defineTexts({
	zh: { left: "剩 {n} 例", bye: "再见" },
	en: { left: "{n, plural, one {# case} other {# cases}} left", bye: "Bye" },
});

afterEach(() => setLocale("zh"));

describe("the language in use", () => {
	it("is Chinese until somebody chooses", () => {
		expect(locale()).toBe("zh");
		expect(t(texts).bye).toBe("再见");
	});

	it("switches texts, the document and what is remembered", () => {
		setLocale("en");
		expect(t(texts).bye).toBe("Bye");
		expect(document.documentElement.lang).toBe("en");
		expect(localStorage.getItem("lianzhen.locale")).toBe("en");
		expect(languageTag()).toBe("en");
		setLocale("zh");
		expect(document.documentElement.lang).toBe("zh-CN");
	});

	it("tells those who follow it", () => {
		const heard: string[] = [];
		const leave = localeStore.subscribe((value) => heard.push(value));
		setLocale("en");
		setLocale("en");
		leave();
		expect(heard).toEqual(["zh", "en"]);
	});

	it.each([
		["en", "en"],
		["en-GB", "en"],
		["EN", "en"],
		["zh-CN", "zh"],
		["de", "zh"],
		["", "zh"],
		[null, "zh"],
		[undefined, "zh"],
	] as const)("reads the account's %s as %s", (tag, expected) => {
		expect(localeFromTag(tag)).toBe(expected);
	});
});

describe("say", () => {
	it("fills named places", () => {
		expect(say("{name} 在 {time} 改过", { name: "蓝若溪", time: "11:02" })).toBe("蓝若溪 在 11:02 改过");
	});

	it("fills the same place twice", () => {
		expect(say("{n}/{n}", { n: 4 })).toBe("4/4");
	});

	it("chooses the English plural by number", () => {
		expect(say(texts.en.left, { n: 1 })).toBe("1 case left");
		expect(say(texts.en.left, { n: 0 })).toBe("0 cases left");
		expect(say(texts.en.left, { n: 12 })).toBe("12 cases left");
		expect(say(texts.zh.left, { n: 1 })).toBe("剩 1 例");
	});

	it("takes a number given as text", () => {
		expect(say(texts.en.left, { n: "1" })).toBe("1 case left");
	});

	it("leaves a place visible when nothing was given for it", () => {
		expect(say("编号 {number}", {})).toBe("编号 {number}");
		expect(say("{n, plural, one {# a} other {# b}}", {})).toBe("{n, plural, one {# a} other {# b}}");
	});

	it("does not take a value apart again", () => {
		expect(say("{a} {b}", { a: "{b}", b: "x" })).toBe("{b} x");
	});

	it("writes zero and the empty text", () => {
		expect(say("[{n}][{s}]", { n: 0, s: "" })).toBe("[0][]");
	});
});
