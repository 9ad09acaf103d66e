/** Keeps the reader's marks with the server: each change is sent once, in order, and survives a broken line. */
import { Store } from "../../kit/store.ts";
import type { Station } from "../station.ts";
import type { Mark } from "./mark.ts";

export type SavingState = "saved" | "saving" | "offline" | "refused";

/** A mark as the server has it. */
export interface Kept {
	readonly mark: Mark;
	readonly version: number;
	readonly own: boolean;
}

export type Outcome =
	| { readonly kind: "kept"; readonly version: number }
	/** Somebody else, or another window, was first. */
	| { readonly kind: "outdone" }
	| { readonly kind: "offline" }
	| { readonly kind: "refused" };

/** The server's side. */
export interface MarkStore {
	list(): Promise<readonly Kept[]>;
	put(mark: Mark, version: number): Promise<Outcome>;
	remove(id: string, version: number): Promise<Outcome>;
}

interface Known {
	readonly version: number;
	/** What the server has; null once it is removed there. */
	readonly mark: Mark | null;
}

export class MarkSync {
	readonly state = new Store<SavingState>("saved");
	/** Becomes a new value whenever a mark was replaced by a newer one of the server. */
	readonly outdone = new Store(0);
	readonly #station: Station;
	readonly #store: MarkStore;
	readonly #known = new Map<string, Known>();
	readonly #later: (run: () => void) => void;
	readonly #ofStudy: (mark: Mark) => boolean;
	#stop: () => void = () => undefined;
	#busy = false;
	#sent = 0;
	#waiting = false;
	#open = false;

	/** `later` runs something once the reader rests for a moment, as a timer does. `ofStudy`: the marks of the
	 * study whose store this is; those of others beside it have their own. */
	constructor(
		station: Station,
		store: MarkStore,
		later: (run: () => void) => void,
		ofStudy: (mark: Mark) => boolean = () => true,
	) {
		this.#station = station;
		this.#store = store;
		this.#later = later;
		this.#ofStudy = ofStudy;
	}

	/** Loads what is there, and sends changes from now on. */
	async open(): Promise<void> {
		if (!(await this.#load())) return;
		this.#open = true;
		this.#stop = this.#station.marks.subscribe(() => this.#soon());
	}

	/** Tries again what could not be sent. */
	retry(): void {
		if (this.#open) this.#soon();
		else void this.open();
	}

	/** Somebody changed marks on this study: takes what is new. What the reader has in hand never moves. */
	async refresh(): Promise<void> {
		if (!this.#open || this.#busy) return;
		const sent = this.#sent;
		let kept: readonly Kept[];
		try {
			kept = await this.#store.list();
		} catch {
			return;
		}
		// What was sent meanwhile may not be in the list.
		if (this.#busy || this.#sent !== sent) return;
		this.#station.others.set(kept.filter((one) => !one.own).map(({ mark }) => mark));
		this.#takeOwn(kept.filter((one) => one.own));
	}

	/** Own marks made or changed in another window, as long as they are untouched here. */
	#takeOwn(kept: readonly Kept[]): void {
		const marks = new Map(this.#station.marks.value.map((mark) => [mark.id, mark]));
		const there = new Set(kept.map(({ mark }) => mark.id));
		const untouched = (id: string): boolean =>
			(this.#known.get(id)?.mark ?? null) === (marks.get(id) ?? null);
		let changed = false;
		for (const { mark, version } of kept) {
			if (version <= (this.#known.get(mark.id)?.version ?? 0) || !untouched(mark.id)) continue;
			const taken = mine(mark);
			this.#known.set(mark.id, { mark: taken, version });
			marks.set(mark.id, taken);
			changed = true;
		}
		for (const [id, { mark, version }] of this.#known) {
			if (mark === null || there.has(id) || !untouched(id)) continue;
			this.#known.set(id, { mark: null, version: version + 1 });
			changed = marks.delete(id) || changed;
		}
		if (changed) this.#station.marks.set([...marks.values()]);
	}

	close(): void {
		this.#stop();
		void this.#flush();
	}

	get dirty(): boolean {
		return this.#next() !== null;
	}

	/** The versions of the marks that the server has as the reader sees them. */
	versions(): ReadonlyMap<string, number> {
		const kept = this.#station.marks.value.filter((mark) => this.#known.get(mark.id)?.mark === mark);
		return new Map(kept.map(({ id }) => [id, this.#known.get(id)?.version ?? 0]));
	}

	async #load(): Promise<boolean> {
		let kept: readonly Kept[];
		try {
			kept = await this.#store.list();
		} catch {
			this.state.set("offline");
			return false;
		}
		const own = kept.filter((one) => one.own).map((one) => ({ ...one, mark: mine(one.mark) }));
		for (const { mark, version } of own) this.#known.set(mark.id, { mark, version });
		const here = new Set(own.map(({ mark }) => mark.id));
		const drawn = this.#station.marks.value.filter((one) => !here.has(one.id));
		this.#station.marks.set([...own.map(({ mark }) => mark), ...drawn]);
		const theirs = kept.filter((one) => !one.own).map(({ mark }) => mark);
		this.#station.others.update((others) => [...others.filter((one) => !this.#ofStudy(one)), ...theirs]);
		return true;
	}

	#soon(): void {
		if (!this.dirty) return;
		this.state.set("saving");
		if (this.#waiting) return;
		this.#waiting = true;
		this.#later(() => {
			this.#waiting = false;
			void this.#flush();
		});
	}

	/** The first difference between what the reader has and what the server has. */
	#next(): { readonly mark: Mark | null; readonly id: string; readonly version: number } | null {
		const marks = this.#station.marks.value.filter(this.#ofStudy);
		for (const mark of marks) {
			const known = this.#known.get(mark.id);
			if (known?.mark !== mark) return { mark, id: mark.id, version: known?.version ?? 0 };
		}
		const here = new Set(marks.map(({ id }) => id));
		for (const [id, { mark, version }] of this.#known) {
			if (mark !== null && !here.has(id)) return { mark: null, id, version };
		}
		return null;
	}

	async #flush(): Promise<void> {
		if (this.#busy) return;
		this.#busy = true;
		this.#sent += 1;
		let state: SavingState = "saved";
		for (let next = this.#next(); next !== null && state === "saved"; next = this.#next()) {
			const { id, mark, version } = next;
			const outcome = await (mark === null
				? this.#store.remove(id, version)
				: this.#store.put(mark, version));
			if (outcome.kind === "kept") this.#known.set(id, { mark, version: outcome.version });
			else if (outcome.kind === "outdone") state = (await this.#takeTheirs(id)) ? "saved" : "offline";
			else state = outcome.kind;
		}
		this.#busy = false;
		this.state.set(state);
	}

	/** The server's newer state of a mark takes the place of ours. */
	async #takeTheirs(id: string): Promise<boolean> {
		let kept: readonly Kept[];
		try {
			kept = await this.#store.list();
		} catch {
			return false;
		}
		const theirs = kept.find((one) => one.mark.id === id && one.own);
		if (theirs === undefined) this.#known.delete(id);
		else this.#known.set(id, { mark: mine(theirs.mark), version: theirs.version });
		const now = this.#known.get(id)?.mark;
		this.#station.marks.update((marks) => {
			const rest = marks.filter((one) => one.id !== id);
			return now == null ? rest : [...rest, now];
		});
		this.outdone.update((count) => count + 1);
		return true;
	}
}

/** The reader's own marks carry no author: they are theirs. */
function mine(mark: Mark): Mark {
	return { ...mark, author: null };
}
