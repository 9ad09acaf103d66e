/** The report beside the images, in this window or in a second one: measured values, places, the next case. */
import { Store } from "../kit/store.ts";
import { seriesTitle } from "../reading/corners.ts";
import type { Measured, Station } from "../reading/station.ts";
import {
	hrefInRole,
	type MeasuredText,
	type Message,
	roleInAddress,
	type WindowRole,
} from "../reading/windows/messages.ts";
import { type Channel, type Parts, partsOf, Workspace } from "../reading/windows/workspace.ts";
import type { ImagesPort, Measurement } from "../reports/measurements.ts";

export type SecondRole = Exclude<WindowRole, "main">;

/** The browser, as far as second windows need it. */
export interface Browser {
	channel(): Channel;
	/** Opens the second window; null when the browser does not let us. */
	open(href: string): { readonly closed: boolean; focus(): void } | null;
	readonly href: () => string;
	go(href: string): void;
	shut(): void;
	/** Which second window this person used last on this computer. */
	remembered(): string | null;
	remember(role: SecondRole): void;
	every(run: () => void): () => void;
}

/** Writes into the report of this window; false where none is open. */
export type Insert = (measured: Omit<Measurement, "section">) => boolean;

export class Beside implements ImagesPort {
	readonly windows: Workspace;
	readonly parts: Store<Parts>;
	readonly now = new Store<ReadonlyMap<string, string>>(new Map());
	/** The last thing that was measured here. */
	readonly last = new Store<MeasuredText | null>(null);
	/** Where the images of the other window stand, in words. */
	readonly slice = new Store("");
	readonly #study: string;
	readonly #browser: Browser;
	readonly #stops: (() => void)[] = [];
	#station: Station | null = null;
	#insert: Insert = () => false;
	#second: ReturnType<Browser["open"]> = null;
	#told = false;

	constructor(studyInstanceUid: string, role: WindowRole, browser: Browser) {
		this.#study = studyInstanceUid;
		this.#browser = browser;
		this.windows = new Workspace(role, browser.channel());
		this.parts = new Store(partsOf(role, null));
		this.#stops.push(
			this.windows.other.subscribe((other) => this.parts.set(partsOf(role, other))),
			this.windows.on((message) => this.#hear(message)),
			browser.every(() => this.#watch()),
		);
	}

	close(): void {
		for (const stop of this.#stops) stop();
		this.windows.close();
	}

	/** The report of this window, while it can be written. */
	writes(insert: Insert): void {
		this.#insert = insert;
	}

	/** Follows the images of this window. */
	follow(station: Station): void {
		this.#station = station;
		const tell = (): void => this.#tellSlice(station);
		this.#stops.push(
			station.measured.subscribe((measured) => measured && this.#measured(measured)),
			station.active.subscribe(tell),
			...station.panes.map((pane) => pane.state.subscribe(tell)),
		);
	}

	/** Writes what was measured last into the report, wherever that is. */
	insertLast(): boolean {
		const measured = this.last.value;
		if (measured === null) return false;
		if (this.#insert(measured)) return true;
		if (this.windows.other.value === null) return false;
		this.windows.tell({ kind: "insert", ...measured });
		return true;
	}

	show({ markId, studyInstanceUid }: Measurement): boolean {
		if (studyInstanceUid !== this.#study) return false;
		if (this.#station !== null) return this.#station.goToMark(markId);
		this.windows.tell({ kind: "show", markId });
		return this.windows.other.value !== null;
	}

	/** The role for the key: the one used last. */
	get chosen(): SecondRole {
		return this.#browser.remembered() === "images" ? "images" : "report";
	}

	/** Opens the second window; false when the browser refused. */
	open(role: SecondRole): boolean {
		this.#browser.remember(role);
		this.#second = this.#browser.open(hrefInRole(this.#browser.href(), role));
		this.#second?.focus();
		return this.#second !== null;
	}

	/** Everything back into one window. */
	join(): void {
		if (this.windows.role === "main") this.windows.tell({ kind: "close" });
		else this.#browser.shut();
	}

	/** The other window comes along to the next case; nothing happens where there is none. */
	leaveFor(href: string | null): void {
		if (href !== null) this.windows.tell({ kind: "follow", href: hrefInRole(href, "main") });
	}

	#watch(): void {
		if (this.#second?.closed !== true) return;
		this.#second = null;
		this.windows.lost();
	}

	#measured({ mark, said }: Measured): void {
		this.last.set({ text: said, studyInstanceUid: this.#study, markId: mark.id });
		this.#said(mark.id, said);
		this.windows.tell({ kind: "said", markId: mark.id, text: said });
	}

	#said(markId: string, text: string): void {
		this.now.update((known) => new Map(known).set(markId, text));
	}

	#tellSlice(station: Station): void {
		const { series, index } = station.activePane.state.value;
		const frame = series?.frames[index];
		if (series === null || frame === undefined || this.#told) return;
		const label = `${seriesTitle(series)} ${index + 1}/${series.frames.length}`;
		this.windows.tell({
			kind: "slice",
			sopInstanceUid: frame.sopInstanceUid,
			frameNumber: frame.number,
			label: label.slice(0, 200),
		});
	}

	#hear(message: Message): void {
		if (message.kind === "insert") this.#insert(message);
		else if (message.kind === "said") this.#said(message.markId, message.text);
		else if (message.kind === "show") this.#station?.goToMark(message.markId);
		else if (message.kind === "slice") this.#slice(message);
		else if (message.kind === "follow") this.#browser.go(hrefInRole(message.href, this.windows.role));
		else if (message.kind === "close" && this.windows.role !== "main") this.#browser.shut();
	}

	/** Images in both windows follow each other while they are linked. */
	#slice({ sopInstanceUid, frameNumber, label }: Message & { kind: "slice" }): void {
		this.slice.set(label);
		if (this.#station?.linked.value !== true) return;
		this.#told = true;
		this.#station.goToFrame(sopInstanceUid, frameNumber);
		this.#told = false;
	}
}

const WATCH_MS = 1000;
/** How the windows stand belongs to the workstation and its screens, whoever sits there. */
const KEPT_AS = "lianzhen.reading.window";

/** The workspace of this page. */
export function joinBeside(studyInstanceUid: string): Beside {
	const beside = new Beside(studyInstanceUid, roleInAddress(location.search), {
		channel: () => new BroadcastChannel(`lianzhen.reading.${studyInstanceUid}`) as unknown as Channel,
		open: (href) => {
			const size = `width=${screen.availWidth},height=${screen.availHeight}`;
			return window.open(href, "lianzhen-second", `popup,${size}`);
		},
		href: () => location.pathname + location.search,
		go: (href) => location.assign(href),
		shut: () => window.close(),
		remembered: () => localStorage.getItem(KEPT_AS),
		remember: (role) => localStorage.setItem(KEPT_AS, role),
		every: (run) => {
			const timer = setInterval(run, WATCH_MS);
			return () => clearInterval(timer);
		},
	});
	addEventListener("pagehide", () => beside.windows.tell({ kind: "gone", role: beside.windows.role }));
	addEventListener("pageshow", (event) => event.persisted && beside.windows.back());
	return beside;
}
