/** A pane in the page: its canvas, pointers and repainting. Everything it decides comes from pure modules. */
import { Store } from "../kit/store.ts";
import { type Draft, type Ink, PaneCanvas } from "./draw.ts";
import { type Act, actOfButtons, slicesOfDrag, slicesOfWheel, windowStep, zoomFactor } from "./gesture.ts";
import { distanceToSegment, measurementsOn, removed } from "./measurements.ts";
import type { Pane } from "./pane.ts";
import { isColour } from "./picture.ts";
import type { Point } from "./space.ts";
import type { Station } from "./station.ts";
import { type Placement, placement, toImage, toViewport, zoomPercent } from "./view.ts";
import type { Voi } from "./voi.ts";

/** What the corners need besides the pane's state; a new value after each repaint that changes it. */
export interface Drawn {
	readonly arrived: boolean;
	readonly voi: Voi | null;
	readonly zoomPercent: number;
	readonly loaded: number;
	readonly problem: string | null;
}

const NOTHING_DRAWN: Drawn = { arrived: false, voi: null, zoomPercent: 100, loaded: 0, problem: null };
const LENGTH_MIN_PX = 4;
const PICK_PX = 8;
const RATIO_MAX = 2;

export class PaneView {
	readonly drawn = new Store<Drawn>(NOTHING_DRAWN);
	readonly #station: Station;
	readonly #pane: Pane;
	readonly #canvas: HTMLCanvasElement;
	readonly #picture: PaneCanvas;
	readonly #onPresented: () => void;
	readonly #stops: (() => void)[] = [];
	readonly #pointers = new Map<number, Point>();
	#frameRequest = 0;
	#draft: Draft | null = null;
	#act: Act = "none";
	#rest = 0;
	#presented = false;

	constructor(station: Station, pane: Pane, canvas: HTMLCanvasElement, onPresented: () => void) {
		this.#station = station;
		this.#pane = pane;
		this.#canvas = canvas;
		this.#picture = new PaneCanvas(canvas);
		this.#onPresented = onPresented;
		this.#watchSize();
		this.#stops.push(
			pane.state.subscribe(() => this.#schedule()),
			station.ledger.subscribe(() => this.#schedule()),
			station.arrival.subscribe((arrival) => {
				if (arrival?.seriesUid === pane.state.value.series?.uid) this.#schedule();
			}),
		);
		this.#listen();
	}

	close(): void {
		cancelAnimationFrame(this.#frameRequest);
		for (const stop of this.#stops) stop();
	}

	/** Discards a length that is being drawn. */
	cancel(): void {
		this.#draft = null;
		this.#act = "none";
		this.#schedule();
	}

	/** Removes the measurement nearest to the last pointer, else the last one on this frame. */
	removeMeasurement(): void {
		const frame = this.#pane.frame;
		if (frame === null) return;
		const here = measurementsOn(this.#station.ledger.value, frame.sopInstanceUid, frame.number);
		const at = this.#placement();
		const last = here.at(-1);
		if (last === undefined || at === null) return;
		const near = here.find((one) => {
			const [a, b] = [toViewport(one.from, at), toViewport(one.to, at)];
			return distanceToSegment(this.#last, a, b) <= PICK_PX;
		});
		this.#station.ledger.update((ledger) => removed(ledger, (near ?? last).id));
	}

	#last: Point = { x: 0, y: 0 };

	#watchSize(): void {
		const measure = (): void => {
			const { clientWidth, clientHeight } = this.#canvas;
			this.#pane.size = { width: Math.max(1, clientWidth), height: Math.max(1, clientHeight) };
			this.#schedule();
		};
		const observer = new ResizeObserver(measure);
		observer.observe(this.#canvas);
		measure();
		this.#stops.push(() => observer.disconnect());
	}

	#schedule(): void {
		if (this.#frameRequest !== 0) return;
		this.#frameRequest = requestAnimationFrame(() => {
			this.#frameRequest = 0;
			this.#repaint();
		});
	}

	#repaint(): void {
		const ratio = Math.min(RATIO_MAX, window.devicePixelRatio || 1);
		const done = this.#picture.draw(this.#station, this.#pane, this.#draft, this.#ink(), ratio);
		this.#describe(done);
		if (!done || this.#presented) return;
		this.#presented = true;
		// The frame that is being made now shows it: the next one begins after it was presented.
		requestAnimationFrame(this.#onPresented);
	}

	#describe(arrived: boolean): void {
		const { series, index } = this.#pane.state.value;
		const form = this.#pane.frame?.form ?? null;
		if (series === null) {
			this.drawn.set(NOTHING_DRAWN);
			return;
		}
		const samples = this.#station.samples(series, index);
		const at = this.#placement();
		this.drawn.set({
			arrived,
			voi: form === null || isColour(form) ? null : this.#pane.voiFor(form, samples),
			zoomPercent: at === null ? 100 : zoomPercent(at),
			loaded: this.#station.loadedCount(series),
			problem: arrived ? null : this.#station.problemOf(series, index),
		});
	}

	#ink(): Ink {
		const style = getComputedStyle(this.#canvas);
		return {
			own: style.getPropertyValue("--anno-own"),
			halo: style.getPropertyValue("--image"),
			font: style.font,
		};
	}

	#placement(): Placement | null {
		const form = this.#pane.frame?.form;
		return form == null ? null : placement(form, this.#pane.size, this.#pane.state.value.view);
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

	#down(event: PointerEvent): void {
		this.#canvas.setPointerCapture(event.pointerId);
		if (event.button === 1) event.preventDefault();
		const point = this.#point(event);
		this.#pointers.set(event.pointerId, point);
		this.#station.active.set(this.#station.panes.indexOf(this.#pane));
		this.#last = point;
		this.#rest = 0;
		this.#act = this.#pointers.size > 1 ? "none" : actOfButtons(event.buttons, this.#station.tool.value);
		const at = this.#placement();
		if (this.#act === "length" && at !== null) {
			const start = toImage(point, at);
			this.#draft = { from: start, to: start };
		} else {
			this.#draft = null;
		}
	}

	#move(event: PointerEvent): void {
		const before = this.#pointers.get(event.pointerId);
		const point = this.#point(event);
		this.#last = point;
		if (before === undefined) return;
		this.#pointers.set(event.pointerId, point);
		if (this.#pointers.size > 1) {
			this.#pinch(event.pointerId, before, point);
			return;
		}
		// A second button pressed while the first is held (left + right scrolls) arrives as a move.
		const act = actOfButtons(event.buttons, this.#station.tool.value);
		if (act !== this.#act && act !== "none" && this.#draft === null) this.#act = act;
		this.#drag(point, point.x - before.x, point.y - before.y);
	}

	#drag(point: Point, dx: number, dy: number): void {
		const pane = this.#pane;
		if (this.#act === "window") this.#dragWindow(dx, dy);
		else if (this.#act === "pan") pane.pan(dx, dy);
		else if (this.#act === "zoom") pane.zoomCentre(zoomFactor(dy));
		else if (this.#act === "length") this.#extend(point);
		else if (this.#act === "scroll") {
			const frames = pane.state.value.series?.frames.length ?? 1;
			const moved = slicesOfDrag(dy, this.#rest, frames);
			this.#rest = moved.rest;
			pane.scroll(moved.slices);
		}
	}

	#dragWindow(dx: number, dy: number): void {
		const { voi } = this.drawn.value;
		const form = this.#pane.frame?.form;
		if (voi === null || form == null) return;
		const now = this.#pane.state.value.chosenVoi ?? voi;
		const step = windowStep(now.width);
		this.#pane.changeWindow(now, dy * step, dx * step);
	}

	#extend(point: Point): void {
		const at = this.#placement();
		if (this.#draft === null || at === null) return;
		this.#draft = { from: this.#draft.from, to: toImage(point, at) };
		this.#schedule();
	}

	/** Two fingers: their distance zooms, their middle moves. */
	#pinch(moved: number, before: Point, point: Point): void {
		this.#draft = null;
		const other = [...this.#pointers].find(([id]) => id !== moved)?.[1];
		if (other === undefined) return;
		const was = Math.hypot(before.x - other.x, before.y - other.y);
		const is = Math.hypot(point.x - other.x, point.y - other.y);
		const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
		if (was > 0 && is > 0) this.#pane.zoomAbout(is / was, middle);
		this.#pane.pan((point.x - before.x) / 2, (point.y - before.y) / 2);
	}

	#up(event: PointerEvent): void {
		if (!this.#pointers.delete(event.pointerId) || this.#pointers.size > 0) return;
		this.#act = "none";
		const draft = this.#draft;
		this.#draft = null;
		const at = this.#placement();
		const { series } = this.#pane.state.value;
		const frame = this.#pane.frame;
		this.#schedule();
		if (draft === null || at === null || series === null || frame === null) return;
		const [a, b] = [toViewport(draft.from, at), toViewport(draft.to, at)];
		const real = event.type === "pointerup" && Math.hypot(b.x - a.x, b.y - a.y) >= LENGTH_MIN_PX;
		if (real) this.#station.measure(series, frame, draft.from, draft.to);
	}

	#wheel(event: WheelEvent): void {
		event.preventDefault();
		if (event.ctrlKey) {
			this.#pane.zoomAbout(zoomFactor(event.deltaY), this.#point(event));
			return;
		}
		const moved = slicesOfWheel(event.deltaY, event.deltaMode, this.#rest);
		this.#rest = moved.rest;
		this.#pane.scroll(moved.slices);
	}
}
