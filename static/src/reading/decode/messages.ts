/** What the page and its decoding workers say to each other. */
import type { Encoding } from "../records.ts";
import type { Expected } from "./htj2k.ts";

export interface StartMessage {
	readonly kind: "start";
	readonly wasmUrl: string;
}

export interface DecodeMessage {
	readonly kind: "decode";
	readonly job: number;
	readonly encoding: Encoding;
	readonly payload: Uint8Array;
	/** The whole frame, also where only a part of its resolutions is decoded. */
	readonly expected: Expected;
	/** How many of the finest resolutions are left out; 0 for a whole frame. */
	readonly levelsLeftOut: number;
	/** Where the samples go when memory is shared; otherwise they come back in the answer. */
	readonly target: { readonly buffer: SharedArrayBuffer; readonly byteOffset: number } | null;
}

export type ToWorker = StartMessage | DecodeMessage;

/** Why there are no samples: this frame is damaged, or nothing can be decoded at all. */
export type Failure = "frame" | "decoder";

export interface DecodedMessage {
	readonly kind: "decoded";
	readonly job: number;
	/** The samples' bytes, unless they were written to shared memory. */
	readonly bytes: ArrayBuffer | null;
	readonly failure: Failure | null;
}

/** The worker's code is there and runs. */
export interface RunningMessage {
	readonly kind: "running";
}

export type FromWorker = DecodedMessage | RunningMessage;
