/** Values of a plane to pixels. What no slice tells is black outside of the volume and hatched within it. Pure. */
import type { Voi } from "../voi.ts";
import { BLACK, grey, share, WHITE } from "../voi.ts";
import { GAP, OUTSIDE } from "./resample.ts";

export interface PlaneLook {
	readonly voi: Voi;
	/** Low values are bright: what the object says and the reader's choice together. */
	readonly inverse: boolean;
}

/** Dim against black, and no grey of a picture: a blue tinge. */
const HATCH = 0xff6a4a30;
const HATCH_PIXELS = 8;
const LEVELS = 4096;

function brightness(value: number, { table, ...window }: Voi): number {
	if (table === null) return share(value, window);
	const at = Math.min(Math.max(Math.trunc(value) - table.firstMapped, 0), table.entries.length - 1);
	return (table.entries[at] ?? 0) / (2 ** table.bits - 1);
}

/** The grey of one value. */
export function shadeOf(value: number, { voi, inverse }: PlaneLook): number {
	const part = brightness(value, voi);
	return grey(Math.round((inverse ? 1 - part : part) * WHITE));
}

/** Greys in even steps over a window: one look-up for each pixel instead of one window. */
interface Ramp {
	readonly low: number;
	readonly perLevel: number;
	readonly greys: Uint32Array;
}

function rampOf(look: PlaneLook): Ramp {
	const { center, width, table, function: kind } = look.voi;
	const reach = kind === "SIGMOID" ? 3 * width : width / 2 + 1;
	const low = table === null ? center - reach : table.firstMapped;
	const high = table === null ? center + reach : table.firstMapped + table.entries.length - 1;
	const perLevel = (LEVELS - 1) / Math.max(high - low, 1e-9);
	const greys = Uint32Array.from({ length: LEVELS }, (_, i) => shadeOf(low + i / perLevel, look));
	return { low, perLevel, greys };
}

/** Paints a plane of `width` values a row into the 32-bit view of an ImageData. */
export class PlanePainter {
	#look: PlaneLook | null = null;
	#ramp: Ramp | null = null;

	paint(values: Float32Array, width: number, look: PlaneLook, target: Uint32Array): void {
		const { low, perLevel, greys } = this.#rampFor(look);
		const top = LEVELS - 1;
		for (let i = 0; i < target.length; i++) {
			const value = values[i] as number;
			if (value === OUTSIDE) target[i] = BLACK;
			else if (value === GAP) target[i] = hatchAt(i, width);
			else {
				const at = (value - low) * perLevel + 0.5;
				target[i] = greys[at <= 0 ? 0 : at >= top ? top : at | 0] as number;
			}
		}
	}

	#rampFor(look: PlaneLook): Ramp {
		const same = this.#look?.voi === look.voi && this.#look.inverse === look.inverse;
		if (this.#ramp === null || !same) {
			this.#ramp = rampOf(look);
			this.#look = look;
		}
		return this.#ramp;
	}
}

function hatchAt(index: number, width: number): number {
	const diagonal = (index % width) + Math.floor(index / width);
	return diagonal % HATCH_PIXELS === 0 ? HATCH : BLACK;
}
