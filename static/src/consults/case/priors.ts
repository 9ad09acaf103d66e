/** Earlier studies of the patient, held elsewhere: which archive is asked, what it said, what is fetched. No DOM. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import { dicomName, maskName } from "../../kit/person.ts";
import { Store } from "../../kit/store.ts";
import type { Destination, Prior } from "./calls.ts";
import { texts } from "./texts.ts";

/** `2026-03-02 · CT · 胸部平扫`, as far as it is known. */
export function priorTitle(prior: Prior): string {
	const found = /^(\d{4})(\d{2})(\d{2})$/.exec(prior.study_date);
	const day = found ? `${found[1]}-${found[2]}-${found[3]}` : "";
	const parts = [day, prior.modalities.join(" "), prior.description];
	return parts.filter((one) => one !== "").join(" · ") || prior.study_instance_uid;
}

/** What makes a person look twice: it is here already, or the name is written otherwise there. */
export function priorNote(prior: Prior): string {
	if (prior.here) return t(texts).priorHere;
	if (prior.same_name) return "";
	return say(t(texts).priorOtherName, { name: maskName(dicomName(prior.patient_name)) || "—" });
}

export interface PriorCalls {
	readonly archives: () => Promise<readonly Destination[]>;
	readonly search: (aeTitle: string) => Promise<readonly Prior[]>;
	readonly fetch: (aeTitle: string, studies: string[]) => Promise<number>;
}

export interface PriorsState {
	/** The systems of the patient's hospital; null until they are known. */
	readonly archives: readonly Destination[] | null;
	readonly archive: string;
	/** null until the archive has answered. */
	readonly found: readonly Prior[] | null;
	readonly chosen: ReadonlySet<string>;
	readonly busy: boolean;
	readonly problem: Problem | null;
}

const NOTHING: PriorsState = {
	archives: null,
	archive: "",
	found: null,
	chosen: new Set(),
	busy: false,
	problem: null,
};

export class Priors {
	readonly state = new Store<PriorsState>(NOTHING);
	readonly #calls: PriorCalls;
	readonly #institutionId: string;

	constructor(calls: PriorCalls, institutionId: string) {
		this.#calls = calls;
		this.#institutionId = institutionId;
	}

	/** Looks which archives there are; where there is one, it is asked at once. */
	async open(): Promise<void> {
		await this.#step(async () => {
			const all = await this.#calls.archives();
			const archives = all.filter((one) => one.institution_id === this.#institutionId);
			this.#set({ archives });
		});
		const [only, another] = this.state.value.archives ?? [];
		if (only && !another) await this.ask(only.ae_title);
	}

	async ask(archive: string): Promise<void> {
		this.#set({ archive, found: null, chosen: new Set() });
		await this.#step(async () => {
			const found = await this.#calls.search(archive);
			if (this.state.value.archive === archive) this.#set({ found });
		});
	}

	choose(uid: string, wanted: boolean): void {
		const chosen = new Set(this.state.value.chosen);
		if (wanted) chosen.add(uid);
		else chosen.delete(uid);
		this.#set({ chosen });
	}

	/** Has what was chosen sent here; how many studies are on their way, nothing when it failed. */
	async bring(): Promise<number> {
		let count = 0;
		const { archive, chosen } = this.state.value;
		await this.#step(async () => {
			count = await this.#calls.fetch(archive, [...chosen]);
			this.#set({ chosen: new Set() });
		});
		return count;
	}

	async #step(work: () => Promise<void>): Promise<void> {
		this.#set({ busy: true, problem: null });
		try {
			await work();
		} catch (thrown) {
			this.#set({ problem: asProblem(thrown) });
		} finally {
			this.#set({ busy: false });
		}
	}

	#set(change: Partial<PriorsState>): void {
		this.state.update((shown) => ({ ...shown, ...change }));
	}
}
