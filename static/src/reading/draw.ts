/** Draws the frame of a pane on its canvas; marks are drawn over it by the tools. */
import type { GlFrame } from "./gl.ts";
import type { Frame, ImageForm } from "./manifest.ts";
import { drawOver } from "./overlay.ts";
import type { Pane } from "./pane.ts";
import { type Look, Painter } from "./picture.ts";
import type { Samples } from "./samples.ts";
import { cover } from "./shutter.ts";
import type { Station } from "./station.ts";
import { placement } from "./view.ts";

interface Painted {
	readonly samples: Samples;
	readonly voi: unknown;
	readonly invert: boolean;
	readonly drawing: Uint8Array | null;
	readonly greys: Uint8Array | null;
}

const EXACT = 1e-6;

/** Owns the canvas of one pane and a second, invisible one with the frame at its own size. */
export class PaneCanvas {
	readonly #canvas: HTMLCanvasElement;
	readonly #context: CanvasRenderingContext2D;
	readonly #frameCanvas: HTMLCanvasElement;
	readonly #frameContext: CanvasRenderingContext2D;
	readonly #painter = new Painter();
	#gl: GlFrame | null = null;
	/** The canvas that holds the frame at its own size. */
	#source: HTMLCanvasElement;
	#image: ImageData | null = null;
	#painted: Painted | null = null;

	constructor(canvas: HTMLCanvasElement) {
		this.#canvas = canvas;
		this.#context = context(canvas);
		this.#frameCanvas = canvas.ownerDocument.createElement("canvas");
		this.#frameContext = context(this.#frameCanvas);
		this.#source = this.#frameCanvas;
	}

	/** From now on frames that it can paint are painted by a graphics card. */
	use(gl: GlFrame): void {
		this.#gl = gl;
		this.#painted = null;
	}

	/** Draws what the pane shows; true when a frame was there to be drawn. */
	draw(station: Station, pane: Pane, ratio: number): boolean {
		const { width, height } = pane.size;
		this.#fitCanvas(width * ratio, height * ratio);
		const ctx = this.#context;
		ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
		ctx.clearRect(0, 0, width, height);
		const { series, index, view } = pane.state.value;
		const frame = pane.frame;
		if (series === null || frame === null || frame.form === null) return false;
		const samples = station.samples(series, index);
		if (samples === undefined) return false;
		const at = placement(frame.form, pane.size, view);
		const drawing = station.drawingOver(series, index);
		this.#paintFrame(
			pane,
			frame,
			samples,
			{ drawing, greys: station.greys.value },
			!station.isPreview(series, index),
		);
		// One image pixel on one device pixel: nothing is mixed, and the picture starts on a whole pixel.
		const exact = [at.scaleX, at.scaleY].every((one) => Math.abs(one * ratio - 1) < EXACT);
		const whole = (edge: number): number => (exact ? Math.round(edge * ratio) / ratio : edge);
		ctx.imageSmoothingEnabled = !exact;
		ctx.imageSmoothingQuality = "low";
		const [left, top] = [whole(at.left), whole(at.top)];
		const [across, down] = [frame.form.columns * at.scaleX, frame.form.rows * at.scaleY];
		ctx.drawImage(this.#source, left, top, across, down);
		station.layer.value?.draw(ctx, pane, { left, top, width: across, height: down });
		return true;
	}

	#fitCanvas(width: number, height: number): void {
		const w = Math.max(1, Math.round(width));
		const h = Math.max(1, Math.round(height));
		if (this.#canvas.width !== w) this.#canvas.width = w;
		if (this.#canvas.height !== h) this.#canvas.height = h;
	}

	#paintFrame(
		pane: Pane,
		frame: Frame,
		samples: Samples,
		{ drawing, greys }: Pick<Painted, "drawing" | "greys">,
		exact: boolean,
	): void {
		const form = frame.form;
		if (form === null) return;
		const voi = pane.voiFor(form, samples, exact);
		const { invert } = pane.state.value;
		const known = this.#painted;
		const same = known?.samples === samples && known.voi === voi && known.invert === invert;
		if (same && known.drawing === drawing && known.greys === greys) return;
		const look = { voi, invert, greys };
		if (drawing !== null || form.shutter !== null || !this.#paintByCard(form, samples, look)) {
			this.#paintByProcessor(form, samples, look, drawing);
		}
		this.#painted = { samples, voi, invert, drawing, greys };
	}

	#paintByCard(form: ImageForm, samples: Samples, look: Look): boolean {
		const gl = this.#gl;
		const table = gl === null ? null : this.#painter.table(form, look);
		if (gl === null || table === null || !gl.paint(form, samples, table)) return false;
		this.#source = gl.canvas;
		return true;
	}

	#paintByProcessor(form: ImageForm, samples: Samples, look: Look, drawing: Uint8Array | null): void {
		if (this.#image?.width !== form.columns || this.#image.height !== form.rows) {
			this.#frameCanvas.width = form.columns;
			this.#frameCanvas.height = form.rows;
			this.#image = this.#frameContext.createImageData(form.columns, form.rows);
		}
		const pixels = new Uint32Array(this.#image.data.buffer);
		this.#painter.paint(form, samples, look, pixels);
		if (drawing !== null) drawOver(drawing, look.invert, pixels);
		if (form.shutter !== null) cover(form.shutter, form.columns, pixels);
		this.#frameContext.putImageData(this.#image, 0, 0);
		this.#source = this.#frameCanvas;
	}
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const found = canvas.getContext("2d", { willReadFrequently: true });
	if (found === null) throw new Error("this browser gives no 2D canvas");
	return found;
}
