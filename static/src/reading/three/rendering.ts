/** One volume rendered: from where it is looked at, by which preset, how coarse while it moves. */
import { Store } from "../../kit/store.ts";
import type { Series, Study } from "../manifest.ts";
import type { Resampler } from "../mpr/resample.ts";
import type { Volume } from "../mpr/volume.ts";
import type { Size } from "../view.ts";
import { type Camera, rotated, type Side, seenFrom, viewOf, zoomed } from "./camera.ts";
import { type CasterLike, Crew } from "./crew.ts";
import { PRESETS, type PresetName, presetsOf } from "./presets.ts";
import { fill, type Layout, layoutOf } from "./voxels.ts";

export interface RenderingState {
	readonly camera: Camera;
	readonly preset: PresetName;
	/** How much of the volume is taken up, 0 to 1. */
	readonly ready: number;
	/** Slices that were there when it was taken up. */
	readonly slices: number;
}

export interface RenderingHost {
	readonly study: Study;
	readonly series: Series;
	readonly volume: Volume;
	/** The window of the images, for what has no unit of its own. */
	readonly window: { readonly center: number; readonly width: number };
	readonly resampler: () => Pick<Resampler, "rows">;
	/** How many slices are there now. */
	readonly slices: () => number;
	/** Cubes to a side, at most. */
	readonly sideMax: number;
	readonly makeWorker: () => CasterLike;
	readonly workers: number;
	/** Memory that workers share; null where the page may not use it. */
	readonly shared: ((bytes: number) => SharedArrayBuffer) | null;
	readonly breathe: () => Promise<void>;
	readonly now: () => number;
}

export interface Picture {
	readonly pixels: Uint32Array<ArrayBuffer>;
	readonly width: number;
	readonly height: number;
	/** It has all its points. */
	readonly whole: boolean;
}

/** Screen pixels for a pixel of the picture while it moves: as many as keep it fluent. */
const COARSE = { first: 4, least: 2, most: 8, up: 1.4, down: 1.25 };
const SLOW_MS = 90;
const QUICK_MS = 35;
/** At rest a picture has no more points than this to a side: nothing finer is in the cubes. */
const WHOLE_SIDE = 640;
const STEP = { moving: 2, whole: 1 };

/** The next coarseness after a picture that took so long. */
export function coarser(scale: number, ms: number): number {
	if (ms > SLOW_MS) return Math.min(COARSE.most, scale * COARSE.up);
	return ms < QUICK_MS ? Math.max(COARSE.least, scale / COARSE.down) : scale;
}

/** CSS pixels for a point of a picture at rest. */
export function finest({ width, height }: Size): number {
	return Math.max(1, Math.max(width, height) / WHOLE_SIDE);
}

export class Rendering {
	readonly state: Store<RenderingState>;
	readonly series: Series;
	readonly study: Study;
	readonly layout: Layout;
	/** Slices of the volume. */
	readonly count: number;
	/** The presets that there are, in the order of their keys. */
	readonly presets: readonly PresetName[];
	readonly #host: RenderingHost;
	readonly #looks: ReturnType<typeof presetsOf>;
	#crew: Crew | null = null;
	#scale = COARSE.first;
	#closed = false;

	constructor(host: RenderingHost) {
		this.#host = host;
		this.series = host.series;
		this.study = host.study;
		this.count = host.volume.frames.length;
		this.layout = layoutOf(host.volume, host.sideMax);
		this.#looks = presetsOf(host.series, host.window);
		this.presets = PRESETS.filter((name) => this.#looks[name] !== undefined);
		const preset = this.presets[0] ?? "mip";
		this.state = new Store({ camera: seenFrom("front"), preset, ready: 0, slices: 0 });
	}

	/** Takes up what there is of the volume, a little at a time. */
	async open(): Promise<void> {
		this.#change({ ready: 0, slices: this.#host.slices() });
		const { shared, breathe, now, resampler, makeWorker, workers } = this.#host;
		const { sides, mm, scale } = this.layout;
		const bytes = 2 * sides[0] * sides[1] * sides[2];
		const values = new Int16Array(shared === null ? new ArrayBuffer(bytes) : shared(bytes));
		const stop = (ready: number): boolean => {
			// Whole is what workers have, not what is ready for them.
			if (!this.#closed && ready < 1) this.#change({ ready });
			return this.#closed;
		};
		if (!(await fill(this.layout, resampler(), values, { breathe, now, stop }))) return;
		this.#crew?.close();
		const voxels = { sides, mm, values };
		const several = shared === null ? Math.min(1, workers) : workers;
		this.#crew = new Crew({ voxels, scale, makeWorker, workers: several, breathe, now });
		this.#change({ ready: 1 });
	}

	/** A picture of a viewport as it is looked at now; null when a newer one is asked for, or it is not ready. */
	async picture(size: Size, moving: boolean): Promise<Picture | null> {
		const crew = this.#crew;
		const { camera, preset } = this.state.value;
		const look = this.#looks[preset];
		if (crew === null || look === undefined) return null;
		const least = finest(size);
		const scale = moving ? Math.max(this.#scale, least) : least;
		const view = viewOf(camera, this.layout, size, scale, moving ? STEP.moving : STEP.whole);
		const began = this.#host.now();
		const pixels = await crew.run({ view, look });
		if (pixels === null) return null;
		if (moving) this.#scale = coarser(this.#scale, this.#host.now() - began);
		return { pixels, width: view.width, height: view.height, whole: !moving };
	}

	rotate(right: number, down: number): void {
		this.#change({ camera: rotated(this.state.value.camera, right, down) });
	}

	zoom(factor: number): void {
		this.#change({ camera: zoomed(this.state.value.camera, factor) });
	}

	lookFrom(side: Side): void {
		this.#change({ camera: seenFrom(side, this.state.value.camera.zoom) });
	}

	use(preset: PresetName): void {
		if (this.#looks[preset] !== undefined) this.#change({ preset });
	}

	/** As it was opened, but for the preset. */
	reset(): void {
		this.#change({ camera: seenFrom("front") });
	}

	close(): void {
		this.#closed = true;
		this.#crew?.close();
		this.#crew = null;
	}

	#change(change: Partial<RenderingState>): void {
		this.state.update((now) => ({ ...now, ...change }));
	}
}
