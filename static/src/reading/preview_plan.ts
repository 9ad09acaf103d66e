/** Whether the previews of a series are fetched before the rest of it, and which. */
import type { Line } from "./line.ts";
import { type FrameRange, previewRanges } from "./order.ts";

/** Nobody is asked to wait longer for all of a series than this: then previews of it come first. */
const PATIENCE_SECONDS = 12;
/** Once they do, they do until the rest takes so much less: the line is not judged anew with each of its moods. */
const CONFIDENT_SECONDS = PATIENCE_SECONDS / 2;

export interface PreviewPlanOptions {
	readonly frames: number;
	readonly blockFrames: number;
	/** The server has previews of this series. */
	readonly offered: boolean;
	readonly line: Line;
	readonly reach: () => number;
}

export class PreviewPlan {
	readonly #options: PreviewPlanOptions;
	/** Frames of which there is a preview, or that have none. */
	readonly #known = new Set<number>();
	#refused = false;
	#thin = false;
	#wholeFrames = 0;
	#wholeBytes = 0;

	constructor(options: PreviewPlanOptions) {
		this.#options = options;
	}

	/** Previews come before the rest, as far as there are any to ask for. Before the first frame is there, the line
	 * is what it was for the series before. */
	get first(): boolean {
		const { line, offered } = this.#options;
		if (!offered || this.#refused) return false;
		return this.#wholeFrames === 0 ? line.thin : this.#thin;
	}

	has(frame: number): boolean {
		return this.#known.has(frame);
	}

	came(frame: number): void {
		this.#known.add(frame);
	}

	/** All that the server has of this range has come. */
	answered({ first, last }: FrameRange): void {
		for (let frame = first; frame <= last; frame++) this.#known.add(frame);
	}

	lost(frame: number): void {
		this.#known.delete(frame);
	}

	forget(): void {
		this.#known.clear();
	}

	/** There are none, or none to be had: they are not asked for again. */
	refuse(): void {
		this.#refused = true;
	}

	forgive(): void {
		this.#refused = false;
	}

	/** A whole frame has come: what others will take is told by such. */
	whole(bytes: number): void {
		this.#wholeFrames += 1;
		this.#wholeBytes += bytes;
	}

	/** Judges the line by what of the series is missing while `arrived` frames are there. */
	judge(arrived: number): void {
		const { frames, line, offered, reach } = this.#options;
		if (!offered || this.#refused || this.#wholeFrames === 0) return;
		line.thin = this.#secondsFor(frames) > PATIENCE_SECONDS;
		const limit = this.#thin ? CONFIDENT_SECONDS : PATIENCE_SECONDS;
		// How much there is room for takes longer to tell than that there is no hurry.
		this.#thin =
			this.#secondsFor(frames - arrived) > limit && this.#secondsFor(2 * reach() + 1 - arrived) > limit;
	}

	/** What to ask for while the line is thin; `has`: frames that are there or on their way. */
	wanted(visible: number, has: (frame: number) => boolean): FrameRange[] {
		if (!this.first) return [];
		const { blockFrames, frames, reach } = this.#options;
		return previewRanges(visible, frames, blockFrames, (frame) => this.has(frame) || has(frame), reach());
	}

	#secondsFor(frames: number): number {
		return this.#options.line.secondsFor((frames * this.#wholeBytes) / this.#wholeFrames) ?? 0;
	}
}
