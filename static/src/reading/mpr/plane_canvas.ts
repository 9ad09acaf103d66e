/** A plane in the page: asks for its values when it moves, coarse first, and draws what came. */
import { Store } from "../../kit/store.ts";
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
	readonly step: number;
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
	readonly #frameCanvas: HTMLCanvasElement;
	readonly #frameContext: CanvasRenderingContext2D;
	readonly #painter = new PlanePainter();
	readonly #stops: (() => void)[] = [];
	#image: ImageData | null = null;
	#came: Came | null = null;
	#painted: { voi: unknown; invert: boolean } | null = null;
	#asked: Wish | null = null;
	#version: number | null = null;
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
		this.#frameCanvas = canvas.ownerDocument.createElement("canvas");
		this.#frameContext = context(this.#frameCanvas);
		this.#watchSize();
		this.#stops.push(
			mpr.state.subscribe(() => this.#schedule()),
			station.layer.subscribe((layer) => {
				if (layer?.version !== this.#version) this.#asked = null;
				this.#version = layer?.version ?? null;
				this.#schedule();
			}),
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
		if (sameWish(this.#asked, whole.wish)) return;
		this.#asked = whole.wish;
		if (this.#rest !== null) clearTimeout(this.#rest);
		const draft = this.#wish(true);
		if (this.#came === null || draft.step <= whole.step) {
			void this.#ask(whole.wish, whole.step);
			return;
		}
		void this.#ask(draft.wish, draft.step);
		this.#rest = setTimeout(() => {
			this.#rest = null;
			void this.#ask(whole.wish, whole.step);
		}, REST_MS);
	}

	async #ask(wish: Wish, step: number): Promise<void> {
		const layer = this.#station.layer.value;
		const [values, over] = await Promise.all([
			this.#runner.run(this.#name, wish),
			layer?.values(this.#mpr.series, this.#name, wish) ?? null,
		]);
		if (values === null || this.#closed) return;
		this.#came = { wish, values, over, step };
		this.#painted = null;
		this.#draw();
		this.drawn.set({ count: this.drawn.value.count + 1, whole: step <= this.#wish(false).step });
	}

	#draw(): void {
		const { width, height } = this.#mpr.framing(this.#name).size;
		const ratio = this.#ratio;
		const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
		if (this.#canvas.width !== w) this.#canvas.width = w;
		if (this.#canvas.height !== h) this.#canvas.height = h;
		const ctx = this.#context;
		ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
		ctx.clearRect(0, 0, width, height);
		if (this.#came === null) return;
		this.#paint(this.#came);
		const { grid } = this.#came.wish;
		ctx.imageSmoothingEnabled = this.#came.step * ratio > 1;
		ctx.imageSmoothingQuality = "low";
		const box = { width: grid.width * this.#came.step, height: grid.height * this.#came.step };
		ctx.drawImage(this.#frameCanvas, 0, 0, box.width, box.height);
		const { wish, over } = this.#came;
		const layer = this.#station.layer.value;
		if (over !== null) layer?.drawValues(ctx, this.#name, wish, over, { left: 0, top: 0, ...box });
	}

	#paint({ wish, values }: Came): void {
		const { voi, invert } = this.#mpr.state.value;
		if (this.#painted?.voi === voi && this.#painted.invert === invert) return;
		const { width, height } = wish.grid;
		if (this.#image?.width !== width || this.#image.height !== height) {
			this.#frameCanvas.width = width;
			this.#frameCanvas.height = height;
			this.#image = this.#frameContext.createImageData(width, height);
		}
		const look = { voi, inverse: this.#mpr.volume.form.inverse !== invert };
		this.#painter.paint(values, width, look, new Uint32Array(this.#image.data.buffer));
		this.#frameContext.putImageData(this.#image, 0, 0);
		this.#painted = { voi, invert };
	}
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const found = canvas.getContext("2d");
	if (found === null) throw new Error("this browser gives no 2D canvas");
	return found;
}
