import { describe, expect, it } from "vitest";
import {
	cornersOf,
	dicomDateTime,
	followingSaid,
	type Seen,
	seriesTitle,
	signed,
	stackNotices,
	techniqueLine,
} from "../../../static/src/reading/corners.ts";
import type { Series } from "../../../static/src/reading/manifest.ts";
import { reasonKey, texts } from "../../../static/src/reading/texts.ts";
import { UPRIGHT } from "../../../static/src/reading/turn.ts";
import { FITTED } from "../../../static/src/reading/view.ts";
import { aForm, aSeries, aStudy } from "./studies.ts";

const VOI = { center: -600, width: 1500, function: "LINEAR", table: null } as const;

function seen(series: Series, changes: Partial<Seen> = {}): Seen {
	return {
		study: aStudy([series]),
		state: { series, index: 17, chosenVoi: null, invert: false, view: FITTED, turn: UPRIGHT, playing: false },
		voi: VOI,
		zoomPercent: 137,
		loaded: 30,
		arrived: true,
		preview: false,
		source: null,
		following: null,
		...changes,
	};
}

describe("the corners", () => {
	it("say that finest details are still missing", () => {
		const corners = cornersOf(
			seen(aSeries(4), { preview: true, state: { ...seen(aSeries(4)).state, index: 1 } }),
			texts.zh,
		);
		expect(corners?.notices).toEqual(["预览：细节未到，完整图像加载中"]);
		expect(corners?.look.at(-1)).toBe("缩放 137% 预览");
	});

	it.each([
		["", "", []],
		["县人民医院", "", ["县人民医院"]],
		["", "20261121", ["2026-11-21"]],
	])("say where and when only as far as that is known: %j, %j", (institution, date, origin) => {
		const series = { ...aSeries(400), institution, acquisitionTime: "" };
		const study = { ...aStudy([series]), date, time: "" };
		expect(cornersOf(seen(series, { study }), texts.zh)?.origin).toEqual(origin);
	});

	it("say what the picture of the design says", () => {
		const corners = cornersOf(seen(aSeries(400)), texts.zh);
		expect(corners).toMatchObject({
			title: "肺窗 2.5 mm",
			seriesLabel: "序列 2",
			place: ["层 18/400", "位置 42.5 mm"],
			notices: [],
			origin: ["龙潭镇中心卫生院", "2026-11-21 10:31:08"],
			look: ["肺窗 WL \u2212600 / WW 1500", "缩放 137% 无损"],
			technique: "120 kVp · 126 mA",
			loaded: "已载入 30/400",
			complete: false,
			label: "肺窗 2.5 mm，18 层，共 400 层，窗位 \u2212600，窗宽 1500",
		});
	});

	it("say the same in English", () => {
		const corners = cornersOf(seen(aSeries(400)), texts.en);
		expect(corners?.place).toEqual(["Slice 18/400", "Position 42.5 mm"]);
		expect(corners?.look[1]).toBe("Zoom 137% Lossless");
	});

	it("say when all is loaded, and when a slice has not come", () => {
		expect(cornersOf(seen(aSeries(30), { loaded: 30 }), texts.zh)?.complete).toBe(true);
		expect(cornersOf(seen(aSeries(30), { arrived: false }), texts.zh)?.label).toBe(
			"肺窗 2.5 mm，第 18 层载入中，共 30 层",
		);
	});

	it("say that the original was lossy, and give colour no window", () => {
		const form = aForm({ lossy: true, samplesPerPixel: 3, frameTimeMs: 33 });
		const corners = cornersOf(seen(aSeries(30, {}, form), { voi: null }), texts.zh);
		expect(corners?.look).toEqual(["缩放 137% 原图有损"]);
		expect(corners?.place[0]).toBe("帧 18/30");
		expect(corners?.label).toBe("肺窗 2.5 mm，18 帧，共 30 帧");
	});

	it("say where millimetres come from, that the picture is turned, and what it follows", () => {
		const turn = { quarters: 1, flipped: true } as const;
		const state = { ...seen(aSeries(30)).state, turn };
		const changes = { state, source: "定标：像素间距", following: followingSaid(-1.25, texts.zh) };
		const corners = cornersOf(seen(aSeries(30), changes), texts.zh);
		expect(corners?.look.slice(-2)).toEqual(["已转 90° 已翻转", "定标：像素间距"]);
		expect(corners?.place.at(-1)).toBe("按偏移同步 −1.3 mm");
		expect(followingSaid(null, texts.zh)).toBe("按位置同步");
		expect(followingSaid(1.2, texts.en)).toBe("Linked, offset +1.2 mm");
		expect(cornersOf(seen(aSeries(30)), texts.zh)?.look).toHaveLength(2);
	});

	it("leave out what is unknown", () => {
		const form = aForm({ orientation: null, sliceThicknessMm: null });
		const technique = {
			kvp: null,
			tubeCurrentMa: 0,
			exposureMas: null,
			repetitionTimeMs: 500,
			echoTimeMs: 12.345,
			fieldStrengthT: 1.5,
		};
		const series = aSeries(30, { number: null, description: "", bodyPart: "", technique }, form);
		const corners = cornersOf(seen(series), texts.zh);
		expect(corners).toMatchObject({ title: "CT", seriesLabel: "序列", place: ["层 18/30"] });
		expect(techniqueLine(technique, texts.zh)).toBe("TR 500 · TE 12.3 · 1.5 T");
	});

	it("are none for an empty pane", () => {
		const empty = {
			series: null,
			index: 0,
			chosenVoi: null,
			invert: false,
			view: FITTED,
			turn: UPRIGHT,
			playing: false,
		};
		expect(cornersOf(seen(aSeries(30), { state: empty }), texts.zh)).toBeNull();
		expect(cornersOf(seen(aSeries(3)), texts.zh)).toBeNull();
	});
});

describe("what is unusual about a stack", () => {
	const stack = aSeries(1).stack;
	const notices = (changes: Partial<Series["stack"]>, more: Partial<Series> = {}): string[] =>
		stackNotices(aSeries(10, { stack: { ...stack, ...changes }, ...more }), texts.zh);

	it("is said, each once", () => {
		expect(notices({})).toEqual([]);
		expect(notices({ tiltDegrees: 18.5 })).toEqual(["机架倾斜 18.5°"]);
		expect(notices({ missingAfter: [3, 5], spacingVaries: true })).toEqual(["有 2 处缺层"]);
		expect(notices({ spacingVaries: true })).toEqual(["层间距不等"]);
		expect(notices({ repeats: 3 })).toEqual(["同一位置有 3 帧"]);
		expect(notices({ byPosition: false })).toEqual(["按图号排列，位置不明"]);
		expect(notices({ byPosition: false }, { modality: "US" })).toEqual([]);
	});
});

describe("words and figures", () => {
	it("have a true minus sign", () => {
		expect([-600, 0, -0.04, 2.25].map((value) => signed(value, 1))).toEqual([
			"\u2212600.0",
			"0.0",
			"0.0",
			"2.3",
		]);
	});

	it("take DICOM dates as they are, also broken ones", () => {
		expect(dicomDateTime("20261121", "103108.123")).toBe("2026-11-21 10:31:08");
		expect(dicomDateTime("2026", "10")).toBe("");
		expect(dicomDateTime("20261121", "")).toBe("2026-11-21");
	});

	it("name a series by its description, part or modality", () => {
		expect(seriesTitle(aSeries(1, { description: "" }))).toBe("CHEST 2.5 mm");
	});

	it("exist for every reason code, and unknown codes are said as damage", () => {
		for (const key of Object.keys(texts.zh).filter((one) => one.startsWith("pixels."))) {
			expect(reasonKey(key)).toBe(key);
		}
		expect(reasonKey("pixels.new")).toBe("pixels.undecodable");
		expect(reasonKey("retry")).toBe("pixels.undecodable");
	});

	it("have the same parameters in both languages", () => {
		const params = (sentence: string): string[] =>
			[...sentence.matchAll(/\{(\w+)/g)].map((one) => one[1] ?? "").sort();
		for (const [key, sentence] of Object.entries(texts.zh)) {
			expect(params(texts.en[key as keyof typeof texts.en]), key).toEqual(params(sentence));
		}
	});
});
