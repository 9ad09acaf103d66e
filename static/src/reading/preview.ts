/** The beginning of a frame, decoded without its finest details, and how it is shown in the frame's own size. */
import type { ImageForm } from "./manifest.ts";
import { LEVELS_LEFT_OUT } from "./prefix.ts";
import { type Samples, sampleBytes, sampleCount, samplesIn } from "./samples.ts";

export interface Preview {
	readonly samples: Samples;
	/** That of the small image. */
	readonly form: ImageForm;
}

/** Rows and columns of the frame for one of the preview. */
const STEP = 2 ** LEVELS_LEFT_OUT;

/** What a frame's form is without its finest details. */
export function reduced(form: ImageForm): ImageForm {
	return { ...form, rows: Math.ceil(form.rows / STEP), columns: Math.ceil(form.columns / STEP) };
}

/** The preview in the size of the frame, blended between its pixels: each lies where every fourth of the frame
 * does, and beyond the last one goes on as it is. */
export function enlarged({ samples, form: small }: Preview, form: ImageForm): Samples {
	const out = samplesIn(form, new ArrayBuffer(sampleCount(form) * sampleBytes(form)));
	const rowSamples = small.columns * form.samplesPerPixel;
	const blended = new Float64Array(rowSamples + form.samplesPerPixel);
	for (let row = 0; row < form.rows; row++) {
		const above = Math.floor(row / STEP);
		const below = Math.min(above + 1, small.rows - 1);
		blendRows(
			samples.subarray(above * rowSamples),
			samples.subarray(below * rowSamples),
			row,
			blended,
			rowSamples,
		);
		// One pixel more than there is, so that the last ones have a neighbour.
		blended.copyWithin(rowSamples, rowSamples - form.samplesPerPixel, rowSamples);
		stretch(blended, form, out, row * form.columns * form.samplesPerPixel);
	}
	return out;
}

/** The line of `row` between the two that are there. */
function blendRows(above: Samples, below: Samples, row: number, into: Float64Array, count: number): void {
	const share = (row % STEP) / STEP;
	for (let i = 0; i < count; i++) {
		const value = above[i] ?? 0;
		into[i] = value + ((below[i] ?? 0) - value) * share;
	}
}

/** Writes a row of small pixels as one of the frame. */
function stretch(row: Float64Array, form: ImageForm, out: Samples, start: number): void {
	const { columns, samplesPerPixel: colours, floating } = form;
	for (let colour = 0; colour < colours; colour++) {
		let at = start + colour;
		for (let column = 0, left = colour; column < columns; left += colours) {
			const value = row[left] ?? 0;
			const slope = ((row[left + colours] ?? 0) - value) / STEP;
			const end = Math.min(STEP, columns - column);
			for (let step = 0; step < end; step++, at += colours) {
				const exact = value + slope * step;
				out[at] = floating ? exact : Math.floor(exact + 0.5);
			}
			column += end;
		}
	}
}
