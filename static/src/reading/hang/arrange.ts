/**
 * Fills the panes of a stage from the studies there are. Pure and total: every stage has an answer for any
 * studies, the same each time, and what is not hung is named, so that it stays in the rail.
 */
import type { Layout } from "../layout.ts";
import { panesOf } from "../layout.ts";
import { imageSeries, type Study } from "../manifest.ts";
import { factsOf, type SeriesFacts } from "./facts.ts";
import type { PaneRule, SeriesRule, Stage, Window } from "./protocol.ts";

export interface Placed {
	readonly seriesUid: string;
	readonly prior: number;
	readonly window: Window | null;
	readonly invert: boolean;
	readonly toward: "left" | "right" | null;
}

export interface Arrangement {
	readonly layout: Layout;
	readonly linked: boolean;
	/** As many as the layout has; null where no series fits. */
	readonly panes: readonly (Placed | null)[];
	/** Image series that no pane shows, in their order. */
	readonly unhung: readonly string[];
}

const WORD = 8;
const THICKNESS = 3;
const THIN_MAX_MM = 2;
/** A mere localizer beside larger series. */
const LOCALIZER = -6;
const USED = -4;

/** The image series of a study as rules see them. */
export function imagesOf(study: Study): SeriesFacts[] {
	return imageSeries(study).map(factsOf);
}

/** How well a series fits a rule; null when it does not. `at` is its place among its study's images. */
export function fitOf(rule: SeriesRule, facts: SeriesFacts, at: number): number | null {
	const against =
		(rule.order !== null && rule.order !== at) ||
		(rule.plane !== null && facts.plane !== null && rule.plane !== facts.plane) ||
		(rule.view !== null && rule.view !== facts.view) ||
		(rule.side !== null && facts.side !== rule.side) ||
		rule.without.some((word) => facts.text.includes(word.toLowerCase()));
	if (against) return null;
	let score = rule.plane !== null && facts.plane === rule.plane ? WORD : 0;
	rule.words.forEach((word, i) => {
		if (facts.text.includes(word.toLowerCase())) score += WORD * (rule.words.length - i);
	});
	if (rule.thickness !== null && facts.thicknessMm !== null) {
		const thin = facts.thicknessMm <= THIN_MAX_MM;
		if (thin === (rule.thickness === "thin")) score += THICKNESS;
	}
	return score;
}

function sameWindow(one: Window | null, other: Window | null): boolean {
	return one?.center === other?.center && one?.width === other?.width;
}

function choose(
	rule: PaneRule,
	studies: readonly (readonly SeriesFacts[])[],
	placed: readonly (Placed | null)[],
): Placed | null {
	const images = studies[rule.series.prior] ?? [];
	const most = Math.max(0, ...images.map((one) => one.frames));
	let best: { readonly uid: string; readonly score: number } | null = null;
	for (const [at, facts] of images.entries()) {
		const score = fitOf(rule.series, facts, at);
		if (score === null) continue;
		const uses = placed.filter((one) => one?.seriesUid === facts.uid);
		// The same pixels twice in the same window say nothing.
		if (uses.some((one) => sameWindow(one?.window ?? null, rule.window))) continue;
		const small = rule.series.order === null && facts.frames * 2 < most ? LOCALIZER : 0;
		const all = score + small + (uses.length > 0 ? USED : 0);
		if (best === null || all > best.score) best = { uid: facts.uid, score: all };
	}
	if (best === null) return null;
	const { window, invert, toward } = rule;
	return { seriesUid: best.uid, prior: rule.series.prior, window, invert, toward };
}

/** `studies`: the one that is read, then the prior ones in their order. */
export function arrange(stage: Stage, studies: readonly Study[]): Arrangement {
	const images = studies.map(imagesOf);
	const placed: (Placed | null)[] = [];
	for (let at = 0; at < panesOf(stage.layout); at++) {
		const rule = stage.panes[at];
		placed.push(rule === undefined ? null : choose(rule, images, placed));
	}
	const hung = new Set(placed.map((one) => one?.seriesUid));
	return {
		layout: stage.layout,
		linked: stage.linked,
		panes: placed,
		unhung: images.flat().flatMap(({ uid }) => (hung.has(uid) ? [] : [uid])),
	};
}
