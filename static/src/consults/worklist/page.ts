/** What the list page does: choosing, opening, claiming, giving back, and its keys. No DOM. */
import type { LiveEvent } from "../../api/live.ts";
import { asProblem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import type { Binding } from "../../kit/keys.ts";
import { maskName } from "../../kit/person.ts";
import { Store } from "../../kit/store.ts";
import { UndoBox } from "../../kit/undo.ts";
import { words as sharedWords } from "../../kit/words.ts";
import { nextKey } from "../../ui/table.ts";
import { hideToast, showToast } from "../../ui/toasts.ts";
import * as server from "./calls.ts";
import type { Face, TabKey } from "./faces.ts";
import { ListModel, type ListState } from "./model.ts";
import { type ConsultRow, may } from "./rows.ts";
import { texts } from "./texts.ts";

/** How long a row is looked at before its images are fetched ahead. */
export const AHEAD_AFTER_MS = 150;

export interface ListPagePorts {
	readonly face: Face;
	readonly accountId: string;
	readonly go: (href: string) => void;
	readonly ahead: (studyInstanceUid: string) => void;
	readonly calls?: Pick<typeof server, "loadPage" | "claim" | "giveBack">;
}

export interface ListView {
	readonly step: (by: number) => void;
	readonly focusSearch: () => void;
	readonly togglePreview: () => void;
}

export class ListPage {
	readonly list: Store<ListState>;
	readonly shownTab: Store<TabKey>;
	readonly searched: Store<string>;
	readonly selected = new Store<string | null>(null);
	readonly busy = new Store<"open" | "claim" | null>(null);
	/** The row that a reason is being asked for. */
	readonly returning = new Store<ConsultRow | null>(null);
	readonly undo = new UndoBox();
	readonly #model: ListModel;
	readonly #ports: ListPagePorts;
	readonly #calls: Pick<typeof server, "loadPage" | "claim" | "giveBack">;
	#looking: ReturnType<typeof setTimeout> | undefined;

	constructor(ports: ListPagePorts) {
		this.#ports = ports;
		this.#calls = ports.calls ?? server;
		this.#model = new ListModel(this.#calls.loadPage, ports.face.tabs[0] ?? "mine");
		this.list = this.#model.state;
		this.shownTab = this.#model.tab;
		this.searched = this.#model.text;
		this.list.subscribe(() => this.#keepSelection());
	}

	renew(): Promise<void> {
		return this.#model.renew();
	}

	more(): Promise<void> {
		return this.#model.more();
	}

	hear(event: LiveEvent): Promise<void> {
		return this.#model.hear(event);
	}

	choose(tab: TabKey): Promise<void> {
		return this.#model.choose(tab);
	}

	search(text: string): Promise<void> {
		return this.#model.search(text);
	}

	tabs(list: ListState): { value: TabKey; label: string; count?: number; alert?: boolean }[] {
		return this.#ports.face.tabs.map((tab) => {
			const whole = tab === this.shownTab.value && this.searched.value === "" && list.phase === "ready";
			const count = whole && list.next === null ? list.rows.length : this.#model.countOf(tab);
			return { value: tab, label: t(texts)[tab], ...(count === undefined ? {} : { count }) };
		});
	}

	footer(list: ListState): string {
		if (list.next === null) return say(t(texts).shownAll, { n: list.rows.length });
		return `${say(t(texts).shown, { n: list.rows.length })} · ${t(texts).more}`;
	}

	row(key: string | null = this.selected.value): ConsultRow | null {
		return this.list.value.rows.find((one) => one.consult_id === key) ?? null;
	}

	select(key: string): void {
		this.selected.set(key);
		this.lookAt(key);
	}

	/** After a moment's look at a row its study is fetched ahead; another look meanwhile replaces it. */
	lookAt(key: string): void {
		clearTimeout(this.#looking);
		const uid = this.row(key)?.study_instance_uid;
		if (uid && this.#ports.face.kind === "reader") {
			this.#looking = setTimeout(() => this.#ports.ahead(uid), AHEAD_AFTER_MS);
		}
	}

	/** Opens a row. A reader claims a free case first: who loses the race is told before the images come. */
	async open(key: string | null = this.selected.value): Promise<void> {
		const row = this.row(key);
		if (!row || this.busy.value !== null) return;
		this.selected.set(row.consult_id);
		const claims = this.#ports.face.kind === "reader" && may(row, "claim");
		if (claims && !(await this.#claim(row, "open"))) return;
		this.#ports.go(this.#ports.face.hrefOf(row));
	}

	async claimForLater(): Promise<void> {
		const row = this.row();
		if (!row || !may(row, "claim") || this.busy.value !== null) return;
		if (!(await this.#claim(row, "claim"))) return;
		showToast({ kind: "info", text: say(t(texts).claimed, { number: row.number }) });
		await this.#model.refresh();
	}

	async #claim(row: ConsultRow, busy: "open" | "claim"): Promise<boolean> {
		this.busy.set(busy);
		try {
			await this.#calls.claim(row);
			return true;
		} catch (thrown) {
			const problem = asProblem(thrown);
			showToast({
				kind: "failed",
				text: problem.kind === "conflict" ? t(texts).claimLost : problem.sentence,
			});
			await this.#model.refresh();
			return false;
		} finally {
			this.busy.set(null);
		}
	}

	/** Opens the case after the selected one. */
	async openNext(): Promise<void> {
		const keys = this.list.value.rows.map((row) => row.consult_id);
		const key = nextKey(keys, this.selected.value);
		if (key !== null) await this.open(key);
	}

	askReturn(): void {
		const row = this.row();
		if (row && may(row, "return")) this.returning.set(row);
	}

	returnTitle(row: ConsultRow): string {
		return say(t(texts).returnTitle, { name: row.inviting.name });
	}

	/** Gives the case back after eight seconds, unless that is undone. */
	giveBack(reason: string): void {
		const row = this.returning.value;
		if (!row) return;
		this.returning.set(null);
		const said = say(t(texts).returned, { name: row.inviting.name });
		const commit = (): void => void this.#commitReturn(row, reason);
		this.undo.hold({ key: row.consult_id, said }, commit, hideToast);
		const action = { label: t(sharedWords).undo, keys: "U", run: () => void this.undo.undo() };
		showToast({ kind: "undo", text: said, staysMs: 8000, action });
	}

	async #commitReturn(row: ConsultRow, reason: string): Promise<void> {
		try {
			await this.#calls.giveBack(row, reason);
			await this.#model.refresh();
		} catch (thrown) {
			showToast({
				kind: "failed",
				text: `${maskName(row.patient?.name ?? row.number)}：${asProblem(thrown).sentence}`,
			});
		}
	}

	/** Something is always chosen while there is anything, so that Enter has a meaning. */
	#keepSelection(): void {
		const { rows } = this.list.value;
		if (this.row() === null) this.selected.set(rows[0]?.consult_id ?? null);
	}

	bindings(view: ListView): Binding[] {
		const words = () => t(texts);
		const reader = this.#ports.face.kind === "reader";
		const readers: Binding[] = [
			{ keys: "F4", label: () => words().nextKey, run: () => void this.openNext() },
			{ keys: "L", label: () => words().claimLater, run: () => void this.claimForLater() },
			{ keys: "B", label: () => words().returnBack, run: () => this.askReturn() },
		];
		return [
			{
				keys: ["ArrowUp", "ArrowDown"],
				label: () => words().select,
				run: (event) => view.step(event.key === "ArrowUp" ? -1 : 1),
			},
			{ keys: "Space", label: () => words().previewKey, run: view.togglePreview },
			{
				keys: "Enter",
				label: () => (reader ? words().readKey : words().openKey),
				run: () => void this.open(),
			},
			...(reader ? readers : []),
			{ keys: "N", label: () => words().showNewKey, run: () => void this.renew() },
			{ keys: "/", label: () => words().searchKey, run: view.focusSearch },
			{
				keys: "U",
				label: () => t(sharedWords).undo,
				run: () => void this.undo.undo(),
				when: () => this.undo.pending.value !== null,
			},
		];
	}
}
