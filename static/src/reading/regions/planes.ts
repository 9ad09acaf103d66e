/** The segmentations and structure sets that are shown, over reconstructed planes: made into stacks when a plane
 * first asks for them. */
import type { Box, LabelLayer, PlaneLabels } from "../layer.ts";
import type { Series } from "../manifest.ts";
import type { PlaneName } from "../mpr/plane.ts";
import type { Wish } from "../mpr/runner.ts";
import type { Station } from "../station.ts";
import type { RegionBoard, ShownObject } from "./board.ts";
import { Combos } from "./combos.ts";
import { LabelSampler } from "./label_sampler.ts";
import { partsOf } from "./parts.ts";
import type { RegionWords } from "./texts.ts";
import { type Inks, Tint } from "./tint.ts";
import { Turns } from "./turns.ts";

export interface PlanesHost {
	readonly station: Pick<Station, "labels" | "study">;
	readonly board: Pick<RegionBoard, "shown">;
	/** The frame of reference of a series; empty where it is not known. */
	readonly reference: (series: Series) => string;
	readonly words: () => RegionWords;
	readonly makeCanvas: () => HTMLCanvasElement;
	/** Lets the page breathe between two pieces of work. */
	readonly breathe: () => Promise<void>;
	readonly now: () => number;
}

/** An object in the space of a series. `samplers`: null while it is made. */
interface Made {
	readonly series: Series;
	readonly combos: Combos;
	samplers: readonly LabelSampler[] | null;
}

/** What was painted last for a plane. */
interface Sheet {
	readonly canvas: HTMLCanvasElement;
	numbers: Uint32Array | null;
	look: ShownObject["look"] | null;
}

const PIECE_MS = 8;
const ROWS_AT_ONCE = 8;

export class LabelPlanes {
	readonly #host: PlanesHost;
	readonly #made = new Map<string, Made>();
	readonly #sheets = new Map<string, Sheet>();
	readonly #turns = new Turns<PlaneName>();
	#version = 0;
	#shown = "";

	constructor(host: PlanesHost) {
		this.#host = host;
	}

	/** What is shown, or how, may be another. While nothing is shown planes are asked for nothing. */
	follow(): void {
		const { board, station } = this.#host;
		const uids = board.shown().map(({ uid }) => uid);
		if (uids.join(" ") !== this.#shown) this.#version += 1;
		this.#shown = uids.join(" ");
		station.labels.set(uids.length === 0 ? null : this.#layer());
	}

	#layer(): LabelLayer {
		return {
			version: this.#version,
			values: (series, name, wish) => this.#turns.run(name, () => this.#sampled(series, wish)),
			draw: (context, name, wish, labels, box) => this.#draw(context, name, wish, labels, box),
			said: (series) => this.#said(series),
		};
	}

	/** The labels of the points of a plane, in short pieces. */
	async #sampled(series: Series, { grid, slab }: Wish): Promise<PlaneLabels> {
		const { board, breathe, now } = this.#host;
		const found: { uid: string; numbers: Uint32Array<ArrayBuffer> }[] = [];
		let began = now();
		for (const one of board.shown()) {
			const { samplers } = this.#madeOf(one, series);
			if (samplers === null || samplers.length === 0) continue;
			const numbers = new Uint32Array(grid.width * grid.height);
			for (let y = 0; y < grid.height; y += ROWS_AT_ONCE) {
				if (now() - began > PIECE_MS) {
					await breathe();
					began = now();
				}
				for (const each of samplers)
					each.join(grid, slab, y, Math.min(grid.height, y + ROWS_AT_ONCE), numbers);
			}
			found.push({ uid: one.uid, numbers });
		}
		return found;
	}

	#madeOf(one: ShownObject, series: Series): Made {
		const known = this.#made.get(one.uid);
		if (known?.series === series) return known;
		const made: Made = { series, combos: new Combos(), samplers: null };
		this.#made.set(one.uid, made);
		void this.#make(one, made);
		return made;
	}

	async #make({ object, source }: ShownObject, made: Made): Promise<void> {
		const { station, reference } = this.#host;
		const { series, combos } = made;
		const drawnOn = station.study.value?.series.find(({ uid }) => object.series.includes(uid)) ?? series;
		const stacks = await source.stacks(combos, { series, reference: reference(series), drawnOn });
		made.samplers = stacks.map((stack) => new LabelSampler(stack, combos));
		this.#version += 1;
		this.follow();
	}

	#draw(context: CanvasRenderingContext2D, name: PlaneName, wish: Wish, labels: PlaneLabels, box: Box): void {
		const shown = new Map(this.#host.board.shown().map((one) => [one.uid, one]));
		for (const { uid, numbers } of labels) {
			const [one, made] = [shown.get(uid), this.#made.get(uid)];
			if (one === undefined || made === undefined) continue;
			const sheet = this.#painted(`${name} ${uid}`, one, made.combos, numbers, wish);
			// A point of the grid is a pixel of the canvas: nothing is mixed between two labels.
			context.imageSmoothingEnabled = false;
			context.drawImage(sheet, box.left, box.top, box.width, box.height);
		}
	}

	/** A sheet with these labels, painted anew only where they or their look are others. */
	#painted(
		key: string,
		one: ShownObject,
		combos: Combos,
		numbers: Uint32Array,
		{ grid: { width, height } }: Wish,
	): HTMLCanvasElement {
		const sheet = this.#sheets.get(key) ?? { canvas: this.#host.makeCanvas(), numbers: null, look: null };
		this.#sheets.set(key, sheet);
		if (sheet.numbers === numbers && sheet.look === one.look) return sheet.canvas;
		const context = sheet.canvas.getContext("2d");
		if (context === null) throw new Error("this browser gives no 2D canvas");
		if (sheet.canvas.width !== width) sheet.canvas.width = width;
		if (sheet.canvas.height !== height) sheet.canvas.height = height;
		const image = context.createImageData(width, height);
		new Tint(combos, inksOf(one)).paint(numbers, width, new Uint32Array(image.data.buffer));
		context.putImageData(image, 0, 0);
		[sheet.numbers, sheet.look] = [numbers, one.look];
		return sheet.canvas;
	}

	#said(series: Series): string | null {
		const words = this.#host.words();
		const all = this.#host.board.shown().map(({ uid }) => this.#made.get(uid));
		const here = all.filter((one) => one?.series === series);
		if (here.some((one) => one?.samplers === null)) return words.planesLoading;
		return here.some((one) => (one?.samplers?.length ?? 0) > 0) ? words.overPlanes : null;
	}
}

function inksOf({ object, look, source }: ShownObject): Inks {
	const parts = partsOf(object)
		.filter(({ number }) => !look.hidden.has(number))
		.map(({ number, colour }) => [number, { colour, fill: source.filled ? look.opacity : 0 }] as const);
	return { parts, levels: source.levels };
}
