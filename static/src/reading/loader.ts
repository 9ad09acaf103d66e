/** Fetches the frames of one series in the order of `order.ts`, a few requests at a time. */
import { Line } from "./line.ts";
import type { Pack } from "./manifest.ts";
import { type FrameRange, wantedRanges } from "./order.ts";
import { piecesOf } from "./pieces.ts";
import { PreviewPlan } from "./preview_plan.ts";
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
	/** How fast frames come, for all loaders together; by itself when not given. */
	readonly line?: Line;
	/** Where codestreams are put; each in new memory when not given. */
	readonly room?: (bytes: number) => Uint8Array;
	/** What to wait for before more frames are handed on; null for nothing. */
	readonly decoding?: () => Promise<void> | null;
	readonly later?: (run: () => void, delayMs: number) => void;
}

const REQUESTS_MAX = 3;
const RETRIES_MAX = 3;
const RETRY_MS = 500;
const NETWORK_FAILED = 0;

interface Errand {
	readonly range: FrameRange;
	/** Only the beginnings of the frames. */
	readonly previews: boolean;
}

interface Flight extends Errand {
	readonly abort: AbortController;
}

export class SeriesLoader {
	readonly #options: LoaderOptions;
	readonly #line: Line;
	readonly #plan: PreviewPlan;
	readonly #arrived = new Set<number>();
	#flights: Flight[] = [];
	#visible = 0;
	#failures = 0;
	#running = false;
	#firstShown = false;

	constructor(options: LoaderOptions) {
		this.#options = options;
		this.#line = options.line ?? new Line();
		this.#plan = new PreviewPlan({
			frames: options.frames,
			blockFrames: options.pack.blockFrames,
			offered: options.pack.previewsUrl !== undefined,
			line: this.#line,
			reach: options.reach ?? (() => Number.POSITIVE_INFINITY),
		});
	}

	/** Frames that have arrived, decoded or not. */
	get arrived(): number {
		return this.#arrived.size;
	}

	/** Says which frame is being looked at; the order follows it. Starts loading. */
	look(frame: number): void {
		this.#visible = frame;
		this.#running = true;
		this.#yieldToPreviews();
		this.#giveWay();
		this.#fill();
	}

	/** Stops asking; what is on its way is dropped. */
	pause(): void {
		this.#running = false;
		this.#giveUp(() => true);
	}

	/** Frames whose samples were let go are to be fetched again when next needed. */
	forget(): void {
		this.pause();
		this.#arrived.clear();
		this.#plan.forget();
	}

	/** A frame was let go to make room: it is asked for again when it comes near. */
	dropped(frame: number): void {
		this.#arrived.delete(frame);
		this.#plan.lost(frame);
	}

	/** The preview of a frame was let go to make room: it is asked for again when the series is next shown. Not
	 * earlier, or what has no room would come and go without end. */
	previewDropped(frame: number): void {
		if (!this.#running) this.#plan.lost(frame);
	}

	/** A frame arrived and was lost again: it is asked for at the next `look`, nothing more until then. */
	missed(frame: number): void {
		this.pause();
		this.#arrived.delete(frame);
	}

	/** Forgets earlier failures: the next `look` has all its tries again. */
	forgive(): void {
		this.#failures = 0;
		this.#plan.forgive();
	}

	/** The first picture is on screen, or there will be none: from now on all is fetched, several at a time. */
	firstShown(): void {
		this.#firstShown = true;
		if (!this.#running) return;
		this.#yieldToPreviews();
		this.#fill();
	}

	/** While the line is thin, previews come before all but the visible frame. */
	#wanted(): Errand[] {
		const { frames, pack } = this.#options;
		const has = (frame: number): boolean => this.#has(frame);
		const ranges = wantedRanges(this.#visible, frames, pack.blockFrames, has, this.#options.reach?.());
		const whole = ranges.map((range) => ({ range, previews: false }));
		const previews = this.#previewsWanted().map((range) => ({ range, previews: true }));
		const ahead = whole[0] !== undefined && this.#isVisible(whole[0]) ? 1 : 0;
		return [...whole.slice(0, ahead), ...previews, ...whole.slice(ahead)];
	}

	#previewsWanted(): FrameRange[] {
		if (!this.#firstShown) return [];
		const there = (frame: number): boolean => this.#arrived.has(frame) || this.#isComing(frame, true);
		return this.#plan.wanted(this.#visible, there);
	}

	/** Arrived, or on its way. */
	#has(frame: number): boolean {
		return this.#arrived.has(frame) || this.#isComing(frame, false);
	}

	#isComing(frame: number, preview: boolean): boolean {
		return this.#flights.some(({ range, previews }) => previews === preview && covers(range, frame));
	}

	/** The visible frame by itself. */
	#isVisible({ range, previews }: Errand): boolean {
		return !previews && range.first === this.#visible && range.last === this.#visible;
	}

	#giveUp(which: (flight: Flight) => boolean): boolean {
		const given = this.#flights.filter(which);
		this.#flights = this.#flights.filter((one) => !given.includes(one));
		for (const { abort } of given) abort.abort();
		return given.length > 0;
	}

	/** Once the line is found to be thin, whole frames that are on their way yield to previews; all but the visible
	 * one do. After a jump to where there are no previews, those of elsewhere yield too. */
	#yieldToPreviews(): boolean {
		if (!this.#firstShown) return false;
		this.#plan.judge(this.#arrived.size);
		const [next] = this.#plan.first ? this.#previewsWanted() : [];
		if (next === undefined) return false;
		const jumped = covers(next, this.#visible) && !this.#isSeen(this.#visible);
		return this.#giveUp((one) => !this.#isVisible(one) && (jumped || !one.previews));
	}

	#isSeen(frame: number): boolean {
		return this.#arrived.has(frame) || this.#plan.has(frame) || this.#isComing(frame, true);
	}

	/** When every place is taken and the visible frame is not on its way, the furthest request yields. */
	#giveWay(): void {
		const next = this.#wanted()[0];
		if (next === undefined || this.#flights.length < REQUESTS_MAX) return;
		if (!covers(next.range, this.#visible)) return;
		const distance = ({ range }: Flight): number => Math.abs((range.first + range.last) / 2 - this.#visible);
		const furthest = this.#flights.reduce((far, one) => (distance(one) > distance(far) ? one : far));
		this.#giveUp((one) => one === furthest);
	}

	/** Nothing competes with the first picture: before it stands, only its own frame is fetched. On a thin line that
	 * holds for the first picture of each series, and then nothing but the visible frame competes with previews. */
	#waits(errand: Errand): boolean {
		const thin = this.#plan.first;
		if (!this.#firstShown || (thin && this.#arrived.size === 0)) return this.#has(this.#visible);
		const rest = !errand.previews && !this.#isVisible(errand);
		return thin && rest && this.#flights.some(({ previews }) => previews);
	}

	#fill(): void {
		for (const errand of this.#wanted()) {
			if (!this.#running || this.#flights.length >= REQUESTS_MAX || this.#waits(errand)) return;
			const flight: Flight = { ...errand, abort: new AbortController() };
			this.#flights.push(flight);
			void this.#fly(flight);
		}
	}

	async #fly(flight: Flight): Promise<void> {
		const failure = await this.#fetch(flight);
		if (!this.#flights.includes(flight)) return;
		this.#flights = this.#flights.filter((one) => one !== flight);
		if (failure !== null && !flight.previews) {
			this.#failed(failure);
			return;
		}
		if (!flight.previews) this.#failures = 0;
		else if (failure === null) this.#plan.answered(flight.range);
		else this.#plan.refuse();
		this.#fill();
	}

	/** Null when all went well, else the HTTP status (0: no answer, or a damaged one). */
	async #fetch(flight: Flight): Promise<number | null> {
		const { pack, fetch } = this.#options;
		const { range, previews, abort } = flight;
		try {
			const response = await fetch(`${previews ? pack.previewsUrl : pack.url}${range.first}-${range.last}`, {
				signal: abort.signal,
				priority: range.first === range.last && !previews ? "high" : "auto",
			});
			if (!response.ok || response.body === null) return response.status;
			await this.#read(response.body, flight);
			return previews || this.#complete(range) ? null : NETWORK_FAILED;
		} catch {
			return NETWORK_FAILED;
		}
	}

	/** Takes records as they come. What the first picture takes tells little of the line: the page itself is only
	 * beginning. */
	async #read(body: ReadableStream<Uint8Array>, flight: Flight): Promise<void> {
		const parser = new RecordParser(this.#options.room);
		const next = piecesOf(body);
		const aborted = (): boolean => flight.abort.signal.aborted;
		const line = this.#firstShown ? this.#line : null;
		line?.busy();
		try {
			for (let piece = await next(); piece !== null && !aborted(); piece = await next()) {
				line?.came(piece.length);
				this.#take(parser.push(piece), flight);
				if (this.#yieldToPreviews()) this.#fill();
				await this.#decoded(line);
			}
			parser.end();
		} finally {
			line?.idle();
		}
	}

	/** Reads no further while many frames wait to be decoded: that is not the line's fault. */
	async #decoded(line: Line | null): Promise<void> {
		const decoding = this.#options.decoding?.() ?? null;
		if (decoding === null) return;
		line?.idle();
		await decoding;
		line?.busy();
	}

	/** Hands new records on; one that was not asked for ends the request. */
	#take(records: readonly FrameRecord[], { range, previews }: Flight): void {
		for (const record of records) {
			if (!covers(range, record.frame) || (previews && !record.partial)) {
				throw new RecordsDamaged("a frame that was not asked for");
			}
			if (this.#arrived.has(record.frame) || (previews && this.#plan.has(record.frame))) continue;
			if (record.partial) this.#plan.came(record.frame);
			else if (record.encoding !== "overlay") this.#arrive(record);
			this.#options.onRecord(record);
		}
	}

	#arrive({ frame, encoding, payload }: FrameRecord): void {
		this.#arrived.add(frame);
		if (encoding !== "unreadable") this.#plan.whole(payload.length);
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

function covers({ first, last }: FrameRange, frame: number): boolean {
	return first <= frame && frame <= last;
}
