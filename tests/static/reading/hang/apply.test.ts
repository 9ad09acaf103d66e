/** What is arranged is what is shown, and what is shown can be kept and arranged again. */
import { describe, expect, it } from "vitest";
import { apply } from "../../../../static/src/reading/hang/apply.ts";
import { arrange } from "../../../../static/src/reading/hang/arrange.ts";
import { captured } from "../../../../static/src/reading/hang/capture.ts";
import { pane as rule, type Stage } from "../../../../static/src/reading/hang/protocol.ts";
import { panesOf } from "../../../../static/src/reading/layout.ts";
import type { Pane } from "../../../../static/src/reading/pane.ts";
import { aForm, aSeries, aStudy } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";
import { AXIAL, Chance, CORONAL, chanceStage, chanceStudy } from "./random.ts";

function hands() {
	const done: string[] = [];
	return {
		done,
		align: (_pane: Pane): void => void done.push("align"),
		link: (): void => void done.push("link"),
		laid: (run: () => void): void => run(),
	};
}

function aDesk(seed = 1) {
	const chance = new Chance(seed);
	const [study, prior] = [chanceStudy(chance), chanceStudy(chance)];
	const station = aReadyStation(study.series);
	station.study.set(study);
	station.priors.set([prior]);
	return { chance, station, studies: [study, prior] };
}

const shown = ({ station }: Pick<ReturnType<typeof aDesk>, "station">): (string | null)[] =>
	station.visible.map((one) => one.state.value.series?.uid ?? null);

describe("an arrangement on the screen", () => {
	it("is what was arranged, pane by pane, empty where nothing fits", () => {
		for (let seed = 0; seed < 150; seed++) {
			const box = aDesk(seed);
			const found = arrange(chanceStage(box.chance), box.studies);
			apply(box.station, found, hands());
			expect(box.station.layout.value).toBe(found.layout);
			expect(shown(box)).toEqual(found.panes.map((one) => one?.seriesUid ?? null));
			for (const [i, placed] of found.panes.entries()) {
				const state = box.station.panes[i]?.state.value;
				if (placed?.window) expect(state?.chosenVoi).toMatchObject(placed.window);
				expect(state?.invert ?? false).toBe(placed?.invert ?? false);
			}
		}
	});

	it("names every pane that shows an earlier study", () => {
		for (let seed = 0; seed < 150; seed++) {
			const box = aDesk(seed);
			const found = arrange(chanceStage(box.chance), box.studies);
			apply(box.station, found, hands());
			box.station.visible.forEach((pane, i) => {
				expect(box.station.priorIn(pane) !== null).toBe((found.panes[i]?.prior ?? 0) > 0);
			});
		}
	});

	it("aligns priors before it links, and links only what is to be linked", () => {
		const station = aReadyStation();
		station.priors.set([aStudy([aSeries(3, { uid: "old" })])]);
		const stage: Stage = { name: "", layout: "1x2", panes: [rule(), rule({ prior: 1 })], linked: true };
		const first = hands();
		const studies = [aStudy([...(station.study.value?.series ?? [])]), ...station.priors.value];
		apply(station, arrange(stage, studies), first);
		expect(first.done).toEqual(["align", "link"]);
		const second = hands();
		station.linked.set(true);
		apply(station, arrange({ ...stage, linked: false }, studies), second);
		expect(second.done).toEqual(["align"]);
		expect(station.linked.value).toBe(false);
	});

	it("pushes the breasts together, the same however often it is shown", () => {
		const tall = aForm({ rows: 200, columns: 100 });
		const series = ["R", "L"].map((side) =>
			aSeries(1, { uid: side, description: `${side}CC`, laterality: side, modality: "MG" }, tall),
		);
		const station = aReadyStation(series);
		const panes = [
			rule({ view: "CC", side: "R" }, { toward: "right" }),
			rule({ view: "CC", side: "L" }, { toward: "left" }),
		];
		const stage: Stage = { name: "", layout: "1x2", panes, linked: false };
		const views = [1, 2].map(() => {
			apply(station, arrange(stage, [aStudy(series)]), hands());
			return station.visible.map((one) => one.state.value.view);
		});
		expect(views[1]).toEqual(views[0]);
		expect(views[0]?.[0]).not.toEqual(views[0]?.[1]);
	});
});

describe("the present arrangement as a stage", () => {
	it("shows the same again on the same studies", () => {
		const lung = aSeries(30, { uid: "lung", description: "肺窗" });
		const soft = aSeries(30, { uid: "soft", description: "纵隔窗" });
		const coronal = aSeries(30, { uid: "cor", description: "肺窗" }, aForm({ orientation: CORONAL }));
		const old = aSeries(20, { uid: "old", description: "肺窗" }, aForm({ orientation: AXIAL }));
		const study = aStudy([lung, soft, coronal]);
		const prior = { ...aStudy([old]), uid: "1.9" };
		const station = aReadyStation(study.series);
		station.study.set(study);
		station.priors.set([prior]);
		for (const order of [
			["lung", "soft", "cor", "old"],
			["old", "cor", "soft", "lung"],
			["soft", "old", "lung", "cor"],
		]) {
			order.forEach((uid, i) => {
				const one = station.series(uid);
				if (one !== undefined) station.panes[i]?.show(one);
			});
			station.setLayout("2x2");
			station.linked.set(true);
			const stage = captured(station, "我的");
			expect(stage).toMatchObject({ layout: "2x2", linked: true, name: "我的" });
			const again = arrange(stage, [study, prior]);
			expect(again.panes.map((one) => one?.seriesUid)).toEqual(order);
			expect(again.panes.filter((one) => one?.prior === 1)).toHaveLength(1);
		}
	});

	it("keeps the window the reader chose, and none they did not", () => {
		const station = aReadyStation();
		expect(captured(station, "").panes[0]?.window).toBeNull();
		station.activePane.setVoi({ center: -600, width: 1500, function: "LINEAR", table: null });
		station.activePane.setInvert(true);
		const [only] = captured(station, "").panes;
		expect(only?.window).toEqual({ center: -600, width: 1500 });
		expect(only?.invert).toBe(true);
	});

	it("has as many panes as the layout, whatever they show", () => {
		for (let seed = 0; seed < 60; seed++) {
			const box = aDesk(seed);
			apply(box.station, arrange(chanceStage(box.chance), box.studies), hands());
			const stage = captured(box.station, "");
			expect(stage.panes).toHaveLength(panesOf(stage.layout));
			expect(stage.panes.every(({ series }) => series.words.every((word) => word.length > 0))).toBe(true);
		}
	});
});
