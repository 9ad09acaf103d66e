import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signedOut } from "../../../static/src/api/client.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import {
	changePassword,
	PASSWORD_CHARACTERS_MAX,
	type PasswordForm,
	passwordFaults,
	passwordRefusal,
} from "../../../static/src/identity/password.ts";
import { PASSWORD_CHARACTERS_MIN } from "../../../static/src/identity/setup.ts";
import { texts } from "../../../static/src/identity/texts.ts";
import { setLocale, t } from "../../../static/src/kit/i18n.ts";

const { wire } = await vi.hoisted(() => import("../api/wire.ts"));

const GOOD: PasswordForm = { current: "旧的密码", fresh: "一个够长的新密码呀", again: "一个够长的新密码呀" };
const of = (change: Partial<PasswordForm>): PasswordForm => {
	const form = { ...GOOD, fresh: "correct horse battery", ...change };
	return { ...form, again: change.again ?? form.fresh };
};

beforeEach(() => {
	signedOut.set(false);
	wire.answers(() => new Response(null, { status: 204 }));
});
afterEach(() => setLocale("zh"));

describe("a new password", () => {
	it.each<[Partial<PasswordForm>, object]>([
		[{}, {}],
		[{ current: "" }, { current: "passwordMissing" }],
		[{ fresh: "" }, { fresh: "fieldMissing" }],
		[{ fresh: "x".repeat(PASSWORD_CHARACTERS_MIN - 1) }, { fresh: "passwordShort" }],
		[{ fresh: "x".repeat(PASSWORD_CHARACTERS_MIN) }, {}],
		[{ fresh: "十个汉字也是十个字符" }, {}],
		[{ fresh: "😀".repeat(PASSWORD_CHARACTERS_MIN - 1) }, { fresh: "passwordShort" }],
		[{ fresh: "x".repeat(PASSWORD_CHARACTERS_MAX) }, {}],
		[{ fresh: "x".repeat(PASSWORD_CHARACTERS_MAX + 1) }, { fresh: "passwordLong" }],
		[{ fresh: "zhouli.shiqiao" }, { fresh: "passwordIsAccount" }],
		[{ fresh: "ZhouLi.ShiQiao" }, { fresh: "passwordIsAccount" }],
		[{ fresh: "zhouli.shiqiao2" }, {}],
		[{ current: "the same as before", fresh: "the same as before" }, { fresh: "passwordUnchanged" }],
		[{ again: "correct horse batteri" }, { again: "passwordDiffers" }],
		[{ again: "" }, { again: "passwordDiffers" }],
		[{ fresh: "short", again: "other" }, { fresh: "passwordShort" }],
		[
			{ current: "", fresh: "short" },
			{ current: "passwordMissing", fresh: "passwordShort" },
		],
		[{ fresh: "          " }, {}],
	])("%o has the faults %o", (change, faults) => {
		expect(passwordFaults(of(change), "zhouli.shiqiao")).toEqual(faults);
	});

	it("has words for every fault and refusal in both languages", () => {
		for (const language of ["zh", "en"] as const) {
			setLocale(language);
			for (const key of [
				"passwordMissing",
				"fieldMissing",
				"passwordShort",
				"passwordLong",
				"passwordIsAccount",
				"passwordUnchanged",
				"passwordDiffers",
				"currentWrong",
				"passwordChanged",
				"othersEnd",
			] as const)
				expect(t(texts)[key].length, key).toBeGreaterThan(3);
		}
	});

	it("names the limits that the rules hold", () => {
		for (const language of ["zh", "en"] as const) {
			setLocale(language);
			expect(t(texts).passwordShort).toContain(String(PASSWORD_CHARACTERS_MIN));
			expect(t(texts).passwordLong).toContain(String(PASSWORD_CHARACTERS_MAX));
		}
	});
});

describe("changing it", () => {
	it("sends the old and the new, to the letter, and not the repetition", async () => {
		await changePassword({ current: " old ", fresh: " 新密码 with blanks ", again: "ignored" });
		expect(wire.lines).toEqual(['PUT /api/me/password {"current":" old ","new":" 新密码 with blanks "}']);
	});

	it("with a wrong old one signs nobody out and says which of the two is wrong", async () => {
		wire.refuses(401, "identity.wrong_password");
		const problem = await changePassword(GOOD).catch((thrown: unknown) => thrown);
		expect(problem).toBeInstanceOf(Problem);
		expect(signedOut.value).toBe(false);
		expect(passwordRefusal(problem as Problem)).toBe("当前密码不对，请再核对");
		setLocale("en");
		expect(passwordRefusal(problem as Problem)).toBe("The current password is not right; please check it");
	});

	it.each([
		[403, "identity.account_locked"],
		[422, "identity.weak_password"],
		[503, "general.busy"],
	])("refused with %i %s says the sentence of that", async (status, code) => {
		wire.refuses(status, code, { until: "2026-11-21T03:10:00Z", characters_min: 10, characters_max: 128 });
		const problem = (await changePassword(GOOD).catch((thrown: unknown) => thrown)) as Problem;
		expect(passwordRefusal(problem)).toBe(problem.sentence);
		expect(passwordRefusal(problem)).not.toBe(t(texts).currentWrong);
	});
});
