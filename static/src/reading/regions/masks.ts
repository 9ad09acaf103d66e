/** Masks of a segmentation as they come: kept packed, unpacked and outlined for the slice that is looked at. */
import type { MaskFrames } from "../objects/told.ts";
import { unpackOverlay } from "../overlay.ts";
import { type FrameRecord, RecordParser } from "../records.ts";
import { labelOutlines, numbersIn } from "./labels.ts";
import { outlineOf } from "./outline.ts";

/** Shares of the full value from which on a fractional pixel counts, weakest first; 0: any value at all. */
export const LEVELS = [0, 0.25, 0.5, 0.75] as const;
/** The level whose edge is drawn: half and more. */
export const EDGED_LEVEL = 2;
const BYTE_BITS = 8;
/** More than the segments of any object that is shown (1,000): what one image draws must not drive itself out. */
const OUTLINES_MAX = 2_000;

/** The outline of a segment in a frame; of a fractional one, one for each level. */
export type Outlines = readonly string[];
/** The outlines of a frame by segment. */
type Frame = ReadonlyMap<number, Outlines>;
const LABEL_BYTES = 2;

/** The records of an answer. Throws RecordsDamaged, and what the stream throws. */
export async function recordsIn(body: ReadableStream<Uint8Array>): Promise<FrameRecord[]> {
	const parser = new RecordParser();
	const found: FrameRecord[] = [];
	for (const reader = body.getReader(); ; ) {
		const { value, done } = await reader.read();
		if (done) break;
		found.push(...parser.push(value));
	}
	parser.end();
	return found;
}

/** The outlines of unpacked pixels: bits of a binary frame, bytes of a fractional one. */
export function outlinesOf(pixels: Uint8Array, { rows, columns, fractional, maximum }: MaskFrames): Outlines {
	if (!fractional) {
		const bit = (i: number): boolean => (((pixels[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
		return [outlineOf((x, y) => bit(y * columns + x), columns, rows)];
	}
	return LEVELS.map((_, level) =>
		outlineOf((x, y) => levelsOf(pixels[y * columns + x] ?? 0, maximum) > level, columns, rows),
	);
}

/** How many of the levels a pixel of a fractional frame reaches. */
export function levelsOf(value: number, maximum: number): number {
	if (value <= 0) return 0;
	let reached = 1;
	while (value >= (LEVELS[reached] ?? Number.POSITIVE_INFINITY) * maximum) reached++;
	return reached;
}

/** The opacity of each level so that all of them together, one over the other, have `opacity`. */
export function levelOpacity(opacity: number, levels: number): number {
	return 1 - (1 - opacity) ** (1 / levels);
}

export class Masks {
	readonly all: MaskFrames;
	readonly #records: ReadonlyMap<number, FrameRecord>;
	readonly #ready = new Map<number, Frame | null>();
	readonly #changed: () => void;

	/** `changed` is called when an outline that was asked for is there. */
	constructor(all: MaskFrames, records: readonly FrameRecord[], changed: () => void) {
		this.all = all;
		this.#records = new Map(records.map((one) => [one.frame, one]));
		this.#changed = changed;
	}

	/** How many frames did not come, or say that they cannot be decoded. */
	get broken(): number {
		return this.all.frames.filter((_, i) => this.#payload(i) === null).length;
	}

	/** The outlines of a segment in a frame (from 0); null until they are made, none where it cannot be shown. */
	outlines(frame: number, segment: number): Outlines | null {
		const known = this.#ready.get(frame);
		if (known !== undefined) return known === null ? null : (known.get(segment) ?? []);
		if (this.#ready.size >= OUTLINES_MAX) this.#ready.clear();
		this.#ready.set(frame, null);
		void this.#make(frame);
		return null;
	}

	/** The pixels of a frame: bits of a binary one, bytes of a fractional one, two bytes each of a label map; null where
	 * it cannot be shown. */
	async pixels(frame: number): Promise<Uint8Array | null> {
		const payload = this.#payload(frame);
		const { rows, columns, fractional, label_map } = this.all;
		const bits = label_map ? LABEL_BYTES * BYTE_BITS : fractional ? BYTE_BITS : 1;
		return payload === null ? null : unpackOverlay(payload, rows * columns * bits);
	}

	async #make(frame: number): Promise<void> {
		const pixels = await this.pixels(frame);
		this.#ready.set(frame, pixels === null ? new Map() : this.#outlined(frame, pixels));
		this.#changed();
	}

	/** What a frame travelled as; null where it did not come or cannot be decoded. */
	#payload(frame: number): FrameRecord["payload"] | null {
		const record = this.#records.get(frame);
		const wanted = this.all.fractional || this.all.label_map ? "zlib" : "overlay";
		return record?.encoding === wanted ? record.payload : null;
	}

	#outlined(frame: number, pixels: Uint8Array): Frame {
		const { label_map, columns, frames } = this.all;
		if (!label_map) return new Map([[frames[frame]?.segments[0] ?? 0, outlinesOf(pixels, this.all)]]);
		return new Map([...labelOutlines(numbersIn(pixels), columns)].map(([number, one]) => [number, [one]]));
	}
}
