import { describe, expect, it } from "vitest";
import {
	ago,
	clockSeconds,
	clockTime,
	countdown,
	dayTitle,
	documentTime,
	fileSize,
	isoDay,
	rowTime,
	shortDateTime,
	signed,
	spanWords,
} from "../../../static/src/kit/format.ts";

// 2026-11-21 10:42:07 in Beijing, a Saturday.
const AT = "2026-11-21T02:42:07Z";
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("instants", () => {
	it("are written in Beijing time, 24 hours", () => {
		expect(shortDateTime(AT)).toBe("11-21 10:42");
		expect(clockTime(AT)).toBe("10:42");
		expect(clockSeconds(AT)).toBe("10:42:07");
		expect(documentTime(AT)).toBe("2026-11-21 10:42:07");
		expect(isoDay(AT)).toBe("2026-11-21");
	});

	it("may be given as text, number or date", () => {
		expect(clockTime(Date.parse(AT))).toBe("10:42");
		expect(clockTime(new Date(AT))).toBe("10:42");
	});

	it("start a new day at Beijing's midnight, which is 00 and not 24", () => {
		expect(documentTime("2026-11-20T16:00:00Z")).toBe("2026-11-21 00:00:00");
		expect(isoDay("2026-11-20T15:59:59Z")).toBe("2026-11-20");
	});

	it("follow another zone when it is named", () => {
		expect(shortDateTime(AT, "Asia/Urumqi")).toBe("11-21 08:42");
	});
});

describe("dayTitle", () => {
	it("leaves this year's number out", () => {
		expect(dayTitle(AT, AT, "Asia/Shanghai", "zh")).toBe("11月21日 周六");
		expect(dayTitle(AT, AT, "Asia/Shanghai", "en")).toBe("Sat 21 Nov");
	});

	it("names another year", () => {
		expect(dayTitle("2025-03-02T02:00:00Z", AT, "Asia/Shanghai", "zh")).toBe("2025年3月2日 周日");
		expect(dayTitle("2025-03-02T02:00:00Z", AT, "Asia/Shanghai", "en")).toBe("Sun 2 Mar 2025");
	});
});

describe("rowTime", () => {
	const now = AT;

	it("is the time today, yesterday by its word, else the date", () => {
		expect(rowTime("2026-11-21T01:58:00Z", now, "Asia/Shanghai", "zh")).toBe("09:58");
		expect(rowTime("2026-11-20T09:20:00Z", now, "Asia/Shanghai", "zh")).toBe("昨天 17:20");
		expect(rowTime("2026-11-20T09:20:00Z", now, "Asia/Shanghai", "en")).toBe("yesterday 17:20");
		expect(rowTime("2026-11-19T09:20:00Z", now, "Asia/Shanghai", "zh")).toBe("11-19 17:20");
	});

	it("goes by Beijing's days, not by 24 hours", () => {
		expect(rowTime("2026-11-20T16:30:00Z", now, "Asia/Shanghai", "zh")).toBe("00:30");
		expect(rowTime("2026-11-20T15:30:00Z", now, "Asia/Shanghai", "zh")).toBe("昨天 23:30");
	});
});

describe("countdown", () => {
	it.each([
		[0, "00:00"],
		[999, "00:00"],
		[59 * SECOND, "00:59"],
		[18 * MINUTE + 24 * SECOND, "18:24"],
		[HOUR - 1, "59:59"],
		[HOUR, "1:00:00"],
		[5 * HOUR + 48 * MINUTE + 10 * SECOND, "5:48:10"],
		[24 * HOUR - SECOND, "23:59:59"],
		[28 * HOUR + 12 * MINUTE, "1 天 04:12"],
		[-(3 * MINUTE + 36 * SECOND), "03:36"],
	])("writes %i ms as %s", (span, text) => {
		expect(countdown(span, "zh")).toBe(text);
	});

	it("says days in English", () => {
		expect(countdown(52 * HOUR, "en")).toBe("2 d 04:00");
	});
});

describe("spanWords", () => {
	it.each([
		[0, "0 秒"],
		[40 * SECOND, "40 秒"],
		[MINUTE, "1 分"],
		[18 * MINUTE + 50 * SECOND, "18 分"],
		[2 * HOUR + 5 * MINUTE, "2 小时 5 分"],
		[3 * HOUR, "3 小时"],
		[28 * HOUR, "1 天 4 小时"],
		[24 * HOUR + 9 * MINUTE, "1 天"],
		[-2 * MINUTE, "2 分"],
	])("writes %i ms as %s", (span, text) => {
		expect(spanWords(span, "zh")).toBe(text);
	});

	it("has English units", () => {
		expect(spanWords(2 * HOUR + 5 * MINUTE, "en")).toBe("2 h 5 min");
	});
});

describe("ago", () => {
	it("uses words only within the hour", () => {
		expect(ago(AT, Date.parse(AT) + 10 * SECOND, "zh")).toBe("刚刚");
		expect(ago(AT, Date.parse(AT) + 3 * MINUTE, "zh")).toBe("3 分钟前");
		expect(ago(AT, Date.parse(AT) + 3 * MINUTE, "en")).toBe("3 min ago");
		expect(ago(AT, Date.parse(AT) + HOUR, "zh")).toBe("11-21 10:42");
	});

	it("does not claim that the future was", () => {
		expect(ago(AT, Date.parse(AT) - MINUTE, "zh")).toBe("11-21 10:42");
	});
});

describe("figures", () => {
	it("have a true minus", () => {
		expect(signed(-0.2, 2)).toBe("−0.20");
		expect(signed(12)).toBe("12");
		expect(signed(-0.001, 2)).toBe("0.00");
	});

	it.each([
		[0, "0 B"],
		[999, "999 B"],
		[1000, "1.0 KB"],
		[640_000, "640 KB"],
		[2_100_000, "2.1 MB"],
		[54_000_000_000, "54 GB"],
		[9_999_000_000_000_000, "9999 TB"],
	])("of %i bytes is %s", (bytes, text) => {
		expect(fileSize(bytes)).toBe(text);
	});
});
