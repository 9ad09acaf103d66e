/** How a growing text area behaves: its height, and when it says how much may still be written. */

export const ROWS_MAX = 12;
const COUNTER_FROM = 0.8;

/** Height in px for a text of `contentPx`, between `rowsMin` and twelve lines of `linePx`. */
export function grownHeight(contentPx: number, linePx: number, rowsMin: number, framePx: number): number {
	const least = rowsMin * linePx + framePx;
	const most = ROWS_MAX * linePx + framePx;
	return Math.min(most, Math.max(least, contentPx));
}

export type Counter = { readonly kind: "left" | "over"; readonly n: number } | null;

/** From 80 % of the limit on: how many characters are left, or too many. Counts what a person sees as one. */
export function counterFor(text: string, charactersMax: number | undefined): Counter {
	if (charactersMax === undefined) return null;
	const count = [...text].length;
	if (count < COUNTER_FROM * charactersMax) return null;
	const n = charactersMax - count;
	return n >= 0 ? { kind: "left", n } : { kind: "over", n: -n };
}
