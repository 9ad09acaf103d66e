/** The present arrangement as a stage: what a reader has in front of them becomes rules. Pure but for reading. */
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import { imagesOf } from "./arrange.ts";
import { factsOf } from "./facts.ts";
import { type PaneRule, pane, type Stage } from "./protocol.ts";

/** Words that tell a series from its sisters: those of its description, without what measures. */
export function tellingWords(description: string): string[] {
	return description
		.split(/[\s,，_/()（）]+/)
		.filter((word) => word.length > 1 && word.length <= 40 && !/^[\d.]+(mm)?$/i.test(word))
		.slice(0, 3);
}

function ruleOf(station: Station, shown: Pane): PaneRule {
	const { series, chosenVoi, invert } = shown.state.value;
	if (series === null) return pane();
	const study = station.studyOf(series.uid);
	const prior = study === null ? 0 : station.priors.value.indexOf(study) + 1;
	const facts = factsOf(series);
	const words = tellingWords(series.description);
	const at = study === null ? -1 : imagesOf(study).findIndex((one) => one.uid === series.uid);
	const named = words.length > 0 || facts.plane !== null || facts.view !== null;
	const window =
		chosenVoi === null || chosenVoi.table !== null
			? null
			: { center: chosenVoi.center, width: chosenVoi.width };
	const { plane, view, side } = facts;
	return pane({ prior, plane, words, view, side, order: named || at < 0 ? null : at }, { window, invert });
}

export function captured(station: Station, name: string): Stage {
	return {
		name,
		layout: station.layout.value,
		panes: station.visible.map((one) => ruleOf(station, one)),
		linked: station.linked.value,
	};
}
