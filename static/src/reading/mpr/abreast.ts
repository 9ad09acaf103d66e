/** Workers that resample, as many as this machine may spare. */
import type { ResamplerLike } from "./runner.ts";

const WORKERS_MAX = 4;

export function makeResampler(): ResamplerLike {
	return new Worker(new URL("./resample_worker.ts", import.meta.url), {
		type: "module",
	}) as unknown as ResamplerLike;
}

/** One core is left to the page. */
export function resamplersHere(): number {
	return Math.max(1, Math.min(WORKERS_MAX, (navigator.hardwareConcurrency || 2) - 1));
}
