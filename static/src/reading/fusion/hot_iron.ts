/** The well-known palette "Hot Iron" (PS3.6 Table B.1-1, UID 1.2.840.10008.1.5.1): 256 entries of 8 bits. Pure. */

export const ENTRIES = 256;
const LAST = ENTRIES - 1;
/** Where red is full and green begins, and where green is half and blue begins. */
const GREEN_FROM = 128;
const BLUE_FROM = 191;

export type Rgb = readonly [number, number, number];

/** Red, green and blue of an entry, 0 to 255. */
export function hotIron(entry: number): Rgb {
	const at = Math.min(Math.max(entry, 0), LAST);
	// The last entry is white: the ramps of green and blue would end just below.
	if (at === LAST) return [LAST, LAST, LAST];
	return [
		Math.min(LAST, 2 * at),
		Math.max(0, 2 * (at - GREEN_FROM)),
		Math.min(LAST, Math.max(0, 4 * (at - BLUE_FROM))),
	];
}
