/** Run in a browser: the same frames through both renderers. `compareRenderers()` answers how many pixels differ, by
 * the name of the case; -1 where the graphics card's did not paint. */
import { GlFrame } from "../../../static/src/reading/gl.ts";
import { type Look, Painter } from "../../../static/src/reading/picture.ts";
import { sampleBytes, samplesIn } from "../../../static/src/reading/samples.ts";
import type { ImageForm, Lut } from "../../../static/src/reading/manifest.ts";
import { aForm, figures } from "./studies.ts";

const [COLUMNS, ROWS] = [37, 29];

function aLut(bits: number, firstMapped: number, size: number, random: () => number): Lut {
	return { bits, firstMapped, entries: Uint16Array.from({ length: size }, () => random() * 2 ** bits) };
}

function forms(random: () => number): [string, ImageForm][] {
	const made: [string, ImageForm][] = [];
	for (const bitsAllocated of [8, 16]) {
		for (const signed of [false, true]) {
			const plain = { rows: ROWS, columns: COLUMNS, bitsAllocated, bitsStored: bitsAllocated, signed };
			const name = `${bitsAllocated} bits${signed ? ", signed" : ""}`;
			made.push([name, aForm(plain)], [`${name}, inverse`, aForm({ ...plain, inverse: true })]);
			made.push([`${name}, sigmoid`, aForm({ ...plain, voiFunction: "SIGMOID", rescaleSlope: 1.7 })]);
			made.push([`${name}, padded`, aForm({ ...plain, padding: [3, 90] })]);
			const modalityLut = aLut(16, -5, 700, random);
			made.push([`${name}, modality table`, aForm({ ...plain, modalityLut })]);
			const palette = aLut(16, 0, 3 * 256, random);
			made.push([`${name}, palette`, aForm({ ...plain, palette, photometric: "PALETTE COLOR" })]);
			made.push([`${name}, supplemental palette`, aForm({ ...plain, palette: { ...palette, firstMapped: 60 } })]);
		}
	}
	return made;
}

function pixelsOf(canvas: HTMLCanvasElement): Uint32Array {
	const copy = new OffscreenCanvas(COLUMNS, ROWS).getContext("2d", { willReadFrequently: true });
	copy?.drawImage(canvas, 0, 0);
	return new Uint32Array(copy?.getImageData(0, 0, COLUMNS, ROWS).data.buffer ?? new ArrayBuffer(0));
}

function differing(card: GlFrame, form: ImageForm, look: Look, random: () => number, spoilt: boolean): number {
	const bytes = Uint8Array.from({ length: COLUMNS * ROWS * sampleBytes(form) }, () => random() * 256);
	const samples = samplesIn(form, bytes.buffer);
	const painter = new Painter();
	const expected = new Uint32Array(COLUMNS * ROWS);
	painter.paint(form, samples, look, expected);
	const table = painter.table(form, { ...look, invert: look.invert !== spoilt });
	if (table === null || !card.paint(form, samples, table)) return -1;
	const found = pixelsOf(card.canvas);
	return expected.reduce((sum, pixel, i) => sum + (pixel === found[i] ? 0 : 1), 0);
}

function compareRenderers(spoilt = false): Record<string, number> {
	const random = figures(41);
	const card = GlFrame.open(document.createElement("canvas"), true);
	if (card === null) return { "no WebGL 2": -1 };
	const found: Record<string, number> = {};
	for (const [name, form] of forms(random)) {
		for (const invert of [false, true]) {
			const voi = { center: 300 * random(), width: 1 + 600 * random(), function: form.voiFunction, table: null };
			found[`${name}${invert ? ", inverted" : ""}`] = differing(card, form, { voi, invert }, random, spoilt);
		}
	}
	return found;
}

Object.assign(globalThis, { compareRenderers });
