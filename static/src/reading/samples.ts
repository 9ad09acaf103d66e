/** Decoded samples of a frame: exactly the stored values, colour by pixel. */
import type { ImageForm } from "./manifest.ts";

export type Samples =
	| Uint8Array
	| Int8Array
	| Uint16Array
	| Int16Array
	| Uint32Array
	| Int32Array
	| Float32Array
	| Float64Array;

const BITS_PER_BYTE = 8;

export function sampleCount(form: ImageForm): number {
	return form.rows * form.columns * form.samplesPerPixel;
}

/** Bytes of one decoded sample; single-bit pixels take a byte each. */
export function sampleBytes(form: ImageForm): number {
	return Math.max(1, form.bitsAllocated / BITS_PER_BYTE);
}

export function frameBytes(form: ImageForm): number {
	return sampleCount(form) * sampleBytes(form);
}

/** The typed view of a frame's bytes (little-endian, as every machine that runs a browser is). */
export function samplesIn(form: ImageForm, buffer: ArrayBufferLike, byteOffset = 0): Samples {
	const count = sampleCount(form);
	const bytes = sampleBytes(form);
	if (form.floating) {
		return bytes === 8
			? new Float64Array(buffer, byteOffset, count)
			: new Float32Array(buffer, byteOffset, count);
	}
	if (bytes === 1) {
		return form.signed ? new Int8Array(buffer, byteOffset, count) : new Uint8Array(buffer, byteOffset, count);
	}
	if (bytes === 2) {
		return form.signed
			? new Int16Array(buffer, byteOffset, count)
			: new Uint16Array(buffer, byteOffset, count);
	}
	return form.signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
}
