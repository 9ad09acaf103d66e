/** Decoded frames in memory, by series, within a budget. Shared memory where the page may use it. */
import type { SharedTarget } from "./decode/pool.ts";
import type { Series } from "./manifest.ts";
import { frameBytes, type Samples } from "./samples.ts";

export interface FrameStoreOptions {
	readonly shared: boolean;
	readonly bytesMax: number;
	/** A series was let go: its loader has to fetch again when it is next shown. */
	readonly onEvicted: (seriesUid: string) => void;
}

interface Shelf {
	readonly frames: Map<number, Samples>;
	volume: SharedArrayBuffer | null;
	bytes: number;
}

const ALIGNMENT = 8;

export class FrameStore {
	readonly #options: FrameStoreOptions;
	/** Least recently shown first. */
	readonly #shelves = new Map<string, Shelf>();
	#shown: ReadonlySet<string> = new Set();

	constructor(options: FrameStoreOptions) {
		this.#options = options;
	}

	get bytes(): number {
		let total = 0;
		for (const shelf of this.#shelves.values()) total += shelf.bytes;
		return total;
	}

	/** Which series are on screen: those are never let go. */
	show(seriesUids: readonly string[]): void {
		this.#shown = new Set(seriesUids);
		for (const uid of seriesUids) {
			const shelf = this.#shelves.get(uid);
			if (shelf === undefined) continue;
			this.#shelves.delete(uid);
			this.#shelves.set(uid, shelf);
		}
	}

	get(seriesUid: string, frame: number): Samples | undefined {
		return this.#shelves.get(seriesUid)?.frames.get(frame);
	}

	loaded(seriesUid: string): ReadonlySet<number> {
		return new Set(this.#shelves.get(seriesUid)?.frames.keys());
	}

	count(seriesUid: string): number {
		return this.#shelves.get(seriesUid)?.frames.size ?? 0;
	}

	/** Where frame `frame` may be decoded to in shared memory; null when each brings its own buffer. */
	target(series: Series, frame: number): SharedTarget | null {
		if (!this.#options.shared) return null;
		const strideBytes = uniformStride(series);
		if (strideBytes === null) return null;
		const shelf = this.#shelf(series.uid);
		if (shelf.volume === null) {
			const bytes = strideBytes * series.frames.length;
			if (bytes > this.#options.bytesMax) return null;
			shelf.volume = new SharedArrayBuffer(bytes);
			shelf.bytes += bytes;
			this.#evict();
		}
		return { buffer: shelf.volume, byteOffset: strideBytes * frame };
	}

	put(seriesUid: string, frame: number, samples: Samples): void {
		const shelf = this.#shelf(seriesUid);
		shelf.frames.set(frame, samples);
		if (samples.buffer !== shelf.volume) shelf.bytes += samples.byteLength;
		this.#evict();
	}

	#shelf(seriesUid: string): Shelf {
		const known = this.#shelves.get(seriesUid);
		if (known !== undefined) return known;
		const made: Shelf = { frames: new Map(), volume: null, bytes: 0 };
		this.#shelves.set(seriesUid, made);
		return made;
	}

	#evict(): void {
		for (const uid of [...this.#shelves.keys()]) {
			if (this.bytes <= this.#options.bytesMax) return;
			if (this.#shown.has(uid)) continue;
			this.#shelves.delete(uid);
			this.#options.onEvicted(uid);
		}
	}
}

/** The bytes of a frame when all frames of a series have the same size, rounded up to whole words. */
function uniformStride(series: Series): number | null {
	const first = series.frames[0]?.form;
	if (first == null) return null;
	const bytes = frameBytes(first);
	const same = series.frames.every(({ form }) => form !== null && frameBytes(form) === bytes);
	return same ? Math.ceil(bytes / ALIGNMENT) * ALIGNMENT : null;
}
