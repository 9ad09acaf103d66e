/** A value that tells its subscribers when it changes. It keeps Svelte's store contract, so a view may
 * write `$name`, while modules and tests use it without any framework. */

export type Unsubscribe = () => void;

export interface Readable<T> {
	readonly value: T;
	/** Calls back at once with the present value, then after every change. */
	subscribe(run: (value: T) => void): Unsubscribe;
}

export class Store<T> implements Readable<T> {
	#value: T;
	readonly #subscribers = new Set<(value: T) => void>();

	constructor(initial: T) {
		this.#value = initial;
	}

	get value(): T {
		return this.#value;
	}

	set(value: T): void {
		if (Object.is(value, this.#value)) return;
		this.#value = value;
		for (const run of [...this.#subscribers]) {
			// Whoever changes it again while it is told has told everybody the newer value already.
			if (!Object.is(this.#value, value)) return;
			if (this.#subscribers.has(run)) run(value);
		}
	}

	update(change: (value: T) => T): void {
		this.set(change(this.#value));
	}

	subscribe(run: (value: T) => void): Unsubscribe {
		this.#subscribers.add(run);
		run(this.#value);
		return () => {
			this.#subscribers.delete(run);
		};
	}
}
