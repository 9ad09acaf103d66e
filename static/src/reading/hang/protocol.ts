/** Hanging protocols (布局方案): whom they are for, and stages of panes that rules fill. Plain values. */
import { ALL_LAYOUTS, type Layout, panesOf } from "../layout.ts";

export const PLANES = ["axial", "coronal", "sagittal"] as const;
export type Plane = (typeof PLANES)[number];
export const VIEWS = ["CC", "MLO", "PA", "AP", "LL"] as const;
export type ViewName = (typeof VIEWS)[number];
export type Side = "L" | "R";
export const REGIONS = [
	"head",
	"neck",
	"chest",
	"breast",
	"heart",
	"abdomen",
	"pelvis",
	"spine",
	"upper_limb",
	"lower_limb",
] as const;
export type Region = (typeof REGIONS)[number];

/** Whom a protocol is for; what is empty fits everything. */
export interface Use {
	readonly modalities: readonly string[];
	readonly regions: readonly Region[];
	/** Looked for in the descriptions of the study and its series. */
	readonly words: readonly string[];
	/** How many relevant prior studies there must be. */
	readonly priorsMin: number;
	readonly seriesMin: number;
}

/**
 * Which series a pane takes. Plane, view, side, order and the words it must be without decide; `words`, the
 * first the most, and thickness are wishes.
 */
export interface SeriesRule {
	/** 0: the study that is read; n: the nth prior study. */
	readonly prior: number;
	readonly plane: Plane | null;
	readonly words: readonly string[];
	readonly without: readonly string[];
	readonly view: ViewName | null;
	readonly side: Side | null;
	readonly thickness: "thin" | "thick" | null;
	/** Its place among the images of its study, from 0. */
	readonly order: number | null;
}

export interface Window {
	readonly center: number;
	readonly width: number;
}

export interface PaneRule {
	readonly series: SeriesRule;
	/** Null leaves the window that the object proposes. */
	readonly window: Window | null;
	readonly invert: boolean;
	/** Pushes the picture against a side, as the two breasts of a pair. */
	readonly toward: "left" | "right" | null;
}

export interface Stage {
	readonly name: string;
	readonly layout: Layout;
	readonly panes: readonly PaneRule[];
	readonly linked: boolean;
}

export type Origin = "own" | "shared" | "builtin";

export interface Protocol {
	readonly id: string;
	/** 0 until the server has it. */
	readonly version: number;
	readonly name: string;
	readonly origin: Origin;
	readonly position: number;
	readonly canChange: boolean;
	readonly use: Use;
	readonly stages: readonly Stage[];
}

export const ANY: SeriesRule = {
	prior: 0,
	plane: null,
	words: [],
	without: [],
	view: null,
	side: null,
	thickness: null,
	order: null,
};
export const ANYONE: Use = { modalities: [], regions: [], words: [], priorsMin: 0, seriesMin: 0 };
export const STAGES_MAX = 8;

export function pane(series: Partial<SeriesRule> = {}, more: Partial<PaneRule> = {}): PaneRule {
	return { series: { ...ANY, ...series }, window: null, invert: false, toward: null, ...more };
}

/** The stage with another layout: panes that are kept stay, new ones take any series. */
export function withLayout(stage: Stage, layout: Layout): Stage {
	const panes = Array.from({ length: panesOf(layout) }, (_, i) => stage.panes[i] ?? pane());
	return { ...stage, layout, panes };
}

export function withPane(stage: Stage, at: number, changed: PaneRule): Stage {
	return { ...stage, panes: stage.panes.map((one, i) => (i === at ? changed : one)) };
}

/** The list with the thing at `from` moved by `by`; the same when it would leave the list. */
export function reordered<One>(list: readonly One[], from: number, by: number): readonly One[] {
	const to = from + by;
	const moving = list[from];
	if (moving === undefined || to < 0 || to >= list.length) return list;
	const rest = list.filter((_, i) => i !== from);
	return [...rest.slice(0, to), moving, ...rest.slice(to)];
}

export function isLayout(value: string): value is Layout {
	return ALL_LAYOUTS.some((one) => one === value);
}

/** How many prior studies the stages show. */
export function priorsShown(protocol: Pick<Protocol, "stages">): number {
	return Math.max(0, ...protocol.stages.flatMap((stage) => stage.panes.map((one) => one.series.prior)));
}
