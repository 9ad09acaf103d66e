/** A live list that never jumps under the hand: rows change in place, new ones wait in a pill, rows that no
 * longer belong stay dimmed until the list is renewed. */
import type { LiveEvent } from "../../api/live.ts";
import { asProblem, type Problem } from "../../api/problem.ts";
import type { components } from "../../api/schema.gen.ts";
import { Store } from "../../kit/store.ts";
import { QUERIES, type Query, type TabKey } from "./faces.ts";
import { type ConsultRow, once } from "./rows.ts";

export type ConsultPage = components["schemas"]["ConsultPage"];
export type LoadPage = (query: Query, text: string, after: string | null) => Promise<ConsultPage>;

export interface ListState {
	readonly phase: "loading" | "ready" | "failed";
	readonly rows: readonly ConsultRow[];
	/** Rows the server has that are not shown yet. */
	readonly incoming: readonly ConsultRow[];
	/** Shown rows that no longer belong to this list, by consult_id, with the step that took them away ("" when
	 * it was not heard). */
	readonly gone: ReadonlyMap<string, string>;
	readonly next: string | null;
	readonly problem: Problem | null;
	readonly loadingMore: boolean;
}

/** Rows on one page, at most (the table holds 600). */
export const ROWS_MAX = 600;
const EMPTY: ListState = {
	phase: "loading",
	rows: [],
	incoming: [],
	gone: new Map(),
	next: null,
	problem: null,
	loadingMore: false,
};
const EVENTS = new Set(["consult.changed", "dicom.study_settled", "hello"]);

interface Fresh {
	readonly rows: readonly ConsultRow[];
	readonly next: string | null;
}

/** Joins what is shown with what the server says now. Order and place of shown rows do not change. */
export function merged(
	shown: ListState,
	fresh: Fresh,
	heard: ReadonlyMap<string, string> = new Map(),
): ListState {
	const byId = new Map(fresh.rows.map((row) => [row.consult_id, row]));
	const rows = shown.rows.map((row) => byId.get(row.consult_id) ?? row);
	const known = new Set(rows.map((row) => row.consult_id));
	// With more pages to come, a missing row may only have moved down.
	const missing = fresh.next === null ? rows.filter((row) => !byId.has(row.consult_id)) : [];
	return {
		...shown,
		phase: "ready",
		problem: null,
		rows,
		incoming: fresh.rows.filter((row) => !known.has(row.consult_id)),
		gone: new Map(missing.map((row) => [row.consult_id, heard.get(row.consult_id) ?? ""])),
		next: fresh.next,
	};
}

function belongs(row: ConsultRow, query: Query): boolean {
	if (query.urgency !== undefined && row.urgency !== query.urgency) return false;
	return query.serviceLine === undefined || row.service_line === query.serviceLine;
}

function stepOf(data: unknown): { consultId: string; verb: string } | null {
	if (typeof data !== "object" || data === null || !("consult_id" in data) || !("verb" in data)) return null;
	return { consultId: String(data.consult_id), verb: String(data.verb) };
}

export class ListModel {
	readonly state = new Store<ListState>(EMPTY);
	readonly tab: Store<TabKey>;
	readonly text = new Store("");
	readonly #load: LoadPage;
	readonly #cache = new Map<TabKey, Fresh>();
	/** The last step heard of each case, while its news may still wait to be shown. */
	readonly #heard = new Map<string, string>();
	/** Numbers each request, so that a slow answer to an old question is dropped. */
	#asked = 0;

	constructor(load: LoadPage, tab: TabKey) {
		this.#load = load;
		this.tab = new Store(tab);
	}

	/** How many a tab holds; undefined while that is not known exactly. */
	countOf(tab: TabKey): number | undefined {
		const cached = this.#cache.get(tab);
		if (cached && cached.next === null) return cached.rows.length;
		const whole = QUERIES[tab].view === "mine" ? this.#cache.get("mine") : undefined;
		return whole && whole.next === null
			? whole.rows.filter((row) => belongs(row, QUERIES[tab])).length
			: undefined;
	}

	async choose(tab: TabKey): Promise<void> {
		this.tab.set(tab);
		const cached = this.text.value === "" ? this.#cache.get(tab) : undefined;
		this.state.set(cached ? { ...EMPTY, ...cached, phase: "ready" } : EMPTY);
		await this.renew();
	}

	async search(text: string): Promise<void> {
		this.text.set(text.trim());
		await this.renew();
	}

	/** Shows what the server has now, new rows included. */
	async renew(): Promise<void> {
		const fresh = await this.#fetchShown();
		if (fresh) this.state.set({ ...EMPTY, phase: "ready", rows: fresh.rows, next: fresh.next });
	}

	/** Takes news in without moving anything. */
	async refresh(): Promise<void> {
		if (this.state.value.phase !== "ready") return this.renew();
		const fresh = await this.#fetchShown();
		if (fresh) this.state.update((shown) => merged(shown, fresh, this.#heard));
	}

	async hear(event: LiveEvent): Promise<void> {
		// The greeting of a new stream: nothing was missed while the first answer is still on its way.
		if (event.type === "hello" && this.state.value.phase === "loading") return;
		if (!EVENTS.has(event.type)) return;
		const step = stepOf(event.data);
		if (step) this.#heard.set(step.consultId, step.verb);
		await this.refresh();
	}

	async more(): Promise<void> {
		const { next, rows, loadingMore } = this.state.value;
		if (next === null || loadingMore || rows.length >= ROWS_MAX) return;
		this.state.update((shown) => ({ ...shown, loadingMore: true }));
		const asked = this.#asked;
		try {
			const page = await this.#load(QUERIES[this.tab.value], this.text.value, next);
			if (asked === this.#asked) this.#append(page);
		} catch (thrown) {
			this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		} finally {
			this.state.update((shown) => ({ ...shown, loadingMore: false }));
		}
	}

	#append(page: ConsultPage): void {
		this.state.update((shown) => {
			const known = new Set(shown.rows.map((row) => row.consult_id));
			const added = this.#kept(page).filter((row) => !known.has(row.consult_id));
			return { ...shown, rows: [...shown.rows, ...added], next: page.next };
		});
	}

	#kept(page: ConsultPage): ConsultRow[] {
		return page.rows.filter((row) => belongs(row, QUERIES[this.tab.value]));
	}

	/** Fetches as many pages as are shown; null when the question has changed meanwhile or it failed. */
	async #fetchShown(): Promise<Fresh | null> {
		this.#asked += 1;
		const asked = this.#asked;
		const tab = this.tab.value;
		const wanted = Math.max(1, this.state.value.rows.length);
		const rows: ConsultRow[] = [];
		let next: string | null = null;
		try {
			do {
				const page: ConsultPage = await this.#load(QUERIES[tab], this.text.value, next);
				if (asked !== this.#asked) return null;
				rows.push(...this.#kept(page));
				next = page.next;
			} while (next !== null && rows.length < wanted);
		} catch (thrown) {
			if (asked === this.#asked) this.#failed(asProblem(thrown));
			return null;
		}
		const fresh = { rows: once(rows), next };
		if (this.text.value === "") this.#cache.set(tab, fresh);
		return fresh;
	}

	/** Work already shown stays; only an empty list turns into the error. */
	#failed(problem: Problem): void {
		this.state.update((shown) => ({
			...shown,
			phase: shown.rows.length === 0 ? "failed" : shown.phase,
			problem,
		}));
	}
}
