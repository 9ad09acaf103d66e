import { afterEach, describe, expect, it } from "vitest";
import { errors as en } from "../../../static/src/kit/en.ts";
import { errorSentence, followErrorTexts, loadErrorTexts } from "../../../static/src/kit/errors.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";
import { errors as zh } from "../../../static/src/kit/zh.ts";

afterEach(() => setLocale("zh"));

describe("errorSentence", () => {
	it("has nothing to say before the sentences have come, and does not fail", () => {
		expect(errorSentence("general.conflict")).toBeNull();
	});

	it("speaks the language in use", async () => {
		await loadErrorTexts("zh");
		await loadErrorTexts("en");
		expect(errorSentence("identity.wrong_password")).toBe("账号或密码不对，请再核对");
		setLocale("en");
		expect(errorSentence("identity.wrong_password")).toBe("The account or the password is not right");
	});

	it("fills in what the server gave", async () => {
		await loadErrorTexts("zh");
		expect(errorSentence("identity.weak_password", { characters_min: 10 })).toContain("10 位");
	});

	it("answers null for a code without a sentence, even one that every object has", async () => {
		await loadErrorTexts("zh");
		expect(errorSentence("no.such_code")).toBeNull();
		expect(errorSentence("constructor")).toBeNull();
		expect(errorSentence("__proto__")).toBeNull();
	});

	it("fetches the sentences of each language that is switched to", async () => {
		followErrorTexts();
		setLocale("en");
		await expect.poll(() => errorSentence("general.busy")).toBe("The service is busy, try again in a moment");
	});
});

describe("the dictionaries", () => {
	it("have the same codes", () => {
		expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
	});

	it("name each code by its feature", () => {
		for (const code of Object.keys(zh)) expect(code).toMatch(/^[a-z]+\.[a-z_0-9]+$/);
	});

	it("hold a sentence for each kind of refusal a browser can meet by itself", () => {
		for (const kind of [
			"offline",
			"unexpected",
			"not_found",
			"forbidden",
			"conflict",
			"invalid",
			"too_large",
			"unavailable",
			"signed_out",
		]) {
			expect(zh).toHaveProperty([`client.${kind}`]);
		}
	});

	it("never speak English in Chinese, product names and units aside", () => {
		for (const sentence of Object.values(zh)) {
			expect(sentence.replace(/LIANZHEN_[A-Z_]+|DICOM|AE|UID|JSON|\{\w+\}/g, "")).not.toMatch(/[A-Za-z]{3,}/);
		}
	});
});
