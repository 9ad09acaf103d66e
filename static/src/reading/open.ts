/** Makes a station for this page: decoding workers, shared memory where allowed, timing marks. */
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";
import { DecodePool, type WorkerLike } from "./decode/pool.ts";
import { Station } from "./station.ts";

export const FIRST_IMAGE_MARK = "lianzhen:first-image";
export const SERIES_LOADED_MARK = "lianzhen:series-loaded";

const MIB = 1024 * 1024;
const DESK_BYTES_MAX = 1200 * MIB;
const PHONE_BYTES_MAX = 400 * MIB;
const WORKERS_MAX = 4;

function makeWorker(): WorkerLike {
	return new Worker(new URL("./decode/worker.ts", import.meta.url), {
		type: "module",
	}) as unknown as WorkerLike;
}

export interface OpenOptions {
	readonly studyInstanceUid: string;
	/** The manifest's request, when the page sent it before this module was there. */
	readonly manifest?: Promise<Response> | undefined;
}

/** True for a phone or tablet: fingers, and less memory. */
export function isTouch(): boolean {
	return matchMedia("(pointer: coarse)").matches;
}

/** A station with its workers already starting; `open()` fetches the manifest. */
export function makeStation(options: OpenOptions): Station {
	const workers = Math.max(1, Math.min(WORKERS_MAX, (navigator.hardwareConcurrency || 2) - 1));
	const pool = new DecodePool({ makeWorker, workers, wasmUrl });
	pool.warm();
	const station = new Station({
		studyInstanceUid: options.studyInstanceUid,
		fetch: (url, init) => fetch(url, { credentials: "same-origin", ...init }),
		pool,
		shared: globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== "undefined",
		bytesMax: isTouch() ? PHONE_BYTES_MAX : DESK_BYTES_MAX,
		firstTool: isTouch() ? "scroll" : "window",
		onSeriesLoaded: () => void performance.mark(SERIES_LOADED_MARK),
		...(options.manifest === undefined ? {} : { manifest: options.manifest }),
	});
	return station;
}

/** Marks the first presented image, once for each page. */
export function markFirstImage(station: Station): void {
	if (station.firstImage.value) return;
	performance.mark(FIRST_IMAGE_MARK);
	station.presented();
}
