/** What the board does: loading, live changes, and the coordinator's steps. No DOM. */
import type { LiveEvent } from "../../api/live.ts";
import { asProblem, type Problem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import type { Binding } from "../../kit/keys.ts";
import { Store } from "../../kit/store.ts";
import { UNDO_WINDOW_MS, UndoBox } from "../../kit/undo.ts";
import { words } from "../../kit/words.ts";
import { hideToast, showToast } from "../../ui/toasts.ts";
import * as server from "../worklist/calls.ts";
import { type ConsultRow, may, once } from "../worklist/rows.ts";
import { type BoardColumn, columnsOf, loads, stepCard } from "./columns.ts";
import { whyNot } from "./people.ts";
import { texts } from "./texts.ts";

type Calls = Pick<typeof server, "loadPage" | "loadReaders" | "accept" | "assign" | "giveBack" | "decline">;
export type Ask = { readonly kind: "assign" | "return" | "decline"; readonly row: ConsultRow };

export interface BoardState {
	readonly phase: "loading" | "ready" | "failed";
	readonly columns: readonly BoardColumn[];
	readonly readers: readonly server.Reader[];
	readonly load: ReadonlyMap<string, number>;
	readonly problem: Problem | null;
}

const EMPTY: BoardState = {
	phase: "loading",
	columns: columnsOf([], []),
	readers: [],
	load: new Map(),
	problem: null,
};
const PAGES_MAX = 5;

export class BoardPage {
	readonly state = new Store<BoardState>(EMPTY);
	/** Changes that wait to be shown, so that no card moves under the hand. */
	readonly waiting = new Store<ReadonlySet<string>>(new Set());
	readonly selected = new Store<string | null>(null);
	readonly asking = new Store<Ask | null>(null);
	readonly searched = new Store("");
	readonly undo = new UndoBox();
	readonly #calls: Calls;
	readonly #go: (href: string) => void;
	/** Cases that the person here is changing: the news of these is their own. */
	readonly #own = new Set<string>();

	constructor(go: (href: string) => void, calls: Calls = server) {
		this.#go = go;
		this.#calls = calls;
	}

	async renew(): Promise<void> {
		try {
			const [open, ended, readers] = await Promise.all([
				this.#open(),
				this.#calls.loadPage({ view: "done" }, this.searched.value, null),
				this.#calls.loadReaders(),
			]);
			this.waiting.set(new Set());
			const columns = columnsOf(open, once(ended.rows));
			this.state.set({ phase: "ready", columns, readers, load: loads(open), problem: null });
			if (this.row() === null) this.selected.set(stepCard(columns, null, "ArrowDown"));
		} catch (thrown) {
			const problem = asProblem(thrown);
			this.state.update((shown) => ({
				...shown,
				problem,
				phase: shown.phase === "ready" ? "ready" : "failed",
			}));
		}
	}

	async #open(): Promise<ConsultRow[]> {
		const rows: ConsultRow[] = [];
		let after: string | null = null;
		for (let page = 0; page < PAGES_MAX; page += 1) {
			const answer = await this.#calls.loadPage({ view: "mine" }, this.searched.value, after);
			rows.push(...answer.rows);
			after = answer.next;
			if (after === null) break;
		}
		return once(rows);
	}

	/** News of others waits in the pill; news of one's own step, or on an empty board, is shown at once. */
	async hear(event: LiveEvent): Promise<void> {
		if (event.type === "hello") return this.state.value.phase === "loading" ? undefined : this.renew();
		if (event.type !== "consult.changed") return;
		const id = consultIdOf(event);
		if (id === null) return;
		const empty = this.state.value.columns.every((column) => column.cards.length === 0);
		if (empty || this.#own.delete(id)) return this.renew();
		this.waiting.update((waiting) => new Set([...waiting, id]));
	}

	async search(text: string): Promise<void> {
		this.searched.set(text.trim());
		await this.renew();
	}

	row(id: string | null = this.selected.value): ConsultRow | null {
		for (const column of this.state.value.columns) {
			const found = column.cards.find((card) => card.consult_id === id);
			if (found) return found;
		}
		return null;
	}

	open(row: ConsultRow): void {
		this.#go(`/cases/${encodeURIComponent(row.consult_id)}`);
	}

	ask(kind: Ask["kind"], row: ConsultRow | null = this.row()): void {
		if (row && may(row, kind)) this.asking.set({ kind, row });
	}

	accept(row: ConsultRow): Promise<void> {
		return this.#step(row, () => this.#calls.accept(row), say(t(texts).acceptedNow, { number: row.number }));
	}

	async assign(row: ConsultRow, accountId: string): Promise<void> {
		const reader = this.state.value.readers.find((one) => one.account_id === accountId);
		if (!reader) return;
		const reason = whyNot(reader, row);
		if (reason !== null) {
			showToast({ kind: "failed", text: `${reader.name}：${reason}` });
			return;
		}
		const said = say(t(texts).assignedTo, { number: row.number, name: reader.name });
		await this.#step(row, () => this.#calls.assign(row, accountId), said);
	}

	/** Returns or declines after eight seconds, unless that is undone. */
	refuse(ask: Ask, reason: string): void {
		this.asking.set(null);
		const { row, kind } = ask;
		const sentence = kind === "return" ? t(texts).returned : t(texts).declined;
		const said = say(sentence, { name: row.inviting.name });
		const call = kind === "return" ? this.#calls.giveBack : this.#calls.decline;
		this.undo.hold(
			{ key: row.consult_id, said },
			() => void this.#step(row, () => call(row, reason), null),
			hideToast,
		);
		const action = { label: t(words).undo, keys: "U", run: () => void this.undo.undo() };
		showToast({ kind: "undo", text: said, staysMs: UNDO_WINDOW_MS, action });
	}

	async #step(row: ConsultRow, call: () => Promise<unknown>, said: string | null): Promise<void> {
		this.#own.add(row.consult_id);
		try {
			await call();
			if (said !== null) showToast({ kind: "info", text: said });
		} catch (thrown) {
			this.#own.delete(row.consult_id);
			const problem = asProblem(thrown);
			showToast({ kind: "failed", text: problem.kind === "conflict" ? t(texts).conflict : problem.sentence });
		}
		await this.renew();
	}

	/** The next act of the selected card: accept it, assign it, or open it. */
	async next(): Promise<void> {
		const row = this.row();
		if (!row) return;
		if (may(row, "accept")) await this.accept(row);
		else if (row.status === "accepted") this.ask("assign", row);
		else this.open(row);
	}

	bindings(view: { focusSearch: () => void; focusCard: (id: string) => void }): Binding[] {
		const arrows = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const;
		return [
			...arrows.map((key, index) => ({
				keys: key,
				label: () => (index < 2 ? t(texts).columnKey : t(texts).cardKey),
				unlisted: index % 2 === 1,
				run: () => this.#move(key, view.focusCard),
			})),
			{ keys: "Enter", label: () => t(texts).acceptKey, run: () => void this.next() },
			{ keys: "A", label: () => t(texts).assignKey, run: () => this.ask("assign") },
			{ keys: "R", label: () => t(texts).returnKey, run: () => this.ask("return") },
			{ keys: "D", label: () => t(texts).declineKey, run: () => this.ask("decline") },
			{ keys: "N", label: () => t(texts).showKey, run: () => void this.renew() },
			{ keys: "U", label: () => t(texts).undoKey, run: () => void this.undo.undo() },
			{ keys: "/", label: () => t(texts).searchKey, run: view.focusSearch },
		];
	}

	#move(key: "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight", focusCard: (id: string) => void): void {
		const to = stepCard(this.state.value.columns, this.selected.value, key);
		if (to === null) return;
		this.selected.set(to);
		focusCard(to);
	}
}

function consultIdOf(event: LiveEvent): string | null {
	const { data } = event;
	if (typeof data !== "object" || data === null || !("consult_id" in data)) return null;
	return typeof data.consult_id === "string" ? data.consult_id : null;
}
