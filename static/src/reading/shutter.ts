/** Display shutters (PS3.3 C.7.6.11): what lies outside of them is covered, whatever it holds. */
import type { Shutter } from "./manifest.ts";
import { grey } from "./voi.ts";

/** True when a pixel lies within every shape; rows and columns count from 1, as the standard counts them. */
export function seenThrough(shutter: Shutter, row: number, column: number): boolean {
	const { rectangle, circle, polygon } = shutter;
	if (rectangle !== null) {
		const [left, right, upper, lower] = rectangle;
		if (column <= left || column >= right || row <= upper || row >= lower) return false;
	}
	if (circle !== null && (row - circle[0]) ** 2 + (column - circle[1]) ** 2 > circle[2] ** 2) return false;
	return polygon.length === 0 || within(polygon, row, column);
}

/** By the parity of edges that a line to the right crosses. */
function within(polygon: readonly (readonly [number, number])[], row: number, column: number): boolean {
	let inside = false;
	for (const [i, [fromRow, fromColumn]] of polygon.entries()) {
		const [toRow, toColumn] = polygon[(i + 1) % polygon.length] as readonly [number, number];
		if (fromRow > row === toRow > row) continue;
		const at = fromColumn + ((toColumn - fromColumn) * (row - fromRow)) / (toRow - fromRow);
		if (column < at) inside = !inside;
	}
	return inside;
}

/** Covers the pixels of an ImageData (its 32-bit view), `columns` to a row. */
export function cover(shutter: Shutter, columns: number, pixels: Uint32Array): void {
	const covered = grey(shutter.level);
	for (let i = 0; i < pixels.length; i++) {
		const row = Math.floor(i / columns);
		if (!seenThrough(shutter, row + 1, i - row * columns + 1)) pixels[i] = covered;
	}
}
