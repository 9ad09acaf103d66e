/** The reading station: a study, its frames arriving, one or two panes, tools and measurements. No DOM. */
import { Problem, problemFrom } from "../api/problem.ts";
import { Store } from "../kit/store.ts";
import type { DecodePool } from "./decode/pool.ts";
import { FrameStore } from "./frame_store.ts";
import type { Tool } from "./gesture.ts";
import { type Fetch, SeriesLoader } from "./loader.ts";
import { type Frame, openingSeries, parseManifest, type Series, type Study } from "./manifest.ts";
import { added, EMPTY_LEDGER, type Ledger, type Measurement } from "./measurements.ts";
import { urgency } from "./order.ts";
import { Pane } from "./pane.ts";
import { type FrameRecord, reasonOf } from "./records.ts";
import type { Samples } from "./samples.ts";
import { distance, type Point } from "./space.ts";

export type Overlays = "all" | "minimal" | "none";
export type Status = "opening" | "open" | "empty" | "failed";

/** `outdated`: the images were packed anew. `refused`: the server said no. `decoder`: the decoding program did not
 * load, so frames that need it cannot be shown. */
export type LoadFailure = "offline" | "refused" | "outdated" | "decoder";

export interface Arrival {
	readonly seriesUid: string;
	readonly frame: number;
}

export interface StationOptions {
	readonly studyInstanceUid: string;
	readonly fetch: Fetch;
	readonly pool: DecodePool;
	readonly shared: boolean;
	readonly bytesMax: number;
	/** The manifest's request, when it was sent before this module was there. */
	readonly manifest?: Promise<Response>;
	readonly firstTool?: Tool;
	readonly onMeasurement?: (measurement: Measurement) => void;
	/** All frames of a shown series are decoded. */
	readonly onSeriesLoaded?: (seriesUid: string) => void;
}

export const PANES_MAX = 2;
const NOT_CURRENT = 404;

export class Station {
	readonly study = new Store<Study | null>(null);
	readonly status = new Store<Status>("opening");
	readonly problem = new Store<Problem | null>(null);
	readonly panes: readonly Pane[] = Array.from({ length: PANES_MAX }, () => new Pane());
	readonly shownPanes = new Store(1);
	readonly active = new Store(0);
	readonly tool: Store<Tool>;
	readonly overlays = new Store<Overlays>("all");
	readonly ledger = new Store<Ledger>(EMPTY_LEDGER);
	/** The last frame that came; whoever shows it repaints. */
	readonly arrival = new Store<Arrival | null>(null);
	readonly firstImage = new Store(false);
	/** Why frames do not come, null while all goes well. */
	readonly loadFailure = new Store<LoadFailure | null>(null);
	readonly #options: StationOptions;
	readonly #frames: FrameStore;
	readonly #loaders = new Map<string, SeriesLoader>();
	readonly #problems = new Map<string, string>();
	readonly #settled = new Map<string, number>();
	readonly #stops: (() => void)[] = [];
	#closed = false;

	constructor(options: StationOptions) {
		this.#options = options;
		this.tool = new Store<Tool>(options.firstTool ?? "window");
		this.#frames = new FrameStore({
			shared: options.shared,
			bytesMax: options.bytesMax,
			onEvicted: (uid) => {
				this.#loaders.get(uid)?.forget();
				this.#settled.delete(uid);
			},
		});
		for (const pane of this.panes) this.#stops.push(pane.state.subscribe(() => this.#follow()));
	}

	/** Fetches the manifest and shows the opening series. */
	async open(): Promise<void> {
		this.status.set("opening");
		try {
			const study = parseManifest(await this.#manifest());
			if (this.#closed) return;
			this.study.set(study);
			const first = study.series[openingSeries(study)];
			this.status.set(first === undefined ? "empty" : "open");
			if (first !== undefined) this.showSeries(first.uid);
		} catch (error) {
			this.problem.set(error instanceof Problem ? error : new Problem({ status: 500 }));
			this.status.set("failed");
		}
	}

	close(): void {
		this.#closed = true;
		for (const stop of this.#stops) stop();
		for (const loader of this.#loaders.values()) loader.pause();
		this.#options.pool.close();
	}

	get activePane(): Pane {
		return this.panes[this.active.value] ?? (this.panes[0] as Pane);
	}

	series(uid: string): Series | undefined {
		return this.study.value?.series.find((one) => one.uid === uid);
	}

	showSeries(uid: string, pane: Pane = this.activePane): void {
		const series = this.series(uid);
		if (series?.kind === "image") pane.show(series);
	}

	/** The image series `steps` after the one shown, in the order of the rail. */
	showNextSeries(steps: number): boolean {
		const images = (this.study.value?.series ?? []).filter((one) => one.kind === "image");
		const at = images.findIndex((one) => one.uid === this.activePane.state.value.series?.uid);
		const next = images[at + steps];
		if (next === undefined) return false;
		this.showSeries(next.uid);
		return true;
	}

	setShownPanes(count: number): void {
		this.shownPanes.set(count);
		if (count === 1) this.active.set(0);
		const second = this.panes[1];
		if (count > 1 && second !== undefined && second.state.value.series === null) {
			const images = (this.study.value?.series ?? []).filter((one) => one.kind === "image");
			const other = images.find((one) => one.uid !== this.panes[0]?.state.value.series?.uid) ?? images[0];
			if (other !== undefined) second.show(other);
		}
		this.#follow();
	}

	samples(series: Series, index: number): Samples | undefined {
		return this.#frames.get(series.uid, index);
	}

	/** Why a frame cannot be shown; null while nothing speaks against it. */
	problemOf(series: Series, index: number): string | null {
		return this.#problems.get(key(series.uid, index)) ?? series.frames[index]?.problem ?? null;
	}

	loadedFrames(series: Series): ReadonlySet<number> {
		return this.#frames.loaded(series.uid);
	}

	loadedCount(series: Series): number {
		return this.#frames.count(series.uid);
	}

	retry(): void {
		if (this.loadFailure.value === "decoder") this.#options.pool.restart();
		this.loadFailure.set(null);
		if (this.status.value === "failed") void this.open();
		for (const loader of this.#loaders.values()) loader.forgive();
		this.#follow();
	}

	/** The first picture has been presented. */
	presented(): void {
		if (this.firstImage.value) return;
		this.firstImage.set(true);
		for (const loader of this.#loaders.values()) loader.firstShown();
	}

	measure(series: Series, frame: Frame, from: Point, to: Point): void {
		if (frame.form === null) return;
		const next = added(this.ledger.value, {
			seriesUid: series.uid,
			sopInstanceUid: frame.sopInstanceUid,
			frameNumber: frame.number,
			from,
			to,
			distance: distance(from, to, frame.form),
		});
		this.ledger.set(next);
		const made = next.current.at(-1);
		if (made !== undefined) this.#options.onMeasurement?.(made);
	}

	/** Shows the frame on which a measurement was made. */
	goToMeasurement(id: number): boolean {
		const found = this.ledger.value.current.find((one) => one.id === id);
		return found !== undefined && this.goToFrame(found.sopInstanceUid, found.frameNumber);
	}

	goToFrame(sopInstanceUid: string, frameNumber: number): boolean {
		for (const series of this.study.value?.series ?? []) {
			const index = series.frames.findIndex(
				(one) => one.sopInstanceUid === sopInstanceUid && one.number === frameNumber,
			);
			if (index < 0) continue;
			this.showSeries(series.uid);
			this.activePane.goTo(index);
			return true;
		}
		return false;
	}

	async #manifest(): Promise<unknown> {
		const { fetch, manifest, studyInstanceUid } = this.#options;
		const url = `/api/studies/${encodeURIComponent(studyInstanceUid)}/manifest`;
		const init = { signal: new AbortController().signal, priority: "high" } as const;
		let response: Response;
		try {
			response = await (manifest ?? fetch(url, init));
		} catch {
			throw new Problem({ status: 0 });
		}
		if (response.ok) return response.json();
		throw problemFrom(response.status, await response.json().catch(() => null));
	}

	/** Lets the loaders follow what the panes show; hidden series stop loading. */
	#follow(): void {
		const visible = this.panes.slice(0, this.shownPanes.value);
		const shown = new Map<string, number>();
		for (const pane of visible) {
			const { series, index } = pane.state.value;
			if (series !== null) shown.set(series.uid, index);
		}
		this.#frames.show([...shown.keys()]);
		for (const [uid, loader] of this.#loaders) if (!shown.has(uid)) loader.pause();
		for (const [uid, index] of shown) this.#loader(uid)?.look(index);
	}

	#loader(uid: string): SeriesLoader | null {
		const known = this.#loaders.get(uid);
		if (known !== undefined) return known;
		const series = this.series(uid);
		if (series?.pack == null) return null;
		const loader = new SeriesLoader({
			pack: series.pack,
			frames: series.frames.length,
			fetch: this.#options.fetch,
			onRecord: (record) => void this.#take(series, record),
			onFailure: (status) => this.#failed(status),
		});
		if (this.firstImage.value) loader.firstShown();
		this.#loaders.set(uid, loader);
		return loader;
	}

	#failed(status: number): void {
		const offline = status === 0 || status >= 500;
		this.loadFailure.set(status === NOT_CURRENT ? "outdated" : offline ? "offline" : "refused");
	}

	async #take(series: Series, record: FrameRecord): Promise<void> {
		const { value } = this.loadFailure;
		if (value === "offline" || value === "refused") this.loadFailure.set(null);
		const frame = series.frames[record.frame];
		if (frame === undefined) return;
		if (record.encoding === "unreadable" || frame.form === null) {
			this.#refuse(series, record.frame, record.encoding === "unreadable" ? reasonOf(record) : null);
			return;
		}
		const target = this.#frames.target(series, record.frame);
		const rank = (): number => this.#rank(series.uid, record.frame);
		const { samples, failure } = await this.#options.pool.decode(record, frame.form, target, rank);
		if (this.#closed) return;
		if (failure === "decoder") this.#withoutDecoder(series, record.frame);
		else if (samples === null) this.#refuse(series, record.frame, null);
		else this.#keep(series, record.frame, samples);
	}

	/** Nothing is wrong with the frame: it is fetched again when there is a decoder. */
	#withoutDecoder(series: Series, frame: number): void {
		this.#loaders.get(series.uid)?.missed(frame);
		this.loadFailure.set("decoder");
	}

	#rank(seriesUid: string, frame: number): number {
		const pane = this.panes.find((one) => one.state.value.series?.uid === seriesUid);
		return pane === undefined ? Number.MAX_SAFE_INTEGER : urgency(frame, pane.state.value.index);
	}

	#keep(series: Series, frame: number, samples: Samples): void {
		this.#frames.put(series.uid, frame, samples);
		this.#settle(series, frame);
	}

	#refuse(series: Series, frame: number, code: string | null): void {
		this.#problems.set(key(series.uid, frame), code ?? "pixels.undecodable");
		this.#settle(series, frame);
	}

	#settle(series: Series, frame: number): void {
		const settled = (this.#settled.get(series.uid) ?? 0) + 1;
		this.#settled.set(series.uid, settled);
		this.arrival.set({ seriesUid: series.uid, frame });
		if (settled === series.frames.length) this.#options.onSeriesLoaded?.(series.uid);
	}
}

function key(seriesUid: string, frame: number): string {
	return `${seriesUid}/${frame}`;
}
