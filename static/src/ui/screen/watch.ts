/** Notices that the window stands on another screen, or that the page is zoomed. */

/** Calls `look` now and whenever the screen may be another one; answers the function that stops. A window
 * dragged to another screen is noticed when it is resized or looked at again: browsers have no event for it. */
export function watchScreen(window: Window, look: () => void): () => void {
	look();
	const events = ["resize", "focus", "pointerover"] as const;
	for (const event of events) window.addEventListener(event, look, { passive: true });
	window.visualViewport?.addEventListener("resize", look);
	return () => {
		for (const event of events) window.removeEventListener(event, look);
		window.visualViewport?.removeEventListener("resize", look);
	};
}
