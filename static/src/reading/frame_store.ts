/** Decoded frames in memory, by series, within a budget. Shared memory where the page may use it. */
import type { SharedTarget } from "./decode/pool.ts";
import type { Series } from "./manifest.ts";
import { frameBytes, type Samples } from "./samples.ts";

export interface FrameStoreOptions {
	readonly shared: boolean;
	readonly bytesMax: number;
	/** A series was let go: its loader has to fetch again when it is next shown. */
	readonly onEvicted: (seriesUid: string) => void;
	/** A frame of a shown series was let go, far from the one that is looked at. */
	readonly onFrameEvicted: (seriesUid: string, frame: number) => void;
}

interface Shelf {
	readonly frames: Map<number, Samples>;
	volume: SharedArrayBuffer | null;
	bytes: number;
}

const ALIGNMENT = 8;
/** A part of the budget is left for frames that come in one block with those that are wanted, and for the
 * frame that is looked at in another pane. */
const KEPT_SHARE = 0.8;

export class FrameStore {
	readonly #options: FrameStoreOptions;
	/** Least recently shown first. */
	readonly #shelves = new Map<string, Shelf>();
	/** Which frame of which series is looked at. */
	#shown: ReadonlyMap<string, number> = new Map();

	constructor(options: FrameStoreOptions) {
		this.#options = options;
	}

	get bytesMax(): number {
		return this.#options.bytesMax;
	}

	get bytes(): number {
		let total = 0;
		for (const shelf of this.#shelves.values()) total += shelf.bytes;
		return total;
	}

	/** Which frame of which series is on screen. Those series are not let go as a whole: when they do not fit,
	 * they keep what lies about that frame. */
	show(looked: ReadonlyMap<string, number>): void {
		this.#shown = new Map(looked);
		for (const uid of looked.keys()) {
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

	/** How many frames to either side of the one looked at can be kept; Infinity when all can. */
	reach(series: Series): number {
		const largest = Math.max(1, ...series.frames.map(({ form }) => (form === null ? 0 : frameBytes(form))));
		const room = Math.floor(this.#budget(series.uid) / largest);
		return room >= series.frames.length ? Number.POSITIVE_INFINITY : Math.max(0, Math.floor((room - 1) / 2));
	}

	/** What one of the shown series may take beside the others: volumes stand, the rest is shared evenly. */
	#budget(seriesUid: string): number {
		let left = this.#options.bytesMax;
		let sharing = 1;
		for (const uid of this.#shown.keys()) {
			if (uid === seriesUid) continue;
			const volume = this.#shelves.get(uid)?.volume ?? null;
			if (volume === null) sharing += 1;
			else left -= volume.byteLength;
		}
		return (Math.max(0, left) * KEPT_SHARE) / sharing;
	}

	/** Where frame `frame` may be decoded to in shared memory; null when each brings its own buffer. */
	target(series: Series, frame: number): SharedTarget | null {
		if (!this.#options.shared) return null;
		const strideBytes = uniformStride(series);
		if (strideBytes === null) return null;
		const shelf = this.#shelf(series.uid);
		if (shelf.volume === null) {
			const bytes = strideBytes * series.frames.length;
			if (bytes > this.#budget(series.uid)) return null;
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
		while (this.bytes > this.#options.bytesMax && this.#dropFurthest());
	}

	/** Lets one frame go, the furthest from what is looked at; false when only those are left. */
	#dropFurthest(): boolean {
		let far = { uid: "", frame: 0, distance: 0 };
		for (const [uid, looked] of this.#shown) {
			const shelf = this.#shelves.get(uid);
			for (const [frame, samples] of shelf?.frames ?? []) {
				const distance = Math.abs(frame - looked);
				if (samples.buffer !== shelf?.volume && distance > far.distance) far = { uid, frame, distance };
			}
		}
		const shelf = this.#shelves.get(far.uid);
		if (far.distance === 0 || shelf === undefined) return false;
		shelf.bytes -= shelf.frames.get(far.frame)?.byteLength ?? 0;
		shelf.frames.delete(far.frame);
		this.#options.onFrameEvicted(far.uid, far.frame);
		return true;
	}
}

/** The bytes of a frame when all frames of a series have the same size, rounded up to whole words: as far apart
 * frames lie in a series' shared memory. */
export function uniformStride(series: Series): number | null {
	const first = series.frames[0]?.form;
	if (first == null) return null;
	const bytes = frameBytes(first);
	const same = series.frames.every(({ form }) => form !== null && frameBytes(form) === bytes);
	return same ? Math.ceil(bytes / ALIGNMENT) * ALIGNMENT : null;
}
