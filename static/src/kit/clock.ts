/** Server time in the browser. A ward PC's own clock may be wrong by hours, and time limits are the server's. */
import { reactive } from "./reactive.ts";
import { Store } from "./store.ts";

const ONE_SECOND_MS = 1000;
/** A `Date` header has whole seconds, so a smaller difference says nothing. */
const NOTICEABLE_MS = 1500;

let offsetMs = 0;

/** Takes the `Date` header of an answer as the server's time. */
export function learnServerTime(dateHeader: string | null, receivedAtMs: number = Date.now()): void {
	if (dateHeader === null) return;
	const serverMs = Date.parse(dateHeader);
	if (Number.isNaN(serverMs)) return;
	const difference = serverMs - receivedAtMs;
	offsetMs = Math.abs(difference) < NOTICEABLE_MS ? 0 : difference;
}

/** The server's time now, in milliseconds since 1970. */
export function serverNow(): number {
	return Date.now() + offsetMs;
}

/** Ticks once a second while somebody looks: the one timer behind every time left on a page. */
class Ticker extends Store<number> {
	#watchers = 0;
	#timer: ReturnType<typeof setInterval> | undefined;

	override subscribe(run: (value: number) => void): () => void {
		this.#watchers += 1;
		this.#timer ??= setInterval(() => this.#tick(), ONE_SECOND_MS);
		const stop = super.subscribe(run);
		return () => {
			stop();
			this.#watchers -= 1;
			if (this.#watchers > 0) return;
			clearInterval(this.#timer);
			this.#timer = undefined;
		};
	}

	override get value(): number {
		return this.#timer === undefined ? serverNow() : super.value;
	}

	#tick(): void {
		if (typeof document === "undefined" || !document.hidden) this.set(serverNow());
	}
}

export const secondTicker = new Ticker(serverNow());
const everySecond = reactive(secondTicker);

/** Server time that a template follows second by second. */
export function nowEverySecond(): number {
	return everySecond.current;
}
