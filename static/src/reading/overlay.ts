/** Overlays: what an object draws over its image, one bit for each pixel, as the server's records carry it. */
import { BLACK, grey, WHITE } from "./voi.ts";

const BITS = 8;
const INK = grey(WHITE);

/** The bits of an overlay record, least significant first, row by row; null when they are not `pixels` bits. */
export async function unpackOverlay(payload: Uint8Array, pixels: number): Promise<Uint8Array | null> {
	const bits = new Uint8Array(Math.ceil(pixels / BITS));
	let at = 0;
	try {
		const stream = new Blob([payload.slice()]).stream().pipeThrough(new DecompressionStream("deflate"));
		for (const reader = stream.getReader(); ; ) {
			const { value, done } = await reader.read();
			if (done) break;
			if (at + value.length > bits.length) {
				await reader.cancel();
				return null;
			}
			bits.set(value, at);
			at += value.length;
		}
	} catch {
		return null;
	}
	return at === bits.length ? bits : null;
}

/** Draws an overlay on the pixels of an ImageData (its 32-bit view): white, and black on an inverted image. */
export function drawOver(bits: Uint8Array, invert: boolean, pixels: Uint32Array): void {
	const ink = invert ? BLACK : INK;
	for (let i = 0; i < pixels.length; i++) {
		if (((bits[i >> 3] ?? 0) >> (i & 7)) & 1) pixels[i] = ink;
	}
}
