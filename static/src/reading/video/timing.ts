/** Frames of a video as moments, and moments as frames. Pure. */

export const SPEEDS = [0.25, 0.5, 1, 2] as const;
const MS = 1000;
/** What a moment may lack of a frame's beginning and still be that frame: players round. */
const ROUNDED = 0.01;

/** The frame, from 0, that is shown at a moment. */
export function frameAt(seconds: number, frameTimeMs: number, frames: number): number {
	const at = Math.floor((seconds * MS) / frameTimeMs + ROUNDED);
	return Math.min(Math.max(at, 0), Math.max(0, frames - 1));
}

/** A moment in the middle of a frame: no rounding leads to its neighbour. */
export function momentOf(frame: number, frameTimeMs: number): number {
	return ((frame + 0.5) * frameTimeMs) / MS;
}

/** `1:03.2`: minutes, seconds and tenths since the beginning. */
export function clock(seconds: number): string {
	const tenths = Math.floor(Math.max(0, seconds) * 10 + ROUNDED);
	const rest = String(Math.floor(tenths / 10) % 60).padStart(2, "0");
	return `${Math.floor(tenths / 600)}:${rest}.${tenths % 10}`;
}
