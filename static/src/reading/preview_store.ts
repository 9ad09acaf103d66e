/** Previews in memory: small, and of the last ones that were shown in full size too. */
import type { ImageForm } from "./manifest.ts";
import { enlarged, type Preview } from "./preview.ts";
import type { Samples } from "./samples.ts";

export interface PreviewStoreOptions {
	/** For the small ones together. */
	readonly bytesMax: number;
	/** How many are remembered in full size: one for each that can be on screen. */
	readonly enlargedMax: number;
	/** A preview was let go to make room. */
	readonly onDropped: (seriesUid: string, frame: number) => void;
}

interface Kept {
	readonly seriesUid: string;
	readonly frame: number;
	readonly preview: Preview;
}

export class PreviewStore {
	readonly #options: PreviewStoreOptions;
	/** Oldest first. */
	readonly #kept = new Map<string, Kept>();
	/** Least recently asked for first. */
	readonly #enlarged = new Map<string, Samples>();
	#bytes = 0;

	constructor(options: PreviewStoreOptions) {
		this.#options = options;
	}

	get bytes(): number {
		return this.#bytes;
	}

	has(seriesUid: string, frame: number): boolean {
		return this.#kept.has(key(seriesUid, frame));
	}

	/** The preview in the frame's own size; the same samples each time while they are remembered. */
	get(seriesUid: string, frame: number, form: ImageForm): Samples | undefined {
		const name = key(seriesUid, frame);
		const kept = this.#kept.get(name);
		if (kept === undefined) return undefined;
		const samples = this.#enlarged.get(name) ?? enlarged(kept.preview, form);
		this.#enlarged.delete(name);
		this.#enlarged.set(name, samples);
		for (const oldest of this.#enlarged.keys()) {
			if (this.#enlarged.size <= this.#options.enlargedMax) break;
			this.#enlarged.delete(oldest);
		}
		return samples;
	}

	put(seriesUid: string, frame: number, preview: Preview): void {
		this.delete(seriesUid, frame);
		this.#kept.set(key(seriesUid, frame), { seriesUid, frame, preview });
		this.#bytes += preview.samples.byteLength;
		for (const oldest of this.#kept.values()) {
			if (this.#bytes <= this.#options.bytesMax) break;
			this.delete(oldest.seriesUid, oldest.frame);
			this.#options.onDropped(oldest.seriesUid, oldest.frame);
		}
	}

	delete(seriesUid: string, frame: number): void {
		const name = key(seriesUid, frame);
		this.#bytes -= this.#kept.get(name)?.preview.samples.byteLength ?? 0;
		this.#kept.delete(name);
		this.#enlarged.delete(name);
	}

	/** Lets go of all that a series has. */
	forget(seriesUid: string): void {
		for (const kept of [...this.#kept.values()]) {
			if (kept.seriesUid === seriesUid) this.delete(seriesUid, kept.frame);
		}
	}
}

function key(seriesUid: string, frame: number): string {
	return `${seriesUid}/${frame}`;
}
