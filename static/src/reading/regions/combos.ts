/** Which segments lie together in one place, each such set by a number: 0 is none. Segments of a segmentation may
 * overlap (PS3.3 C.8.20.2), so that a place has a set of them, not one. */

/** The segments of a place by number, and the level that each reaches there: of a binary one 1, of a fractional one
 * how many of `LEVELS`. */
export type Combo = ReadonlyMap<number, number>;

export class Combos {
	readonly #all: Combo[] = [new Map()];
	readonly #numbers = new Map<string, number>([["", 0]]);
	/** By one number, then by the other: a slab asks for the same ones again and again. */
	readonly #joins: number[][] = [];

	get count(): number {
		return this.#all.length;
	}

	of(number: number): Combo {
		return this.#all[number] ?? new Map();
	}

	single(segment: number, level = 1): number {
		return this.#numbered(new Map([[segment, level]]));
	}

	/** The number of both together; of a segment in both the higher level counts. */
	joined(a: number, b: number): number {
		if (a === b || b === 0) return a;
		if (a === 0) return b;
		const known = this.#joins[a]?.[b];
		return known === undefined ? this.#join(a, b) : known;
	}

	#join(a: number, b: number): number {
		const both = new Map(this.of(a));
		for (const [segment, level] of this.of(b)) both.set(segment, Math.max(level, both.get(segment) ?? 0));
		const number = this.#numbered(both);
		const row = this.#joins[a] ?? [];
		this.#joins[a] = row;
		row[b] = number;
		return number;
	}

	#numbered(combo: Combo): number {
		const key = [...combo]
			.sort(([a], [b]) => a - b)
			.map((one) => one.join(":"))
			.join(" ");
		const known = this.#numbers.get(key);
		if (known !== undefined) return known;
		this.#numbers.set(key, this.#all.length);
		return this.#all.push(combo) - 1;
	}
}
