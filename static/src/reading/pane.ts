/** One viewport's state: which frame of which series, and how it is looked at. No DOM. */
import { Store } from "../kit/store.ts";
import { type Frame, type ImageForm, openingFrame, type Series } from "./manifest.ts";
import type { Samples } from "./samples.ts";
import type { Point } from "./space.ts";
import { flippedSideways, flippedUpDown, type Turn, turnedBy, UPRIGHT } from "./turn.ts";
import { FITTED, panned, type Size, type View, zoomedAbout } from "./view.ts";
import { fullVoi, proposedVoi, type Voi } from "./voi.ts";

export interface PaneState {
	readonly series: Series | null;
	/** Index of the frame in reading order, from 0. */
	readonly index: number;
	/** The reader's own window; null while the object's proposal is used. */
	readonly chosenVoi: Voi | null;
	readonly invert: boolean;
	readonly view: View;
	readonly turn: Turn;
	readonly playing: boolean;
}

/** What undo gives back: everything about how a series is looked at, but not which slice. */
export type Look = Pick<PaneState, "series" | "chosenVoi" | "invert" | "view" | "turn">;

/** A size that was asked for; `exact`: one image pixel is one device pixel. */
export interface Sizing {
	readonly exact: boolean;
	readonly said: () => string;
}

/** What plays the video that a pane shows. */
export interface Film {
	/** So many frames on or back; false when it is at that end already. */
	step(frames: number): boolean;
	toEnd(last: boolean): void;
}

const EMPTY: PaneState = {
	series: null,
	index: 0,
	chosenVoi: null,
	invert: false,
	view: FITTED,
	turn: UPRIGHT,
	playing: false,
};
const WIDTH_MIN = 1;
const FALLBACK_VOI: Voi = { center: 128, width: 256, function: "LINEAR", table: null };

export class Pane {
	readonly state = new Store<PaneState>(EMPTY);
	/** Size of the canvas in CSS pixels, before it is turned; kept by whoever draws it. */
	size: Size = { width: 1, height: 1 };
	/** The size that was asked for; null while the image is fitted or zoomed. */
	readonly sizing = new Store<Sizing | null>(null);
	/** Null while no video is shown, or none that plays. */
	film: Film | null = null;
	/** Called when the viewport has another size. */
	resized: () => void = () => undefined;
	readonly #kept = new Map<string, PaneState>();
	readonly #proposed = new WeakMap<ImageForm, Voi>();
	#automatic: Voi | null = null;

	get frame(): Frame | null {
		const { series, index } = this.state.value;
		return series?.frames[index] ?? null;
	}

	/** Shows a series where it was left last time, else at its opening frame. */
	show(series: Series): void {
		const now = this.state.value;
		if (now.series?.uid === series.uid) return;
		if (now.series !== null) this.#kept.set(now.series.uid, { ...now, playing: false });
		this.#automatic = null;
		this.state.set(this.#kept.get(series.uid) ?? { ...EMPTY, series, index: openingFrame(series) });
	}

	/** Shows nothing. */
	clear(): void {
		const now = this.state.value;
		if (now.series !== null) this.#kept.set(now.series.uid, { ...now, playing: false });
		this.state.set(EMPTY);
	}

	goTo(index: number): void {
		this.#change(({ series }) => ({ index: clamp(index, 0, (series?.frames.length ?? 1) - 1) }));
	}

	scroll(slices: number): void {
		if (slices === 0 || this.film?.step(slices) === true) return;
		this.goTo(this.state.value.index + slices);
	}

	/** The first or last frame: of a video, else of the series. */
	toEnd(last: boolean): void {
		if (this.film !== null) this.film.toEnd(last);
		else this.goTo(last ? Number.MAX_SAFE_INTEGER : 0);
	}

	/** One frame on, beginning again after the last. */
	step(): void {
		const frames = this.state.value.series?.frames.length ?? 1;
		this.goTo((this.state.value.index + 1) % frames);
	}

	setVoi(voi: Voi): void {
		this.#change(() => ({ chosenVoi: voi }));
	}

	/** Moves the window from the one in use; its width never falls below what is possible. */
	changeWindow(from: Voi, centerBy: number, widthBy: number): void {
		const whole = from.width >= 20 ? Math.round : (value: number) => Math.round(value * 100) / 100;
		const least = from.function === "LINEAR" ? WIDTH_MIN : Number.EPSILON;
		this.setVoi({
			function: from.function,
			table: null,
			center: whole(from.center + centerBy),
			width: Math.max(least, whole(from.width + widthBy)),
		});
	}

	setInvert(invert: boolean): void {
		this.#change(() => ({ invert }));
	}

	toggleInvert(): void {
		this.#change(({ invert }) => ({ invert: !invert }));
	}

	zoomAbout(factor: number, point: Point): void {
		this.#change(({ view }) => ({ view: zoomedAbout(view, factor, point, this.size) }));
	}

	zoomCentre(factor: number): void {
		this.zoomAbout(factor, { x: this.size.width / 2, y: this.size.height / 2 });
	}

	fit(): void {
		this.#change(() => ({ view: FITTED }));
	}

	pan(dx: number, dy: number): void {
		this.#change(({ view }) => ({ view: panned(view, dx, dy) }));
	}

	turnBy(quarters: number): void {
		this.#change(({ turn }) => ({ turn: turnedBy(turn, quarters) }));
	}

	flip(axis: "sideways" | "upDown"): void {
		const flipped = axis === "sideways" ? flippedSideways : flippedUpDown;
		this.#change(({ turn }) => ({ turn: flipped(turn) }));
	}

	get look(): Look {
		const { series, chosenVoi, invert, view, turn } = this.state.value;
		return { series, chosenVoi, invert, view, turn };
	}

	/** Looks at the series as before; another series is left alone. */
	setLook(look: Look): void {
		if (look.series?.uid === this.state.value.series?.uid) this.#change(() => look);
	}

	setPlaying(playing: boolean): void {
		this.#change(() => ({ playing }));
	}

	/** Window, inversion, zoom, position and turn as at first; the frame stays. */
	reset(): void {
		this.#change(() => ({ chosenVoi: null, invert: false, view: FITTED, turn: UPRIGHT }));
	}

	/** The window in use for a frame: the reader's, the object's, or one over all its values. One over the
	 * values of a preview, which are not exact, serves only that. */
	voiFor(form: ImageForm, samples: Samples | undefined, exact = true): Voi {
		const { chosenVoi } = this.state.value;
		if (chosenVoi !== null) return chosenVoi;
		const proposed = this.#proposed.get(form) ?? proposedVoi(form);
		if (proposed !== null) {
			this.#proposed.set(form, proposed);
			return proposed;
		}
		// Kept for the series: neighbouring slices must not differ in brightness by themselves.
		if (this.#automatic === null && samples !== undefined) {
			if (!exact) return fullVoi(form, samples);
			this.#automatic = fullVoi(form, samples);
		}
		return this.#automatic ?? FALLBACK_VOI;
	}

	#change(to: (state: PaneState) => Partial<PaneState>): void {
		const now = this.state.value;
		this.state.set({ ...now, ...to(now) });
	}
}

function clamp(value: number, low: number, high: number): number {
	return Math.min(Math.max(value, low), Math.max(low, high));
}
