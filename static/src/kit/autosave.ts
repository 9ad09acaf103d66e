/** A form that saves itself: a second after the last key, at blur, and again when the line is back.
 * One save is under way at a time; what was typed meanwhile goes with the next one. When somebody else was
 * faster, their changes are taken in, and only a field that both changed waits for a person. */

import { type Choice, type Clash, changedKeys, type Fields, settled, threeWay } from "./merge.ts";
import { Store } from "./store.ts";

export const QUIET_MS = 1000;
/** A save that answers sooner is not worth a word. */
export const SLOW_MS = 800;
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30_000;
const ROUNDS_MAX = 4;

/** What the server holds. */
export interface Kept {
	readonly version: number;
	readonly fields: Fields;
	readonly savedAt: string | null;
}

/** Text that could not be sent, kept on this computer. */
export interface LocalText {
	readonly base: Fields;
	readonly mine: Fields;
}

/** `later`: no line, try again. `refused`: the server will not take this text. */
export type Failure = "conflict" | "later" | "refused";

export interface AutosavePort {
	load(): Promise<Kept>;
	save(version: number, fields: Fields, changed: readonly string[]): Promise<Kept>;
	judge(thrown: unknown): Failure;
	/** Keeps the text on this computer; false where that is not possible. */
	keepHere(text: LocalText): Promise<boolean>;
	dropHere(): void;
}

export type SavePhase = "clean" | "dirty" | "saving" | "failed" | "refused" | "conflict";

export interface SaveState {
	readonly phase: SavePhase;
	/** A save under way has become long enough to mention. */
	readonly slow: boolean;
	readonly savedAt: string | null;
	/** While saving fails: whether the text is on this computer. */
	readonly keptHere: boolean;
	readonly clashes: readonly Clash[];
	/** Fields taken over from somebody else since the page was opened. */
	readonly taken: readonly string[];
	readonly error: unknown;
}

export class Autosave {
	readonly fields: Store<Fields>;
	readonly state: Store<SaveState>;
	readonly #port: AutosavePort;
	#base: Fields;
	#version: number;
	#retryMs = FIRST_RETRY_MS;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#running: Promise<void> | null = null;
	#stopped = false;

	constructor(port: AutosavePort, kept: Kept) {
		this.#port = port;
		this.#base = kept.fields;
		this.#version = kept.version;
		this.fields = new Store(kept.fields);
		this.state = new Store<SaveState>({
			phase: "clean",
			slow: false,
			savedAt: kept.savedAt,
			keptHere: false,
			clashes: [],
			taken: [],
			error: null,
		});
	}

	/** The version the server gave last. */
	get version(): number {
		return this.#version;
	}

	/** How many fields the server does not have yet. */
	get unsaved(): number {
		return changedKeys(this.#base, this.fields.value).length;
	}

	edit(key: string, value: string): void {
		this.editAll({ [key]: value });
	}

	editAll(changes: Fields): void {
		const next = { ...this.fields.value, ...changes };
		if (changedKeys(this.fields.value, next).length === 0) return;
		this.fields.set(next);
		if (this.state.value.phase === "conflict") return;
		if (this.state.value.phase !== "saving") this.#say({ phase: this.unsaved === 0 ? "clean" : "dirty" });
		this.#schedule(QUIET_MS);
	}

	/** Saves what there is to save; true when the server has everything. */
	async flush(): Promise<boolean> {
		clearTimeout(this.#timer);
		for (let round = 0; round < ROUNDS_MAX; round += 1) {
			// Whoever waited looks again: another save may have begun meanwhile.
			while (this.#running) await this.#running;
			if (this.#clashing()) return false;
			if (this.unsaved === 0) return true;
			await this.#save();
			if (this.#blocked()) return false;
		}
		return this.unsaved === 0;
	}

	/** Takes in what somebody else may have changed; mine stays. */
	async refresh(): Promise<void> {
		while (this.#running) await this.#running;
		try {
			const latest = await this.#port.load();
			if (latest.version > this.#version) this.#rebase(latest);
		} catch (thrown) {
			if (this.unsaved > 0) await this.#failed(thrown);
		}
	}

	/** Takes an answer of the server that did not come from a save: a step, a patient chosen elsewhere. */
	accept(kept: Kept): void {
		if (kept.version >= this.#version) this.#rebase(kept);
	}

	/** Puts text that was kept on this computer back in. */
	restore(text: LocalText): void {
		const merge = threeWay(text.base, text.mine, this.fields.value);
		this.fields.set(merge.fields);
		if (merge.clashes.length > 0) this.#say({ phase: "conflict", clashes: merge.clashes });
		else if (this.unsaved > 0) {
			this.#say({ phase: "dirty" });
			this.#schedule(QUIET_MS);
		}
	}

	/** Settles one clash; after the last one saving goes on. */
	settle(key: string, choice: Choice): void {
		const clash = this.state.value.clashes.find((one) => one.key === key);
		if (!clash) return;
		const mine = this.fields.value[key] ?? "";
		this.fields.set({ ...this.fields.value, [key]: settled({ ...clash, mine }, choice) });
		const clashes = this.state.value.clashes.filter((one) => one.key !== key);
		this.#say({ clashes });
		if (clashes.length > 0) return;
		this.#say({ phase: this.unsaved === 0 ? "clean" : "dirty" });
		if (this.unsaved > 0) this.#schedule(0);
	}

	/** Ends all timers. What is unsaved should be flushed first. */
	stop(): void {
		this.#stopped = true;
		clearTimeout(this.#timer);
	}

	#clashing(): boolean {
		return this.state.value.phase === "conflict";
	}

	#blocked(): boolean {
		return ["failed", "refused", "conflict"].includes(this.state.value.phase);
	}

	#say(change: Partial<SaveState>): void {
		this.state.update((state) => ({ ...state, ...change }));
	}

	#schedule(delayMs: number): void {
		clearTimeout(this.#timer);
		if (this.#stopped) return;
		this.#timer = setTimeout(() => void this.#saveOnce(), delayMs);
	}

	async #saveOnce(): Promise<void> {
		while (this.#running) await this.#running;
		if (!this.#stopped && !this.#clashing() && this.unsaved > 0) await this.#save();
	}

	#save(): Promise<void> {
		this.#running = this.#attempt().finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	async #attempt(): Promise<void> {
		const sent = this.fields.value;
		const slow = setTimeout(() => this.#say({ slow: true }), SLOW_MS);
		this.#say({ phase: "saving", error: null });
		try {
			const kept = await this.#port.save(this.#version, sent, changedKeys(this.#base, sent));
			this.#took(kept, sent);
		} catch (thrown) {
			await this.#failed(thrown);
		} finally {
			clearTimeout(slow);
			this.#say({ slow: false });
		}
	}

	#took(kept: Kept, sent: Fields): void {
		this.#base = kept.fields;
		this.#version = kept.version;
		this.fields.set(threeWay(sent, this.fields.value, kept.fields).fields);
		this.#retryMs = FIRST_RETRY_MS;
		this.#port.dropHere();
		const phase = this.unsaved === 0 ? "clean" : "dirty";
		this.#say({ phase, savedAt: kept.savedAt, keptHere: false });
		if (phase === "dirty") this.#schedule(QUIET_MS);
	}

	async #failed(thrown: unknown): Promise<void> {
		const failure = this.#port.judge(thrown);
		if (failure === "conflict") return this.#catchUp();
		const keptHere = await this.#port.keepHere({ base: this.#base, mine: this.fields.value });
		this.#say({ phase: failure === "later" ? "failed" : "refused", error: thrown, keptHere });
		if (failure !== "later") return;
		this.#schedule(this.#retryMs);
		this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
	}

	/** Somebody was faster: fetch theirs and go on from there. */
	async #catchUp(): Promise<void> {
		try {
			this.#rebase(await this.#port.load());
		} catch (thrown) {
			const keptHere = await this.#port.keepHere({ base: this.#base, mine: this.fields.value });
			this.#say({ phase: "failed", error: thrown, keptHere });
			this.#schedule(this.#retryMs);
		}
	}

	#rebase(latest: Kept): void {
		const merge = threeWay(this.#base, this.fields.value, latest.fields);
		this.#base = latest.fields;
		this.#version = latest.version;
		this.fields.set(merge.fields);
		const taken = [...new Set([...this.state.value.taken, ...merge.taken])];
		const clashes = [
			...this.state.value.clashes.filter((old) => !merge.clashes.some((one) => one.key === old.key)),
			...merge.clashes,
		];
		const rest = this.unsaved === 0 ? "clean" : "dirty";
		const phase = clashes.length > 0 ? "conflict" : rest;
		this.#say({ phase, clashes, taken, savedAt: latest.savedAt ?? this.state.value.savedAt });
		if (phase === "dirty") this.#schedule(QUIET_MS);
	}
}

/** What a line beside the form says of its saving; `time` goes with `saved`. */
export type SaveWord = "none" | "saving" | "saved" | "keptHere" | "unsaved" | "refused" | "conflict";

export function saveWord(state: SaveState): SaveWord {
	switch (state.phase) {
		case "conflict":
		case "refused":
			return state.phase;
		case "failed":
			return state.keptHere ? "keptHere" : "unsaved";
		default:
			if (state.slow) return "saving";
			return state.savedAt === null ? "none" : "saved";
	}
}
