import { describe, expect, it } from "vitest";
import {
	ageAt,
	ageWords,
	dicomName,
	maskIdNumber,
	maskName,
	maskPhone,
	sexAndAge,
	sexWord,
} from "../../../static/src/kit/person.ts";

describe("maskName", () => {
	it.each([
		["罗桂兰", "罗*兰"],
		["石福", "石*"],
		["欧阳修", "欧阳*"],
		["欧阳文轩", "欧阳*轩"],
		["尉迟广宁", "尉迟*宁"],
		["张王丽娟", "张*娟"],
		["阿卜提·买买提", "阿*提·买*提"],
		["阿依古丽•买买提", "阿*丽·买*提"],
		["李", "李"],
		["", ""],
		["  罗桂兰 ", "罗*兰"],
		["Wang Xiaodong", "W* X*"],
		["YAMADA", "Y*"],
		["单 建国", "单 建*"],
	])("writes %s as %s", (name, masked) => {
		expect(maskName(name)).toBe(masked);
	});

	it("takes two characters as surname and name, even where they could be a double surname", () => {
		expect(maskName("欧阳")).toBe("欧*");
	});

	it("keeps characters outside the basic plane whole", () => {
		expect(maskName("𠮷田𡈽")).toBe("𠮷*𡈽");
	});

	it("never shows a whole Chinese name of two or more characters", () => {
		for (const name of ["王五", "诸葛亮", "司马相如", "古丽娜尔·买买提艾力", "赵钱孙李周"]) {
			expect(maskName(name)).toContain("*");
			expect(maskName(name)).not.toBe(name);
		}
	});
});

describe("dicomName", () => {
	it.each([
		["Shan^Jianguo=单^建国", "单建国"],
		["Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎"],
		["Wang^XiaoDong=王^小东=", "王小东"],
		["Buc^Jérôme", "Buc Jérôme"],
		["Smith^John^^Dr", "Smith John Dr"],
		["王^小东", "王小东"],
		["=单^建国", "单建国"],
		["查志远", "查志远"],
		["", ""],
	])("writes %s as %s", (personName, written) => {
		expect(dicomName(personName)).toBe(written);
	});
});

describe("numbers", () => {
	it("show four digits at each end", () => {
		expect(maskIdNumber("452123196302080824")).toBe("4521** **** **0824");
		expect(maskPhone("13912346607")).toBe("139****6607");
	});

	it("show nothing of short ones", () => {
		expect(maskIdNumber("12345")).toBe("*****");
		expect(maskPhone("1234567")).toBe("*******");
	});
});

describe("sexWord", () => {
	it.each([
		["M", "男"],
		["F", "女"],
		["male", "男"],
		["female", "女"],
		["O", "其他"],
		["", "性别未知"],
		[null, "性别未知"],
		["constructor", "性别未知"],
	])("of %s is %s", (sex, word) => {
		expect(sexWord(sex, "zh")).toBe(word);
	});

	it("has English words", () => {
		expect(sexWord("F", "en")).toBe("Female");
	});
});

describe("ageAt", () => {
	it("counts completed years, months and days", () => {
		expect(ageAt("1963-02-08", "2026-11-21")).toMatchObject({ years: 63, months: 765 });
		expect(ageAt("1963-11-21", "2026-11-21")).toMatchObject({ years: 63 });
		expect(ageAt("1963-11-22", "2026-11-21")).toMatchObject({ years: 62 });
		expect(ageAt("2026-11-20", "2026-11-21")).toEqual({ days: 1, months: 0, years: 0 });
	});

	it("counts a birthday of 29 February on 1 March of other years", () => {
		expect(ageAt("2024-02-29", "2026-02-28")).toMatchObject({ years: 1 });
		expect(ageAt("2024-02-29", "2026-03-01")).toMatchObject({ years: 2 });
	});

	it("reads DICOM dates too", () => {
		expect(ageAt("19630208", "2026-11-21")).toMatchObject({ years: 63 });
	});

	it.each([null, undefined, "", "unknown", "2027-01-01"])("is unknown for %s", (born) => {
		expect(ageAt(born, "2026-11-21")).toBeNull();
	});
});

describe("ageWords", () => {
	const at = "2026-11-21T02:00:00Z";
	it.each([
		["2026-11-21", "0天"],
		["2026-10-25", "27天"],
		["2026-10-24", "0月"],
		["2026-10-21", "1月"],
		["2024-11-22", "23月"],
		["2024-11-21", "2岁"],
		["2023-09-21", "3岁 2月"],
		["2020-11-22", "5岁 11月"],
		["2020-11-21", "6岁"],
		["1955-04-01", "71岁"],
		["", "年龄不详"],
	])("of somebody born %s is %s", (born, words) => {
		expect(ageWords(born, at, "zh")).toBe(words);
	});

	it("goes by the date in Beijing", () => {
		expect(ageWords("2020-11-21", "2026-11-20T16:30:00Z", "zh")).toBe("6岁");
	});

	it("has English units", () => {
		expect(ageWords("2023-09-21", at, "en")).toBe("3 y 2 mo");
		expect(ageWords("2026-11-01", at, "en")).toBe("20 d");
		expect(ageWords(null, at, "en")).toBe("age unknown");
	});

	it("stands beside the sex", () => {
		expect(sexAndAge("F", "1963-02-08", at, "zh")).toBe("女 · 63岁");
	});
});
