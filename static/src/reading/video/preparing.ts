/** Follows a video until it can be played, or it is known why not. No DOM. */
import type { components } from "../../api/schema.gen.ts";
import { Store } from "../../kit/store.ts";

export type VideoState = components["schemas"]["VideoState"];
export type Rendition = components["schemas"]["Rendition"];
export type Reason = NonNullable<VideoState["reason"]>;

export type Prepared =
	/** `progress`: a share from 0 to 1. */
	| { readonly kind: "preparing"; readonly progress: number }
	| { readonly kind: "ready"; readonly rendition: Rendition }
	/** It will never be played: it says why. */
	| { readonly kind: "refused"; readonly reason: Reason }
	/** This browser does not play what it is. */
	| { readonly kind: "unplayable"; readonly mediaType: string }
	/** The server was not heard, or said no. */
	| { readonly kind: "failed"; readonly problem: unknown };

export interface PreparingOptions {
	readonly ask: () => Promise<VideoState>;
	readonly canPlay: (mediaType: string) => boolean;
	/** Calls back after so many milliseconds; answers what takes that back. */
	readonly later: (run: () => void, ms: number) => () => void;
}

const SOON_MS = 250;
const SELDOM_MS = 2000;
const BEGIN: Prepared = { kind: "preparing", progress: 0 };

export class Preparing {
	readonly state = new Store<Prepared>(BEGIN);
	readonly #options: PreparingOptions;
	#stop: (() => void) | null = null;
	#wait = SOON_MS;
	#round = 0;

	constructor(options: PreparingOptions) {
		this.#options = options;
	}

	/** Asks from the beginning; also after something went wrong. */
	open(): void {
		this.close();
		this.#wait = SOON_MS;
		this.state.set(BEGIN);
		void this.#ask(this.#round);
	}

	close(): void {
		this.#stop?.();
		this.#stop = null;
		this.#round += 1;
	}

	/** The browser gave up on what it said it could play. */
	broke(): void {
		const { value } = this.state;
		if (value.kind === "ready") this.state.set({ kind: "unplayable", mediaType: value.rendition.media_type });
	}

	async #ask(round: number): Promise<void> {
		let told: Prepared;
		try {
			told = this.#read(await this.#options.ask());
		} catch (problem) {
			told = { kind: "failed", problem };
		}
		if (round !== this.#round) return;
		this.state.set(told);
		if (told.kind !== "preparing") return;
		this.#stop = this.#options.later(() => void this.#ask(round), this.#wait);
		this.#wait = Math.min(SELDOM_MS, this.#wait * 1.5);
	}

	#read({ state, progress, reason, rendition }: VideoState): Prepared {
		if (state === "refused") return { kind: "refused", reason: reason ?? "video.damaged" };
		if (state !== "ready" || rendition == null) return { kind: "preparing", progress: progress ?? 0 };
		const { media_type: mediaType } = rendition;
		return this.#options.canPlay(mediaType)
			? { kind: "ready", rendition }
			: { kind: "unplayable", mediaType };
	}
}
