/** Draws a pane on its canvas: the frame, then the measurements over it. */
import type { Frame, Series } from "./manifest.ts";
import { circled, figure, measurementsOn } from "./measurements.ts";
import type { Pane } from "./pane.ts";
import { Painter } from "./picture.ts";
import type { Samples } from "./samples.ts";
import { type Distance, distance, type Point } from "./space.ts";
import type { Station } from "./station.ts";
import { type Placement, placement, toViewport } from "./view.ts";

/** A length that is being drawn. */
export interface Draft {
	readonly from: Point;
	readonly to: Point;
}

export interface Ink {
	readonly own: string;
	readonly halo: string;
	readonly font: string;
}

const LINE_PX = 1.5;
const HALO_PX = 3.5;
const TICK_PX = 5;
const LABEL_OFFSET_PX = 8;

interface Painted {
	readonly samples: Samples;
	readonly voi: unknown;
	readonly invert: boolean;
}

/** Owns the canvas of one pane and a second, invisible one with the frame at its own size. */
export class PaneCanvas {
	readonly #canvas: HTMLCanvasElement;
	readonly #context: CanvasRenderingContext2D;
	readonly #frameCanvas: HTMLCanvasElement;
	readonly #frameContext: CanvasRenderingContext2D;
	readonly #painter = new Painter();
	#image: ImageData | null = null;
	#painted: Painted | null = null;

	constructor(canvas: HTMLCanvasElement) {
		this.#canvas = canvas;
		this.#context = context(canvas);
		this.#frameCanvas = canvas.ownerDocument.createElement("canvas");
		this.#frameContext = context(this.#frameCanvas);
	}

	/** Draws what the pane shows; true when a frame was there to be drawn. */
	draw(station: Station, pane: Pane, draft: Draft | null, ink: Ink, ratio: number): boolean {
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
		this.#paintFrame(pane, frame, samples);
		ctx.imageSmoothingEnabled = true;
		ctx.imageSmoothingQuality = "low";
		ctx.drawImage(
			this.#frameCanvas,
			at.left,
			at.top,
			frame.form.columns * at.scaleX,
			frame.form.rows * at.scaleY,
		);
		this.#drawMeasurements(station, series, frame, at, draft, ink);
		return true;
	}

	#fitCanvas(width: number, height: number): void {
		const w = Math.max(1, Math.round(width));
		const h = Math.max(1, Math.round(height));
		if (this.#canvas.width !== w) this.#canvas.width = w;
		if (this.#canvas.height !== h) this.#canvas.height = h;
	}

	#paintFrame(pane: Pane, frame: Frame, samples: Samples): void {
		const form = frame.form;
		if (form === null) return;
		const voi = pane.voiFor(form, samples);
		const { invert } = pane.state.value;
		const known = this.#painted;
		if (known?.samples === samples && known.voi === voi && known.invert === invert) return;
		if (this.#image?.width !== form.columns || this.#image.height !== form.rows) {
			this.#frameCanvas.width = form.columns;
			this.#frameCanvas.height = form.rows;
			this.#image = this.#frameContext.createImageData(form.columns, form.rows);
		}
		const pixels = new Uint32Array(this.#image.data.buffer);
		this.#painter.paint(form, samples, { voi, invert }, pixels);
		this.#frameContext.putImageData(this.#image, 0, 0);
		this.#painted = { samples, voi, invert };
	}

	#drawMeasurements(
		station: Station,
		series: Series,
		frame: Frame,
		at: Placement,
		draft: Draft | null,
		ink: Ink,
	): void {
		const ledger = station.ledger.value;
		for (const one of measurementsOn(ledger, frame.sopInstanceUid, frame.number)) {
			if (one.seriesUid !== series.uid) continue;
			const order = ledger.current.indexOf(one) + 1;
			this.#line(one.from, one.to, `${circled(order)} ${figure(one.distance)}`, at, ink);
		}
		if (draft === null || frame.form === null) return;
		const size: Distance = distance(draft.from, draft.to, frame.form);
		this.#line(draft.from, draft.to, figure(size), at, ink);
	}

	#line(from: Point, to: Point, label: string, at: Placement, ink: Ink): void {
		const a = toViewport(from, at);
		const b = toViewport(to, at);
		const ctx = this.#context;
		ctx.lineCap = "round";
		const angle = Math.atan2(b.y - a.y, b.x - a.x) + Math.PI / 2;
		const tick = { x: Math.cos(angle) * TICK_PX, y: Math.sin(angle) * TICK_PX };
		ctx.beginPath();
		ctx.moveTo(a.x, a.y);
		ctx.lineTo(b.x, b.y);
		for (const end of [a, b]) {
			ctx.moveTo(end.x - tick.x, end.y - tick.y);
			ctx.lineTo(end.x + tick.x, end.y + tick.y);
		}
		this.#strokeTwice(ink);
		ctx.font = ink.font;
		ctx.textBaseline = "middle";
		ctx.lineJoin = "round";
		const right = a.x > b.x ? a : b;
		ctx.strokeStyle = ink.halo;
		ctx.lineWidth = HALO_PX;
		ctx.strokeText(label, right.x + LABEL_OFFSET_PX, right.y);
		ctx.fillStyle = ink.own;
		ctx.fillText(label, right.x + LABEL_OFFSET_PX, right.y);
	}

	#strokeTwice(ink: Ink): void {
		const ctx = this.#context;
		ctx.strokeStyle = ink.halo;
		ctx.lineWidth = HALO_PX;
		ctx.stroke();
		ctx.strokeStyle = ink.own;
		ctx.lineWidth = LINE_PX;
		ctx.stroke();
	}
}

function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
	const found = canvas.getContext("2d");
	if (found === null) throw new Error("this browser gives no 2D canvas");
	return found;
}
