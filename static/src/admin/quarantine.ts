/** The page of what was set aside: what is shown, and the acts on one object. No DOM. */
import { asProblem, type Problem } from "../api/problem.ts";
import { fileSize, shortDateTime } from "../kit/format.ts";
import { say, t } from "../kit/i18n.ts";
import { Store } from "../kit/store.ts";
import { errorSentence } from "../kit/words.ts";
import type { Aside, SetAside, Tried } from "./calls.ts";
import { texts } from "./texts.ts";

const HASH_SHOWN = 12;
const REASON_CHARACTERS_MIN = 2;
/** The facts at the end of a reason, as the server writes them: `… (tag=(0010,0020), fault=…)`. */
const FACTS = /^[^(]*\((.*)\)$/s;

/** Why it was set aside, in the language in use; the server's own words where there is no sentence. */
export function asideReason(row: Aside): string {
	return errorSentence(row.reason_code) ?? row.reason;
}

/** The technical facts for an engineer; empty when there are none. They name rules and tags, never values. */
export function asideFacts(row: Aside): string {
	return FACTS.exec(row.reason.trim())?.[1] ?? "";
}

/** Both hashes of a conflict: what stays, and what came. Null for any other refusal. */
export function asideHashes(row: Aside): { readonly kept: string; readonly came: string } | null {
	if (row.kept_sha256 === null || row.dataset_sha256 === null) return null;
	return { kept: row.kept_sha256.slice(0, HASH_SHOWN), came: row.dataset_sha256.slice(0, HASH_SHOWN) };
}

export function asideSize(row: Aside): string {
	return row.object_bytes === null ? "—" : fileSize(row.object_bytes);
}

export function asideArrived(row: Aside): string {
	return shortDateTime(row.received_at);
}

/** What was decided and when; empty while it waits. */
export function asideDecision(row: Aside): string {
	if (row.decision === null || row.decided_at === null) return "";
	const when = shortDateTime(row.decided_at);
	return say(row.decision === "admitted" ? t(texts).admittedAt : t(texts).discardedAt, { when });
}

export const asideFile = (row: Aside): string =>
	`/api/quarantine/${encodeURIComponent(row.quarantine_id)}/file`;

/** The senders one may filter by, all of them first. */
export function senderChips(shown: SetAside): { value: string; label: string }[] {
	const all = { value: "", label: `${t(texts).allSenders} ${shown.waiting}` };
	const each = shown.senders.map((one) => ({ value: one.ae_title, label: `${one.ae_title} ${one.count}` }));
	return [all, ...each];
}

/** True for a reason that says something. */
export function isReason(reason: string): boolean {
	return [...reason.trim()].length >= REASON_CHARACTERS_MIN;
}

export interface AsideCalls {
	readonly load: (aeTitle: string, decided: boolean) => Promise<SetAside>;
	readonly retry: (id: string) => Promise<Tried>;
	readonly discard: (id: string, reason: string) => Promise<void>;
}

export type AsideTab = "waiting" | "decided";

export interface AsideState {
	readonly tab: AsideTab;
	readonly aeTitle: string;
	/** null until the first answer. */
	readonly found: SetAside | null;
	readonly problem: Problem | null;
}

/** Said after a step: good news leave by themselves, others stay. */
export interface Said {
	readonly kind: "info" | "failed";
	readonly text: string;
}

export class SetAsidePage {
	readonly state = new Store<AsideState>({ tab: "waiting", aeTitle: "", found: null, problem: null });
	/** The object something is being done with. */
	readonly busy = new Store("");
	readonly #calls: AsideCalls;
	readonly #onwaiting: (count: number) => void;
	#asked = 0;

	constructor(calls: AsideCalls, onwaiting: (count: number) => void = () => undefined) {
		this.#calls = calls;
		this.#onwaiting = onwaiting;
	}

	show(change: Partial<Pick<AsideState, "tab" | "aeTitle">>): Promise<void> {
		this.state.update((shown) => ({ ...shown, ...change, found: null }));
		return this.load();
	}

	/** What is shown already stays when a question fails; only the newest question's answer counts. */
	async load(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		const { tab, aeTitle } = this.state.value;
		try {
			const found = await this.#calls.load(aeTitle, tab === "decided");
			if (asked !== this.#asked) return;
			this.state.update((shown) => ({ ...shown, found, problem: null }));
			this.#onwaiting(found.waiting);
		} catch (thrown) {
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	retry(row: Aside): Promise<Said> {
		return this.#act(row, async () => {
			const { admitted, reason_code } = await this.#calls.retry(row.quarantine_id);
			if (admitted) return { kind: "info", text: t(texts).readmitted };
			const reason = errorSentence(reason_code) ?? reason_code;
			return { kind: "failed", text: say(t(texts).stillRefused, { reason }) };
		});
	}

	discard(row: Aside, reason: string): Promise<Said> {
		return this.#act(row, async () => {
			await this.#calls.discard(row.quarantine_id, reason.trim());
			return { kind: "info", text: t(texts).discarded };
		});
	}

	async #act(row: Aside, step: () => Promise<Said>): Promise<Said> {
		this.busy.set(row.quarantine_id);
		try {
			return await step();
		} catch (thrown) {
			return { kind: "failed", text: asProblem(thrown).sentence };
		} finally {
			this.busy.set("");
			await this.load();
		}
	}
}
