/** From stored values to brightness: modality LUT, VOI LUT, presentation (PS3.3 C.11, PS3.4 N.2). */
import type { ImageForm, Lut, VoiFunction } from "./manifest.ts";
import type { Samples } from "./samples.ts";

/** A window in output units of the modality LUT (HU for CT). */
export interface Voi {
	readonly center: number;
	readonly width: number;
	readonly function: VoiFunction;
	/** The object's own VOI LUT is used instead of the window, as long as nobody changes the window. */
	readonly table: Lut | null;
}

export const WHITE = 255;
const CENTER_SHIFT = 0.5;

/** The share of full brightness, 0 to 1, that a window gives to a rescaled value.
 * LINEAR is C.11.2.1.2.1 to the letter, with ymin = 0 and ymax = 1. */
export function share(value: number, voi: Pick<Voi, "center" | "width" | "function">): number {
	const { center, width } = voi;
	if (voi.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - center)) / width));
	const exact = voi.function === "LINEAR_EXACT";
	const middle = exact ? center : center - CENTER_SHIFT;
	const span = exact ? width : width - 1;
	if (value <= middle - span / 2) return 0;
	if (value > middle + span / 2) return 1;
	return (value - middle) / span + 0.5;
}

function looked(lut: Lut, value: number): number {
	const at = Math.min(Math.max(Math.trunc(value) - lut.firstMapped, 0), lut.entries.length - 1);
	return lut.entries[at] ?? 0;
}

/** The rescaled value (HU, SUV-ready counts …) of a stored one. */
export function rescaled(stored: number, form: ImageForm): number {
	if (form.modalityLut !== null) return looked(form.modalityLut, stored);
	return stored * form.rescaleSlope + form.rescaleIntercept;
}

/** SUV by body weight (g/ml) of a stored value; null where the object does not tell it. */
export function suvOf(stored: number, form: ImageForm): number | null {
	return form.suvFactor === null ? null : rescaled(stored, form) * form.suvFactor;
}

function brightness(value: number, voi: Voi): number {
	if (voi.table === null) return share(value, voi);
	return looked(voi.table, value) / (2 ** voi.table.bits - 1);
}

const OPAQUE = 0xff000000;

/** A grey pixel as the four bytes of ImageData, read little-endian. */
export function grey(level: number): number {
	return (OPAQUE | (level * 0x010101)) >>> 0;
}

export const BLACK = grey(0);

/** The grey that one stored value becomes. Padding is black, whatever the window (C.7.5.1.1.2). `greys` are the
 * screen's driving levels by presentation value, evenly from black to white (PS3.14). */
export function shade(
	stored: number,
	form: ImageForm,
	voi: Voi,
	invert: boolean,
	greys: Uint8Array | null = null,
): number {
	if (form.padding !== null && stored >= form.padding[0] && stored <= form.padding[1]) return BLACK;
	const part = brightness(rescaled(stored, form), voi);
	const flip = form.inverse !== invert;
	const value = flip ? 1 - part : part;
	return grey(
		greys === null ? Math.round(value * WHITE) : (greys[Math.round(value * (greys.length - 1))] ?? 0),
	);
}

export const TABLE_BITS_MAX = 16;

/** The grey of every possible stored value, to be looked up by the value's lowest bits. */
export function shadeTable(
	form: ImageForm,
	voi: Voi,
	invert: boolean,
	greys: Uint8Array | null = null,
): Uint32Array {
	const bits = form.bitsAllocated > 8 ? TABLE_BITS_MAX : 8;
	const size = 1 << bits;
	const table = new Uint32Array(size);
	const half = size >> 1;
	for (let i = 0; i < size; i++) {
		table[i] = shade(form.signed && i >= half ? i - size : i, form, voi, invert, greys);
	}
	return table;
}

/** The first window an object proposes, or null. */
export function proposedVoi(form: ImageForm): Voi | null {
	const proposed = form.windows[0];
	if (proposed === undefined && form.voiLut === null) return null;
	return {
		center: proposed?.center ?? 0,
		width: proposed?.width ?? 1,
		function: form.voiFunction,
		table: proposed === undefined ? form.voiLut : null,
	};
}

/** A window over all values that are seen, padding aside, for objects that propose none. */
export function fullVoi(form: ImageForm, samples: Samples): Voi {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	const [from, to] = form.padding ?? [1, 0];
	for (const stored of samples) {
		if ((stored >= from && stored <= to) || !Number.isFinite(stored)) continue;
		if (stored < low) low = stored;
		if (stored > high) high = stored;
	}
	if (low > high) return { center: 0.5, width: 1, function: "LINEAR_EXACT", table: null };
	const a = rescaled(low, form);
	const b = rescaled(high, form);
	if (form.floating || Math.abs(form.rescaleSlope) !== 1) {
		return { center: (a + b) / 2, width: Math.abs(b - a) || 1, function: "LINEAR_EXACT", table: null };
	}
	return { center: (a + b + 1) / 2, width: Math.abs(b - a) + 1, function: "LINEAR", table: null };
}
