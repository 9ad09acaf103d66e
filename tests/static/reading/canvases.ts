/** Canvases that keep what is drawn on them, for a page without a screen. */

export interface Drawn {
	readonly name: string;
	readonly args: readonly unknown[];
	readonly ink: string;
}

/** The calls of a 2D context, in order; `image` is the last that was put. */
export class Pen {
	readonly calls: Drawn[] = [];
	image: Uint32Array | null = null;
	strokeStyle = "";
	fillStyle = "";
	font = "";
	lineWidth = 0;
	lineCap = "";
	lineJoin = "";
	textBaseline = "";
	imageSmoothingEnabled = false;
	imageSmoothingQuality = "";

	#note(name: string, args: readonly unknown[]): void {
		this.calls.push({ name, args, ink: this.strokeStyle });
	}

	setTransform(...args: number[]): void {
		this.#note("setTransform", args);
	}
	clearRect(...args: number[]): void {
		this.#note("clearRect", args);
	}
	beginPath(): void {
		this.#note("beginPath", []);
	}
	moveTo(...args: number[]): void {
		this.#note("moveTo", args);
	}
	lineTo(...args: number[]): void {
		this.#note("lineTo", args);
	}
	stroke(): void {
		this.#note("stroke", []);
	}
	fillText(...args: unknown[]): void {
		this.#note("fillText", args);
	}
	strokeText(...args: unknown[]): void {
		this.#note("strokeText", args);
	}
	drawImage(...args: unknown[]): void {
		this.#note("drawImage", args.slice(1));
	}
	createImageData(width: number, height: number): ImageData {
		const data = new Uint8ClampedArray(width * height * 4);
		return { data, width, height, colorSpace: "srgb" } as unknown as ImageData;
	}
	putImageData(image: ImageData): void {
		this.#note("putImageData", []);
		this.image = new Uint32Array(image.data.buffer.slice(0));
	}

	/** The calls of one name, in order. */
	of(name: string): Drawn[] {
		return this.calls.filter((call) => call.name === name);
	}
}

/** A canvas whose document makes further ones; all their pens, the first being its own. */
export function aCanvas(): { canvas: HTMLCanvasElement; pens: Pen[] } {
	const pens: Pen[] = [];
	const make = (): HTMLCanvasElement => {
		const pen = new Pen();
		pens.push(pen);
		const ownerDocument = { createElement: make };
		return { width: 0, height: 0, getContext: () => pen, ownerDocument } as unknown as HTMLCanvasElement;
	};
	return { canvas: make(), pens };
}
