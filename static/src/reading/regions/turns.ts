/** Work that is done one at a time for each name; of what waits, the newest alone is done. */
export class Turns<Name> {
	readonly #busy = new Set<Name>();
	readonly #waiting = new Map<Name, (isNext: boolean) => void>();

	/** What the work gives; null when newer work of the same name came before it was begun. */
	async run<T>(name: Name, work: () => Promise<T>): Promise<T | null> {
		if (this.#busy.has(name) && !(await this.#turn(name))) return null;
		this.#busy.add(name);
		try {
			return await work();
		} finally {
			const next = this.#waiting.get(name);
			this.#waiting.delete(name);
			if (next === undefined) this.#busy.delete(name);
			else next(true);
		}
	}

	#turn(name: Name): Promise<boolean> {
		this.#waiting.get(name)?.(false);
		return new Promise((resolve) => this.#waiting.set(name, resolve));
	}
}
