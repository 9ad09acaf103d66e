/** The same chance in each run: a linear congruential generator, and studies and stages made from it. */
import { type Protocol, pane, PLANES, type Stage, VIEWS } from "../../../../static/src/reading/hang/protocol.ts";
import { ALL_LAYOUTS, panesOf } from "../../../../static/src/reading/layout.ts";
import type { Orientation, Series, Study } from "../../../../static/src/reading/manifest.ts";
import { aForm, aSeries, aStudy } from "../studies.ts";

export class Chance {
	#state: number;

	constructor(seed: number) {
		this.#state = seed >>> 0;
	}

	below(end: number): number {
		this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
		return Math.floor((this.#state / 2 ** 32) * end);
	}

	of<One>(list: readonly One[]): One {
		return list[this.below(list.length)] as One;
	}

	often(times: number): boolean {
		return this.below(times) === 0;
	}
}

export const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
export const CORONAL: Orientation = [1, 0, 0, 0, 0, -1];
export const SAGITTAL: Orientation = [0, 1, 0, 0, 0, -1];
const WORDS = ["肺窗", "纵隔", "骨", "T1", "T2 FLAIR", "RCC", "L MLO", ""];

let made = 0;

export function chanceSeries(chance: Chance): Series {
	made += 1;
	const orientation = chance.of([AXIAL, CORONAL, SAGITTAL, null]);
	const form = aForm({ orientation, sliceThicknessMm: chance.of([1, 5, null]) });
	return aSeries(chance.below(30), {
		uid: `1.2.3.${made}`,
		description: chance.of(WORDS),
		modality: chance.of(["CT", "MR", "MG", "DX"]),
		laterality: chance.of(["", "L", "R"]),
		kind: chance.often(6) ? "other" : "image",
	}, form);
}

export function chanceStudy(chance: Chance): Study {
	made += 1;
	const series = Array.from({ length: chance.below(7) }, () => chanceSeries(chance));
	return { ...aStudy(series), uid: `1.9.${made}` };
}

export function chanceStage(chance: Chance): Stage {
	const layout = chance.of(ALL_LAYOUTS);
	const panes = Array.from({ length: panesOf(layout) }, () =>
		pane(
			{
				prior: chance.below(3),
				plane: chance.often(2) ? chance.of(PLANES) : null,
				words: chance.often(2) ? [chance.of(WORDS), chance.of(WORDS)].filter((one) => one !== "") : [],
				without: chance.often(4) ? ["骨"] : [],
				view: chance.often(4) ? chance.of(VIEWS) : null,
				side: chance.often(4) ? chance.of(["L", "R"] as const) : null,
				order: chance.often(4) ? chance.below(4) : null,
			},
			{ window: chance.often(2) ? { center: chance.below(3), width: 400 } : null },
		),
	);
	return { name: "", layout, panes, linked: chance.often(2) };
}

export function aProtocol(changes: Partial<Protocol> = {}): Protocol {
	return {
		id: "p",
		version: 1,
		name: "方案",
		origin: "own",
		position: 0,
		canChange: true,
		use: { modalities: [], regions: [], words: [], priorsMin: 0, seriesMin: 0 },
		stages: [{ name: "一", layout: "1x1", panes: [pane()], linked: false }],
		...changes,
	};
}
