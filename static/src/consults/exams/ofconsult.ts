/** The examinations of one request, kept current: the newest question's answer counts. No DOM. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { Store } from "../../kit/store.ts";
import type { ConsultExams, Exam } from "./calls.ts";

export interface OfConsultState {
	readonly rows: readonly Exam[];
	/** All of them are the caller's own hospital's. */
	readonly mayRead: boolean;
	readonly mayOrder: boolean;
	readonly problem: Problem | null;
}

export class ExamsOfConsult {
	readonly state = new Store<OfConsultState>({ rows: [], mayRead: false, mayOrder: false, problem: null });
	readonly #load: () => Promise<ConsultExams>;
	#asked = 0;

	constructor(load: () => Promise<ConsultExams>) {
		this.#load = load;
	}

	/** What is shown already stays when a question fails. */
	async load(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		try {
			const { rows, may_read: mayRead, may_order: mayOrder } = await this.#load();
			if (asked === this.#asked) this.state.set({ rows, mayRead, mayOrder, problem: null });
		} catch (thrown) {
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}
}
