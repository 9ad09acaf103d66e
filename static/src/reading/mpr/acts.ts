/** What the keys and buttons of the station mean while planes are shown. Pure but for what they change. */
import type { Command } from "../commands.ts";
import { PRESET_KEYS, presetsFor, presetVoi } from "../presets.ts";
import type { Mpr } from "./mpr.ts";
import type { MprTextKey, MprWords } from "./texts.ts";

/** What works as it does on the images. */
const KEPT: ReadonlySet<string> = new Set([
	"tool.window",
	"tool.pan",
	"tool.zoom",
	"tool.scroll",
	"tool.crosshair",
	"overlays",
	"marks",
	"keys",
	"report.fold",
	"focus",
	"mpr",
	"fusion",
	"rendering",
]);

/** What an act of the station means here. */
export interface Meaning {
	readonly run: () => void;
	readonly label?: () => string;
}

const STEP = 10;
const ZOOM_STEP = 1.25;
const TURN = (5 * Math.PI) / 180;
const NUDGES = [
	["ArrowUp", 0, -1],
	["ArrowDown", 0, 1],
	["ArrowLeft", -1, 0],
	["ArrowRight", 1, 0],
] as const;

export function meanings(mpr: Mpr, words: () => MprWords, leave: () => void): Map<string, Meaning> {
	const active = () => mpr.state.value.active;
	const found = new Map<string, Meaning>();
	const mean = (id: string, run: () => void, key?: MprTextKey): void => {
		found.set(id, key === undefined ? { run } : { run, label: () => words()[key] });
	};
	mean("slice.previous", () => mpr.scroll(active(), -1), "back");
	mean("slice.next", () => mpr.scroll(active(), 1), "onward");
	mean("series.previous", () => mpr.scroll(active(), -STEP), "backTen");
	mean("series.next", () => mpr.scroll(active(), STEP), "onwardTen");
	mean("slice.first", () => mpr.toEnd(active(), false), "firstPlane");
	mean("slice.last", () => mpr.toEnd(active(), true), "lastPlane");
	mean("pane.left", () => mpr.activateNext(-1), "otherPlane");
	mean("pane.right", () => mpr.activateNext(1), "otherPlane");
	mean("zoom.in", () => mpr.zoomCentre(active(), ZOOM_STEP));
	mean("zoom.out", () => mpr.zoomCentre(active(), 1 / ZOOM_STEP));
	mean("fit", () => mpr.fit(active()));
	mean("invert", () => mpr.toggleInvert());
	mean("turn.right", () => mpr.rotate(active(), TURN), "turnRight");
	mean("turn.left", () => mpr.rotate(active(), -TURN), "turnLeft");
	mean("layout", () => mpr.toggleSingle(), mpr.state.value.single ? "threePlanes" : "onePlane");
	mean("reset", () => mpr.reset());
	mean("cancel", leave, "leave");
	mean("mpr.thicker", () => mpr.thicker(1));
	mean("mpr.thinner", () => mpr.thicker(-1));
	mean("mpr.mode", () => mpr.nextMode());
	for (const [key, dx, dy] of NUDGES) {
		mean(`nudge.${key}`, () => mpr.nudge(active(), dx, dy), "moveCross");
		mean(`nudge.far.${key}`, () => mpr.nudge(active(), dx * STEP, dy * STEP), "moveCrossFar");
	}
	for (const key of PRESET_KEYS) mean(`preset.${key}`, () => usePreset(mpr, key));
	return found;
}

function usePreset(mpr: Mpr, key: string): void {
	const { modality, bodyPart } = mpr.series;
	const preset = presetsFor(modality, bodyPart).find((one) => one.key === key);
	if (preset !== undefined) mpr.setVoi(presetVoi(preset));
}

const ALWAYS = (): boolean => true;

/** The acts of the station that there are while planes are shown, with what they mean then. */
export function actsWithin(acts: readonly Command[], here: ReadonlyMap<string, Meaning>): Command[] {
	return acts.flatMap((act) => {
		const meaning = here.get(act.id);
		if (meaning === undefined) return KEPT.has(act.id) ? [act] : [];
		// What the images asked first (a chosen mark) does not hold here; whether there is a preset does.
		const when = act.id.startsWith("preset.") ? act.when : undefined;
		return [{ ...act, ...meaning, when: when ?? ALWAYS }];
	});
}
