/** What the page and a resampling worker say to each other. */
import type { ImageForm } from "../manifest.ts";
import type { Grid, Slab } from "./resample.ts";
import type { Volume } from "./volume.ts";

/** The volume's samples, all in one piece of shared memory. */
export interface VolumeMessage {
	readonly kind: "volume";
	readonly volume: Volume;
	readonly buffer: SharedArrayBuffer;
	/** Where each slice begins, by height. */
	readonly offsets: readonly number[];
	readonly form: ImageForm;
	readonly slopes: readonly number[];
	readonly intercepts: readonly number[];
}

export interface BandMessage {
	readonly kind: "band";
	readonly job: number;
	readonly grid: Grid;
	readonly slab: Slab;
	readonly from: number;
	readonly to: number;
	/** For each slice, by height, whether its samples are there. */
	readonly present: Uint8Array;
}

export type ToResampler = VolumeMessage | BandMessage;

export interface FromResampler {
	readonly job: number;
	readonly from: number;
	readonly values: Float32Array<ArrayBuffer>;
}
