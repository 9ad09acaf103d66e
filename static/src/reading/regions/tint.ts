/** Numbers of `Combos` to pixels: each segment in its colour over the ones before, its edge whole. Pure. */
import type { Combo, Combos } from "./combos.ts";
import { EDGED_LEVEL, levelOpacity } from "./masks.ts";
import type { Ink } from "./source.ts";

/** How the segments of an object are drawn, in its order; those that are hidden are not in it. */
export interface Inks {
	readonly parts: readonly (readonly [number, Ink])[];
	/** How many levels there are: 1 of a binary one. */
	readonly levels: number;
}

const CLEAR = 0;
const OPAQUE = 255;
const MANY = 2 ** 26;

function channels(colour: string): [number, number, number] {
	const value = Number.parseInt(colour.slice(1), 16);
	return [value >> 16, (value >> 8) & OPAQUE, value & OPAQUE];
}

/** Four bytes of ImageData, read little-endian; `alpha` is 0 to 1. */
function pixelOf([red, green, blue]: readonly number[], alpha: number): number {
	const byte = (value = 0): number => Math.round(value);
	return ((byte(alpha * OPAQUE) << 24) | (byte(blue) << 16) | (byte(green) << 8) | byte(red)) >>> 0;
}

/** All segments of a place, one over the other. */
function tinted(combo: Combo, { parts, levels }: Inks): number {
	let [colour, alpha]: [number[], number] = [[0, 0, 0], 0];
	for (const [part, ink] of parts) {
		const level = combo.get(part) ?? 0;
		const own = 1 - (1 - levelOpacity(ink.fill, levels)) ** level;
		const whole = own + alpha * (1 - own);
		if (whole === 0) continue;
		const above = channels(ink.colour);
		colour = colour.map((below, i) => (own * (above[i] ?? 0) + (1 - own) * alpha * below) / whole);
		alpha = whole;
	}
	return pixelOf(colour, alpha);
}

export class Tint {
	readonly #combos: Combos;
	readonly #inks: Inks;
	readonly #pixels: number[] = [];
	readonly #edges = new Map<number, number>();

	constructor(combos: Combos, inks: Inks) {
		this.#combos = combos;
		this.#inks = inks;
	}

	/** Paints numbers, `width` in a row. A point of a segment beside one that is not of it is an edge. */
	paint(numbers: Uint32Array, width: number, target: Uint32Array): void {
		for (let i = 0, x = 0; i < target.length; i++, x = x + 1 === width ? 0 : x + 1) {
			const number = numbers[i] as number;
			if (number === 0) {
				target[i] = CLEAR;
				continue;
			}
			const left = x > 0 ? (numbers[i - 1] as number) : number;
			const right = x + 1 < width ? (numbers[i + 1] as number) : number;
			const above = numbers[i - width] ?? number;
			const below = numbers[i + width] ?? number;
			target[i] =
				left === number && right === number && above === number && below === number
					? this.#within(number)
					: this.#beside(number, left, right, above, below);
		}
	}

	#within(number: number): number {
		const known = this.#pixels[number];
		if (known !== undefined) return known;
		const made = tinted(this.#combos.of(number), this.#inks);
		this.#pixels[number] = made;
		return made;
	}

	#beside(number: number, ...around: readonly number[]): number {
		for (const one of around) {
			const edge = one === number ? CLEAR : this.#edge(number, one);
			if (edge !== CLEAR) return edge;
		}
		return this.#within(number);
	}

	/** The colour of the uppermost segment that ends between two places; clear where none does. */
	#edge(number: number, other: number): number {
		const key = number * MANY + other;
		const known = this.#edges.get(key);
		if (known !== undefined) return known;
		const { parts, levels } = this.#inks;
		const least = levels === 1 ? 1 : EDGED_LEVEL + 1;
		const [here, there] = [this.#combos.of(number), this.#combos.of(other)];
		const ended = parts.findLast(
			([part]) => (here.get(part) ?? 0) >= least && (there.get(part) ?? 0) < least,
		);
		const made = ended === undefined ? CLEAR : pixelOf(channels(ended[1].colour), 1);
		this.#edges.set(key, made);
		return made;
	}
}
