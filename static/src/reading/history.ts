/** Undo and redo by whole states: what was before an act and what was after it. */

export interface Step<State> {
	readonly before: State;
	readonly after: State;
}

const STEPS_MAX = 200;

export class History<State> {
	#past: Step<State>[] = [];
	#future: Step<State>[] = [];

	/** Keeps an act; what was undone before it is gone. */
	push(step: Step<State>): void {
		this.#past = [...this.#past, step].slice(-STEPS_MAX);
		this.#future = [];
	}

	/** The state to go back to; null when there is none. */
	undo(): State | null {
		const step = this.#past.pop();
		if (step === undefined) return null;
		this.#future.push(step);
		return step.before;
	}

	redo(): State | null {
		const step = this.#future.pop();
		if (step === undefined) return null;
		this.#past.push(step);
		return step.after;
	}
}
