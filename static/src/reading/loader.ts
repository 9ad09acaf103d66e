/** Fetches the frames of one series in the order of `order.ts`, a few requests at a time. */
import type { Pack } from "./manifest.ts";
import { type FrameRange, wantedRanges } from "./order.ts";
import { type FrameRecord, RecordParser, RecordsDamaged } from "./records.ts";

export type Fetch = (
	url: string,
	init: { signal: AbortSignal; priority: RequestPriority },
) => Promise<Response>;

export interface LoaderOptions {
	readonly pack: Pack;
	readonly frames: number;
	readonly fetch: Fetch;
	readonly onRecord: (record: FrameRecord) => void;
	/** A request failed after its retries; the frames stay missing until the next `look`. */
	readonly onFailure: (status: number) => void;
	/** How many frames to either side of the visible one there is room for; all when not given. */
	readonly reach?: () => number;
	readonly later?: (run: () => void, delayMs: number) => void;
}

const REQUESTS_MAX = 3;
const RETRIES_MAX = 3;
const RETRY_MS = 500;
const NETWORK_FAILED = 0;

interface Flight {
	readonly range: FrameRange;
	readonly abort: AbortController;
}

export class SeriesLoader {
	readonly #options: LoaderOptions;
	readonly #arrived = new Set<number>();
	#flights: Flight[] = [];
	#visible = 0;
	#failures = 0;
	#running = false;
	#firstShown = false;

	constructor(options: LoaderOptions) {
		this.#options = options;
	}

	/** Frames that have arrived, decoded or not. */
	get arrived(): number {
		return this.#arrived.size;
	}

	/** Says which frame is being looked at; the order follows it. Starts loading. */
	look(frame: number): void {
		this.#visible = frame;
		this.#running = true;
		this.#giveWay();
		this.#fill();
	}

	/** Stops asking; what is on its way is dropped. */
	pause(): void {
		this.#running = false;
		for (const flight of this.#flights) flight.abort.abort();
		this.#flights = [];
	}

	/** Frames whose samples were let go are to be fetched again when next needed. */
	forget(): void {
		this.pause();
		this.#arrived.clear();
	}

	/** A frame was let go to make room: it is asked for again when it comes near. */
	dropped(frame: number): void {
		this.#arrived.delete(frame);
	}

	/** A frame arrived and was lost again: it is asked for at the next `look`, nothing more until then. */
	missed(frame: number): void {
		this.pause();
		this.#arrived.delete(frame);
	}

	/** Forgets earlier failures: the next `look` has all its tries again. */
	forgive(): void {
		this.#failures = 0;
	}

	/** The first picture is on screen, or there will be none: from now on all is fetched, several at a time. */
	firstShown(): void {
		this.#firstShown = true;
		if (this.#running) this.#fill();
	}

	#wanted(): FrameRange[] {
		const { frames, pack } = this.#options;
		const has = (frame: number): boolean => this.#has(frame);
		return wantedRanges(this.#visible, frames, pack.blockFrames, has, this.#options.reach?.());
	}

	/** Arrived, or on its way. */
	#has(frame: number): boolean {
		return (
			this.#arrived.has(frame) ||
			this.#flights.some(({ range }) => frame >= range.first && frame <= range.last)
		);
	}

	/** When every place is taken and the visible frame is not on its way, the furthest request yields. */
	#giveWay(): void {
		const next = this.#wanted()[0];
		if (next === undefined || this.#flights.length < REQUESTS_MAX) return;
		if (this.#visible < next.first || this.#visible > next.last) return;
		const distance = ({ range }: Flight): number => Math.abs((range.first + range.last) / 2 - this.#visible);
		const furthest = this.#flights.reduce((far, one) => (distance(one) > distance(far) ? one : far));
		furthest.abort.abort();
		this.#flights = this.#flights.filter((one) => one !== furthest);
	}

	/** Nothing competes with the first picture: before it stands, only its own frame is fetched. */
	#fill(): void {
		for (const range of this.#wanted()) {
			if (!this.#running || this.#flights.length >= REQUESTS_MAX) return;
			if (!this.#firstShown && this.#has(this.#visible)) return;
			const flight: Flight = { range, abort: new AbortController() };
			this.#flights.push(flight);
			void this.#fly(flight);
		}
	}

	async #fly(flight: Flight): Promise<void> {
		const failure = await this.#fetch(flight);
		if (!this.#flights.includes(flight)) return;
		this.#flights = this.#flights.filter((one) => one !== flight);
		if (failure === null) {
			this.#failures = 0;
			this.#fill();
		} else {
			this.#failed(failure);
		}
	}

	/** Null when all went well, else the HTTP status (0: no answer, or a damaged one). */
	async #fetch({ range, abort }: Flight): Promise<number | null> {
		const { pack, fetch } = this.#options;
		try {
			const response = await fetch(`${pack.url}${range.first}-${range.last}`, {
				signal: abort.signal,
				priority: range.first === range.last ? "high" : "auto",
			});
			if (!response.ok || response.body === null) return response.status;
			const parser = new RecordParser();
			for (const reader = response.body.getReader(); ; ) {
				const { value, done } = await reader.read();
				if (done) break;
				this.#take(parser.push(value), range);
			}
			parser.end();
			return this.#complete(range) ? null : NETWORK_FAILED;
		} catch {
			return NETWORK_FAILED;
		}
	}

	/** Hands new records on; one that was not asked for ends the request. */
	#take(records: readonly FrameRecord[], range: FrameRange): void {
		for (const record of records) {
			if (record.frame < range.first || record.frame > range.last) {
				throw new RecordsDamaged("a frame that was not asked for");
			}
			if (this.#arrived.has(record.frame)) continue;
			if (!record.partial && record.encoding !== "overlay") this.#arrived.add(record.frame);
			this.#options.onRecord(record);
		}
	}

	#complete(range: FrameRange): boolean {
		for (let frame = range.first; frame <= range.last; frame++) if (!this.#arrived.has(frame)) return false;
		return true;
	}

	#failed(status: number): void {
		this.#failures += 1;
		const final = status >= 400 && status < 500;
		if (final || this.#failures > RETRIES_MAX) {
			this.#running = false;
			this.#options.onFailure(status);
			return;
		}
		const later = this.#options.later ?? ((run, delayMs) => void setTimeout(run, delayMs));
		later(() => {
			if (this.#running) this.#fill();
		}, RETRY_MS * this.#failures);
	}
}
