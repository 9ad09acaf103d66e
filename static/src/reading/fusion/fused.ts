/** A PET over CT or MR: chosen, windowed, sampled in the planes of the images, for as long as it is on. */
import { say } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import { dicomDateTime, signed } from "../corners.ts";
import { uniformStride } from "../frame_store.ts";
import type { Box, Layer, RegionSaid } from "../layer.ts";
import type { Frame, Series, Vector } from "../manifest.ts";
import { contentOf } from "../mpr/content.ts";
import { finestMm, type PlaneName } from "../mpr/plane.ts";
import { type Content, Resampler, type Slab } from "../mpr/resample.ts";
import { type ResamplerLike, Runner, type Wish } from "../mpr/runner.ts";
import { frameNear, indexOf } from "../mpr/volume.ts";
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import { valueUnit } from "../tools/figures.ts";
import type { Mark } from "../tools/mark.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import { proposedVoi } from "../voi.ts";
import { imageGrid } from "./grid.ts";
import { fits, isPlaced, PET, type Pet } from "./pairing.ts";
import type { Look } from "./ramp.ts";
import { regionSaid } from "./region.ts";
import { Sheet } from "./sheet.ts";
import type { FusionWords } from "./texts.ts";

export interface FusionState {
	readonly pet: Pet;
	readonly look: Look;
}

export interface FusionHost {
	readonly station: Station;
	readonly facts: () => ObjectFacts;
	readonly words: () => FusionWords;
	readonly makeCanvas: () => HTMLCanvasElement;
	readonly makeWorker: () => ResamplerLike;
	readonly workers: number;
}

/** The PET in the plane of one frame. */
interface Plane {
	readonly frame: Frame;
	readonly version: number;
	readonly values: Float32Array;
	readonly width: number;
	readonly height: number;
	readonly step: number;
}

const SUV = "SUVbw";
/** Background of FDG ends about 1, what glows most is seldom to be told apart above 7. */
const SUV_HIGH = 7;
const OPACITY = 0.6;
const THIN: Slab = { mode: "average", thicknessMm: 0 };
const LEAST_WIDTH = 0.01;

/** The window that a PET is first seen in: SUV from 0, else the object's own. */
export function firstLook({ suvFactor, volume }: Pet): Look {
	if (suvFactor !== null) return { low: 0, high: SUV_HIGH, opacity: OPACITY };
	const voi = proposedVoi(volume.form);
	if (voi === null || voi.table !== null)
		return { low: 0, high: 2 ** volume.form.bitsStored, opacity: OPACITY };
	return { low: voi.center - voi.width / 2, high: voi.center + voi.width / 2, opacity: OPACITY };
}

export class Fusion {
	readonly pets: readonly Pet[];
	readonly state: Store<FusionState>;
	readonly #host: FusionHost;
	readonly #planes = new Map<Pane, Plane>();
	readonly #sheets = new Map<Pane | PlaneName, Sheet>();
	readonly #stops: (() => void)[];
	#runner: Runner | null = null;
	/** What of the PET is here. */
	#here: { readonly content: Content; readonly resampler: Resampler } | null = null;
	#version = 0;
	#loaded = -1;

	constructor(host: FusionHost, pets: readonly [Pet, ...Pet[]]) {
		this.#host = host;
		this.pets = pets;
		this.state = new Store({ pet: pets[0], look: firstLook(pets[0]) });
		this.#need(pets[0]);
		this.#stops = [
			this.state.subscribe(() => this.#lay()),
			host.station.progress.subscribe(() => this.#arrived()),
		];
	}

	/** Lays another of the PET series over the images. */
	choose(pet: Pet): void {
		if (pet === this.state.value.pet) return;
		this.#forget();
		this.#need(pet);
		this.state.set({ pet, look: firstLook(pet) });
	}

	/** Has its slices fetched, those nearest to what is looked at first. */
	#need(pet: Pet): void {
		const { station } = this.#host;
		const { frame } = station.activePane;
		const at = frame?.position == null ? 0 : frameNear(pet.volume, frame.position);
		station.needed.set(new Map([[pet.series.uid, at]]));
	}

	setLook(change: Partial<Look>): void {
		this.state.update(({ pet, look }) => {
			const next = { ...look, ...change };
			const opacity = Math.min(1, Math.max(0, next.opacity));
			const high = Math.max(next.high, next.low + LEAST_WIDTH);
			return { pet, look: { low: next.low, high, opacity } };
		});
	}

	/** The unit in which values of the PET are told. */
	get unit(): string {
		const { pet } = this.state.value;
		if (pet.suvFactor !== null) return SUV;
		return valueUnit(pet.volume.form, PET) || this.#host.words().stored;
	}

	/** How many slices of the PET are here, how many cannot be shown, and of how many. */
	get counts(): { readonly loaded: number; readonly refused: number; readonly slices: number } {
		const { series, volume } = this.state.value.pet;
		const { station } = this.#host;
		const there = station.loadedFrames(series);
		return {
			loaded: volume.frames.filter((one) => there.has(one)).length,
			refused: volume.frames.filter((one) => station.problemOf(series, one) !== null).length,
			slices: volume.frames.length,
		};
	}

	/** The value of the PET at a place; null where none lies. */
	valueAt(place: Vector): number | null {
		const { pet } = this.state.value;
		const value = this.#held().resampler.at(...indexOf(pet.volume, place)) * (pet.suvFactor ?? 1);
		return Number.isFinite(value) ? value : null;
	}

	close(): void {
		for (const stop of this.#stops) stop();
		this.#forget();
		this.#host.station.needed.set(new Map());
		this.#host.station.layer.set(null);
	}

	#forget(): void {
		this.#runner?.close();
		this.#runner = null;
		this.#here = null;
		this.#version += 1;
		this.#loaded = -1;
		this.#planes.clear();
	}

	/** More of the PET is here than before. */
	#arrived(): void {
		const { loaded } = this.counts;
		if (loaded === this.#loaded) return;
		this.#loaded = loaded;
		this.#here = null;
		this.#version += 1;
		this.#lay();
	}

	#lay(): void {
		const layer: Layer = {
			version: this.#version,
			draw: (context, pane, box) => this.#draw(context, pane, box),
			values: (series, name, wish) => this.#values(series, name, wish),
			drawValues: (context, name, wish, values, box) => {
				const { width, height } = wish.grid;
				this.#paint(context, name, { values, width, height }, box);
			},
			said: (series) => this.said(series),
			valueSaid: (series, place) => this.valueSaid(series, place),
			regionSaid: (series, frame, mark) => this.regionSaid(series, frame, mark),
		};
		this.#host.station.layer.set(layer);
	}

	#fits(series: Series): boolean {
		return fits(series, this.state.value.pet, this.#host.facts());
	}

	#held(): { readonly content: Content; readonly resampler: Resampler } {
		if (this.#here !== null) return this.#here;
		const { series, volume } = this.state.value.pet;
		const content = contentOf(this.#host.station, series, volume);
		this.#here = { content, resampler: new Resampler(volume, content) };
		return this.#here;
	}

	#draw(context: CanvasRenderingContext2D, pane: Pane, box: Box): void {
		const { series } = pane.state.value;
		const { frame } = pane;
		if (series === null || !isPlaced(frame) || !this.#fits(series)) return;
		const plane = this.#planeOf(pane, frame);
		if (plane === null) return;
		const { rows, columns } = frame.form ?? { rows: 1, columns: 1 };
		// The last points of a large image may reach beyond it.
		const [across, down] = [(plane.width * plane.step) / columns, (plane.height * plane.step) / rows];
		this.#paint(context, pane, plane, { ...box, width: box.width * across, height: box.height * down });
	}

	/** Never that of another slice: what is not sampled yet is sampled now. */
	#planeOf(pane: Pane, frame: Frame): Plane | null {
		const known = this.#planes.get(pane);
		if (known?.frame === frame && known.version === this.#version) return known;
		const lying = imageGrid(frame, finestMm(this.state.value.pet.volume));
		if (lying === null) return null;
		const { grid, step } = lying;
		const values = this.#held().resampler.rows(grid, THIN, 0, grid.height);
		const { width, height } = grid;
		const plane = { frame, version: this.#version, values, width, height, step };
		this.#planes.set(pane, plane);
		return plane;
	}

	#paint(
		context: CanvasRenderingContext2D,
		of: Pane | PlaneName,
		plane: Pick<Plane, "values" | "width" | "height">,
		box: Box,
	): void {
		const { pet, look } = this.state.value;
		const sheet = this.#sheets.get(of) ?? new Sheet(this.#host.makeCanvas());
		this.#sheets.set(of, sheet);
		sheet.draw(context, { ...plane, factor: pet.suvFactor ?? 1, look }, box);
	}

	async #values(series: Series, name: PlaneName, wish: Wish): Promise<Float32Array<ArrayBuffer> | null> {
		if (!this.#fits(series)) return null;
		const { station, makeWorker, workers } = this.#host;
		const { pet } = this.state.value;
		this.#runner ??= new Runner({
			volume: pet.volume,
			strideBytes: uniformStride(pet.series),
			content: () => contentOf(station, pet.series, pet.volume),
			makeWorker,
			workers,
		});
		return this.#runner.run(name, wish);
	}

	said(series: Series): string | null {
		const words = this.#host.words();
		const { pet } = this.state.value;
		if (series.modality === PET) return null;
		if (!this.#fits(series)) return words.notHere;
		const { loaded, refused, slices } = this.counts;
		const { study } = this.#host.station;
		const prior = pet.study !== study.value;
		return [
			words.fused,
			prior ? say(words.ofPrior, { date: dicomDateTime(pet.study.date, "") }) : "",
			loaded + refused < slices ? say(words.loading, { loaded, slices }) : "",
			refused > 0 ? say(words.missing, { count: refused }) : "",
		]
			.filter((part) => part !== "")
			.join(" · ");
	}

	valueSaid(series: Series, place: Vector): string | null {
		const value = this.#fits(series) ? this.valueAt(place) : null;
		if (value === null) return null;
		return say(this.#host.words().value, { value: signed(value, 2), unit: ` ${this.unit}` });
	}

	regionSaid(series: Series, frame: Frame, mark: Pick<Mark, "kind" | "points">): RegionSaid | null {
		if (!isPlaced(frame) || !this.#fits(series)) return null;
		const told = { unit: this.unit, words: this.#host.words() };
		return regionSaid(this.state.value.pet, this.#held().content, frame, mark, told);
	}
}
