/** Ordering: sent again because no answer came, it is the same order, never a second one. */
import { freshKey } from "../request/beginning.ts";
import type { Exam, NewExam } from "./calls.ts";

export class Ordering {
	readonly #send: (body: NewExam, key: string) => Promise<Exam>;
	readonly #newKey: () => string;
	#last: { readonly body: string; readonly key: string } | null = null;

	constructor(send: (body: NewExam, key: string) => Promise<Exam>, newKey: () => string = freshKey) {
		this.#send = send;
		this.#newKey = newKey;
	}

	/** The new examination. Throws `Problem`; the next try with the same words stands for the same order. */
	async order(body: NewExam): Promise<Exam> {
		const words = JSON.stringify(body);
		const key = this.#last?.body === words ? this.#last.key : this.#newKey();
		this.#last = { body: words, key };
		const exam = await this.#send(body, key);
		this.#last = null;
		return exam;
	}
}
