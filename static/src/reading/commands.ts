/** Every act of the station by name and key; the tool rail and the keyboard are two views of this list. */
import type { Binding } from "../kit/keys.ts";
import type { Words } from "./corners.ts";
import type { Tool } from "./gesture.ts";
import { redone, undone } from "./measurements.ts";
import { presetsFor, presetVoi } from "./presets.ts";
import type { Station } from "./station.ts";

export const TOOLS: readonly { readonly tool: Tool; readonly key: string }[] = [
	{ tool: "window", key: "W" },
	{ tool: "pan", key: "P" },
	{ tool: "zoom", key: "Z" },
	{ tool: "scroll", key: "S" },
	{ tool: "length", key: "L" },
];

const ZOOM_STEP = 1.25;
const JUMP_SLICES = 10;

export interface CommandHost {
	readonly station: Station;
	readonly words: () => Words;
	/** Acts of the pane that is drawn as active. */
	readonly cancel: () => void;
	readonly removeMeasurement: () => void;
	readonly moveFocus: () => void;
	readonly toggleReport: () => void;
}

export function setPreset(station: Station, key: string): void {
	const modality = station.activePane.state.value.series?.modality ?? "";
	const preset = presetsFor(modality).find((one) => one.key === key);
	if (preset !== undefined) station.activePane.setVoi(presetVoi(preset));
}

/** Corner texts: all, minimal, none, and again. */
export function cycleOverlays(station: Station): void {
	station.overlays.update((now) => (now === "all" ? "minimal" : now === "minimal" ? "none" : "all"));
}

export function togglePlay(station: Station): void {
	const pane = station.activePane;
	const { playing, series } = pane.state.value;
	if ((series?.frames.length ?? 0) > 1) pane.setPlaying(!playing);
}

export function toggleLayout(station: Station): void {
	station.setShownPanes(station.shownPanes.value === 1 ? 2 : 1);
}

/** Left and right choose the pane; where there is one they turn the slice. */
function sideways(station: Station, step: number): void {
	if (station.shownPanes.value === 1) station.activePane.scroll(step);
	else station.active.set(step < 0 ? 0 : 1);
}

/** Page keys change the series; in a study of one series they turn ten slices. */
function page(station: Station, step: number): void {
	const images = (station.study.value?.series ?? []).filter((one) => one.kind === "image");
	if (images.length > 1) station.showNextSeries(step);
	else station.activePane.scroll(step * JUMP_SLICES);
}

/** The keyboard of the station. None works while text is being written. */
export function bindings(host: CommandHost): Binding[] {
	const { station, words } = host;
	const pane = () => station.activePane;
	const ct = () => presetsFor(pane().state.value.series?.modality ?? "").length > 0;
	return [
		...TOOLS.map(({ tool, key }) => ({
			keys: key,
			label: () => words()[tool],
			run: () => station.tool.set(tool),
		})),
		...presetsFor("CT").map(({ key, name }) => ({
			keys: key,
			label: () => words()[name],
			run: () => setPreset(station, key),
			when: ct,
		})),
		{ keys: "ArrowUp", label: () => words().previousSlice, run: () => pane().scroll(-1) },
		{ keys: "ArrowDown", label: () => words().nextSlice, run: () => pane().scroll(1) },
		{ keys: "ArrowLeft", label: () => words().otherPane, run: () => sideways(station, -1), unlisted: true },
		{ keys: "ArrowRight", label: () => words().otherPane, run: () => sideways(station, 1) },
		{ keys: "Home", label: () => words().firstSlice, run: () => pane().goTo(0) },
		{ keys: "End", label: () => words().lastSlice, run: () => pane().goTo(Number.MAX_SAFE_INTEGER) },
		{ keys: "PageUp", label: () => words().previousSeries, run: () => page(station, -1) },
		{ keys: "PageDown", label: () => words().nextSeries, run: () => page(station, 1) },
		{ keys: ["+", "Shift++"], label: () => words().zoomIn, run: () => pane().zoomCentre(ZOOM_STEP) },
		{ keys: "-", label: () => words().zoomOut, run: () => pane().zoomCentre(1 / ZOOM_STEP) },
		{ keys: "=", label: () => words().reset, run: () => pane().fit(), unlisted: true },
		{ keys: "I", label: () => words().invert, run: () => pane().toggleInvert() },
		{ keys: "Space", label: () => words().reset, run: () => pane().reset() },
		{ keys: "C", label: () => words().play, run: () => togglePlay(station) },
		{ keys: "G", label: () => words().layout, run: () => toggleLayout(station) },
		{ keys: "O", label: () => words().overlays, run: () => cycleOverlays(station) },
		{ keys: "Ctrl+Z", label: () => words().undo, run: () => station.ledger.update(undone) },
		{ keys: ["Ctrl+Y", "Ctrl+Shift+Z"], label: () => words().redo, run: () => station.ledger.update(redone) },
		{ keys: ["Delete", "Backspace"], label: () => words().remove, run: host.removeMeasurement },
		{ keys: "Escape", label: () => words().cancel, run: host.cancel },
		{ keys: "\\", label: () => words().collapseReport, run: host.toggleReport },
		{ keys: "F6", label: () => words().moveFocus, run: host.moveFocus, inText: true },
	];
}
