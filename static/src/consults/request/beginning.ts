/** Beginning a request: pressed again because no answer came, it begins the same one, never a second. */
import type { components } from "../../api/schema.gen.ts";
import { startConsult } from "./calls.ts";
import type { Consult } from "./form.ts";

type CaseKind = components["schemas"]["CaseKind"];

const KEY_BYTES = 16;

/** What no other request has: 128 random bits, also where the page is not served by https. */
export function freshKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Beginning {
	readonly #keys = new Map<CaseKind, string>();

	/** The new draft. Throws `Problem`; the next try of the same kind stands for the same request. */
	async begin(kind: CaseKind): Promise<Consult> {
		const key = this.#keys.get(kind) ?? freshKey();
		this.#keys.set(kind, key);
		const consult = await startConsult(kind, key);
		this.#keys.delete(kind);
		return consult;
	}
}
