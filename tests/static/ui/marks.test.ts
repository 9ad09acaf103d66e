import { afterEach, describe, expect, it } from "vitest";
import { isoDay } from "../../../static/src/kit/format.ts";
import { setLocale, t } from "../../../static/src/kit/i18n.ts";
import { statusWords } from "../../../static/src/kit/words.ts";
import { type ComboOption, matching } from "../../../static/src/ui/combobox.ts";
import { type Guard, openGuards } from "../../../static/src/ui/guards.ts";
import { icons } from "../../../static/src/ui/icons.ts";
import { rovingIndex } from "../../../static/src/ui/roving.ts";
import { statusFaces } from "../../../static/src/ui/status.ts";
import { nextKey, stepSelection } from "../../../static/src/ui/table.ts";
import { counterFor, grownHeight, ROWS_MAX } from "../../../static/src/ui/textarea.ts";
import { byDay, type TimelineItem } from "../../../static/src/ui/timeline.ts";
import { hideToast, showToast, toast, toastStayMs } from "../../../static/src/ui/toasts.ts";
import { type UrgencyLevel, urgencyFace } from "../../../static/src/ui/urgency.ts";

/** Figures between 0 and 1, the same in every run (Park and Miller). */
function figures(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state * 48_271) % 2_147_483_647;
		return state / 2_147_483_647;
	};
}

afterEach(() => {
	setLocale("zh");
	hideToast();
});

describe("icons", () => {
	it.each(Object.entries(icons))("%s is a path inside its 16 × 16 grid", (_name, path) => {
		expect(path).toMatch(/^M/);
		expect(path.replace(/[\d\s.,-]/g, "")).toMatch(/^[MLHVCSQTAZmlhvcsqtaz]+$/);
		const starts = [...path.matchAll(/M\s*(-?[\d.]+)[ ,]?(-?[\d.]+)/g)].map((match) => [
			Number(match[1]),
			Number(match[2]),
		]);
		for (const [x, y] of starts) {
			expect(x).toBeGreaterThanOrEqual(0);
			expect(x).toBeLessThanOrEqual(16);
			expect(y).toBeGreaterThanOrEqual(0);
			expect(y).toBeLessThanOrEqual(16);
		}
	});

	it("are all different, so that none says two things", () => {
		expect(new Set(Object.values(icons)).size).toBe(Object.keys(icons).length);
	});
});

describe("the state of a case", () => {
	it("has a face with an icon that exists and a word in both languages", () => {
		for (const [status, face] of Object.entries(statusFaces)) {
			expect(icons).toHaveProperty(face.icon);
			for (const language of ["zh", "en"] as const) {
				setLocale(language);
				expect(t(statusWords)[status as keyof typeof statusFaces].length).toBeGreaterThan(1);
			}
		}
	});

	it("is red for nothing that is in order: red is for danger alone", () => {
		expect(Object.values(statusFaces).map((face) => face.tone)).not.toContain("red");
	});
});

describe("an urgency", () => {
	const LEVELS: readonly UrgencyLevel[] = ["critical", "emergency", "urgent", "routine"];

	it("has its rank in the order of danger, and a shape of its own", () => {
		expect(LEVELS.map((level) => urgencyFace(level).rank)).toEqual([0, 1, 2, 3]);
		expect(new Set(LEVELS.map((level) => urgencyFace(level).icon)).size).toBe(4);
		for (const level of LEVELS.slice(0, 3)) expect(icons).toHaveProperty(urgencyFace(level).icon ?? "");
	});

	it.each(["", "soon", "CRITICAL", "constructor", "__proto__", "toString"])(
		"%j is no louder than routine",
		(word) => {
			expect(urgencyFace(word)).toBe(urgencyFace("routine"));
		},
	);
});

describe("what still stands in the way", () => {
	it.each<[Guard["state"], number]>([
		["passed", 0],
		["noted", 0],
		["overridden", 0],
		["missing", 1],
		["failed", 1],
	])("counts %s as %i", (state, count) => {
		expect(openGuards([{ key: "k", label: "l", state }])).toBe(count);
	});
});

describe("one tab stop of many choices", () => {
	it("is walked through once by an arrow, and back by the other", () => {
		for (let count = 1; count < 8; count += 1) {
			for (const [there, back] of [
				["ArrowRight", "ArrowLeft"],
				["ArrowDown", "ArrowUp"],
			] as const) {
				const seen = [0];
				for (let step = 1; step < count; step += 1)
					seen.push(rovingIndex(there, seen.at(-1) ?? 0, count) ?? -1);
				expect(seen).toEqual(Array.from({ length: count }, (_, index) => index));
				expect(rovingIndex(there, count - 1, count)).toBe(0);
				for (let at = 0; at < count; at += 1)
					expect(rovingIndex(back, rovingIndex(there, at, count) ?? -1, count)).toBe(at);
			}
		}
	});

	it.each(["Tab", "Enter", " ", "a", "PageDown", ""])("leaves %j to others", (key) => {
		expect(rovingIndex(key, 1, 3)).toBeNull();
	});
});

describe("rows under the arrow keys", () => {
	const keys = ["a", "b", "c", "d"];

	it("hold at the ends and come back by the way they went", () => {
		for (const from of keys)
			for (let by = -5; by <= 5; by += 1) {
				const to = stepSelection(keys, from, by);
				const wanted = Math.min(3, Math.max(0, keys.indexOf(from) + by));
				expect(to).toBe(keys[wanted]);
				if (wanted === keys.indexOf(from) + by) expect(stepSelection(keys, to, -by)).toBe(from);
			}
	});

	it("begin at the near end when the selected row is gone", () => {
		expect(stepSelection(keys, "gone", 1)).toBe("a");
		expect(stepSelection(keys, "gone", -1)).toBe("d");
	});

	it("come round once to every other row", () => {
		const seen: string[] = [];
		let at: string | null = "b";
		for (let turn = 0; turn < keys.length; turn += 1) {
			at = nextKey(keys, at);
			seen.push(at ?? "");
		}
		expect(seen).toEqual(["c", "d", "a", "b"]);
		expect(nextKey(["a"], "a")).toBeNull();
		expect(nextKey([], "a")).toBeNull();
	});
});

describe("a combobox", () => {
	const option = (label: string, also?: string): ComboOption => ({
		value: label,
		label,
		...(also === undefined ? {} : { also }),
	});
	const options = [
		option("白贺", "baihe bh"),
		option("白小鹤", "baixiaohe bxh"),
		option("许白"),
		option("B·X"),
	];

	it.each([
		["", ["白贺", "白小鹤", "许白", "B·X"]],
		["白", ["白贺", "白小鹤", "许白"]],
		["bh", ["白贺"]],
		["BX", ["白小鹤", "B·X"]],
		["ｂｘ", ["白小鹤", "B·X"]],
		["bai he", ["白贺"]],
		["贺", ["白贺"]],
		["xiao", ["白小鹤"]],
		["zzz", []],
		["   ", ["白贺", "白小鹤", "许白", "B·X"]],
	])("typed %j answers %j, those that begin with it first", (typed, labels) => {
		expect(matching(options, typed).map(({ label }) => label)).toEqual(labels);
	});

	it("never answers what does not answer to it, and loses none that does", () => {
		const random = figures(11);
		const letters = "bh x贺白";
		for (let round = 0; round < 300; round += 1) {
			const typed = Array.from(
				{ length: 1 + Math.floor(random() * 3) },
				() => letters[Math.floor(random() * 7)],
			).join("");
			const wanted = typed.replaceAll(" ", "");
			const found = new Set(matching(options, typed));
			for (const one of options) {
				const places = [one.label, ...(one.also ?? "").split(" ")].map((text) =>
					text.toLowerCase().replaceAll("·", ""),
				);
				expect(found.has(one)).toBe(wanted === "" || places.some((place) => place.includes(wanted)));
			}
		}
	});
});

describe("a growing text", () => {
	it("never shrinks below its least or grows over twelve lines, and follows its text between", () => {
		let before = 0;
		for (let contentPx = 0; contentPx < 600; contentPx += 7) {
			const height = grownHeight(contentPx, 20, 3, 10);
			expect(height).toBeGreaterThanOrEqual(3 * 20 + 10);
			expect(height).toBeLessThanOrEqual(ROWS_MAX * 20 + 10);
			expect(height).toBeGreaterThanOrEqual(before);
			before = height;
		}
	});

	it("counts what a person sees as one, also outside the basic plane", () => {
		expect(counterFor("𠮷".repeat(9), 10)).toEqual({ kind: "left", n: 1 });
		expect(counterFor("𠮷".repeat(11), 10)).toEqual({ kind: "over", n: 1 });
		expect(counterFor("字".repeat(10), 10)).toEqual({ kind: "left", n: 0 });
		expect(counterFor("字".repeat(7), 10)).toBeNull();
		expect(counterFor("字".repeat(999), undefined)).toBeNull();
	});
});

describe("a timeline", () => {
	const NOW = Date.parse("2026-11-21T03:00:00Z");
	const item = (key: string, at: string): TimelineItem => ({ key, at, icon: "clock", text: "x" });

	it("keeps every item once, newest first, each under its own day", () => {
		const random = figures(5);
		const items = Array.from({ length: 60 }, (_, index) =>
			item(String(index), new Date(NOW - Math.floor(random() * 5 * 86_400_000)).toISOString()),
		);
		const days = byDay(items, NOW);
		const flat = days.flatMap((day) => day.items);
		expect(new Set(flat.map((one) => one.key)).size).toBe(60);
		const times = flat.map((one) => Date.parse(one.at));
		expect(times).toEqual([...times].sort((a, b) => b - a));
		for (const day of days) expect(new Set(day.items.map((one) => isoDay(one.at))).size).toBe(1);
		expect(new Set(days.map((day) => day.title)).size).toBe(days.length);
	});

	it("changes its day at the hospital's midnight, not at Greenwich's", () => {
		const days = byDay([item("late", "2026-11-20T15:59:59Z"), item("early", "2026-11-20T16:00:00Z")], NOW);
		expect(days.map((day) => day.items.map((one) => one.key))).toEqual([["early"], ["late"]]);
	});

	it("of nothing is nothing", () => expect(byDay([], NOW)).toEqual([]));
});

describe("a short message", () => {
	it("takes the place of the one before and goes when it is closed", () => {
		showToast({ kind: "info", text: "one" });
		showToast({ kind: "failed", text: "two" });
		expect(toast.value?.text).toBe("two");
		hideToast();
		expect(toast.value).toBeNull();
	});

	it.each([
		[{ kind: "info", text: "" }, 6000],
		[{ kind: "undo", text: "" }, 6000],
		[{ kind: "undo", text: "", staysMs: 8000 }, 8000],
		[{ kind: "failed", text: "", staysMs: 10 }, null],
	] as const)("%o stays %s ms", (shown, stays) => expect(toastStayMs(shown)).toBe(stays));
});
