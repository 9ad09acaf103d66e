/** A plane in the page: asks for its values when it moves, coarse first, and draws what came. */
import { Store } from "../../kit/store.ts";
import type { LabelLayer, Layer, PlaneLabels } from "../layer.ts";
import type { Station } from "../station.ts";
import type { Mpr } from "./mpr.ts";
import { PlanePainter } from "./paint.ts";
import { gridOf, type PlaneName, stepOf } from "./plane.ts";
import type { Runner, Wish } from "./runner.ts";

const RATIO_MAX = 2;
const REST_MS = 120;
const ARRIVALS_MS = 300;

/** Says that two wishes give the same picture. */
export function sameWish(a: Wish | null, b: Wish): boolean {
	return a !== null && JSON.stringify(a) === JSON.stringify(b);
}

export interface DrawnPlane {
	readonly count: number;
	readonly whole: boolean;
}

interface Came {
	readonly wish: Wish;
	readonly values: Float32Array<ArrayBuffer>;
	/** What the layer has in this plane. */
	readonly over: Float32Array<ArrayBuffer> | null;
	readonly labels: PlaneLabels;
	readonly step: number;
}

/** What a drawn picture was made of: the same once more gives the same picture. */
interface Shown {
	readonly came: Came | null;
	readonly voi: unknown;
	readonly invert: boolean;
	readonly layer: Layer | null;
	readonly labels: LabelLayer | null;
}

const NO_LABELS: PlaneLabels = [];

function isSameShown(a: Shown | null, b: Shown): boolean {
	const isSameOver = a?.layer === b.layer && a.labels === b.labels;
	return isSameOver && a?.came === b.came && a.voi === b.voi && a.invert === b.invert;
}

export class PlaneCanvas {
	/** How many planes were put on the screen, and whether the last one has all its points. */
	readonly drawn = new Store<DrawnPlane>({ count: 0, whole: false });
	readonly #station: Station;
	readonly #mpr: Mpr;
	readonly #name: PlaneName;
	readonly #runner: Runner;
	readonly #canvas: HTMLCanvasElement;
	readonly #context: CanvasRenderingContext2D;
	readonly #painter = new PlanePainter();
	readonly #stops: (() => void)[] = [];
	#image: ImageData | null = null;
	#came: Came | null = null;
	/** Values have come that are not on the screen yet. */
	#isNew = false;
	#shown: Shown | null = null;
	#asked: Wish | null = null;
	/** Versions of what lies over the plane. */
	#versions = "";
	#frameRequest = 0;
	#rest: ReturnType<typeof setTimeout> | null = null;
	#late: ReturnType<typeof setTimeout> | null = null;
	#closed = false;

	constructor(station: Station, mpr: Mpr, name: PlaneName, runner: Runner, canvas: HTMLCanvasElement) {
		this.#station = station;
		this.#mpr = mpr;
		this.#name = name;
		this.#runner = runner;
		this.#canvas = canvas;
		this.#context = context(canvas);
		this.#watchSize();
		this.#stops.push(
			mpr.state.subscribe(() => this.#schedule()),
			station.layer.subscribe(() => this.#laid()),
			station.labels.subscribe(() => this.#laid()),
			station.arrival.subscribe((arrival) => {
				if (arrival?.seriesUid === mpr.series.uid) this.#soon();
			}),
		);
	}

	close(): void {
		this.#closed = true;
		cancelAnimationFrame(this.#frameRequest);
		if (this.#rest !== null) clearTimeout(this.#rest);
		if (this.#late !== null) clearTimeout(this.#late);
		for (const stop of this.#stops) stop();
	}

	/** What lies over the plane is another: where it has other values it is asked for anew. */
	#laid(): void {
		const { layer, labels } = this.#station;
		const versions = `${layer.value?.version ?? ""} ${labels.value?.version ?? ""}`;
		if (versions !== this.#versions) this.#asked = null;
		this.#versions = versions;
		this.#schedule();
	}

	#watchSize(): void {
		const around = this.#canvas.parentElement ?? this.#canvas;
		const measure = (): void => {
			const { clientWidth, clientHeight } = around;
			this.#mpr.sizes.set(this.#name, {
				width: Math.max(1, clientWidth),
				height: Math.max(1, clientHeight),
			});
			// Lines and corners lie by the size as well.
			this.#mpr.resized();
		};
		const observer = new ResizeObserver(measure);
		observer.observe(around);
		measure();
		this.#stops.push(() => observer.disconnect());
	}

	/** Slices arrive one after the other: what is seen follows a few times in a second. */
	#soon(): void {
		if (this.#late !== null) return;
		this.#late = setTimeout(() => {
			this.#late = null;
			const { wish, step } = this.#wish(false);
			// While it moves it is asked for anyway.
			if (this.#rest === null) void this.#ask(wish, step);
		}, ARRIVALS_MS);
	}

	#schedule(): void {
		if (this.#frameRequest !== 0) return;
		this.#frameRequest = requestAnimationFrame(() => {
			this.#frameRequest = 0;
			this.#follow();
		});
	}

	get #ratio(): number {
		return Math.min(RATIO_MAX, window.devicePixelRatio || 1);
	}

	#wish(draft: boolean): { wish: Wish; step: number } {
		const framing = this.#mpr.framing(this.#name);
		const step = stepOf(this.#mpr.volume, framing.perMm, this.#ratio, draft);
		const { cross, slab } = this.#mpr.state.value;
		return { wish: { grid: gridOf(framing, cross, step), slab }, step };
	}

	/** Draws what is there in the window of now; asks anew where the plane has moved. */
	#follow(): void {
		const whole = this.#wish(false);
		this.#draw();
		this.#tell(whole.step);
		if (sameWish(this.#asked, whole.wish)) return;
		this.#asked = whole.wish;
		if (this.#rest !== null) clearTimeout(this.#rest);
		const draft = this.#wish(true);
		if (draft.step <= whole.step) {
			void this.#ask(whole.wish, whole.step);
			return;
		}
		const isFirst = this.#came === null;
		void this.#ask(draft.wish, draft.step);
		this.#rest = setTimeout(
			() => {
				this.#rest = null;
				void this.#ask(whole.wish, whole.step);
			},
			isFirst ? 0 : REST_MS,
		);
	}

	#tell(finest: number): void {
		if (!this.#isNew || this.#came === null) return;
		this.#isNew = false;
		this.drawn.set({ count: this.drawn.value.count + 1, whole: this.#came.step <= finest });
	}

	async #ask(wish: Wish, step: number): Promise<void> {
		const { layer, labels } = this.#station;
		const { series } = this.#mpr;
		const [values, over, labelled] = await Promise.all([
			this.#runner.run(this.#name, wish),
			layer.value?.values(series, this.#name, wish) ?? null,
			labels.value?.values(series, this.#name, wish) ?? NO_LABELS,
		]);
		if (values === null || labelled === null || this.#closed) return;
		this.#came = { wish, values, over, labels: labelled, step };
		this.#isNew = true;
		this.#schedule();
	}

	/** Composing a picture costs more than making it: one is drawn only where it is another one, with no more pixels
	 * than there are points, and laid out larger by whoever composes the page. */
	#draw(): void {
		const { voi, invert } = this.#mpr.state.value;
		const { layer, labels } = this.#station;
		const shown = { came: this.#came, voi, invert, layer: layer.value, labels: labels.value };
		if (shown.came === null || isSameShown(this.#shown, shown)) return;
		this.#shown = shown;
		this.#paint(shown.came);
		this.#drawOver(shown.came);
	}

	#drawOver({ wish, over, labels, step }: Came): void {
		this.#context.setTransform(1 / step, 0, 0, 1 / step, 0, 0);
		const box = { left: 0, top: 0, width: wish.grid.width * step, height: wish.grid.height * step };
		const { layer, labels: marked } = this.#station;
		if (over !== null) layer.value?.drawValues(this.#context, this.#name, wish, over, box);
		if (labels.length > 0) marked.value?.draw(this.#context, this.#name, wish, labels, box);
	}

	#paint({ wish, values, step }: Came): void {
		const { voi, invert } = this.#mpr.state.value;
		const { width, height } = wish.grid;
		if (this.#image?.width !== width || this.#image.height !== height) {
			this.#canvas.width = width;
			this.#canvas.height = height;
			this.#image = this.#context.createImageData(width, height);
		}
		this.#canvas.style.width = `${width * step}px`;
		this.#canvas.style.height = `${height * step}px`;
		const look = { voi, inverse: this.#mpr.volume.form.inverse !== invert };
		this.#painter.paint(values, width, look, new Uint32Array(this.#image.data.buffer));
		this.#context.putImageData(this.#image, 0, 0);
	}
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const found = canvas.getContext("2d", { alpha: false });
	if (found === null) throw new Error("this browser gives no 2D canvas");
	return found;
}
