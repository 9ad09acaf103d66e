/** Listening to what changed: on the page's one stream where it gives one, else on a stream of one's own. */
import { Live, type LiveEvent } from "./live.ts";

/** Calls `hear` for every event; answers the function that ends it. */
export function follow(live: Pick<Live, "on"> | undefined, hear: (event: LiveEvent) => void): () => void {
	if (live) return live.on(hear);
	const own = new Live();
	const stop = own.on(hear);
	own.start();
	return () => {
		stop();
		own.stop();
	};
}

/** The consult that an event is about; null for an event about something else. */
export function consultOf(event: LiveEvent): string | null {
	const { data } = event;
	if (typeof data !== "object" || data === null || !("consult_id" in data)) return null;
	return typeof data.consult_id === "string" ? data.consult_id : null;
}
