/** Undo instead of asking first: an act is held back for a few seconds, then done; or it is taken back. */
import { Store } from "./store.ts";

export const UNDO_WINDOW_MS = 8000;

export interface PendingAct {
	readonly key: string;
	/** What was done, in words: "已退回龙潭". */
	readonly said: string;
}

export type Later = (run: () => void, delayMs: number) => () => void;

const browserLater: Later = (run, delayMs) => {
	const timer = setTimeout(run, delayMs);
	return () => clearTimeout(timer);
};

interface Held extends PendingAct {
	readonly commit: () => void;
	readonly cancel: () => void;
}

/** Holds at most one act at a time: a second act commits the first, so nothing is ever lost by hurrying. */
export class UndoBox {
	readonly pending = new Store<PendingAct | null>(null);
	readonly #later: Later;
	#held: Held | null = null;

	constructor(later: Later = browserLater) {
		this.#later = later;
	}

	hold(act: PendingAct, commit: () => void, takeBack: () => void): void {
		this.flush();
		const stop = this.#later(() => this.flush(), UNDO_WINDOW_MS);
		this.#held = {
			...act,
			commit: () => {
				stop();
				commit();
			},
			cancel: () => {
				stop();
				takeBack();
			},
		};
		this.pending.set(act);
	}

	/** Does the held act now; call it before leaving the page. */
	flush(): void {
		const held = this.#release();
		held?.commit();
	}

	/** Takes the held act back; false when there was none. */
	undo(): boolean {
		const held = this.#release();
		held?.cancel();
		return held !== null;
	}

	#release(): Held | null {
		const held = this.#held;
		this.#held = null;
		this.pending.set(null);
		return held;
	}
}
