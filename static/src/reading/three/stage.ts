/** The picture of a rendering in the page: coarse while it moves, whole at rest. */
import { Store } from "../../kit/store.ts";
import type { Size } from "../view.ts";
import type { Picture, Rendering } from "./rendering.ts";

export interface Shown {
	/** How many pictures were put on the screen, and whether the last one has all its points. */
	readonly count: number;
	readonly whole: boolean;
}

const REST_MS = 180;

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const found = canvas.getContext("2d");
	if (found === null) throw new Error("this browser gives no 2D canvas");
	return found;
}

export class Stage {
	readonly shown = new Store<Shown>({ count: 0, whole: false });
	readonly #rendering: Rendering;
	readonly #canvas: HTMLCanvasElement;
	readonly #context: CanvasRenderingContext2D;
	readonly #inner: HTMLCanvasElement;
	readonly #innerContext: CanvasRenderingContext2D;
	readonly #stops: (() => void)[] = [];
	#size: Size = { width: 1, height: 1 };
	#asked = 0;
	#rest: ReturnType<typeof setTimeout> | null = null;
	#closed = false;

	constructor(rendering: Rendering, canvas: HTMLCanvasElement) {
		this.#rendering = rendering;
		this.#canvas = canvas;
		this.#context = context(canvas);
		this.#inner = canvas.ownerDocument.createElement("canvas");
		this.#innerContext = context(this.#inner);
		this.#watchSize();
		this.#stops.push(rendering.state.subscribe(() => this.#soon()));
	}

	close(): void {
		this.#closed = true;
		cancelAnimationFrame(this.#asked);
		if (this.#rest !== null) clearTimeout(this.#rest);
		for (const stop of this.#stops) stop();
	}

	#watchSize(): void {
		const around = this.#canvas.parentElement ?? this.#canvas;
		const measure = (): void => {
			this.#size = { width: Math.max(1, around.clientWidth), height: Math.max(1, around.clientHeight) };
			this.#soon();
		};
		const observer = new ResizeObserver(measure);
		observer.observe(around);
		measure();
		this.#stops.push(() => observer.disconnect());
	}

	#soon(): void {
		if (this.#asked !== 0) return;
		this.#asked = requestAnimationFrame(() => {
			this.#asked = 0;
			if (this.#rest !== null) clearTimeout(this.#rest);
			this.#rest = setTimeout(() => void this.#ask(false), REST_MS);
			void this.#ask(true);
		});
	}

	async #ask(moving: boolean): Promise<void> {
		const picture = await this.#rendering.picture(this.#size, moving);
		if (picture === null || this.#closed) return;
		this.#draw(picture);
		this.shown.set({ count: this.shown.value.count + 1, whole: picture.whole });
	}

	#draw({ pixels, width, height }: Picture): void {
		const { width: w, height: h } = this.#size;
		this.#inner.width = width;
		this.#inner.height = height;
		const image = this.#innerContext.createImageData(width, height);
		new Uint32Array(image.data.buffer).set(pixels);
		this.#innerContext.putImageData(image, 0, 0);
		this.#canvas.width = Math.round(w);
		this.#canvas.height = Math.round(h);
		this.#context.imageSmoothingEnabled = true;
		this.#context.drawImage(this.#inner, 0, 0, w, h);
	}
}
