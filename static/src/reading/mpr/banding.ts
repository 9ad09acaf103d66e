/** The worker's side of resampling: keeps the volume, answers bands. Pure but for the memory it reads. */
import { type Samples, samplesIn } from "../samples.ts";
import type { BandMessage, FromResampler, VolumeMessage } from "./messages.ts";
import { Resampler } from "./resample.ts";

export class BandMaker {
	readonly #message: VolumeMessage;
	readonly #whole: readonly Samples[];

	constructor(message: VolumeMessage) {
		this.#message = message;
		const { form, buffer, offsets } = message;
		this.#whole = offsets.map((offset) => samplesIn(form, buffer, offset));
	}

	answer({ job, grid, slab, from, to, present }: BandMessage): FromResampler {
		const { volume, slopes, intercepts, form } = this.#message;
		const slices = this.#whole.map((slice, k) => (present[k] === 1 ? slice : undefined));
		const resampler = new Resampler(volume, { slices, slopes, intercepts, padding: form.padding });
		return { job, from, values: resampler.rows(grid, slab, from, to) };
	}
}
