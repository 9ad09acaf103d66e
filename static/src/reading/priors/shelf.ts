/** The person's earlier studies beside the one that is read: listed, opened, stepped through, closed. No DOM. */
import { Store } from "../../kit/store.ts";
import type { Layout } from "../layout.ts";
import { panesOf } from "../layout.ts";
import { parseManifest, type Study } from "../manifest.ts";
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import { alignedIndex } from "./align.ts";
import { mostLike, NO_PRIORS, type Prior, type Priors, priorsFrom, stepFrom, type Wire } from "./prior.ts";

export interface PriorServer {
	list(): Promise<Wire>;
	manifest(studyInstanceUid: string): Promise<unknown>;
}

/** What the tools do for a prior. */
export interface PriorTools {
	addBeside(study: Study): Promise<void>;
	readonly cross: { link(): void; shareReference(one: Pane, other: Pane): boolean };
}

export type ShelfStatus = "loading" | "ready" | "failed";

export class Shelf {
	readonly status = new Store<ShelfStatus>("loading");
	readonly listed = new Store<Priors>(NO_PRIORS);
	/** The study shown beside; null while none is. */
	readonly shown = new Store<string | null>(null);
	/** The study that is being opened, or could not be. */
	readonly opening = new Store<string | null>(null);
	readonly refused = new Store<string | null>(null);
	readonly #station: Station;
	readonly #server: PriorServer;
	readonly #tools: PriorTools;
	readonly #stops: (() => void)[] = [];
	readonly #studies = new Map<string, Promise<Study | null>>();
	#before: Layout = "1x1";

	constructor(station: Station, server: PriorServer, tools: PriorTools) {
		this.#station = station;
		this.#server = server;
		this.#tools = tools;
		for (const one of [...station.panes.map((pane) => pane.state), station.layout, station.priors]) {
			this.#stops.push(one.subscribe(() => this.#look()));
		}
	}

	close(): void {
		for (const stop of this.#stops) stop();
	}

	async load(): Promise<void> {
		this.status.set("loading");
		try {
			this.listed.set(priorsFrom(await this.#server.list()));
			this.status.set("ready");
		} catch {
			this.status.set("failed");
		}
	}

	get relevant(): readonly Prior[] {
		return this.listed.value.rows.filter((one) => one.relevant);
	}

	/** The manifest of a prior, fetched once; null when it cannot be had. It takes its place in the station. */
	study(uid: string): Promise<Study | null> {
		const known = this.#studies.get(uid);
		if (known !== undefined) return known;
		const asked = this.#fetch(uid);
		this.#studies.set(uid, asked);
		return asked;
	}

	async #fetch(uid: string): Promise<Study | null> {
		this.opening.set(uid);
		this.refused.set(null);
		try {
			const study = parseManifest(await this.#server.manifest(uid));
			const order = this.listed.value.rows.map((one) => one.uid);
			this.#station.priors.update((now) =>
				[...now, study].sort((a, b) => order.indexOf(a.uid) - order.indexOf(b.uid)),
			);
			await this.#tools.addBeside(study).catch(() => undefined);
			return study;
		} catch {
			this.#studies.delete(uid);
			this.refused.set(uid);
			return null;
		} finally {
			this.opening.set(null);
		}
	}

	/** Opens a study beside the one that is read, at the same place, linked; false when it cannot be. */
	async open(uid: string): Promise<boolean> {
		const study = await this.study(uid);
		if (study === null) return false;
		const current = this.#current();
		const series = mostLike(current.state.value.series, study);
		if (series === null) return false;
		if (this.shown.value === null) this.#before = this.#station.layout.value;
		const pane = this.#place(current);
		pane.show(series);
		if (panesOf(this.#station.layout.value) === 1) this.#station.setLayout("1x2");
		this.#station.active.set(this.#station.panes.indexOf(current));
		this.align(pane);
		this.#tools.cross.link();
		return true;
	}

	/** Shows a series of a prior in the prior's pane. */
	put(seriesUid: string): void {
		const series = this.#station.series(seriesUid);
		if (series === undefined) return;
		const pane = this.#place(this.#current());
		pane.show(series);
		this.align(pane);
		if (this.#station.linked.value) this.#tools.cross.link();
	}

	/** Opens the study that is `steps` newer than the one shown, first the most telling one. */
	async step(steps: number): Promise<boolean> {
		const next = stepFrom(this.listed.value.rows, this.shown.value, steps);
		return next !== null && (await this.open(next.uid));
	}

	/** Takes the prior off the screen; the layout becomes what it was. */
	hide(): void {
		const station = this.#station;
		if (this.shown.value === null) return;
		station.linked.set(false);
		for (const pane of station.panes) if (station.priorIn(pane) !== null) pane.clear();
		station.active.set(0);
		station.setLayout(this.#before);
	}

	/** Brings a pane to the place that the first pane of the present study shows. */
	align(pane: Pane): void {
		const current = this.#current();
		const { series, index } = current.state.value;
		const theirs = pane.state.value.series;
		if (series === null || theirs === null || current === pane) return;
		pane.goTo(alignedIndex(series, index, theirs, this.#tools.cross.shareReference(current, pane)));
	}

	/** The pane of the present study that is looked at. */
	#current(): Pane {
		const station = this.#station;
		const own = station.visible.filter((pane) => station.priorIn(pane) === null);
		return own.find((pane) => pane === station.activePane) ?? own[0] ?? station.activePane;
	}

	/** The pane that a prior takes: one that shows a prior, else the one after the present study's. */
	#place(current: Pane): Pane {
		const { panes, visible } = this.#station;
		const held = visible.find((pane) => this.#station.priorIn(pane) !== null);
		const after = panes.indexOf(current) + 1;
		const next = visible.length > 1 ? visible[after % visible.length] : panes[1];
		return held ?? next ?? current;
	}

	#look(): void {
		const shown = this.#station.visible
			.map((pane) => this.#station.priorIn(pane))
			.find((one) => one !== null);
		this.shown.set(shown?.uid ?? null);
	}
}
