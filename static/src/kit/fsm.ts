/** A finite state machine whose table is the code: state, event, next state. It owns no timer and no socket. */
import { type Readable, Store, type Unsubscribe } from "./store.ts";

export type Transitions<State extends string, Event extends string> = Readonly<
	Record<State, Readonly<Partial<Record<Event, State>>>>
>;

export class Machine<State extends string, Event extends string> implements Readable<State> {
	readonly #table: Transitions<State, Event>;
	readonly #state: Store<State>;

	constructor(table: Transitions<State, Event>, initial: State) {
		this.#table = table;
		this.#state = new Store(initial);
	}

	get value(): State {
		return this.#state.value;
	}

	can(event: Event): boolean {
		return this.#table[this.value][event] !== undefined;
	}

	/** Moves along the table. An event with no entry in the present state changes nothing and answers false. */
	send(event: Event): boolean {
		const next = this.#table[this.value][event];
		if (next === undefined) return false;
		this.#state.set(next);
		return true;
	}

	subscribe(run: (state: State) => void): Unsubscribe {
		return this.#state.subscribe(run);
	}
}
