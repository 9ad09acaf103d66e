/** Names, numbers, sex and age of a person, as lists (masked) and opened cases show them. */
import { isoDay, ZONE } from "./format.ts";
import { type Locale, locale } from "./i18n.ts";

/** Two-character surnames still met in practice; a name that starts with one is masked after it. */
const COMPOUND_SURNAMES = new Set(
	(
		"欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 " +
		"太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 " +
		"漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌 微生 左丘 东门 西门 第五 纳兰"
	).split(" "),
);
const HAN = /^\p{Script=Han}+$/u;
const NAME_DOTS = /[·•・‧.．]/u;

function maskHanPart(part: string): string {
	const letters = [...part];
	if (letters.length <= 1) return part;
	if (letters.length === 2) return `${letters[0]}*`;
	return `${letters[0]}*${letters.at(-1)}`;
}

function maskChinese(name: string): string {
	const letters = [...name];
	const surname = letters.slice(0, 2).join("");
	if (letters.length < 3 || !COMPOUND_SURNAMES.has(surname)) return maskHanPart(name);
	return letters.length === 3 ? `${surname}*` : `${surname}*${letters.at(-1)}`;
}

const maskWord = (word: string): string => {
	const letters = [...word];
	return letters.length <= 1 ? word : `${letters[0]}*`;
};

/** A name for lists: 罗桂兰 → 罗*兰, 石福 → 石*, 欧阳修 → 欧阳*, 阿卜提·买买提 → 阿*提·买*提.
 * Names in other scripts keep the first letter of each word. */
export function maskName(name: string): string {
	const whole = name.trim();
	if (whole === "") return whole;
	const parts = whole.split(NAME_DOTS).filter((part) => part !== "");
	if (parts.every((part) => HAN.test(part))) {
		return parts.length === 1 ? maskChinese(parts[0] ?? whole) : parts.map(maskHanPart).join("·");
	}
	return whole.split(/\s+/u).map(maskWord).join(" ");
}

/** A DICOM person name (PS3.5 6.2.1) as people write it: the Chinese group where there is one, else the Latin
 * one; `Shan^Jianguo=单^建国` → 单建国. Other text is answered as it is. */
export function dicomName(personName: string): string {
	const [latin = "", ideographs = ""] = personName.split("=");
	const chosen = ideographs.trim() === "" ? latin : ideographs;
	const parts = chosen.split("^").map((part) => part.trim());
	const written = parts.filter((part) => part !== "");
	return written.every((part) => HAN.test(part)) ? written.join("") : written.join(" ");
}

/** A resident id number for lists: `4521** **** **0824`. */
export function maskIdNumber(number: string): string {
	if (number.length < 8) return number.replace(/./gu, "*");
	return `${number.slice(0, 4)}** **** **${number.slice(-4)}`;
}

/** A phone number for lists: `139****6607`. */
export function maskPhone(number: string): string {
	return number.length < 8 ? number.replace(/./gu, "*") : `${number.slice(0, 3)}****${number.slice(-4)}`;
}

export type Sex = "M" | "F" | "O" | "" | null | undefined | string;

const SEX_WORDS: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
	M: { zh: "男", en: "Male" },
	F: { zh: "女", en: "Female" },
	MALE: { zh: "男", en: "Male" },
	FEMALE: { zh: "女", en: "Female" },
	O: { zh: "其他", en: "Other" },
	OTHER: { zh: "其他", en: "Other" },
};

export function sexWord(sex: Sex, of: Locale = locale()): string {
	return SEX_WORDS[(sex ?? "").toUpperCase()]?.[of] ?? (of === "en" ? "Sex unknown" : "性别未知");
}

interface Ymd {
	year: number;
	month: number;
	day: number;
}

function ymd(text: string): Ymd | null {
	const found = /^(\d{4})-?(\d{2})-?(\d{2})/.exec(text);
	if (!found) return null;
	return { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) };
}

const dayNumber = (d: Ymd): number => Math.floor(Date.UTC(d.year, d.month - 1, d.day) / 86_400_000);

export interface Age {
	readonly days: number;
	readonly months: number;
	readonly years: number;
}

/** Completed days, months and years between two calendar dates; null where the birth date is unknown or later. */
export function ageAt(birthDate: string | null | undefined, onDate: string): Age | null {
	const born = ymd(birthDate ?? "");
	const on = ymd(onDate);
	if (!born || !on) return null;
	const days = dayNumber(on) - dayNumber(born);
	if (days < 0) return null;
	const months = (on.year - born.year) * 12 + (on.month - born.month) - (on.day < born.day ? 1 : 0);
	return { days, months, years: Math.floor(months / 12) };
}

/** Age by the clinical rule: under 28 days in days, under 2 years in months, under 6 in years and months. */
export function ageWords(
	birthDate: string | null | undefined,
	at: string | number | Date = Date.now(),
	of: Locale = locale(),
): string {
	const age = ageAt(birthDate, isoDay(at, ZONE));
	if (!age) return of === "en" ? "age unknown" : "年龄不详";
	const unit = of === "en" ? { d: " d", m: " mo", y: " y" } : { d: "天", m: "月", y: "岁" };
	if (age.days < 28) return `${age.days}${unit.d}`;
	if (age.years < 2) return `${age.months}${unit.m}`;
	if (age.years < 6 && age.months % 12 > 0) return `${age.years}${unit.y} ${age.months % 12}${unit.m}`;
	return `${age.years}${unit.y}`;
}

/** `女 · 63岁`, the line under a name. */
export function sexAndAge(
	sex: Sex,
	birthDate: string | null | undefined,
	at: string | number | Date = Date.now(),
	of: Locale = locale(),
): string {
	return `${sexWord(sex, of)} · ${ageWords(birthDate, at, of)}`;
}
