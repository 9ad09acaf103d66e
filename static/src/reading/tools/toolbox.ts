/** Everything that is loaded after the first image, put together for one station. */
import { t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { ToolActs } from "../commands.ts";
import type { Fusion } from "../fusion/fused.ts";
import { type Keymap, parseKeymap } from "../keymap.ts";
import type { Study } from "../manifest.ts";
import { ObjectBoard, type ObjectServer } from "../objects/board.ts";
import type { Pane } from "../pane.ts";
import type { PaneView } from "../pane_view.ts";
import type { RegionBoard } from "../regions/board.ts";
import type { Station } from "../station.ts";
import type { Rendering } from "../three/rendering.ts";
import { Ends, nudge, removeSelected, selectNext, setText, toggleKey } from "./acts.ts";
import { CrossSeries } from "./cross.ts";
import { NOTHING_KNOWN, parseFacts } from "./facts.ts";
import { MarkHand } from "./hand.ts";
import { magnifierHand } from "./magnifier.ts";
import { DRAWN_KINDS, type Mark } from "./mark.ts";
import { measuresOf, type ObjectFacts } from "./measuring.ts";
import { withOver } from "./over.ts";
import { paint } from "./overlay.ts";
import { type Scene, sceneOf } from "./scene.ts";
import { type MarkStore, MarkSync } from "./sync.ts";
import { toolTexts } from "./texts.ts";
import { reported } from "./wording.ts";

export interface Server {
	readonly marks: MarkStore;
	readonly objects: ObjectServer;
	facts(): Promise<unknown>;
	loadKeys(): Promise<unknown>;
	saveKeys(value: Record<string, unknown>): Promise<boolean>;
	/** The same of an earlier study that is shown beside. */
	beside(studyInstanceUid: string): Pick<Server, "marks" | "facts">;
}

export type PanelName = "marks" | "keys";

/** What a pane's tools draw on. */
export interface Sheets {
	readonly svg: SVGSVGElement;
	readonly lens: HTMLCanvasElement;
}

const REST_MS = 500;
const AGAIN_MS = 10_000;

export class Toolbox implements ToolActs {
	readonly facts: Store<ObjectFacts>;
	readonly cross: CrossSeries;
	readonly sync: MarkSync;
	readonly board: ObjectBoard;
	/** What segmentations and structure sets draw; null until their list is looked at. */
	readonly regions = new Store<RegionBoard | null>(null);
	/** Another number whenever they are to be drawn anew. */
	readonly outlined = new Store(0);
	/** The PET that lies over the images; null until it is asked for. */
	readonly fusion = new Store<Fusion | null>(null);
	/** What is rendered in three dimensions; null while nothing is. */
	readonly rendering = new Store<Rendering | null>(null);
	readonly panel = new Store<PanelName | null>(null);
	/** The mark whose words are being written. */
	readonly writing = new Store<string | null>(null);
	readonly #station: Station;
	readonly #server: Server;
	readonly #ends = new Ends();
	readonly #hands = new Map<Pane, MarkHand>();
	readonly #stops: (() => void)[] = [];
	readonly #timers = new Set<ReturnType<typeof setTimeout>>();
	/** The series of earlier studies, with what their objects say, and where their marks are kept. */
	readonly #beside = new Map<string, ObjectFacts>();
	readonly #besides = new Map<string, MarkSync>();

	#closed = false;

	constructor(station: Station, server: Server) {
		this.#station = station;
		this.#server = server;
		this.facts = new Store(this.#withBeside(NOTHING_KNOWN));
		this.cross = new CrossSeries(station, {
			spacing: (series, sop) => this.facts.value.spacing(series, sop),
			frameOfReference: (series, sop) => this.facts.value.frameOfReference(series, sop),
		});
		this.board = new ObjectBoard(station, server.objects);
		this.sync = new MarkSync(
			station,
			server.marks,
			(run) => this.#later(run, REST_MS),
			({ seriesUid }) => !this.#beside.has(seriesUid),
		);
		this.#stops.push(
			() => this.cross.close(),
			this.sync.state.subscribe((state) => {
				if (state === "offline") this.#later(() => this.sync.retry(), AGAIN_MS);
			}),
		);
	}

	/** What is known of a series, whichever study it is of. */
	#withBeside(own: ObjectFacts): ObjectFacts {
		const of = (series: string): ObjectFacts => this.#beside.get(series) ?? own;
		return {
			spacing: (series, sop) => of(series).spacing(series, sop),
			frameOfReference: (series, sop) => of(series).frameOfReference(series, sop),
		};
	}

	/** Fetches marks, facts and the reader's keys; shows the mark that the page's address names. */
	async open(markId: string | null): Promise<void> {
		const facts = this.#server.facts().then((value) => this.facts.set(this.#withBeside(parseFacts(value))));
		const keys = this.#server.loadKeys().then((value) => this.#station.keymap.set(parseKeymap(value)));
		await Promise.all([facts, keys, this.sync.open(), this.board.open()]);
		if (markId !== null) this.#station.goToMark(markId);
	}

	/** Runs `stop` when the tools are closed. */
	until(stop: () => void): void {
		this.#stops.push(stop);
	}

	/** Takes in an earlier study that will be shown beside: its marks are its own. */
	async addBeside(study: Study): Promise<void> {
		if (this.#besides.has(study.uid)) return;
		const server = this.#server.beside(study.uid);
		const series = new Set(study.series.map((one) => one.uid));
		for (const uid of series) this.#beside.set(uid, NOTHING_KNOWN);
		const sync = new MarkSync(
			this.#station,
			server.marks,
			(run) => this.#later(run, REST_MS),
			({ seriesUid }) => series.has(seriesUid),
		);
		this.#besides.set(study.uid, sync);
		const facts = server.facts().then((value) => {
			const read = parseFacts(value);
			for (const uid of series) this.#beside.set(uid, read);
			this.facts.update((now) => ({ ...now }));
		});
		await Promise.all([facts, sync.open()]);
	}

	close(): void {
		this.#closed = true;
		this.fusion.value?.close();
		this.rendering.value?.close();
		for (const sync of this.#besides.values()) sync.close();
		for (const stop of this.#stops) stop();
		for (const timer of this.#timers) clearTimeout(timer);
		this.sync.close();
	}

	/** Puts the tools to work on a pane; answers what takes them away again. `seen` hears of each scene. */
	attach(pane: Pane, view: PaneView, { svg, lens }: Sheets, seen: (scene: Scene) => void): () => void {
		const hand = new MarkHand(this.#station, pane, {
			others: { magnifier: magnifierHand(pane, view.canvas, lens), crosshair: this.cross.handOf(pane) },
			onDone: (mark) => this.#done(mark),
		});
		this.#hands.set(pane, hand);
		view.hand = hand;
		let asked = 0;
		const draw = (): void => {
			asked = 0;
			const scene = this.scene(pane, hand);
			paint(svg, scene);
			seen(scene);
		};
		const soon = (): void => {
			if (asked === 0) asked = requestAnimationFrame(draw);
		};
		const { marks, others, selected, layout, active } = this.#station;
		const followed = [
			pane.state,
			view.size,
			view.drawn,
			hand.drawing,
			marks,
			others,
			selected,
			layout,
			active,
		];
		const { told, applied, drawn } = this.board;
		const all = [
			...followed,
			this.#station.layer,
			this.facts,
			this.cross.cross,
			told,
			applied,
			drawn,
			this.outlined,
		];
		const stops = all.map((one) => one.subscribe(soon));
		stops.push(...this.#station.panes.filter((one) => one !== pane).map((one) => one.state.subscribe(soon)));
		return () => {
			for (const stop of stops) stop();
			cancelAnimationFrame(asked);
			view.hand = null;
			this.#hands.delete(pane);
		};
	}

	scene(pane: Pane, hand: MarkHand): Scene {
		return sceneOf({
			station: this.#station,
			pane,
			facts: this.facts.value,
			words: t(toolTexts),
			drawing: hand.drawing.value,
			guides: this.cross.guidesOf(pane),
			objects: [...(this.regions.value?.items(pane) ?? []), ...this.board.items(pane)],
		});
	}

	/** What a mark says in a report; empty for marks that only point. */
	said(mark: Mark): string {
		const figures = measuresOf(this.#station, this.facts.value, mark)?.figures ?? [];
		return withOver(reported(mark, figures, t(toolTexts)), this.#station, mark);
	}

	/** Keeps the reader's marks with the study as DICOM objects; false when that was refused. */
	file(): Promise<boolean> {
		return this.board.file(this.facts.value, t(toolTexts), this.sync);
	}

	cancel(): boolean {
		return this.#hands.get(this.#station.activePane)?.cancel() ?? false;
	}

	removeSelected(): void {
		removeSelected(this.#station);
	}

	nudge(dx: number, dy: number): void {
		const mark = nudge(this.#station, this.#ends, dx, dy);
		if (mark !== null) this.#tell(mark);
	}

	selectNext(): void {
		selectNext(this.#station);
	}

	nextEnd(): void {
		const mark = this.#station.marks.value.find((one) => one.id === this.#station.selected.value);
		if (mark !== undefined) this.#ends.next(mark);
	}

	place(): void {
		const kind = DRAWN_KINDS.find((one) => one === this.#station.tool.value);
		if (kind !== undefined) {
			this.#station.act(() => this.#hands.get(this.#station.activePane)?.place(kind));
		}
	}

	toggleKey(): void {
		toggleKey(this.#station);
	}

	toggleLink(): void {
		this.cross.toggleLink();
	}

	showMarks(): void {
		this.panel.update((now) => (now === "marks" ? null : "marks"));
	}

	showDocuments(): void {
		this.board.reading.update((open) => !open);
	}

	showKeys(): void {
		this.panel.set("keys");
	}

	/** Nothing of fusion is fetched before it is first asked for. */
	async toggleFusion(): Promise<void> {
		const known = this.fusion.value;
		known?.close();
		this.fusion.set(null);
		if (known !== null) return;
		const { openFusion } = await import("../fusion/load.ts");
		if (!this.#closed && this.fusion.value === null)
			this.fusion.set(openFusion(this.#station, () => this.facts.value));
	}

	/** Nothing of rendering is fetched before it is first asked for. */
	async toggleRendering(): Promise<void> {
		const known = this.rendering.value;
		known?.close();
		this.rendering.set(null);
		if (known !== null) return;
		const { openRendering } = await import("../three/load.ts");
		if (!this.#closed && this.rendering.value === null) this.rendering.set(openRendering(this.#station));
	}

	/** The words of a mark are written. */
	write(id: string, text: string): void {
		this.writing.set(null);
		setText(this.#station, id, text);
	}

	/** Keeps the reader's keys here and at the server; false when the server did not take them. */
	keepKeys(map: Keymap): Promise<boolean> {
		this.#station.keymap.set(map);
		return this.#server.saveKeys({ profile: map.profile, keys: map.keys });
	}

	#done(mark: Mark): void {
		if (mark.kind === "text" && mark.text === "") this.writing.set(mark.id);
		this.#tell(mark);
	}

	#tell(mark: Mark): void {
		const said = this.said(mark);
		if (said !== "") this.#station.measured.set({ mark, said });
	}

	#later(run: () => void, ms: number): void {
		const timer = setTimeout(() => {
			this.#timers.delete(timer);
			run();
		}, ms);
		this.#timers.add(timer);
	}
}
