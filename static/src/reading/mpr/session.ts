/** Opens the planes of the series that is being read, or says why not; goes back to its nearest slice. */
import { say } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { Command } from "../commands.ts";
import { uniformStride } from "../frame_store.ts";
import type { Tool } from "../gesture.ts";
import type { Series, Vector } from "../manifest.ts";
import { frameBytes } from "../samples.ts";
import { dot } from "../space.ts";
import type { Station } from "../station.ts";
import { actsWithin, meanings } from "./acts.ts";
import { contentOf } from "./content.ts";
import { Mpr } from "./mpr.ts";
import { HOME, PLANES, type PlaneName } from "./plane.ts";
import { Resampler } from "./resample.ts";
import { type ResamplerLike, Runner } from "./runner.ts";
import type { MprTextKey, MprWords } from "./texts.ts";
import { indexOf, inside, placeOf, type Refusal, type Volume, volumeOf } from "./volume.ts";

const REFUSALS: Readonly<Record<Refusal, MprTextKey>> = {
	colour: "refusedColour",
	unordered: "refusedUnordered",
	fewSlices: "refusedFewSlices",
	differ: "refusedDiffer",
	irregular: "refusedIrregular",
	table: "refusedTable",
};
const MB = 1_000_000;
const TOOLS_HERE: ReadonlySet<Tool> = new Set(["window", "pan", "zoom", "scroll", "crosshair"]);

export interface Counts {
	readonly loaded: number;
	readonly refused: number;
}

export interface SessionHost {
	readonly station: Station;
	readonly acts: readonly Command[];
	readonly words: () => MprWords;
	readonly makeWorker: () => ResamplerLike;
	readonly workers: number;
	/** Only one plane is shown at first. */
	readonly single: boolean;
	readonly onleave: () => void;
}

/** The plane that a slice is most like. */
export function planeLike(volume: Volume): PlaneName {
	const like = (name: PlaneName): number => Math.abs(dot(HOME[name].normal, volume.normal));
	return PLANES.reduce((best, one) => (like(one) > like(best) ? one : best), "axial");
}

/** The middle of a slice: where the planes cross at first. */
function startOf(volume: Volume, frame: number): Vector {
	const height = volume.heights[volume.frames.indexOf(frame)] ?? 0;
	return inside(volume, placeOf(volume, [(volume.columns - 1) / 2, (volume.rows - 1) / 2, height]));
}

function bytesOf(series: Series): number {
	return series.frames.reduce((sum, { form }) => sum + (form === null ? 0 : frameBytes(form)), 0);
}

export class Session {
	readonly mpr: Mpr;
	readonly runner: Runner;
	/** The acts of the station as they are here. */
	readonly acts: readonly Command[];
	/** How many slices are there, and how many cannot be shown; follows the station. */
	readonly counts = new Store<Counts>({ loaded: 0, refused: 0 });
	readonly #host: SessionHost;
	readonly #toolBefore: Tool;
	readonly #stops: (() => void)[];

	constructor(host: SessionHost, mpr: Mpr) {
		this.mpr = mpr;
		this.#host = host;
		const { series, volume } = mpr;
		this.runner = new Runner({
			volume,
			strideBytes: uniformStride(series),
			content: () => contentOf(host.station, series, volume),
			makeWorker: host.makeWorker,
			workers: host.workers,
		});
		this.runner.warm();
		this.acts = actsWithin(
			host.acts,
			meanings(mpr, host.words, () => this.leave()),
		);
		const { station } = host;
		this.#toolBefore = station.tool.value;
		if (!TOOLS_HERE.has(this.#toolBefore)) station.tool.set("window");
		const { index } = station.activePane.state.value;
		this.#stops = [
			station.arrival.subscribe(() => this.counts.set(this.#count())),
			// Whoever goes to a frame or another series from elsewhere wants to see it.
			station.activePane.state.subscribe((now) => {
				if (now.series !== series || now.index !== index) this.#end();
			}),
		];
	}

	#count(): Counts {
		const { series, volume } = this.mpr;
		const { station } = this.#host;
		const there = station.loadedFrames(series);
		return {
			loaded: volume.frames.filter((frame) => there.has(frame)).length,
			refused: volume.frames.filter((frame) => station.problemOf(series, frame) !== null).length,
		};
	}

	#end(): void {
		this.close();
		const { station, onleave } = this.#host;
		if (!TOOLS_HERE.has(this.#toolBefore)) station.tool.set(this.#toolBefore);
		onleave();
	}

	/** What lies over the images. */
	get layer(): Station["layer"] {
		return this.#host.station.layer;
	}

	/** The value in the volume where the planes cross; null where there is none. */
	valueHere(): number | null {
		const { series, volume, state } = this.mpr;
		const resampler = new Resampler(volume, contentOf(this.#host.station, series, volume));
		const value = resampler.at(...indexOf(volume, state.value.cross));
		return Number.isFinite(value) ? value : null;
	}

	/** Back to the slice nearest to the cross, with the window if it was changed. */
	leave(): void {
		const { mpr } = this;
		this.close();
		const { activePane } = this.#host.station;
		const { chosenVoi } = mpr;
		this.#host.station.act(() => {
			if (chosenVoi !== null) activePane.setVoi(chosenVoi);
			if (mpr.state.value.invert !== activePane.state.value.invert) activePane.toggleInvert();
		});
		activePane.goTo(mpr.frame);
		this.#end();
	}

	close(): void {
		for (const stop of this.#stops) stop();
		this.runner.close();
	}
}

/** The planes of the active pane's series; a text that says why there are none. */
export function openSession(host: SessionHost): Session | string {
	const { station, words, single } = host;
	const pane = station.activePane;
	const { series, index, invert } = pane.state.value;
	const form = pane.frame?.form;
	if (series === null || form == null) return words().refusedEmpty;
	const volume = volumeOf(series, index);
	if (typeof volume === "string") return words()[REFUSALS[volume]];
	if (!station.holdsWhole(series)) {
		return say(words().refusedMemory, { needed: Math.ceil(bytesOf(series) / MB) });
	}
	pane.setPlaying(false);
	const voi = pane.voiFor(form, station.samples(series, index), !station.isPreview(series, index));
	const cross = startOf(volume, index);
	return new Session(host, new Mpr({ series, volume, cross, voi, invert, single, plane: planeLike(volume) }));
}
