/** A frame's samples to the pixels of an ImageData: the CPU renderer, exact and quick. */
import type { ImageForm, Lut } from "./manifest.ts";
import type { Samples } from "./samples.ts";
import { BLACK, shade, shadeTable, TABLE_BITS_MAX, type Voi } from "./voi.ts";

export interface Look {
	readonly voi: Voi;
	readonly invert: boolean;
	/** Driving levels of the screen by presentation value; without them greys are sent as they are. */
	readonly greys?: Uint8Array | null;
}

const OPAQUE = 0xff000000;

function rgb(red: number, green: number, blue: number): number {
	return (OPAQUE | (blue << 16) | (green << 8) | red) >>> 0;
}

function byte(value: number): number {
	return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}

/** YBR_FULL to RGB (PS3.3 C.7.6.3.1.2, the inverse of its equations). */
export function ybrToRgb(y: number, cb: number, cr: number): number {
	const b = cb - 128;
	const r = cr - 128;
	return rgb(byte(y + 1.402 * r), byte(y - 0.344136 * b - 0.714136 * r), byte(y + 1.772 * b));
}

const PARTIAL_BLACK = 16;
const LUMA_SCALE = 255 / 219;
const CHROMA_SCALE = 255 / 224;

/** YBR_PARTIAL to RGB: black at 16, white at 235, and 225 levels of colour difference. */
export function partialToRgb(y: number, cb: number, cr: number): number {
	return ybrToRgb(
		(y - PARTIAL_BLACK) * LUMA_SCALE,
		(cb - 128) * CHROMA_SCALE + 128,
		(cr - 128) * CHROMA_SCALE + 128,
	);
}

/** True when a frame is shown in its own colours: the window does not apply to it. */
export function isColour(form: ImageForm): boolean {
	return form.samplesPerPixel > 1 || form.photometric === "PALETTE COLOR";
}

/** Keeps the last table: most repaints of a series use the same one. */
export class Painter {
	#table: Uint32Array | null = null;
	#form: ImageForm | null = null;
	#look: Look | null = null;

	/** The pixel of each stored value by its lowest bits; null for frames that go through no table. */
	table(form: ImageForm, look: Look): Uint32Array | null {
		const direct = form.samplesPerPixel > 1 || form.floating || form.bitsAllocated > TABLE_BITS_MAX;
		return direct ? null : this.#tableFor(form, look);
	}

	/** Paints rows × columns pixels into `target` (the 32-bit view of an ImageData). */
	paint(form: ImageForm, samples: Samples, look: Look, target: Uint32Array): void {
		const table = this.table(form, look);
		if (table !== null) paintByTable(table, samples, target);
		else if (form.samplesPerPixel > 1) paintColour(form, samples, look.invert, target);
		else paintDirectly(form, samples, look, target);
	}

	#tableFor(form: ImageForm, look: Look): Uint32Array {
		const same =
			this.#table !== null &&
			this.#form === form &&
			this.#look?.invert === look.invert &&
			this.#look.voi === look.voi &&
			this.#look.greys === look.greys;
		if (same && this.#table !== null) return this.#table;
		this.#table = lookTable(form, look);
		this.#form = form;
		this.#look = look;
		return this.#table;
	}
}

function paintByTable(table: Uint32Array, samples: Samples, target: Uint32Array): void {
	const mask = table.length - 1;
	const count = target.length;
	for (let i = 0; i < count; i++) target[i] = table[(samples[i] as number) & mask] as number;
}

function paintDirectly(form: ImageForm, samples: Samples, look: Look, target: Uint32Array): void {
	for (let i = 0; i < target.length; i++) {
		const stored = samples[i] as number;
		target[i] = Number.isFinite(stored) ? shade(stored, form, look.voi, look.invert, look.greys) : BLACK;
	}
}

function paintColour(form: ImageForm, samples: Samples, invert: boolean, target: Uint32Array): void {
	const divisor = 2 ** Math.max(0, form.bitsStored - 8);
	const toPixel = colourOf(form.photometric);
	for (let i = 0, at = 0; i < target.length; i++, at += 3) {
		const pixel = toPixel(
			Math.trunc((samples[at] as number) / divisor),
			Math.trunc((samples[at + 1] as number) / divisor),
			Math.trunc((samples[at + 2] as number) / divisor),
		);
		target[i] = invert ? (pixel ^ 0x00ffffff) >>> 0 : pixel;
	}
}

function colourOf(photometric: string): (a: number, b: number, c: number) => number {
	if (photometric.startsWith("YBR_FULL")) return ybrToRgb;
	return photometric.startsWith("YBR_PARTIAL") ? partialToRgb : rgb;
}

/** The pixel of every possible stored value, to be looked up by the value's lowest bits: greys by window,
 * colours by palette, or both (a supplemental palette, C.7.6.19). */
export function lookTable(form: ImageForm, look: Look): Uint32Array {
	const table = shadeTable(form, look.voi, look.invert, look.greys);
	if (form.palette === null) return table;
	const colours = paletteColours(form.palette);
	const whole = form.photometric === "PALETTE COLOR";
	const half = table.length >> 1;
	for (let i = 0; i < table.length; i++) {
		const stored = form.signed && i >= half ? i - table.length : i;
		const at = stored - form.palette.firstMapped;
		if (!whole && at < 0) continue;
		const pixel = colours[Math.min(Math.max(at, 0), colours.length - 1)] as number;
		table[i] = look.invert ? (pixel ^ 0x00ffffff) >>> 0 : pixel;
	}
	return table;
}

/** The colours of a palette in 8 bits each (C.7.6.3.1.5). */
export function paletteColours(palette: Lut): Uint32Array {
	const shift = Math.max(0, palette.bits - 8);
	const { entries } = palette;
	return Uint32Array.from({ length: Math.floor(entries.length / 3) }, (_, i) =>
		rgb(
			((entries[3 * i] ?? 0) >> shift) & 255,
			((entries[3 * i + 1] ?? 0) >> shift) & 255,
			((entries[3 * i + 2] ?? 0) >> shift) & 255,
		),
	);
}
