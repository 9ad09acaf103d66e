/** A video in a pane: which frame is shown, how fast it runs, and stepping through it. No DOM. */
import { Store } from "../../kit/store.ts";
import type { Film } from "../pane.ts";
import type { Rendition } from "./preparing.ts";
import { frameAt, momentOf } from "./timing.ts";

/** The parts of a video element that are used; an HTMLVideoElement is one. */
export interface Screen {
	currentTime: number;
	readonly seeking: boolean;
	readonly paused: boolean;
	playbackRate: number;
	loop: boolean;
	muted: boolean;
	play(): Promise<void>;
	pause(): void;
}

export interface Running {
	/** The frame that is shown, or will be when it is found; from 0. */
	readonly frame: number;
	readonly speed: number;
	/** It begins again after its end, as series of images do. */
	readonly loop: boolean;
	readonly muted: boolean;
}

export class Playback implements Film {
	readonly state = new Store<Running>({ frame: 0, speed: 1, loop: true, muted: true });
	readonly #screen: Screen;
	readonly #rendition: Rendition;
	readonly #onRest: () => void;

	/** `onRest` is called when it stops by itself: at its end, at a step, or because the browser refuses. */
	constructor(screen: Screen, rendition: Rendition, onRest: () => void) {
		this.#screen = screen;
		this.#rendition = rendition;
		this.#onRest = onRest;
		this.#set(this.state.value);
	}

	get frames(): number {
		return this.#rendition.frames;
	}

	play(): void {
		if (this.state.value.frame >= this.frames - 1) this.goTo(0);
		this.#screen.play().catch(() => {
			if (this.#screen.paused) this.#onRest();
		});
	}

	pause(): void {
		this.#screen.pause();
	}

	step(frames: number): boolean {
		const { frame } = this.state.value;
		const to = this.#within(frame + frames);
		this.#onRest();
		if (to !== frame) this.goTo(to);
		return to !== frame;
	}

	toEnd(last: boolean): void {
		this.#onRest();
		this.goTo(last ? this.frames - 1 : 0);
	}

	goTo(frame: number): void {
		const to = this.#within(frame);
		this.#change({ frame: to });
		this.#screen.currentTime = momentOf(to, this.#rendition.frame_time_ms);
	}

	setSpeed(speed: number): void {
		this.#change({ speed });
	}

	toggleLoop(): void {
		this.#change({ loop: !this.state.value.loop });
	}

	toggleSound(): void {
		this.#change({ muted: !this.state.value.muted });
	}

	/** The screen shows this moment; while another is sought that is what counts. */
	shows(seconds: number): void {
		if (this.#screen.seeking) return;
		this.#change({ frame: frameAt(seconds, this.#rendition.frame_time_ms, this.frames) });
	}

	#within(frame: number): number {
		return Math.min(Math.max(frame, 0), Math.max(0, this.frames - 1));
	}

	#change(to: Partial<Running>): void {
		const { value } = this.state;
		const next = { ...value, ...to };
		if (next.frame === value.frame && next.speed === value.speed && next.loop === value.loop) {
			if (next.muted === value.muted) return;
		}
		this.#set(next);
		this.state.set(next);
	}

	#set({ speed, loop, muted }: Running): void {
		const screen = this.#screen;
		if (screen.playbackRate !== speed) screen.playbackRate = speed;
		if (screen.loop !== loop) screen.loop = loop;
		if (screen.muted !== muted) screen.muted = muted;
	}
}
