import { describe, expect, it } from "vitest";
import { setLocale } from "../../../static/src/kit/i18n.ts";
import { matching } from "../../../static/src/ui/combobox.ts";
import { openGuards } from "../../../static/src/ui/guards.ts";
import { rovingIndex } from "../../../static/src/ui/roving.ts";
import { isStatus, statusFaces } from "../../../static/src/ui/status.ts";
import { nearEnd, nextKey, type RowGroup, reachable, stepSelection } from "../../../static/src/ui/table.ts";
import { counterFor, grownHeight, ROWS_MAX } from "../../../static/src/ui/textarea.ts";
import { byDay, type TimelineItem } from "../../../static/src/ui/timeline.ts";
import { TOAST_MS, toastStayMs } from "../../../static/src/ui/toasts.ts";
import { urgencyFace } from "../../../static/src/ui/urgency.ts";

describe("rows of a table", () => {
	const groups: RowGroup<string>[] = [
		{ key: "a", label: "A", rows: ["1", "2"] },
		{ key: "b", label: "B", rows: ["3"] },
	];

	it("are reached only while their group is open", () => {
		expect(reachable(groups, new Set())).toEqual(["1", "2", "3"]);
		expect(reachable(groups, new Set(["a"]))).toEqual(["3"]);
	});

	it.each([
		[null, 1, "1"],
		[null, -1, "3"],
		["1", 1, "2"],
		["1", -1, "1"],
		["3", 1, "3"],
		["2", 10, "3"],
		["gone", 1, "1"],
	])("lead from %s by %i to %s", (from, by, to) => expect(stepSelection(["1", "2", "3"], from, by)).toBe(to));

	it("lead nowhere when there are none", () => expect(stepSelection([], null, 1)).toBeNull());

	it.each([
		[["1", "2"], "1", "2"],
		[["1", "2"], "2", "1"],
		[["1"], "1", null],
		[["1"], null, "1"],
		[[], null, null],
	])("of %o after %s comes %s", (keys, key, next) => expect(nextKey(keys, key)).toBe(next));

	it("ask for more ten rows before the end", () => {
		const view = { clientHeight: 500, scrollHeight: 2000 };
		expect(nearEnd({ ...view, scrollTop: 2000 - 500 - 490 })).toBe(false);
		expect(nearEnd({ ...view, scrollTop: 2000 - 500 - 489 })).toBe(true);
	});
});

describe("one tab stop of many choices", () => {
	it.each([
		["ArrowRight", 2, 0],
		["ArrowLeft", 0, 2],
		["ArrowDown", 0, 1],
		["ArrowUp", 1, 0],
		["Home", 2, 0],
		["End", 0, 2],
		["Enter", 0, null],
	])("%s at %i leads to %s", (key, at, to) => expect(rovingIndex(key, at, 3)).toBe(to));
	it("has nowhere to go without choices", () => expect(rovingIndex("End", 0, 0)).toBeNull());
});

describe("a combobox", () => {
	const options = [
		{ value: "1", label: "许诺", also: "xunuo xn" },
		{ value: "2", label: "阿丽·买提", also: "alimaiti almt" },
		{ value: "3", label: "陈许", also: "chenxu cx" },
	];
	const found = (typed: string) => matching(options, typed).map((one) => one.value);

	it.each([
		["许", ["1", "3"]],
		["XN", ["1"]],
		["ｘｕ", ["1", "3"]],
		["阿丽买提", ["2"]],
		["ali mai", ["2"]],
		["zz", []],
		["  ", ["1", "2", "3"]],
	])("answers to “%s” with %o", (typed, values) => expect(found(typed)).toEqual(values));
});

describe("a growing text", () => {
	it("grows between its least height and twelve lines", () => {
		expect(grownHeight(10, 20, 3, 12)).toBe(72);
		expect(grownHeight(100, 20, 3, 12)).toBe(100);
		expect(grownHeight(9000, 20, 3, 12)).toBe(ROWS_MAX * 20 + 12);
	});

	it.each([
		["好".repeat(7), 10, null],
		["好".repeat(8), 10, { kind: "left", n: 2 }],
		["好".repeat(10), 10, { kind: "left", n: 0 }],
		["😀".repeat(11), 10, { kind: "over", n: 1 }],
		["x", undefined, null],
	])("says of %s with at most %s: %o", (text, most, said) => expect(counterFor(text, most)).toEqual(said));
});

describe("a timeline", () => {
	const item = (key: string, at: string): TimelineItem => ({ key, at, icon: "check", text: key });

	it("gathers by the hospital's day, newest first, later steps of one instant on top", () => {
		const days = byDay(
			[
				item("a", "2026-11-20T15:59:00Z"),
				item("b", "2026-11-20T16:00:00Z"),
				item("c", "2026-11-21T02:00:00Z"),
				item("d", "2026-11-21T02:00:00Z"),
			],
			Date.parse("2026-11-21T03:00:00Z"),
		);
		expect(days.map((day) => day.items.map((one) => one.key))).toEqual([["d", "c", "b"], ["a"]]);
		expect(days.map((day) => day.title)).toEqual(["11月21日 周六", "11月20日 周五"]);
	});
});

describe("marks", () => {
	it("shows an unknown urgency as routine, never louder", () => {
		expect(urgencyFace("emergency").rank).toBeLessThan(urgencyFace("urgent").rank);
		expect(urgencyFace("toString").level).toBe("routine");
		expect(urgencyFace("stat").level).toBe("routine");
	});

	it("knows the states of a case, and no others", () => {
		expect(Object.keys(statusFaces).every(isStatus)).toBe(true);
		expect([isStatus("constructor"), isStatus("x")]).toEqual([false, false]);
		setLocale("zh");
	});

	it("counts what still stands in the way", () => {
		const guard = (state: "passed" | "missing" | "failed" | "overridden") => ({
			key: state,
			state,
			label: "",
		});
		expect(openGuards([guard("passed"), guard("missing"), guard("failed"), guard("overridden")])).toBe(2);
	});

	it("keeps a failure until it is closed", () => {
		expect(toastStayMs({ kind: "info", text: "" })).toBe(TOAST_MS);
		expect(toastStayMs({ kind: "undo", text: "", staysMs: 8000 })).toBe(8000);
		expect(toastStayMs({ kind: "failed", text: "", staysMs: 8000 })).toBeNull();
	});
});
