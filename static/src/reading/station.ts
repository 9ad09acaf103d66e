/** The reading station: a study, its frames arriving, one or two panes, tools and measurements. No DOM. */
import { Store } from "../kit/store.ts";
import type { DecodePool } from "./decode/pool.ts";
import { FrameStore } from "./frame_store.ts";
import type { Tool } from "./gesture.ts";
import { History } from "./history.ts";
import { DEFAULT_KEYMAP, type Keymap } from "./keymap.ts";
import type { LabelLayer, Layer } from "./layer.ts";
import { ALL_LAYOUTS, type Layout, panesOf } from "./layout.ts";
import { Line } from "./line.ts";
import { type Fetch, SeriesLoader } from "./loader.ts";
import { type ImageForm, imageSeries, openingSeries, type Series, type Study } from "./manifest.ts";
import { readManifest, requestManifest } from "./manifest_request.ts";
import { urgency } from "./order.ts";
import { unpackOverlay } from "./overlay.ts";
import { type Look, Pane } from "./pane.ts";
import { reduced } from "./preview.ts";
import { PreviewStore } from "./preview_store.ts";
import { type FrameRecord, reasonOf } from "./records.ts";
import type { Samples } from "./samples.ts";
import type { Mark } from "./tools/mark.ts";

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
	/** How fast bytes come; one of its own when not given. */
	readonly line?: Line;
	/** Something can be shown of each frame of a shown series, if only without its finest details. */
	readonly onSeriesSeen?: (seriesUid: string) => void;
	/** All frames of a shown series are decoded. */
	readonly onSeriesLoaded?: (seriesUid: string) => void;
}

/** What undo and redo go between: the reader's own marks and how each pane is looked at. */
export interface Snapshot {
	readonly marks: readonly Mark[];
	readonly looks: readonly Look[];
}

/** The measurement that was made or changed last, in the words for a report. */
export interface Measured {
	readonly mark: Mark;
	readonly said: string;
}

/** An image that a key object selection names; no frames: all of them. `said` is its title and author. */
export interface Flag {
	readonly sopInstanceUid: string;
	readonly frames: readonly number[];
	readonly said: string;
	/** The selection says that it is not to be used. */
	readonly rejected: boolean;
}

export function flagsOn(flags: readonly Flag[], sopInstanceUid: string, frameNumber: number): Flag[] {
	return flags.filter(
		(one) =>
			one.sopInstanceUid === sopInstanceUid && (one.frames.length === 0 || one.frames.includes(frameNumber)),
	);
}

export const PANES_MAX = Math.max(...ALL_LAYOUTS.map(panesOf));
const NOT_CURRENT = 404;
const PROGRESS_MS = 800;
/** What previews may take beside whole frames. Those of all that there is room for take half as much. */
const PREVIEWS_SHARE = 1 / 8;

export class Station {
	readonly study = new Store<Study | null>(null);
	/** The person's earlier studies that can be shown beside it. */
	readonly priors = new Store<readonly Study[]>([]);
	readonly status = new Store<Status>("opening");
	/** What was thrown when the study could not be opened. */
	readonly problem = new Store<unknown>(null);
	readonly panes: readonly Pane[] = Array.from({ length: PANES_MAX }, () => new Pane());
	readonly layout = new Store<Layout>("1x1");
	readonly active = new Store(0);
	readonly tool: Store<Tool>;
	readonly overlays = new Store<Overlays>("all");
	/** The reader's own marks in order of making, and those of others. */
	readonly marks = new Store<readonly Mark[]>([]);
	readonly others = new Store<readonly Mark[]>([]);
	/** Key images that objects of the study name. */
	readonly flags = new Store<readonly Flag[]>([]);
	/** The mark that keys act on. */
	readonly selected = new Store<string | null>(null);
	readonly measured = new Store<Measured | null>(null);
	/** The reader's keyboard. */
	readonly keymap = new Store<Keymap>(DEFAULT_KEYMAP);
	/** Panes follow each other by position. */
	readonly linked = new Store(false);
	/** The driving level of each presentation value on this screen; null while greys are sent as they are. */
	readonly greys = new Store<Uint8Array | null>(null);
	/** What lies over the images in their planes; null while nothing does. */
	readonly layer = new Store<Layer | null>(null);
	/** Segmentations over reconstructed planes; null while none is shown. */
	readonly labels = new Store<LabelLayer | null>(null);
	/** Series that are needed though no pane shows them, each about one of its frames. */
	readonly needed = new Store<ReadonlyMap<string, number>>(new Map());
	/** The last frame that came; whoever shows it repaints. */
	readonly arrival = new Store<Arrival | null>(null);
	/** Another number when more frames are there than before: some times a second, however fast they come. */
	readonly progress = new Store(0);
	readonly firstImage = new Store(false);
	/** Why frames do not come, null while all goes well. */
	readonly loadFailure = new Store<LoadFailure | null>(null);
	readonly #options: StationOptions;
	readonly #frames: FrameStore;
	readonly #loaders = new Map<string, SeriesLoader>();
	readonly #problems = new Map<string, string>();
	readonly #drawings = new Map<string, Uint8Array>();
	readonly #previews: PreviewStore;
	readonly #line: Line;
	/** Frames by series: those of which all is known, and those of which anything can be shown. */
	readonly #settled = new Map<string, Set<number>>();
	readonly #seen = new Map<string, Set<number>>();
	readonly #stops: (() => void)[] = [];
	readonly #history = new History<Snapshot>();
	#request: Promise<Response> | null;
	#telling: ReturnType<typeof setTimeout> | null = null;
	#closed = false;

	constructor(options: StationOptions) {
		this.#options = options;
		this.#request = options.manifest ?? null;
		this.tool = new Store<Tool>(options.firstTool ?? "window");
		this.#frames = new FrameStore({
			shared: options.shared,
			bytesMax: options.bytesMax,
			onEvicted: (uid) => {
				this.#loaders.get(uid)?.forget();
				this.#previews.forget(uid);
				this.#settled.delete(uid);
				this.#seen.delete(uid);
			},
			onFrameEvicted: (uid, frame) => this.#loaders.get(uid)?.dropped(frame),
		});
		this.#line = options.line ?? new Line();
		this.#previews = new PreviewStore({
			bytesMax: options.bytesMax * PREVIEWS_SHARE,
			enlargedMax: PANES_MAX,
			onDropped: (uid, frame) => this.#loaders.get(uid)?.previewDropped(frame),
		});
		for (const pane of this.panes) this.#stops.push(pane.state.subscribe(() => this.#follow()));
		this.#stops.push(this.needed.subscribe(() => this.#follow()));
	}

	/** Fetches the manifest and shows the opening series. */
	async open(): Promise<void> {
		this.status.set("opening");
		this.problem.set(null);
		try {
			const study = await this.#manifest();
			if (this.#closed) return;
			this.study.set(study);
			const first = study.series[openingSeries(study)];
			this.status.set(first === undefined ? "empty" : "open");
			if (first !== undefined) this.showSeries(first.uid);
		} catch (error) {
			this.problem.set(error);
			this.status.set("failed");
		}
	}

	close(): void {
		this.#closed = true;
		if (this.#telling !== null) clearTimeout(this.#telling);
		for (const stop of this.#stops) stop();
		for (const loader of this.#loaders.values()) loader.pause();
		this.#options.pool.close();
	}

	get activePane(): Pane {
		return this.panes[this.active.value] ?? (this.panes[0] as Pane);
	}

	series(uid: string): Series | undefined {
		return this.studyOf(uid)?.series.find((one) => one.uid === uid);
	}

	/** The study that has this series: the one that is read, or an earlier one. */
	studyOf(seriesUid: string | undefined): Study | null {
		const has = (study: Study | null): boolean => study?.series.some((one) => one.uid === seriesUid) ?? false;
		if (has(this.study.value)) return this.study.value;
		return this.priors.value.find(has) ?? null;
	}

	/** The earlier study that a pane shows; null while it shows the one that is read. */
	priorIn(pane: Pane): Study | null {
		const study = this.studyOf(pane.state.value.series?.uid);
		return study === this.study.value ? null : study;
	}

	showSeries(uid: string, pane: Pane = this.activePane): void {
		const series = this.series(uid);
		if (series?.kind === "image") pane.show(series);
	}

	/** The image series `steps` after the one shown, in the order of the rail. */
	showNextSeries(steps: number): boolean {
		const shown = this.activePane.state.value.series?.uid;
		const study = this.studyOf(shown) ?? this.study.value;
		const images = study === null ? [] : imageSeries(study);
		const at = images.findIndex((one) => one.uid === shown);
		const next = images[at + steps];
		if (next === undefined) return false;
		this.showSeries(next.uid);
		return true;
	}

	/** The panes on screen. */
	get visible(): readonly Pane[] {
		return this.panes.slice(0, panesOf(this.layout.value));
	}

	/** Shows as many panes as the layout has; empty ones show the series that are not on screen yet, unless
	 * they are to stay empty. */
	setLayout(layout: Layout, fill = true): void {
		this.layout.set(layout);
		if (this.active.value >= this.visible.length) this.active.set(0);
		if (fill) this.#fillEmpty();
		this.#follow();
	}

	#fillEmpty(): void {
		const images = (this.study.value?.series ?? []).filter((one) => one.kind === "image");
		for (const pane of this.visible) {
			if (pane.state.value.series !== null) continue;
			const shown = new Set(this.visible.map((one) => one.state.value.series?.uid));
			const next = images.find((one) => !shown.has(one.uid)) ?? images[0];
			if (next !== undefined) pane.show(next);
		}
	}

	snapshot(): Snapshot {
		return { marks: this.marks.value, looks: this.panes.map((pane) => pane.look) };
	}

	/** Keeps what was done since `before`, so that it can be undone; nothing when nothing changed. */
	keep(before: Snapshot): void {
		const after = this.snapshot();
		const same =
			before.marks === after.marks && before.looks.every((look, i) => sameLook(look, after.looks[i]));
		if (!same) this.#history.push({ before, after });
	}

	/** Does something that can be undone. */
	act(run: () => void): void {
		const before = this.snapshot();
		run();
		this.keep(before);
	}

	undo(): void {
		this.#restore(this.#history.undo());
	}

	redo(): void {
		this.#restore(this.#history.redo());
	}

	#restore(to: Snapshot | null): void {
		if (to === null) return;
		this.marks.set(to.marks);
		for (const [i, look] of to.looks.entries()) this.panes[i]?.setLook(look);
	}

	/** The samples of a frame, else those of its preview in the frame's size. */
	samples(series: Series, index: number): Samples | undefined {
		const form = series.frames[index]?.form ?? null;
		const whole = this.#frames.get(series.uid, index);
		return whole ?? (form === null ? undefined : this.#previews.get(series.uid, index, form));
	}

	/** There are samples: cheaper to ask than the samples themselves. */
	shows(series: Series, index: number): boolean {
		return this.#frames.get(series.uid, index) !== undefined || this.#previews.has(series.uid, index);
	}

	/** What the object draws over a frame, one bit for each pixel; null when nothing, or when it is hidden. */
	drawingOver(series: Series, index: number): Uint8Array | null {
		if (this.overlays.value === "none") return null;
		return this.#drawings.get(key(series.uid, index)) ?? null;
	}

	/** What is shown of a frame lacks its finest details: the rest is on its way. Values are not yet exact. */
	isPreview(series: Series, index: number): boolean {
		return this.#frames.get(series.uid, index) === undefined && this.#previews.has(series.uid, index);
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

	/** All frames of the series can be kept at once, beside what else is shown. */
	holdsWhole(series: Series): boolean {
		return this.#frames.reach(series) === Number.POSITIVE_INFINITY;
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

	/** Shows the frame of a mark and selects it; false when it is gone. */
	goToMark(id: string): boolean {
		const found = [...this.marks.value, ...this.others.value].find((one) => one.id === id);
		if (found === undefined || !this.goToFrame(found.sopInstanceUid, found.frameNumber)) return false;
		this.selected.set(id);
		return true;
	}

	goToFrame(sopInstanceUid: string, frameNumber: number): boolean {
		const every = [this.study.value, ...this.priors.value].flatMap((one) => one?.series ?? []);
		for (const series of every) {
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

	/** The first time by the request that was sent early, if one was. */
	#manifest(): Promise<Study> {
		const { fetch, studyInstanceUid } = this.#options;
		const request = this.#request ?? requestManifest(studyInstanceUid, fetch);
		this.#request = null;
		return readManifest(request);
	}

	/** Lets the loaders follow what the panes show; hidden series stop loading. */
	#follow(): void {
		const shown = new Map(this.needed.value);
		for (const pane of this.visible) {
			const { series, index } = pane.state.value;
			if (series !== null) shown.set(series.uid, index);
		}
		this.#frames.show(shown);
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
			reach: () => this.#frames.reach(series),
			line: this.#line,
			room: this.#options.pool.room,
			decoding: () => this.#options.pool.decoding(),
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
		if (record.encoding === "overlay") {
			await this.#drawOver(series, record, frame.form);
			return;
		}
		if (record.partial) {
			await this.#preview(series, record, frame.form);
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

	async #drawOver(series: Series, record: FrameRecord, form: ImageForm): Promise<void> {
		const bits = await unpackOverlay(record.payload, form.rows * form.columns);
		if (bits === null || this.#closed) return;
		this.#drawings.set(key(series.uid, record.frame), bits);
		if (this.shows(series, record.frame)) {
			this.arrival.set({ seriesUid: series.uid, frame: record.frame });
		}
	}

	/** Shows the beginning of a frame; nothing is said when that cannot be: the whole frame follows. */
	async #preview(series: Series, record: FrameRecord, form: ImageForm): Promise<void> {
		const { frame } = record;
		if (this.shows(series, frame)) return;
		const rank = (): number => this.#rank(series.uid, frame);
		const { samples } = await this.#options.pool.decode(record, form, null, rank);
		// The whole frame may have been quicker through another worker.
		const late = this.#closed || this.shows(series, frame) || this.problemOf(series, frame) !== null;
		if (samples === null || late) return;
		this.#previews.put(series.uid, frame, { samples, form: reduced(form) });
		this.arrival.set({ seriesUid: series.uid, frame });
		this.#tellSeen(series, frame);
	}

	#tellSeen(series: Series, frame: number): void {
		if (completes(this.#seen, series, frame)) this.#options.onSeriesSeen?.(series.uid);
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
		this.#loaders.get(series.uid)?.firstShown();
	}

	#settle(series: Series, frame: number): void {
		const completed = completes(this.#settled, series, frame);
		this.#previews.delete(series.uid, frame);
		this.arrival.set({ seriesUid: series.uid, frame });
		const whole = this.#settled.get(series.uid)?.size === series.frames.length;
		if (whole) this.#tellProgress();
		else this.#telling ??= setTimeout(() => this.#tellProgress(), PROGRESS_MS);
		this.#tellSeen(series, frame);
		if (completed) this.#options.onSeriesLoaded?.(series.uid);
	}

	#tellProgress(): void {
		if (this.#telling !== null) clearTimeout(this.#telling);
		this.#telling = null;
		this.progress.update((times) => times + 1);
	}
}

function key(seriesUid: string, frame: number): string {
	return `${seriesUid}/${frame}`;
}

/** Counts a frame; true when it is the last one of the series that was missing. */
function completes(sets: Map<string, Set<number>>, series: Series, frame: number): boolean {
	const counted = sets.get(series.uid) ?? new Set<number>();
	const known = counted.size;
	sets.set(series.uid, counted.add(frame));
	return counted.size > known && counted.size === series.frames.length;
}

function sameLook(one: Look, other: Look | undefined): boolean {
	if (other === undefined || one.series !== other.series) return true;
	return (
		one.chosenVoi === other.chosenVoi &&
		one.invert === other.invert &&
		one.view === other.view &&
		one.turn === other.turn
	);
}
