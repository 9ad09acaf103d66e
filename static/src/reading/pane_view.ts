/** A pane in the page: its canvas, pointers and repainting. Everything it decides comes from pure modules. */
import { Store } from "../kit/store.ts";
import { PaneCanvas } from "./draw.ts";
import {
	type Act,
	actOfButtons,
	type Hand,
	LEFT,
	slicesOfDrag,
	slicesOfWheel,
	Taps,
	type Touch,
	windowStep,
	zoomFactor,
} from "./gesture.ts";
import type { ImageForm } from "./manifest.ts";
import type { Pane } from "./pane.ts";
import { isColour } from "./picture.ts";
import type { Point } from "./space.ts";
import type { Snapshot, Station } from "./station.ts";
import { canvasDirection, canvasPoint, canvasSize, cssTransform, type Turn, UPRIGHT } from "./turn.ts";
import { placement, type Size, zoomPercent } from "./view.ts";
import type { Voi } from "./voi.ts";

/** What the corners need besides the pane's state; a new value after each repaint that changes it. */
export interface Drawn {
	readonly arrived: boolean;
	/** The finest details are still on their way. */
	readonly preview: boolean;
	readonly voi: Voi | null;
	readonly zoomPercent: number;
	readonly loaded: number;
	readonly problem: string | null;
}

const NOTHING_DRAWN: Drawn = {
	arrived: false,
	preview: false,
	voi: null,
	zoomPercent: 100,
	loaded: 0,
	problem: null,
};
const RATIO_MAX = 2;
const LARGE_PIXELS = 4_000_000;

function isLarge(form: ImageForm | null | undefined): boolean {
	return form != null && form.columns * form.rows >= LARGE_PIXELS;
}

export class PaneView {
	readonly drawn = new Store<Drawn>(NOTHING_DRAWN);
	/** The size of the viewport in CSS pixels, however the picture is turned. */
	readonly size = new Store<Size>({ width: 1, height: 1 });
	/** Marks and other tools, once they are loaded. */
	hand: Hand | null = null;
	readonly #station: Station;
	readonly #pane: Pane;
	readonly #canvas: HTMLCanvasElement;
	readonly #picture: PaneCanvas;
	readonly #onPresented: () => void;
	readonly #stops: (() => void)[] = [];
	readonly #pointers = new Map<number, Point>();
	readonly #taps = new Taps();
	#frameRequest = 0;
	#act: Act = "none";
	#taken = false;
	#before: Snapshot | null = null;
	#laid: Turn = UPRIGHT;
	#rest = 0;
	#presented = false;
	#sought = false;
	/** Pixels at the bottom that are left to the controls of a video. */
	#left = 0;

	constructor(station: Station, pane: Pane, canvas: HTMLCanvasElement, onPresented: () => void) {
		this.#station = station;
		this.#pane = pane;
		this.#canvas = canvas;
		this.#picture = new PaneCanvas(canvas);
		this.#onPresented = onPresented;
		this.#watchSize();
		this.#stops.push(
			pane.state.subscribe(() => this.#schedule()),
			pane.sizing.subscribe(() => this.#schedule()),
			station.overlays.subscribe(() => this.#schedule()),
			station.greys.subscribe(() => this.#schedule()),
			station.layer.subscribe(() => this.#schedule()),
			station.arrival.subscribe((arrival) => {
				const { series, index } = pane.state.value;
				if (arrival?.seriesUid === series?.uid && arrival?.frame === index) this.#schedule();
			}),
			// What is not on screen changes figures, not the picture: composing that again would cost more than decoding.
			station.progress.subscribe(() => this.#describe()),
		);
		this.#listen();
	}

	/** A graphics card takes the painting over where there is one; nothing waits for it. For small frames none is
	 * sought: to ask alone took 0.3 to 0.9 s of the page where software plays the card. */
	async #seekCard(): Promise<void> {
		this.#sought = true;
		const { openCard } = await import("./gl.ts");
		const card = openCard(document.createElement("canvas"));
		if (card === null) return;
		this.#picture.use(card);
		this.#schedule();
	}

	close(): void {
		cancelAnimationFrame(this.#frameRequest);
		for (const stop of this.#stops) stop();
	}

	/** Leaves so many pixels at the bottom of the viewport to something else. */
	leave(pixels: number): void {
		this.#left = pixels;
		this.#canvas.parentElement?.style.setProperty("--controls", `${pixels}px`);
		this.#lay();
		this.#schedule();
	}

	/** Gives up what is being drawn; true when there was something. */
	cancel(): boolean {
		this.#act = "none";
		return this.hand?.cancel() ?? false;
	}

	get canvas(): HTMLCanvasElement {
		return this.#canvas;
	}

	#watchSize(): void {
		const around = this.#canvas.parentElement ?? this.#canvas;
		const measure = (): void => {
			const { clientWidth, clientHeight } = around;
			this.size.set({ width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) });
			this.#lay();
			this.#schedule();
		};
		const observer = new ResizeObserver(measure);
		observer.observe(around);
		measure();
		this.#stops.push(() => observer.disconnect());
	}

	/** Gives the canvas its size and turn. */
	#lay(): void {
		const { turn } = this.#pane.state.value;
		this.#laid = turn;
		const { width, height } = this.size.value;
		const size = canvasSize({ width, height: Math.max(1, height - this.#left) }, turn);
		this.#pane.size = size;
		const { style } = this.#canvas;
		style.width = `${size.width}px`;
		style.height = `${size.height}px`;
		style.transform = cssTransform(size, turn);
		this.#pane.resized();
	}

	#schedule(): void {
		if (this.#frameRequest !== 0) return;
		this.#frameRequest = requestAnimationFrame(() => {
			this.#frameRequest = 0;
			this.#repaint();
		});
	}

	#repaint(): void {
		const most = this.#pane.sizing.value?.exact === true ? Number.POSITIVE_INFINITY : RATIO_MAX;
		const ratio = Math.min(most, window.devicePixelRatio || 1);
		if (this.#laid !== this.#pane.state.value.turn) this.#lay();
		const done = this.#picture.draw(this.#station, this.#pane, ratio);
		if (done && !this.#sought && isLarge(this.#pane.frame?.form)) void this.#seekCard();
		this.#describe();
		if (!done || this.#presented) return;
		this.#presented = true;
		// The frame that is being made now shows it: the next one begins after it was presented.
		requestAnimationFrame(this.#onPresented);
	}

	#describe(): void {
		const { series, index } = this.#pane.state.value;
		const form = this.#pane.frame?.form ?? null;
		if (series === null) {
			this.drawn.set(NOTHING_DRAWN);
			return;
		}
		const samples = this.#station.samples(series, index);
		const arrived = form !== null && samples !== undefined;
		const at = form === null ? null : placement(form, this.#pane.size, this.#pane.state.value.view);
		const preview = this.#station.isPreview(series, index);
		this.drawn.set({
			arrived,
			preview,
			voi: form === null || isColour(form) ? null : this.#pane.voiFor(form, samples, !preview),
			zoomPercent: at === null ? 100 : zoomPercent(at),
			loaded: this.#station.loadedCount(series),
			problem: arrived ? null : this.#station.problemOf(series, index),
		});
	}

	#listen(): void {
		const on = <K extends keyof HTMLElementEventMap>(
			name: K,
			run: (event: HTMLElementEventMap[K]) => void,
		): void => {
			this.#canvas.addEventListener(name, run, { passive: false });
			this.#stops.push(() => this.#canvas.removeEventListener(name, run));
		};
		on("pointerdown", (event) => this.#down(event));
		on("pointermove", (event) => this.#move(event));
		on("pointerup", (event) => this.#up(event));
		on("pointercancel", (event) => this.#up(event));
		on("contextmenu", (event) => event.preventDefault());
		on("auxclick", (event) => event.preventDefault());
		on("wheel", (event) => this.#wheel(event));
	}

	#point(event: MouseEvent): Point {
		const box = this.#canvas.getBoundingClientRect();
		return { x: event.clientX - box.left, y: event.clientY - box.top };
	}

	#touch(event: PointerEvent): Touch {
		return { seen: this.#point(event), finger: event.pointerType === "touch" };
	}

	#down(event: PointerEvent): void {
		this.#canvas.setPointerCapture(event.pointerId);
		if (event.button === 1) event.preventDefault();
		const station = this.#station;
		if (this.#pointers.size === 0) this.#before = station.snapshot();
		this.#pointers.set(event.pointerId, this.#point(event));
		station.active.set(station.panes.indexOf(this.#pane));
		this.#rest = 0;
		const several = this.#pointers.size > 1;
		if (several) this.cancel();
		this.#act = several ? "none" : actOfButtons(event.buttons, station.tool.value);
		this.#taps.down(several || event.pointerType !== "touch" ? null : this.#point(event));
		this.#taken = !several && event.buttons === LEFT && (this.hand?.down(this.#touch(event)) ?? false);
	}

	#move(event: PointerEvent): void {
		const before = this.#pointers.get(event.pointerId);
		const point = this.#point(event);
		if (before === undefined || this.#taken) {
			this.hand?.move(this.#touch(event));
			return;
		}
		this.#pointers.set(event.pointerId, point);
		if (this.#pointers.size > 1) {
			this.#pinch(event.pointerId, before, point);
			return;
		}
		// A second button pressed while the first is held (left + right scrolls) arrives as a move.
		const act = actOfButtons(event.buttons, this.#station.tool.value);
		if (act !== this.#act && act !== "none") this.#act = act;
		this.#drag(point.x - before.x, point.y - before.y);
	}

	#drag(dx: number, dy: number): void {
		const pane = this.#pane;
		const film = pane.frame?.video !== undefined;
		if (this.#act === "window" && !film) this.#dragWindow(dx, dy);
		else if (this.#act === "pan" || this.#act === "window") this.#pan(dx, dy);
		else if (this.#act === "zoom") pane.zoomCentre(zoomFactor(dy));
		else if (this.#act === "scroll") {
			const frames = pane.state.value.series?.frames.length ?? 1;
			const moved = slicesOfDrag(dy, this.#rest, frames);
			this.#rest = moved.rest;
			pane.scroll(moved.slices);
		}
	}

	#pan(dx: number, dy: number): void {
		const by = canvasDirection({ x: dx, y: dy }, this.#pane.state.value.turn);
		this.#pane.pan(by.x, by.y);
	}

	#zoomAbout(factor: number, seen: Point): void {
		const { turn } = this.#pane.state.value;
		this.#pane.zoomAbout(factor, canvasPoint(seen, this.#pane.size, turn));
	}

	#dragWindow(dx: number, dy: number): void {
		const { voi } = this.drawn.value;
		const form = this.#pane.frame?.form;
		if (voi === null || form == null) return;
		const now = this.#pane.state.value.chosenVoi ?? voi;
		const step = windowStep(now.width);
		this.#pane.changeWindow(now, dy * step, dx * step);
	}

	/** Two fingers: their distance zooms, their middle moves. */
	#pinch(moved: number, before: Point, point: Point): void {
		const other = [...this.#pointers].find(([id]) => id !== moved)?.[1];
		if (other === undefined) return;
		const was = Math.hypot(before.x - other.x, before.y - other.y);
		const is = Math.hypot(point.x - other.x, point.y - other.y);
		const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
		if (was > 0 && is > 0) this.#zoomAbout(is / was, middle);
		this.#pan((point.x - before.x) / 2, (point.y - before.y) / 2);
	}

	#up(event: PointerEvent): void {
		if (!this.#pointers.delete(event.pointerId) || this.#pointers.size > 0) return;
		if (this.#taken && event.type === "pointercancel") this.hand?.cancel();
		else if (this.#taken) this.hand?.up(this.#touch(event));
		else if (this.#taps.up(this.#point(event), event.timeStamp)) this.#pane.fit();
		this.#act = "none";
		this.#taken = false;
		if (this.#before !== null) this.#station.keep(this.#before);
		this.#before = null;
	}

	#wheel(event: WheelEvent): void {
		event.preventDefault();
		if (event.ctrlKey) {
			this.#zoomAbout(zoomFactor(event.deltaY), this.#point(event));
			return;
		}
		const moved = slicesOfWheel(event.deltaY, event.deltaMode, this.#rest);
		this.#rest = moved.rest;
		this.#pane.scroll(moved.slices);
	}
}
