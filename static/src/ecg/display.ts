/** Follows the display the window stands on, its zoom, and pinch zoom, so that the millimetres stay honest. */
import { calibratedPxPerMm, type Storage } from "../ui/screen/screen.ts";
import { watchScreen } from "../ui/screen/watch.ts";
import type { Station } from "./station.ts";

const PINCH_TOLERANCE = 0.005;

/** Answers the function that stops. */
export function watchDisplay(window: Window, storage: Storage, station: Station): () => void {
	return watchScreen(window, () => {
		const pinch = window.visualViewport?.scale ?? 1;
		station.displayed(calibratedPxPerMm(storage, window), Math.abs(pinch - 1) < PINCH_TOLERANCE ? 1 : pinch);
	});
}
