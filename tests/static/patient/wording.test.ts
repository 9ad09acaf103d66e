import { describe, expect, it } from "vitest";
import { errors as en } from "../../../static/src/kit/en.ts";
import { say } from "../../../static/src/kit/i18n.ts";
import { errors as zh } from "../../../static/src/kit/zh.ts";
import type { Preview } from "../../../static/src/patient/api.ts";
import type { CallSeen, PeerSeen } from "../../../static/src/patient/port.ts";
import { texts } from "../../../static/src/patient/texts.ts";
import {
	afterKey,
	doctorLine,
	doctorOf,
	goneKeys,
	isWeak,
	mayReturn,
} from "../../../static/src/patient/wording.ts";

const named = (doctorName: string, doctorTitle: string, doctorInstitution: string): Preview =>
	({ doctorName, doctorTitle, doctorInstitution }) as Preview;

describe("whom the patient will meet", () => {
	it.each([
		["许诺", "医师", "云岭县人民医院", "许诺 医师 · 云岭县人民医院"],
		["许诺", "", "云岭县人民医院", "许诺 · 云岭县人民医院"],
		["许诺", "医师", "", "许诺 医师"],
		["", "", "", ""],
		["", "", "云岭县人民医院", ""],
	])("%s %s of %s: %s", (name, title, place, line) =>
		expect(doctorLine(named(name, title, place))).toBe(line),
	);

	it("has no gap inside a Chinese sentence", () => {
		expect(doctorOf(named("许诺", "医师", ""), "")).toBe("许诺医师");
		expect(doctorOf(null)).toBe("");
	});
});

describe("a link that opens no more", () => {
	it("says in each case something else, and what to do, in both languages", () => {
		const all = (["unknown", "used", "ended", "locked"] as const).map(goneKeys);
		expect(new Set(all.map(({ head }) => texts.zh[head])).size).toBe(4);
		expect(new Set(all.map(({ head }) => texts.en[head])).size).toBe(4);
		for (const { hint } of all) {
			expect(texts.zh[hint]).toContain("打电话给卫生院");
			expect(texts.en[hint]).toMatch(/phone the clinic/);
		}
	});
});

describe("after the call", () => {
	it.each([
		["left", "afterLeft", true],
		["replaced", "afterReplaced", true],
		["refused", "afterRefused", true],
		["room_closed", "afterEnded", true],
		["denied", "afterDenied", false],
		["kicked", "afterKicked", false],
		[null, "afterEnded", true],
	] as const)("%s says %s, and may come back: %s", (ended, key, back) => {
		expect(afterKey(ended)).toBe(key);
		expect(mayReturn(ended)).toBe(back);
	});
});

describe("a weak line", () => {
	const at = (line: PeerSeen["line"], grade: PeerSeen["grade"]): PeerSeen => ({ line, grade }) as PeerSeen;

	it.each([
		[[], false],
		[[at("connected", "good")], false],
		[[at("connected", "fair")], false],
		[[at("connected", "poor")], true],
		[[at("broken", "poor")], false],
		[[at("connected", "good"), at("connected", "poor")], true],
	] as const)("%o: %s", (peers, weak) => expect(isWeak({ peers } as unknown as CallSeen)).toBe(weak));
});

describe("wrong digits", () => {
	it.each([
		[4, "还可以试 4 次", "4 tries left"],
		[1, "还可以试 1 次", "1 try left"],
	])("with %s tries left are told so", (tries_left, chinese, english) => {
		expect(say(zh["calls.identity_mismatch"], { tries_left })).toContain(chinese);
		expect(say(en["calls.identity_mismatch"], { tries_left })).toContain(english);
	});
});

describe("words for the phone", () => {
	const LONGEST = { zh: 60, en: 130 };

	it.each(["zh", "en"] as const)("%s are short enough to read on it", (language) => {
		for (const [key, sentence] of Object.entries(texts[language])) {
			expect(sentence.length, key).toBeLessThanOrEqual(LONGEST[language]);
			expect(sentence.trim(), key).not.toBe("");
		}
	});

	it("use no word of our trade", () => {
		for (const sentence of Object.values(texts.zh)) {
			expect(sentence).not.toMatch(/WebSocket|浏览器权限|网络错误|服务器|token/i);
		}
	});
});
