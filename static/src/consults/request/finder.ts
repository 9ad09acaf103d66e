/** Searching patients while one types: a pause first, and a slow answer to an old question is dropped. */
import { Store } from "../../kit/store.ts";
import type { Patient } from "./studies.ts";

export const PAUSE_MS = 250;

export interface Found {
	/** What the list answers; '' before the first answer. */
	readonly asked: string;
	readonly patients: readonly Patient[];
	readonly problem: unknown;
}

const NOTHING: Found = { asked: "", patients: [], problem: null };

export class PatientFinder {
	readonly state = new Store<Found>(NOTHING);
	readonly #find: (text: string) => Promise<readonly Patient[]>;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#question = 0;

	constructor(find: (text: string) => Promise<readonly Patient[]>) {
		this.#find = find;
	}

	ask(text: string): void {
		clearTimeout(this.#timer);
		this.#question += 1;
		const wanted = text.trim();
		if (wanted === "") {
			this.state.set(NOTHING);
			return;
		}
		this.#timer = setTimeout(() => void this.#fetch(wanted, this.#question), PAUSE_MS);
	}

	stop(): void {
		clearTimeout(this.#timer);
		this.#question += 1;
	}

	async #fetch(asked: string, question: number): Promise<void> {
		try {
			const patients = await this.#find(asked);
			if (question === this.#question) this.state.set({ asked, patients, problem: null });
		} catch (problem) {
			if (question === this.#question) this.state.set({ asked: "", patients: [], problem });
		}
	}
}

/** True when two of them have one name: then birth dates decide, never the list's order. */
export function sharesName(patients: readonly Patient[]): boolean {
	return new Set(patients.map((patient) => patient.name)).size < patients.length;
}
