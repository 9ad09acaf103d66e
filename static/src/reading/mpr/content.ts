/** The samples of a volume as the station holds them now. */
import type { Series } from "../manifest.ts";
import type { Samples } from "../samples.ts";
import type { Content } from "./resample.ts";
import type { Volume } from "./volume.ts";

/** What of the station is asked for; `samples` may be those of a preview. */
export interface FrameSource {
	samples(series: Series, index: number): Samples | undefined;
	isPreview(series: Series, index: number): boolean;
}

/** What the slices hold, by height; previews are not exact and count as not there. */
export function contentOf(source: FrameSource, series: Series, volume: Volume): Content {
	const forms = volume.frames.map((index) => series.frames[index]?.form ?? volume.form);
	return {
		slices: volume.frames.map((index) =>
			source.isPreview(series, index) ? undefined : source.samples(series, index),
		),
		slopes: forms.map(({ rescaleSlope }) => rescaleSlope),
		intercepts: forms.map(({ rescaleIntercept }) => rescaleIntercept),
		padding: volume.form.padding,
	};
}

export function presentIn({ slices }: Content): Uint8Array {
	return Uint8Array.from(slices, (one) => (one === undefined ? 0 : 1));
}

/** The one piece of shared memory in which all samples are that are there; null when there is none. */
export function sharedBufferOf({ slices }: Content): SharedArrayBuffer | null {
	let found: SharedArrayBuffer | null = null;
	for (const slice of slices) {
		if (slice === undefined) continue;
		const { buffer } = slice;
		if (typeof SharedArrayBuffer === "undefined" || !(buffer instanceof SharedArrayBuffer)) return null;
		if (found !== null && found !== buffer) return null;
		found = buffer;
	}
	return found;
}
