/** A clear canvas of its own on which a PET is painted, to be drawn over a picture. */
import type { Box } from "../layer.ts";
import { type Look, paintOver } from "./ramp.ts";

export interface Painted {
	readonly values: Float32Array;
	readonly width: number;
	readonly height: number;
	readonly factor: number;
	readonly look: Look;
}

export class Sheet {
	readonly #canvas: HTMLCanvasElement;
	readonly #context: CanvasRenderingContext2D;
	#image: ImageData | null = null;
	#painted: Painted | null = null;

	constructor(canvas: HTMLCanvasElement) {
		const found = canvas.getContext("2d");
		if (found === null) throw new Error("this browser gives no 2D canvas");
		this.#canvas = canvas;
		this.#context = found;
	}

	/** Draws values over `box`, painted anew only where they or their look are others. */
	draw(context: CanvasRenderingContext2D, painted: Painted, { left, top, width, height }: Box): void {
		if (this.#painted?.values !== painted.values || this.#painted.look !== painted.look) this.#paint(painted);
		context.imageSmoothingEnabled = true;
		context.imageSmoothingQuality = "low";
		context.drawImage(this.#canvas, left, top, width, height);
	}

	#paint(painted: Painted): void {
		const { width, height } = painted;
		if (this.#image?.width !== width || this.#image.height !== height) {
			this.#canvas.width = width;
			this.#canvas.height = height;
			this.#image = this.#context.createImageData(width, height);
		}
		paintOver(painted.values, painted.factor, painted.look, new Uint32Array(this.#image.data.buffer));
		this.#context.putImageData(this.#image, 0, 0);
		this.#painted = painted;
	}
}
