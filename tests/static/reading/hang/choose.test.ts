/** Which protocol a study is hung by, those that come along, and what the editor does. */
import { describe, expect, it } from "vitest";
import { arrange } from "../../../../static/src/reading/hang/arrange.ts";
import { type Case, fitting, scoreOf } from "../../../../static/src/reading/hang/choose.ts";
import { BUILTIN } from "../../../../static/src/reading/hang/defaults.ts";
import {
	begun,
	copied,
	windowFrom,
	windowKey,
	windowsFor,
	wordsOf,
} from "../../../../static/src/reading/hang/editing.ts";
import { inWords } from "../../../../static/src/reading/hang/names.ts";
import { tellingWords } from "../../../../static/src/reading/hang/capture.ts";
import {
	ANYONE,
	pane,
	priorsShown,
	REGIONS,
	reordered,
	STAGES_MAX,
	withLayout,
} from "../../../../static/src/reading/hang/protocol.ts";
import { panesOf } from "../../../../static/src/reading/layout.ts";
import type { Series } from "../../../../static/src/reading/manifest.ts";
import { aSeries, aStudy } from "../studies.ts";
import { aProtocol, Chance, chanceStudy } from "./random.ts";

function aCase(series: Series[], changes: Partial<Case> = {}): Case {
	return { study: aStudy(series), regions: ["chest"], priors: 0, ...changes };
}

const CT = aSeries(30);

describe("choosing", () => {
	it("puts one's own before the institution's before what comes along", () => {
		const own = aProtocol({ id: "own" });
		const shared = aProtocol({ id: "shared", origin: "shared", use: { ...ANYONE, modalities: ["CT"] } });
		const found = fitting([...BUILTIN, shared, own], aCase([CT]));
		expect(found.map(({ id }) => id).slice(0, 3)).toEqual(["own", "shared", "ct-chest"]);
	});

	it("puts the particular before the general", () => {
		const uses = [
			ANYONE,
			{ ...ANYONE, modalities: ["CT"] },
			{ ...ANYONE, regions: ["chest"] as const },
			{ ...ANYONE, words: ["肺"] },
		];
		const scores = uses.map((use) => scoreOf(use, aCase([CT])) ?? -1);
		expect([...scores].sort((a, b) => a - b)).toEqual(scores);
		expect(new Set(scores).size).toBe(scores.length);
	});

	it.each([
		[{ modalities: ["MR"] }],
		[{ regions: ["head"] as const }],
		[{ words: ["灌注"] }],
		[{ priorsMin: 1 }],
		[{ seriesMin: 2 }],
	])("passes over a protocol for %j", (use) => {
		expect(scoreOf({ ...ANYONE, ...use }, aCase([CT]))).toBeNull();
	});

	it("answers for any study, the same each time", () => {
		for (let seed = 0; seed < 200; seed++) {
			const chance = new Chance(seed);
			const of = { study: chanceStudy(chance), regions: [chance.of(REGIONS)], priors: chance.below(3) };
			const found = fitting(BUILTIN, of);
			expect(fitting(BUILTIN, of)).toEqual(found);
			for (const { use } of found) expect(use.priorsMin).toBeLessThanOrEqual(of.priors);
		}
	});
});

describe("what comes along", () => {
	it("is whole: names, as many panes as places, no more stages than can be kept", () => {
		expect(new Set(BUILTIN.map(({ id }) => id)).size).toBe(BUILTIN.length);
		for (const { stages, use } of BUILTIN) {
			expect(stages.length).toBeLessThanOrEqual(STAGES_MAX);
			for (const stage of stages) expect(stage.panes).toHaveLength(panesOf(stage.layout));
			expect(priorsShown({ stages })).toBe(use.priorsMin);
		}
	});

	it("opens a CT without a prior as one image, as it stands already", () => {
		const [best] = fitting(BUILTIN, aCase([CT]));
		const first = best?.stages[0];
		expect(first?.layout).toBe("1x1");
		expect(first && arrange(first, [aStudy([CT])]).panes[0]).toMatchObject({ seriesUid: CT.uid, window: null });
	});

	it("puts a CT beside its prior, linked, in one window", () => {
		const [best] = fitting(BUILTIN, aCase([CT], { priors: 1 }));
		const prior = aSeries(20, { uid: "prior" });
		const first = best?.stages[0];
		const found = first && arrange(first, [aStudy([CT]), aStudy([prior])]);
		expect(found?.linked).toBe(true);
		expect(found?.panes.map((one) => one?.seriesUid)).toEqual([CT.uid, "prior"]);
		expect(found?.panes[0]?.window).toEqual(found?.panes[1]?.window);
	});

	it("hangs four breast views back to back, the right one on the left, the prior row below", () => {
		const views = (from: string) =>
			["LCC", "RCC", "LMLO", "RMLO"].map((description) =>
				aSeries(1, { uid: `${from}${description}`, description, modality: "MG", bodyPart: "BREAST" }),
			);
		const of = aCase(views("now"), { regions: ["breast"], priors: 1 });
		const first = fitting(BUILTIN, of)[0]?.stages[0];
		const found = first && arrange(first, [of.study, aStudy(views("old"))]);
		expect(found?.layout).toBe("2x4");
		expect(found?.panes.map((one) => one?.seriesUid)).toEqual(
			["now", "old"].flatMap((from) => ["RCC", "LCC", "RMLO", "LMLO"].map((view) => from + view)),
		);
		expect(found?.panes.slice(0, 2).map((one) => one?.toward)).toEqual(["right", "left"]);
		expect(found?.unhung).toEqual([]);
	});
});

describe("the names of what comes along", () => {
	it("exist in both languages, and what somebody kept stays as they wrote it", () => {
		for (const one of BUILTIN) {
			const english = inWords(one, "en");
			const names = [english.name, ...english.stages.map(({ name }) => name)];
			for (const name of names) expect(name).not.toMatch(/\p{Script=Han}/u);
			expect(names.every((name) => name !== "")).toBe(true);
			expect(inWords(one, "zh")).toBe(one);
			expect(english.stages.map(({ panes }) => panes)).toEqual(one.stages.map(({ panes }) => panes));
		}
		const kept = aProtocol({ name: "胸部 CT" });
		expect(inWords(kept, "en")).toBe(kept);
	});
});

describe("the editor", () => {
	it("reads words between commas of either script, capped", () => {
		expect(wordsOf(" 肺窗，lung, ;纵隔、 ")).toEqual(["肺窗", "lung", "纵隔"]);
		expect(wordsOf(Array.from({ length: 20 }, (_, i) => `w${i}`).join(","))).toHaveLength(8);
		expect(wordsOf("长".repeat(90))[0]).toHaveLength(40);
	});

	it("takes a series' telling words, not its figures", () => {
		expect(tellingWords("肺窗 1.25mm (Lung) 3 x")).toEqual(["肺窗", "Lung"]);
	});

	it("moves stages within their list only", () => {
		expect(reordered(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
		expect(reordered(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
		for (const [from, by] of [
			[0, -1],
			[2, 1],
			[9, 1],
		] as const) {
			expect(reordered(["a", "b", "c"], from, by)).toEqual(["a", "b", "c"]);
		}
	});

	it("keeps panes that another layout has as well", () => {
		const stage = { name: "", layout: "1x2", panes: [pane({ prior: 1 }), pane({ prior: 2 })], linked: true } as const;
		expect(withLayout(stage, "2x2").panes.map((one) => one.series.prior)).toEqual([1, 2, 0, 0]);
		expect(withLayout(stage, "1x1").panes.map((one) => one.series.prior)).toEqual([1]);
	});

	it("begins new protocols as the reader's own, unknown to the server", () => {
		const stage = aProtocol().stages[0];
		expect(stage && begun("n", stage, ANYONE, 3)).toMatchObject({ id: "n", version: 0, origin: "own", position: 3 });
		const from = aProtocol({ origin: "builtin", version: 4, canChange: false });
		expect(copied("n", from, 0)).toMatchObject({ version: 0, origin: "own", canChange: true, name: from.name });
	});

	it("offers each window once, and the one a pane has", () => {
		const odd = { center: 7, width: 77 };
		const offered = windowsFor(CT, odd).map(windowKey);
		expect(new Set(offered).size).toBe(offered.length);
		expect(offered.at(-1)).toBe("7/77");
		expect(offered.map(windowFrom)).toContainEqual({ center: -600, width: 1500 });
		expect(windowFrom("as-is")).toBeNull();
		expect(windowFrom("")).toBeNull();
	});
});
