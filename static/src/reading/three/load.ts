/** The door to three-dimensional rendering: fetched when somebody first asks for it, never before. */
import { t } from "../../kit/i18n.ts";
import { showToast } from "../../ui/toasts.ts";
import { resamplersHere } from "../mpr/abreast.ts";
import { contentOf } from "../mpr/content.ts";
import { Resampler } from "../mpr/resample.ts";
import { volumeOf } from "../mpr/volume.ts";
import { hasRoomForOne } from "../open.ts";
import type { Station } from "../station.ts";
import type { CasterLike } from "./crew.ts";
import { Rendering, type RenderingHost } from "./rendering.ts";
import { type ThreeWords, threeTexts } from "./texts.ts";

const RENDERED: ReadonlySet<string> = new Set(["CT", "MR"]);
/** Cubes to a side: 32 MB of values at most, 4 MB on a phone. */
const SIDE_MAX = { desk: 256, phone: 128 };

export type Machine = Pick<
	RenderingHost,
	"sideMax" | "makeWorker" | "workers" | "shared" | "breathe" | "now"
>;

/** The series of the active pane as a volume to be rendered; a text that says why it is not. */
export function renderingOf(station: Station, words: ThreeWords, machine: Machine): Rendering | string {
	const pane = station.activePane;
	const { series, index } = pane.state.value;
	const form = pane.frame?.form;
	const study = station.studyOf(series?.uid);
	if (series === null || form == null || study === null) return words.refusedEmpty;
	if (!RENDERED.has(series.modality)) return words.refusedKind;
	const volume = volumeOf(series, index);
	if (typeof volume === "string") return words.refusedVolume;
	if (!station.holdsWhole(series)) return words.refusedMemory;
	pane.setPlaying(false);
	const window = pane.voiFor(form, station.samples(series, index), !station.isPreview(series, index));
	const resampler = (): Resampler => new Resampler(volume, contentOf(station, series, volume));
	const slices = (): number => {
		const there = station.loadedFrames(series);
		return volume.frames.filter((one) => there.has(one)).length;
	};
	return new Rendering({ ...machine, study, series, volume, window, resampler, slices });
}

function machineHere(): Machine {
	return {
		sideMax: hasRoomForOne() ? SIDE_MAX.phone : SIDE_MAX.desk,
		makeWorker: () =>
			new Worker(new URL("./cast_worker.ts", import.meta.url), { type: "module" }) as unknown as CasterLike,
		workers: resamplersHere() + 1,
		shared: globalThis.crossOriginIsolated ? (bytes) => new SharedArrayBuffer(bytes) : null,
		breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
		now: () => performance.now(),
	};
}

/** The same in this page; null when there is none, which is said. */
export function openRendering(station: Station): Rendering | null {
	const opened = renderingOf(station, t(threeTexts), machineHere());
	if (typeof opened !== "string") return opened;
	showToast({ kind: "info", text: opened });
	return null;
}
