/** How much of an HTJ2K codestream is enough for a useful picture: its lower resolutions come first.
 *
 * The server cuts large frames into one tile-part for each resolution (ITU-T T.800 A.4.2), so the first
 * parts by themselves are the same image without its finest details. */

/** Frames whose codestream is smaller come whole soon enough. */
export const PREVIEW_FROM_BYTES = 1 << 20;
/** Details of this many levels are left out: a quarter of the rows and columns. */
export const LEVELS_LEFT_OUT = 2;
const MARKER = 0xff;
const START = 0x4f;
const STYLE = 0x52;
const TILE_PART = 0x90;
const TILE_PART_BYTES = 12;
const HEADER_BYTES_MAX = 4096;

/** The bytes that hold all but the finest two resolutions; null when the stream does not tell, or not yet.
 * `filled`: how many bytes of `stream` are there. */
export function usefulPrefix(stream: Uint8Array, filled: number): number | null {
	if (stream[0] !== MARKER || stream[1] !== START) return null;
	const view = new DataView(stream.buffer, stream.byteOffset, filled);
	let levels: number | null = null;
	let at = 2;
	// The main header: segments that give their length, until the first tile-part.
	while (at + TILE_PART_BYTES <= Math.min(filled, HEADER_BYTES_MAX)) {
		if (view.getUint8(at) !== MARKER) return null;
		const marker = view.getUint8(at + 1);
		if (marker === TILE_PART) return levels === null ? null : partsEnd(view, at, levels);
		if (marker === STYLE) levels = view.getUint8(at + 9);
		at += 2 + view.getUint16(at + 2);
	}
	return null;
}

/** Where the last needed tile-part ends. All of them have to be of the one tile, in order. */
function partsEnd(view: DataView, first: number, levels: number): number | null {
	let at = first;
	for (let part = 0; part <= levels - LEVELS_LEFT_OUT; part++) {
		if (at + TILE_PART_BYTES > view.byteLength) return null;
		const whole = view.getUint16(at) === (MARKER << 8) + TILE_PART && view.getUint16(at + 4) === 0;
		const bytes = view.getUint32(at + 6);
		if (!whole || view.getUint8(at + 10) !== part || bytes < TILE_PART_BYTES) return null;
		// A part that is all the rest has the finest details in it: then there are no parts by resolution.
		at += bytes;
	}
	return levels < LEVELS_LEFT_OUT || at > view.byteLength ? null : at;
}
