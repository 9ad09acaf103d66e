/** Follows the display the window stands on, its zoom, and pinch zoom, so that the millimetres stay honest. */
import { calibratedPxPerMm, type Storage } from "./calibration.ts";
import type { Station } from "./station.ts";

const PINCH_TOLERANCE = 0.005;

/** Answers the function that stops. A window dragged to another display is noticed when it is resized or
 * looked at again: browsers have no event for it. */
export function watchDisplay(window: Window, storage: Storage, station: Station): () => void {
	const look = (): void => {
		const pinch = window.visualViewport?.scale ?? 1;
		station.displayed(calibratedPxPerMm(storage, window), Math.abs(pinch - 1) < PINCH_TOLERANCE ? 1 : pinch);
	};
	look();
	const events = ["resize", "focus", "pointerover"] as const;
	for (const event of events) window.addEventListener(event, look, { passive: true });
	window.visualViewport?.addEventListener("resize", look);
	return () => {
		for (const event of events) window.removeEventListener(event, look);
		window.visualViewport?.removeEventListener("resize", look);
	};
}
