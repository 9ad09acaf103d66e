/** Every act of the station by name and key; the tool rail, the menu and the keyboard are views of this list. */
import type { Binding } from "../kit/keys.ts";
import type { Words } from "./corners.ts";
import type { Tool } from "./gesture.ts";
import type { Keyed } from "./keymap.ts";
import { columnsOf, neighbour, nextLayout, rowsOf } from "./layout.ts";
import type { PaneState } from "./pane.ts";
import { PRESET_KEYS, presetsFor, presetVoi } from "./presets.ts";
import type { Station } from "./station.ts";

export const TOOLS: readonly { readonly tool: Tool; readonly key: string }[] = [
	{ tool: "window", key: "W" },
	{ tool: "pan", key: "P" },
	{ tool: "zoom", key: "Z" },
	{ tool: "scroll", key: "S" },
	{ tool: "length", key: "L" },
	{ tool: "angle", key: "A" },
	{ tool: "ellipse", key: "E" },
	{ tool: "arrow", key: "T" },
	{ tool: "probe", key: "D" },
];

/** The tools that stand in the menu, not in the rail. */
export const MORE_TOOLS: readonly { readonly tool: Tool; readonly key: string }[] = [
	{ tool: "rectangle", key: "Shift+E" },
	{ tool: "bidirectional", key: "B" },
	{ tool: "cobb", key: "Shift+A" },
	{ tool: "text", key: "Shift+T" },
	{ tool: "ratio", key: "Shift+C" },
	{ tool: "spine", key: "Shift+V" },
	{ tool: "magnifier", key: "F" },
	{ tool: "crosshair", key: "X" },
];

/** The tools that draw nothing. */
const LOOKING: ReadonlySet<Tool> = new Set(["window", "pan", "zoom", "scroll", "magnifier", "crosshair"]);
const ZOOM_STEP = 1.25;
const JUMP_SLICES = 10;

/** What the tools that come after the first image can do. */
export interface ToolActs {
	/** Gives up what is being drawn; true when there was something. */
	cancel(): boolean;
	removeSelected(): void;
	/** Moves the selected mark, or its chosen end, as seen. */
	nudge(dx: number, dy: number): void;
	selectNext(): void;
	nextEnd(): void;
	/** Makes a mark of the chosen tool in the middle. */
	place(): void;
	toggleKey(): void;
	toggleLink(): void;
	showMarks(): void;
	showKeys(): void;
	/** Opens or closes the documents beside the images. */
	showDocuments(): void;
	/** Lays a PET over the images, or takes it off. */
	toggleFusion(): void;
	/** Renders the series in three dimensions, or leaves that. */
	toggleRendering(): void;
}

/** What earlier studies and hanging protocols can do, once they are loaded. */
export interface BesideActs {
	/** Opens the prior that is so many studies newer. */
	priorBy(steps: number): void;
	hidePrior(): void;
	stageBy(steps: number): void;
	showProtocols(): void;
}

export interface Command extends Binding, Keyed {
	readonly keys: Binding["keys"];
}

export interface CommandHost {
	readonly station: Station;
	readonly words: () => Words;
	/** Null until they are loaded. */
	readonly tools: () => ToolActs | null;
	readonly beside: () => BesideActs | null;
	readonly moveFocus: () => void;
	readonly toggleReport: () => void;
	/** Opens or leaves the reconstructed planes. */
	readonly toggleMpr: () => void;
}

export function setPreset(station: Station, key: string): void {
	const { modality, bodyPart } = station.activePane.state.value.series ?? { modality: "", bodyPart: "" };
	const preset = presetsFor(modality, bodyPart).find((one) => one.key === key);
	if (preset !== undefined) station.act(() => station.activePane.setVoi(presetVoi(preset)));
}

/** Corner texts: all, minimal, none, and again. */
export function cycleOverlays(station: Station): void {
	station.overlays.update((now) => (now === "all" ? "minimal" : now === "minimal" ? "none" : "all"));
}

export function togglePlay(station: Station): void {
	const pane = station.activePane;
	const { playing, series } = pane.state.value;
	if ((series?.frames.length ?? 0) > 1 || pane.frame?.video !== undefined) pane.setPlaying(!playing);
}

export function toggleLayout(station: Station): void {
	station.setLayout(nextLayout(station.layout.value));
}

/** Left and right choose the pane; where there is one they turn the slice. */
function sideways(station: Station, step: number): void {
	const layout = station.layout.value;
	if (columnsOf(layout) > 1) station.active.set(neighbour(layout, station.active.value, step, 0));
	else if (rowsOf(layout) > 1) station.active.set(neighbour(layout, station.active.value, 0, step));
	else station.activePane.scroll(step);
}

/** Page keys change the series; in a study of one series they turn ten slices. */
function page(station: Station, step: number): void {
	const images = (station.study.value?.series ?? []).filter((one) => one.kind === "image");
	if (images.length > 1) station.showNextSeries(step);
	else station.activePane.scroll(step * JUMP_SLICES);
}

function toolCommands({ station, words }: CommandHost): Command[] {
	return [...TOOLS, ...MORE_TOOLS].map(({ tool, key }) => ({
		id: `tool.${tool}`,
		keys: key,
		label: () => words()[tool],
		run: () => station.tool.set(tool),
	}));
}

function presetCommands({ station, words }: CommandHost): Command[] {
	const named = (key: string) => {
		const { series } = station.activePane.state.value;
		return presetsFor(series?.modality ?? "", series?.bodyPart).find((one) => one.key === key);
	};
	return PRESET_KEYS.map((key) => ({
		id: `preset.${key}`,
		keys: key,
		label: () => words()[named(key)?.name ?? "presets"],
		run: () => setPreset(station, key),
		when: () => named(key) !== undefined,
	}));
}

function moves({ station, words }: CommandHost): Command[] {
	const pane = () => station.activePane;
	return [
		{
			id: "slice.previous",
			keys: "ArrowUp",
			label: () => words().previousSlice,
			run: () => pane().scroll(-1),
		},
		{ id: "slice.next", keys: "ArrowDown", label: () => words().nextSlice, run: () => pane().scroll(1) },
		{
			id: "pane.left",
			keys: "ArrowLeft",
			label: () => words().otherPane,
			run: () => sideways(station, -1),
			unlisted: true,
		},
		{ id: "pane.right", keys: "ArrowRight", label: () => words().otherPane, run: () => sideways(station, 1) },
		{ id: "slice.first", keys: "Home", label: () => words().firstSlice, run: () => pane().toEnd(false) },
		{
			id: "slice.last",
			keys: "End",
			label: () => words().lastSlice,
			run: () => pane().toEnd(true),
		},
		{
			id: "series.previous",
			keys: "PageUp",
			label: () => words().previousSeries,
			run: () => page(station, -1),
		},
		{ id: "series.next", keys: "PageDown", label: () => words().nextSeries, run: () => page(station, 1) },
	];
}

function looks({ station, words }: CommandHost): Command[] {
	const pane = () => station.activePane;
	const act = (run: () => void) => () => station.act(run);
	return [
		{
			id: "zoom.in",
			keys: ["+", "Shift++"],
			label: () => words().zoomIn,
			run: act(() => pane().zoomCentre(ZOOM_STEP)),
		},
		{
			id: "zoom.out",
			keys: "-",
			label: () => words().zoomOut,
			run: act(() => pane().zoomCentre(1 / ZOOM_STEP)),
		},
		{ id: "fit", keys: "=", label: () => words().fit, run: act(() => pane().fit()) },
		{ id: "invert", keys: "I", label: () => words().invert, run: act(() => pane().toggleInvert()) },
		{ id: "turn.right", keys: "R", label: () => words().turnRight, run: act(() => pane().turnBy(1)) },
		{ id: "turn.left", keys: "Shift+R", label: () => words().turnLeft, run: act(() => pane().turnBy(-1)) },
		{
			id: "flip.sideways",
			keys: "H",
			label: () => words().flipSideways,
			run: act(() => pane().flip("sideways")),
		},
		{ id: "flip.upDown", keys: "V", label: () => words().flipUpDown, run: act(() => pane().flip("upDown")) },
		{ id: "reset", keys: "Space", label: () => words().reset, run: act(() => pane().reset()) },
		{ id: "play", keys: "C", label: () => words().play, run: () => togglePlay(station) },
		{ id: "layout", keys: "G", label: () => words().layout, run: () => toggleLayout(station) },
		{ id: "overlays", keys: "O", label: () => words().overlays, run: () => cycleOverlays(station) },
		{ id: "undo", keys: "Ctrl+Z", label: () => words().undo, run: () => station.undo() },
		{ id: "redo", keys: ["Ctrl+Y", "Ctrl+Shift+Z"], label: () => words().redo, run: () => station.redo() },
	];
}

const NUDGES = [
	["ArrowUp", 0, -1],
	["ArrowDown", 0, 1],
	["ArrowLeft", -1, 0],
	["ArrowRight", 1, 0],
] as const;
const FAR = 10;

/**
 * Arrow keys with Ctrl move the mark that is selected. Alone they turn slices, always: a mark is selected as
 * soon as it is drawn, and whoever goes on reading must not move the end of what was just measured.
 */
function marks({ station, words, tools }: CommandHost): Command[] {
	const when = () => station.selected.value !== null;
	const letGo = (): void => {
		if (tools()?.cancel() !== true) station.selected.set(null);
	};
	return [
		...NUDGES.flatMap(([key, dx, dy], i) => [
			{
				id: `nudge.${key}`,
				keys: `Ctrl+${key}`,
				label: () => words().nudge,
				run: () => tools()?.nudge(dx, dy),
				when,
				unlisted: i > 0,
			},
			{
				id: `nudge.far.${key}`,
				keys: `Ctrl+Shift+${key}`,
				label: () => words().nudgeFar,
				run: () => tools()?.nudge(dx * FAR, dy * FAR),
				when,
				unlisted: i > 0,
			},
		]),
		{ id: "mark.next", keys: "N", label: () => words().nextMark, run: () => tools()?.selectNext() },
		{ id: "mark.end", keys: "Shift+N", label: () => words().nextEnd, run: () => tools()?.nextEnd(), when },
		{
			id: "mark.place",
			keys: "Enter",
			label: () => words().placeMark,
			run: () => tools()?.place(),
			when: () => !LOOKING.has(station.tool.value),
		},
		{
			id: "mark.remove",
			keys: ["Delete", "Backspace"],
			label: () => words().remove,
			run: () => tools()?.removeSelected(),
		},
		{ id: "cancel", keys: "Escape", label: () => words().cancel, run: letGo },
		{ id: "key", keys: "K", label: () => words().keyImage, run: () => tools()?.toggleKey() },
		{ id: "link", keys: "Y", label: () => words().link, run: () => tools()?.toggleLink() },
		{ id: "marks", keys: "Q", label: () => words().marks, run: () => tools()?.showMarks() },
		{
			id: "documents",
			keys: "Shift+F",
			label: () => words().documents,
			run: () => tools()?.showDocuments(),
		},
		{ id: "keys", keys: "Ctrl+K", label: () => words().keys, run: () => tools()?.showKeys() },
	];
}

/** The slab's keys mean something only while planes are shown (`mpr/acts.ts`); the keymap knows them always. */
function planes({ words, tools, toggleMpr }: CommandHost): Command[] {
	const resting = { run: () => undefined, when: () => false };
	return [
		{ id: "mpr", keys: "M", label: () => words().mpr, run: toggleMpr },
		{ id: "rendering", keys: "J", label: () => words().rendering, run: () => tools()?.toggleRendering() },
		{ id: "fusion", keys: "U", label: () => words().fusion, run: () => tools()?.toggleFusion() },
		{ id: "mpr.thicker", keys: "]", label: () => words().thicker, ...resting },
		{ id: "mpr.thinner", keys: "[", label: () => words().thinner, ...resting },
		{ id: "mpr.mode", keys: "Shift+M", label: () => words().slabMode, ...resting },
	];
}

function besides({ words, beside }: CommandHost): Command[] {
	const when = () => beside() !== null;
	const act = (id: string, keys: string, label: () => string, run: (acts: BesideActs) => void): Command => ({
		id,
		keys,
		label,
		run: () => {
			const acts = beside();
			if (acts !== null) run(acts);
		},
		when,
	});
	return [
		act(
			"prior.older",
			"Alt+ArrowLeft",
			() => words().priorOlder,
			(acts) => acts.priorBy(-1),
		),
		act(
			"prior.newer",
			"Alt+ArrowRight",
			() => words().priorNewer,
			(acts) => acts.priorBy(1),
		),
		act(
			"prior.close",
			"Alt+ArrowDown",
			() => words().priorClose,
			(acts) => acts.hidePrior(),
		),
		act(
			"stage.next",
			".",
			() => words().stageNext,
			(acts) => acts.stageBy(1),
		),
		act(
			"stage.previous",
			",",
			() => words().stagePrevious,
			(acts) => acts.stageBy(-1),
		),
		act(
			"hanging",
			"Shift+G",
			() => words().hanging,
			(acts) => acts.showProtocols(),
		),
	];
}

/** The acts of the station with the keys they have by default. None works while text is being written. */
export function commands(host: CommandHost): Command[] {
	return [
		...toolCommands(host),
		...presetCommands(host),
		...moves(host),
		...looks(host),
		...marks(host),
		...planes(host),
		...besides(host),
		{ id: "report.fold", keys: "\\", label: () => host.words().collapseReport, run: host.toggleReport },
		{ id: "focus", keys: "F6", label: () => host.words().moveFocus, run: host.moveFocus, inText: true },
	];
}

/** What asks for the values of pixels or for places in them: a video has neither. */
const NOT_ON_VIDEO =
	/^(tool\.(?!(pan|zoom|scroll)$)|preset\.|nudge|mark\.|(invert|mpr|rendering|fusion|key|link)$)/;

export function isVideo({ series, index }: Pick<PaneState, "series" | "index">): boolean {
	return series?.frames[index]?.video !== undefined;
}

/** The acts that mean something for what a pane shows. */
export function offered(acts: readonly Command[], shown: PaneState | undefined): readonly Command[] {
	if (shown === undefined || !isVideo(shown)) return acts;
	return acts.filter(({ id }) => !NOT_ON_VIDEO.test(id));
}
