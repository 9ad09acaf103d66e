/** Plays the frames of a pane at their stored rate; a frame that has not come is waited for, never skipped. */
import type { Pane } from "./pane.ts";
import type { Station } from "./station.ts";

const DEFAULT_FRAME_MS = 100;
const FRAME_MS_MIN = 16;

export function frameTimeMs(pane: Pane): number {
	return Math.max(FRAME_MS_MIN, pane.frame?.form?.frameTimeMs ?? DEFAULT_FRAME_MS);
}

/** True when the frame after the present one can be shown, or is known to be unreadable. */
export function nextIsReady(station: Station, pane: Pane): boolean {
	const { series, index } = pane.state.value;
	if (series === null) return false;
	const next = (index + 1) % series.frames.length;
	return station.shows(series, next) || station.problemOf(series, next) !== null;
}

/** Follows a pane's `playing`; answers the function that stops following. `tick` asks to be called after a
 * time, as setTimeout does. */
export function followCine(station: Station, pane: Pane): () => void {
	let timer: ReturnType<typeof setTimeout> | null = null;
	const step = (): void => {
		timer = null;
		if (!pane.state.value.playing) return;
		// A video goes on by itself.
		if (pane.frame?.video === undefined && nextIsReady(station, pane)) pane.step();
		if (timer === null) timer = setTimeout(step, frameTimeMs(pane));
	};
	const stop = pane.state.subscribe(({ playing }) => {
		if (playing && timer === null) timer = setTimeout(step, frameTimeMs(pane));
	});
	return () => {
		stop();
		if (timer !== null) clearTimeout(timer);
	};
}
