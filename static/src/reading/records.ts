/** Frame records as they arrive: the layout is that of the server's `viewer/frame_records.py`.
 *
 * u32 frame · u8 encoding · u8 version · u16 reserved · u32 bytes · u32 crc32 · payload */

import { PREVIEW_FROM_BYTES, usefulPrefix } from "./prefix.ts";

export const HEADER_BYTES = 16;
export const VERSION = 1;
export const PAYLOAD_BYTES_MAX = 1 << 30;

/** `overlay`: what is drawn over the frame that follows. */
export type Encoding = "unreadable" | "htj2k" | "zlib" | "overlay";
/** What a record may hold by its number; `preview`: the server cut the codestream itself. */
const CONTENTS: readonly (Encoding | "preview")[] = ["unreadable", "htj2k", "zlib", "overlay", "preview"];

export interface FrameRecord {
	/** Number of the frame in its pack, from 0. */
	readonly frame: number;
	readonly encoding: Encoding;
	/** In shared memory where there is room for it (payload_room.ts). */
	readonly payload: Uint8Array;
	/** The beginning of a codestream: enough for a picture without the finest details. */
	readonly partial: boolean;
}

/** The stream is not frame records, or ends within one. */
export class RecordsDamaged extends Error {}

interface Begun {
	readonly frame: number;
	readonly encoding: Encoding;
	readonly payload: Uint8Array;
	/** All that the server sends is a beginning. */
	readonly partial: boolean;
	filled: number;
	/** A part of it was handed out already, or never will be. */
	shown: boolean;
}

/** Cuts a byte stream into records as soon as each is whole. */
export class RecordParser {
	readonly #header = new Uint8Array(HEADER_BYTES);
	readonly #room: (bytes: number) => Uint8Array;
	#headerFilled = 0;
	#begun: Begun | null = null;

	/** `room`: where codestreams are put; each in new memory when not given. */
	constructor(room: (bytes: number) => Uint8Array = newMemory) {
		this.#room = room;
	}

	/** The records that `chunk` completes. Throws RecordsDamaged. */
	push(chunk: Uint8Array): FrameRecord[] {
		const whole: FrameRecord[] = [];
		let at = 0;
		while (at < chunk.length) {
			at += this.#begun === null ? this.#fillHeader(chunk, at) : this.#fillPayload(this.#begun, chunk, at);
			const done = this.#finished() ?? this.#begunWell();
			if (done !== null) whole.push(done);
		}
		return whole;
	}

	/** Call at the end of the stream. Throws RecordsDamaged when it ended within a record. */
	end(): void {
		if (this.#begun !== null || this.#headerFilled > 0) throw new RecordsDamaged("the stream ended early");
	}

	#fillHeader(chunk: Uint8Array, at: number): number {
		const taken = Math.min(HEADER_BYTES - this.#headerFilled, chunk.length - at);
		this.#header.set(chunk.subarray(at, at + taken), this.#headerFilled);
		this.#headerFilled += taken;
		if (this.#headerFilled === HEADER_BYTES) {
			this.#begun = begin(this.#header, this.#room);
			this.#headerFilled = 0;
		}
		return taken;
	}

	#fillPayload(begun: Begun, chunk: Uint8Array, at: number): number {
		const taken = Math.min(begun.payload.length - begun.filled, chunk.length - at);
		begun.payload.set(chunk.subarray(at, at + taken), begun.filled);
		begun.filled += taken;
		return taken;
	}

	/** What has come of a large frame, as soon as it is a useful picture, once. */
	#begunWell(): FrameRecord | null {
		const begun = this.#begun;
		if (begun === null || begun.shown) return null;
		const end = usefulPrefix(begun.payload, begun.filled);
		if (end === null) return null;
		begun.shown = true;
		return {
			frame: begun.frame,
			encoding: begun.encoding,
			payload: begun.payload.slice(0, end),
			partial: true,
		};
	}

	#finished(): FrameRecord | null {
		const begun = this.#begun;
		if (begun === null || begun.filled < begun.payload.length) return null;
		this.#begun = null;
		const { frame, encoding, payload, partial } = begun;
		return { frame, encoding, payload, partial };
	}
}

function newMemory(bytes: number): Uint8Array {
	return new Uint8Array(bytes);
}

function begin(header: Uint8Array, room: (bytes: number) => Uint8Array): Begun {
	const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
	const content = CONTENTS[view.getUint8(4)];
	const size = view.getUint32(8, true);
	if (content === undefined || view.getUint8(5) !== VERSION || view.getUint16(6, true) !== 0) {
		throw new RecordsDamaged("not a frame record");
	}
	if (size > PAYLOAD_BYTES_MAX) throw new RecordsDamaged("a record is too large");
	const partial = content === "preview";
	const encoding = content === "preview" ? "htj2k" : content;
	const shown = content !== "htj2k" || size < PREVIEW_FROM_BYTES;
	const frame = view.getUint32(0, true);
	const payload = encoding === "htj2k" ? room(size) : newMemory(size);
	return { frame, encoding, payload, partial, filled: 0, shown };
}

/** The reason code of an unreadable frame's record. */
export function reasonOf(record: FrameRecord): string {
	return String.fromCharCode(...record.payload.subarray(0, 100));
}
