/** The queue's page without its looks: what its cells say, how it is kept current, the acts on one job. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { whileAttended } from "../../kit/attended.ts";
import { shortDateTime } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import { errorSentence } from "../../kit/words.ts";
import type { IconName } from "../../ui/icons.ts";
import type { Tone } from "../../ui/status.ts";
import type { Job, Queue, Tab } from "./calls.ts";
import { texts } from "./texts.ts";

export const LOOK_EVERY_MS = 2000;
const WHOLE = 100;

export interface Face {
	readonly text: string;
	readonly icon: IconName;
	readonly tone: Tone;
}

/** Whether the peer has heard of the study. */
function noticeFace(job: Job): Face {
	const faces: Readonly<Record<Job["delivery"], Face>> = {
		waiting: { text: t(texts).waitingNotice, icon: "clock", tone: "ink-3" },
		sending: { text: t(texts).notifying, icon: "cloud", tone: "blue" },
		delivered: { text: t(texts).notified, icon: "checkDouble", tone: "green" },
		failed: { text: t(texts).failedNotice, icon: "crossCircle", tone: "red" },
		cancelled: { text: t(texts).cancelled, icon: "strike", tone: "ink-3" },
	};
	return faces[job.delivery];
}

/** How far the objects have come. */
export function deliveryFace(job: Job): Face {
	if (job.kind === "notify") return noticeFace(job);
	const fetches = job.kind === "fetch";
	const faces: Readonly<Record<Job["delivery"], Face>> = {
		waiting: { text: fetches ? t(texts).waitingFetch : t(texts).waiting, icon: "clock", tone: "ink-3" },
		sending: { text: fetches ? t(texts).fetching : t(texts).sending, icon: "cloud", tone: "blue" },
		delivered: { text: fetches ? t(texts).fetched : t(texts).delivered, icon: "checkDouble", tone: "green" },
		failed: { text: fetches ? t(texts).failedFetch : t(texts).failed, icon: "crossCircle", tone: "red" },
		cancelled: { text: t(texts).cancelled, icon: "strike", tone: "ink-3" },
	};
	return faces[job.delivery];
}

/** Whether the peer has promised to keep it; nothing where nobody wants to know yet. */
export function promiseFace(job: Job): Face | null {
	if (!job.commitment || job.delivery !== "delivered") return null;
	const faces: Readonly<Record<Job["acknowledgement"], Face>> = {
		not_asked: { text: t(texts).notAsked, icon: "circle", tone: "ink-3" },
		asked: { text: t(texts).asked, icon: "clock", tone: "blue" },
		committed: { text: t(texts).committed, icon: "shield", tone: "green" },
		refused: { text: t(texts).refused, icon: "alert", tone: "orange" },
	};
	return faces[job.acknowledgement];
}

/** What stood in the way last, in the language in use; empty when nothing did. */
export function jobReason(job: Job): string {
	return job.reason === "" ? "" : (errorSentence(job.reason) ?? job.reason);
}

/** When it is tried again, of one that waits after a vain attempt. */
export function jobAgain(job: Job): string {
	const asksAgain = job.delivery === "delivered" && job.acknowledgement === "not_asked";
	const at = asksAgain ? job.ask_at : job.delivery === "waiting" ? job.next_at : null;
	if (job.reason === "" || at === null) return "";
	return say(t(texts).waitingAgain, { when: shortDateTime(at), n: Math.max(1, job.attempts) });
}

/** `128 / 400` and how much of a bar that is; a whole bar needs all of it. */
export function jobProgress(job: Job): { readonly text: string; readonly percent: number } {
	const { done, total } = job;
	const percent = total === 0 ? 0 : Math.floor((Math.min(done, total) / total) * WHOLE);
	return { text: say(t(texts).objects, { done, total }), percent };
}

/** `CT · 2026-03-02`, as far as it is known. Never who the patient is. */
export function jobStudy(job: Job): string {
	const found = /^(\d{4})(\d{2})(\d{2})$/.exec(job.study_date);
	const day = found ? `${found[1]}-${found[2]}-${found[3]}` : "";
	return [job.modalities.join(" "), day].filter((one) => one !== "").join(" · ") || "—";
}

export interface QueueCalls {
	readonly load: (tab: Tab) => Promise<Queue>;
	readonly again: (id: string) => Promise<Job>;
	readonly cancel: (id: string) => Promise<Job>;
}

export interface QueueState {
	readonly tab: Tab;
	/** null until the first answer. */
	readonly found: Queue | null;
	readonly problem: Problem | null;
}

/** Said after a step: good news leave by themselves, others stay. */
export interface Said {
	readonly kind: "info" | "failed";
	readonly text: string;
}

export class QueuePage {
	readonly state = new Store<QueueState>({ tab: "open", found: null, problem: null });
	/** The job something is being done with. */
	readonly busy = new Store("");
	readonly #calls: QueueCalls;
	#asked = 0;

	constructor(calls: QueueCalls) {
		this.#calls = calls;
	}

	show(tab: Tab): Promise<void> {
		this.state.update((shown) => ({ ...shown, tab, found: null }));
		return this.load();
	}

	/** What is shown already stays when a question fails; only the newest question's answer counts. */
	async load(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		try {
			const found = await this.#calls.load(this.state.value.tab);
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, found, problem: null }));
		} catch (thrown) {
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	/** Keeps looking while somebody is there, until told to stop. */
	follow(every: (run: () => void) => () => void = (run) => whileAttended(run, LOOK_EVERY_MS)): () => void {
		return every(() => void this.load());
	}

	again(job: Job): Promise<Said> {
		return this.#act(job, this.#calls.again, t(texts).takenUp);
	}

	cancel(job: Job): Promise<Said> {
		return this.#act(job, this.#calls.cancel, t(texts).cancelledNow);
	}

	async #act(job: Job, step: (id: string) => Promise<Job>, text: string): Promise<Said> {
		this.busy.set(job.transfer_id);
		try {
			await step(job.transfer_id);
			return { kind: "info", text };
		} catch (thrown) {
			return { kind: "failed", text: asProblem(thrown).sentence };
		} finally {
			this.busy.set("");
			await this.load();
		}
	}
}
