/** Label maps: pixels that are numbers of segments (PS3.3 C.8.20.2.3). Each number has an outline of its own. Pure. */
import { outlineOf } from "./outline.ts";

/** The smallest part of a grid in which a number lies. */
interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

/** Where each number but 0 lies. */
function boxesOf(numbers: Uint16Array, columns: number): Map<number, Box> {
	const boxes = new Map<number, Box>();
	for (let i = 0; i < numbers.length; i++) {
		const number = numbers[i] ?? 0;
		if (number === 0) continue;
		const x = i % columns;
		const y = (i - x) / columns;
		const box = boxes.get(number);
		if (box === undefined) {
			boxes.set(number, { left: x, top: y, right: x, bottom: y });
			continue;
		}
		if (x < box.left) box.left = x;
		if (x > box.right) box.right = x;
		box.bottom = y;
	}
	return boxes;
}

/** Two bytes, the lower first, of each pixel. */
export function numbersIn(bytes: Uint8Array): Uint16Array {
	// As every machine that runs a browser has them.
	if (bytes.byteOffset % 2 === 0) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
	return numbersIn(bytes.slice());
}

/** The outline of each segment in a frame of a label map, by number; background has none. */
export function labelOutlines(numbers: Uint16Array, columns: number): Map<number, string> {
	const outlines = new Map<number, string>();
	for (const [number, { left, top, right, bottom }] of boxesOf(numbers, columns)) {
		const inside = (x: number, y: number): boolean => numbers[(top + y) * columns + left + x] === number;
		outlines.set(number, outlineOf(inside, right - left + 1, bottom - top + 1, { x: left, y: top }));
	}
	return outlines;
}
