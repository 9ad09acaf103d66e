/** Dates, durations and small figures as the interface writes them: 24-hour clock, Beijing time unless told. */
import { type Locale, locale } from "./i18n.ts";

export const ZONE = "Asia/Shanghai";
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export type Instant = string | number | Date;

interface Parts {
	year: string;
	month: string;
	day: string;
	hour: string;
	minute: string;
	second: string;
	weekday: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(of: Locale, zone: string): Intl.DateTimeFormat {
	const key = `${of} ${zone}`;
	const known = formats.get(key);
	if (known) return known;
	const made = new Intl.DateTimeFormat(of === "en" ? "en-GB" : "zh-CN", {
		timeZone: zone,
		hourCycle: "h23",
		year: "numeric",
		month: "2-digit",
		day: "2-digit",
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
		weekday: "short",
	});
	formats.set(key, made);
	return made;
}

function partsOf(at: Instant, zone: string, of: Locale): Parts {
	const parts: Parts = { year: "", month: "", day: "", hour: "", minute: "", second: "", weekday: "" };
	for (const part of formatFor(of, zone).formatToParts(new Date(at))) {
		if (part.type in parts) parts[part.type as keyof Parts] = part.value;
	}
	return parts;
}

/** `11-21 10:42`, for tables. */
export function shortDateTime(at: Instant, zone = ZONE): string {
	const p = partsOf(at, zone, "zh");
	return `${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

/** `10:42`. */
export function clockTime(at: Instant, zone = ZONE): string {
	const p = partsOf(at, zone, "zh");
	return `${p.hour}:${p.minute}`;
}

/** `11:03:24`, for "saved at". */
export function clockSeconds(at: Instant, zone = ZONE): string {
	const p = partsOf(at, zone, "zh");
	return `${p.hour}:${p.minute}:${p.second}`;
}

/** `2026-11-21 11:11:48`, for documents. */
export function documentTime(at: Instant, zone = ZONE): string {
	const p = partsOf(at, zone, "zh");
	return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** `2026-11-21` in the zone. */
export function isoDay(at: Instant, zone = ZONE): string {
	const p = partsOf(at, zone, "zh");
	return `${p.year}-${p.month}-${p.day}`;
}

/** `11月21日 周六`, with the year where it is another one; English `Sat 21 Nov`. */
export function dayTitle(at: Instant, now: Instant = Date.now(), zone = ZONE, of: Locale = locale()): string {
	const p = partsOf(at, zone, of);
	const sameYear = p.year === partsOf(now, zone, of).year;
	if (of === "en") {
		const month = new Intl.DateTimeFormat("en-GB", { timeZone: zone, month: "short" }).format(new Date(at));
		return `${p.weekday} ${Number(p.day)} ${month}${sameYear ? "" : ` ${p.year}`}`;
	}
	const day = `${Number(p.month)}月${Number(p.day)}日 ${p.weekday}`;
	return sameYear ? day : `${p.year}年${day}`;
}

/** For a row: `10:42` today, `昨天 17:20`, else `11-19 10:42`. */
export function rowTime(at: Instant, now: Instant = Date.now(), zone = ZONE, of: Locale = locale()): string {
	const day = isoDay(at, zone);
	if (day === isoDay(now, zone)) return clockTime(at, zone);
	const yesterday = isoDay(new Date(now).getTime() - DAY_MS, zone);
	if (day === yesterday) return `${of === "en" ? "yesterday" : "昨天"} ${clockTime(at, zone)}`;
	return shortDateTime(at, zone);
}

const pad = (figure: number): string => String(figure).padStart(2, "0");

/** A clock of time left or passed: `mm:ss` under an hour, `h:mm:ss` above, `1 天 04:12` above a day.
 * The sign is not written; see `timeleft.ts`. */
export function countdown(spanMs: number, of: Locale = locale()): string {
	const seconds = Math.floor(Math.abs(spanMs) / SECOND_MS);
	const days = Math.floor(seconds / 86_400);
	const hours = Math.floor((seconds % 86_400) / 3600);
	const minutes = Math.floor((seconds % 3600) / 60);
	if (days > 0) return `${days} ${of === "en" ? "d" : "天"} ${pad(hours)}:${pad(minutes)}`;
	const rest = `${pad(minutes)}:${pad(seconds % 60)}`;
	return hours > 0 ? `${hours}:${rest}` : rest;
}

/** A span in words, at most two units: `18 分`, `2 小时 5 分`, `1 天 4 小时`; under a minute in seconds. */
export function spanWords(spanMs: number, of: Locale = locale()): string {
	const words = of === "en" ? ["d", "h", "min", "s"] : ["天", "小时", "分", "秒"];
	const span = Math.abs(spanMs);
	if (span < MINUTE_MS) return `${Math.floor(span / SECOND_MS)} ${words[3]}`;
	const figures = [
		Math.floor(span / DAY_MS),
		Math.floor((span % DAY_MS) / HOUR_MS),
		Math.floor((span % HOUR_MS) / MINUTE_MS),
	];
	const first = figures.findIndex((figure) => figure > 0);
	return figures
		.map((figure, index) => ({ figure, word: words[index] ?? "" }))
		.slice(first, first + 2)
		.filter(({ figure }) => figure > 0)
		.map(({ figure, word }) => `${figure} ${word}`)
		.join(" ");
}

/** Relative words only within the hour (`3 分钟前`), after that the table's date and time. */
export function ago(at: Instant, now: Instant, of: Locale = locale(), zone = ZONE): string {
	const span = new Date(now).getTime() - new Date(at).getTime();
	if (span < 0 || span >= HOUR_MS) return shortDateTime(at, zone);
	const minutes = Math.floor(span / MINUTE_MS);
	if (minutes === 0) return of === "en" ? "just now" : "刚刚";
	return of === "en" ? `${minutes} min ago` : `${minutes} 分钟前`;
}

/** A figure with a true minus sign (U+2212), for values that may be below zero. */
export function signed(figure: number, digits = 0): string {
	const text = Math.abs(figure).toFixed(digits);
	return figure < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Bytes for people: `640 KB`, `2.1 MB`. */
export function fileSize(bytes: number): string {
	if (bytes < 1000) return `${bytes} B`;
	const units = ["KB", "MB", "GB", "TB"];
	let value = bytes / 1000;
	let unit = 0;
	while (value >= 1000 && unit < units.length - 1) {
		value /= 1000;
		unit += 1;
	}
	return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}
