/** The objects of a study beside its marks: fetched once the tools are there, applied when the reader says so. */
import { asProblem } from "../../api/problem.ts";
import { localeStore } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { Frame } from "../manifest.ts";
import type { Look, Pane } from "../pane.ts";
import { projectionOf } from "../projection.ts";
import type { Flag, Station } from "../station.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import type { Item } from "../tools/scene.ts";
import type { MarkSync } from "../tools/sync.ts";
import type { ToolWords } from "../tools/wording.ts";
import { measuredItems, presentedItems } from "./drawn.ts";
import { filingOf } from "./filing.ts";
import { lookOf } from "./presented.ts";
import {
	type FilingIn,
	type Filings,
	NOTHING_TOLD,
	names,
	type Presentation,
	type StudyObjects,
} from "./told.ts";

export interface ObjectServer {
	objects(): Promise<StudyObjects>;
	filings(): Promise<Filings>;
	file(wanted: FilingIn): Promise<unknown>;
}

/** `code` of why the last filing was refused. */
export type FilingState =
	| { readonly kind: "resting" | "filing" }
	| { readonly kind: "refused"; readonly code: string };

const NO_FILINGS: Filings = { may_file: false, filings: [] };

export class ObjectBoard {
	readonly told = new Store<StudyObjects>(NOTHING_TOLD);
	readonly filings = new Store<Filings>(NO_FILINGS);
	readonly filing = new Store<FilingState>({ kind: "resting" });
	/** The presentation state that is applied. */
	readonly applied = new Store<Presentation | null>(null);
	/** Reports whose measurements are drawn, by SOP Instance UID. */
	readonly drawn = new Store<ReadonlySet<string>>(new Set());
	/** The documents of the study are open beside the images. */
	readonly reading = new Store(false);
	readonly #station: Station;
	readonly #server: ObjectServer;
	#before: { readonly pane: Pane; readonly look: Look } | null = null;

	constructor(station: Station, server: ObjectServer) {
		this.#station = station;
		this.#server = server;
	}

	/** Fetches the objects; what cannot be had is as if it were not there. */
	async open(): Promise<void> {
		const told = await this.#server.objects().catch(() => NOTHING_TOLD);
		this.told.set(told);
		this.#station.flags.set(flagsOf(told));
		const foreign = told.reports.filter(
			({ header, measurements }) => !header.ours && measurements.length > 0,
		);
		this.drawn.set(new Set(foreign.map(({ header }) => header.sop_instance_uid)));
	}

	/** Fetches what was filed, once the list of objects is looked at; where it cannot be had nothing may be filed. */
	async openFilings(): Promise<void> {
		this.filings.set(await this.#server.filings().catch(() => NO_FILINGS));
	}

	/** Draws a report's measurements, or takes them off the images. */
	toggleReport(uid: string): void {
		this.drawn.update((now) => {
			const next = new Set(now);
			if (!next.delete(uid)) next.add(uid);
			return next;
		});
	}

	/** Shows the active pane as a state wants it, at the first of its images; the same state again takes it back. */
	apply(state: Presentation): void {
		const was = this.applied.value;
		this.#giveBack();
		if (was?.header.sop_instance_uid === state.header.sop_instance_uid) return;
		const pane = this.#station.activePane;
		if (!this.#show(state, pane)) return;
		const frame = pane.frame;
		if (frame === null) return;
		const look = pane.look;
		this.#before = { pane, look };
		this.#station.act(() => pane.setLook(lookOf(state, frame, pane.size, look)));
		this.applied.set(state);
	}

	/** True when the study has an image that a state is for. */
	has(state: Presentation): boolean {
		return this.#firstFrame(state) !== null;
	}

	/** Files all own marks; false when it was refused. */
	async file(facts: ObjectFacts, words: ToolWords, sync: Pick<MarkSync, "versions">): Promise<boolean> {
		if (this.filing.value.kind === "filing") return false;
		this.filing.set({ kind: "filing" });
		try {
			await this.#server.file(filingOf(this.#station, facts, words, sync.versions(), localeStore.value));
			this.filings.set(await this.#server.filings());
			this.told.set(await this.#server.objects().catch(() => this.told.value));
			this.filing.set({ kind: "resting" });
			return true;
		} catch (error) {
			this.filing.set({ kind: "refused", code: asProblem(error).code });
			return false;
		}
	}

	/** What objects draw over the frame of a pane. */
	items(pane: Pane): Item[] {
		const projection = projectionOf(pane);
		const { frame } = pane;
		if (projection === null || frame === null) return [];
		const state = this.applied.value;
		const reports = this.told.value.reports.filter(({ header }) =>
			this.drawn.value.has(header.sop_instance_uid),
		);
		return [
			...reports.flatMap((one) => measuredItems(one, frame, projection)),
			...(state === null ? [] : presentedItems(state, frame, projection)),
		];
	}

	#show(state: Presentation, pane: Pane): boolean {
		if (pane.frame !== null && names(state.images, pane.frame)) return true;
		const first = this.#firstFrame(state);
		return first !== null && this.#station.goToFrame(first.sopInstanceUid, first.number);
	}

	#firstFrame(state: Presentation): Frame | null {
		for (const series of this.#station.study.value?.series ?? []) {
			const found = series.frames.find((one) => names(state.images, one));
			if (found !== undefined) return found;
		}
		return null;
	}

	#giveBack(): void {
		const before = this.#before;
		this.#before = null;
		this.applied.set(null);
		if (before !== null) this.#station.act(() => before.pane.setLook(before.look));
	}
}

/** The key images that others named, with the title and the author of the selection; ours are marks already. */
export function flagsOf({ key_objects: selections }: Pick<StudyObjects, "key_objects">): Flag[] {
	return selections
		.filter(({ header }) => !header.ours)
		.flatMap(({ title, header, images, rejected }) =>
			images.map((one) => ({
				sopInstanceUid: one.sop_instance_uid,
				frames: one.frames,
				said: [title, header.author].filter((part) => part !== "").join(" · "),
				rejected,
			})),
		);
}
