/** Whether there is a line to the centre: what the browser knows at once, and what the stream finds out. */
import type { LiveStatus } from "../api/live.ts";
import { Store } from "../kit/store.ts";

export const online = new Store(true);

/** Follows the browser's own word on the network. */
export function followLine(target: Window = window): void {
	online.set(target.navigator.onLine);
	target.addEventListener("online", () => online.set(true));
	target.addEventListener("offline", () => online.set(false));
}

/** True when the page should say that the line is down. */
export function lineDown(isOnline: boolean, live: LiveStatus): boolean {
	return !isOnline || live.state === "stale";
}
