/** The two canvases of a paper: sizes them, redraws only what changed, tells when a trace was first seen. */
import { drawGrid, drawTraces, type Inks, type Room, type Sheet, sheetOf } from "./drawing.ts";
import type { Page } from "./layout.ts";
import type { Recording } from "./recording.ts";

export const PAINTED_MARK = "lianzhen:ecg-painted";

export interface Scene {
	readonly page: Page;
	readonly recording: Recording;
	readonly pxPerMm: number;
	readonly room: Room;
	readonly devicePixelRatio: number;
	readonly stripWord: string;
}

function inksOf(element: Element): Inks {
	const style = getComputedStyle(element);
	const ink = (name: string): string => style.getPropertyValue(name).trim();
	return {
		paper: ink("--paper"),
		minor: ink("--paper-minor"),
		major: ink("--paper-major"),
		trace: ink("--trace"),
		label: ink("--trace"),
		font: style.fontFamily,
	};
}

function sized(canvas: HTMLCanvasElement, sheet: Sheet): void {
	const width = Math.round(sheet.widthPx * sheet.ratio);
	const height = Math.round(sheet.heightPx * sheet.ratio);
	if (canvas.width !== width) canvas.width = width;
	if (canvas.height !== height) canvas.height = height;
	// The bitmap has whole device pixels, so its CSS size is theirs: a stretched bitmap would not be true.
	canvas.style.width = `${width / sheet.ratio}px`;
	canvas.style.height = `${height / sheet.ratio}px`;
}

export class Surface {
	readonly #grid: HTMLCanvasElement;
	readonly #traces: HTMLCanvasElement;
	#gridDrawn = "";
	#painted = false;

	constructor(grid: HTMLCanvasElement, traces: HTMLCanvasElement) {
		this.#grid = grid;
		this.#traces = traces;
	}

	show(scene: Scene): void {
		const sheet = sheetOf(scene.page, scene.pxPerMm, scene.room, scene.devicePixelRatio);
		const grid = this.#grid.getContext("2d");
		const traces = this.#traces.getContext("2d");
		if (!grid || !traces) return;
		const inks = inksOf(this.#grid);
		const gridKey = JSON.stringify([sheet, inks]);
		if (gridKey !== this.#gridDrawn) {
			sized(this.#grid, sheet);
			drawGrid(grid, sheet, inks);
			this.#gridDrawn = gridKey;
		}
		sized(this.#traces, sheet);
		drawTraces(traces, scene.page, scene.recording, sheet, inks, scene.stripWord);
		this.#markPainted();
	}

	/** After the frame that presents the first trace: the callback after the next frame's. */
	#markPainted(): void {
		if (this.#painted) return;
		this.#painted = true;
		requestAnimationFrame(() => setTimeout(() => performance.mark(PAINTED_MARK)));
	}
}
