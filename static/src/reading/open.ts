/** Makes a station for this page: decoding workers, shared memory where allowed, timing marks. */
import wasmUrl from "@cornerstonejs/codec-openjph/wasm?url";
import { DecodePool, type WorkerLike } from "./decode/pool.ts";
import type { Fetch } from "./loader.ts";
import { requestManifest } from "./manifest_request.ts";
import { Station } from "./station.ts";

export const FIRST_IMAGE_MARK = "lianzhen:first-image";
export const SERIES_SEEN_MARK = "lianzhen:series-seen";
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

/** True for a phone or tablet: fingers, and less memory. */
export function isTouch(): boolean {
	return matchMedia("(pointer: coarse)").matches;
}

/** True where there is room for one image only: it is touched, or as narrow as a phone. */
export function hasRoomForOne(): boolean {
	return isTouch() || matchMedia("(max-width: 720px)").matches;
}

/** How many decoding workers serve on so many cores: one core is left to the page, but two of two decode, for the page
 * itself has little to do while a series comes in. */
export function workersFor(cores: number): number {
	return Math.min(WORKERS_MAX, cores, Math.max(2, cores - 1));
}

/** A station with its workers already starting and the manifest on its way; `open()` shows the first series. */
export function makeStation(studyInstanceUid: string): Station {
	const fetchHere: Fetch = (url, init) => fetch(url, { credentials: "same-origin", ...init });
	const manifest = requestManifest(studyInstanceUid, fetchHere);
	// Whoever opens the station hears why there is none.
	manifest.catch(() => undefined);
	const shared = globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer !== "undefined";
	const pool = new DecodePool({
		makeWorker,
		workers: workersFor(navigator.hardwareConcurrency || 2),
		wasmUrl,
		shared,
	});
	pool.warm();
	return new Station({
		studyInstanceUid,
		fetch: fetchHere,
		pool,
		manifest,
		shared,
		bytesMax: isTouch() ? PHONE_BYTES_MAX : DESK_BYTES_MAX,
		firstTool: isTouch() ? "scroll" : "window",
		onSeriesSeen: () => void performance.mark(SERIES_SEEN_MARK),
		onSeriesLoaded: () => void performance.mark(SERIES_LOADED_MARK),
	});
}

/** Marks the first presented image, once for each page. */
export function markFirstImage(station: Station): void {
	if (station.firstImage.value) return;
	performance.mark(FIRST_IMAGE_MARK);
	station.presented();
}
