/** Arranging is total and deterministic, invents nothing and drops nothing silently. */
import { describe, expect, it } from "vitest";
import { arrange, fitOf, imagesOf } from "../../../../static/src/reading/hang/arrange.ts";
import { factsOf, planeOf } from "../../../../static/src/reading/hang/facts.ts";
import { ANY, pane, type Stage } from "../../../../static/src/reading/hang/protocol.ts";
import { panesOf } from "../../../../static/src/reading/layout.ts";
import type { Study } from "../../../../static/src/reading/manifest.ts";
import { aForm, aSeries, aStudy } from "../studies.ts";
import { AXIAL, Chance, CORONAL, chanceStage, chanceStudy, SAGITTAL } from "./random.ts";

const RUNS = 400;

function stage(layout: Stage["layout"], panes: Stage["panes"]): Stage {
	return { name: "", layout, panes, linked: true };
}

function named(...series: readonly [string, number][]): Study {
	return aStudy(series.map(([description, frames], i) => aSeries(frames, { uid: `s${i}`, description })));
}

function hung(layout: Stage["layout"], panes: Stage["panes"], ...studies: Study[]): (string | null)[] {
	return arrange(stage(layout, panes), studies).panes.map((one) => one?.seriesUid ?? null);
}

describe("any stage on any studies", () => {
	const runs = Array.from({ length: RUNS }, (_, seed) => {
		const chance = new Chance(seed);
		const studies = Array.from({ length: 1 + chance.below(3) }, () => chanceStudy(chance));
		return { one: chanceStage(chance), studies };
	});

	it("has as many panes as its layout, the same each time", () => {
		for (const { one, studies } of runs) {
			const found = arrange(one, studies);
			expect(found.panes).toHaveLength(panesOf(one.layout));
			expect(arrange(one, studies)).toEqual(found);
		}
	});

	it("names every image series once: on a pane or in the rail", () => {
		for (const { one, studies } of runs) {
			const found = arrange(one, studies);
			const shown = new Set(found.panes.flatMap((placed) => placed?.seriesUid ?? []));
			const images = studies.flatMap((study) => imagesOf(study).map(({ uid }) => uid));
			expect([...shown, ...found.unhung].sort()).toEqual([...images].sort());
		}
	});

	it("takes each series from the study that its rule names, and breaks no rule", () => {
		for (const { one, studies } of runs) {
			arrange(one, studies).panes.forEach((placed, i) => {
				const rule = one.panes[i]?.series;
				if (placed === null || rule === undefined) return;
				const images = imagesOf(studies[rule.prior] as Study);
				const at = images.findIndex(({ uid }) => uid === placed.seriesUid);
				expect(at).toBeGreaterThanOrEqual(0);
				expect(fitOf(rule, images[at] as (typeof images)[number], at)).not.toBeNull();
			});
		}
	});

	it("never shows the same pixels twice in one window", () => {
		for (const { one, studies } of runs) {
			const seen = arrange(one, studies).panes.flatMap((placed) =>
				placed === null ? [] : `${placed.seriesUid} ${placed.window?.center} ${placed.window?.width}`,
			);
			expect(new Set(seen).size).toBe(seen.length);
		}
	});
});

describe("a pane", () => {
	it("takes the series whose words come first", () => {
		const study = named(["纵隔", 20], ["肺窗", 20]);
		expect(hung("1x1", [pane({ words: ["肺"] })], study)).toEqual(["s1"]);
		expect(hung("1x1", [pane({ words: ["纵隔", "肺"] })], study)).toEqual(["s0"]);
	});

	it("takes what there is where no word fits, and a whole series before a localizer", () => {
		expect(hung("1x1", [pane({ words: ["没有"] })], named(["定位", 2], ["平扫", 30]))).toEqual(["s1"]);
	});

	it("shows one series in two windows where there is no second", () => {
		const [soft, lung] = [
			{ center: 40, width: 400 },
			{ center: -600, width: 1500 },
		];
		const panes = [pane({}, { window: soft }), pane({}, { window: lung })];
		expect(hung("1x2", panes, named(["平扫", 30]))).toEqual(["s0", "s0"]);
		expect(hung("1x2", [pane(), pane()], named(["平扫", 30]))).toEqual(["s0", null]);
	});

	it("leaves a prior's place empty while there is none", () => {
		expect(hung("1x2", [pane(), pane({ prior: 1 })], named(["平扫", 30]))).toEqual(["s0", null]);
	});

	it("takes the plane that it asks for", () => {
		const planes = [AXIAL, CORONAL, SAGITTAL].map((orientation, i) =>
			aSeries(9, { uid: `s${i}` }, aForm({ orientation })),
		);
		expect(planes.map(planeOf)).toEqual(["axial", "coronal", "sagittal"]);
		const panes = [pane({ plane: "sagittal" }), pane({ plane: "coronal" })];
		expect(hung("1x2", panes, aStudy(planes))).toEqual(["s2", "s1"]);
	});

	it("keeps away from words it must be without", () => {
		const study = named(["T2 FLAIR", 20], ["T2", 20]);
		expect(hung("1x1", [pane({ words: ["t2"], without: ["flair"] })], study)).toEqual(["s1"]);
	});

	it("prefers thin slices where asked", () => {
		const thick = aSeries(20, { uid: "thick" }, aForm({ sliceThicknessMm: 5 }));
		const thin = aSeries(20, { uid: "thin" }, aForm({ sliceThicknessMm: 1 }));
		expect(hung("1x1", [pane({ thickness: "thin" })], aStudy([thick, thin]))).toEqual(["thin"]);
		expect(hung("1x1", [pane({ thickness: "thick" })], aStudy([thin, thick]))).toEqual(["thick"]);
	});
});

describe("the facts of a breast view", () => {
	it.each([
		["R CC", "", "CC", "R"],
		["LMLO", "", "MLO", "L"],
		["左侧 内外斜位", "", "MLO", "L"],
		["头尾位", "R", "CC", "R"],
	])("%s is known", (description, laterality, view, side) => {
		expect(factsOf(aSeries(1, { description, laterality, modality: "MG" }))).toMatchObject({ view, side });
	});

	it("does not take a side that the object gainsays", () => {
		const facts = factsOf(aSeries(1, { description: "L CC", laterality: "R" }));
		expect(fitOf({ ...ANY, side: "L" }, facts, 0)).toBeNull();
	});
});
