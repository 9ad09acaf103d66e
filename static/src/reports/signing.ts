/** The last look before signing: what stands in the way, the printed page, the password, and what became of it.
 * A report is signed or it is not: after an answer that never came, the server is asked. */
import { asProblem, type Problem } from "../api/problem.ts";
import type { Fields } from "../kit/merge.ts";
import { Store } from "../kit/store.ts";
import { POSITIVE, type Report, type Section, type Template } from "./model.ts";
import { emptyRequired, untouched, withBlanks } from "./template.ts";

export interface Checks {
	/** Required parts without text. They block. */
	readonly missing: readonly Section[];
	/** Parts with an open blank. They block. */
	readonly blanks: readonly Section[];
	/** Parts that say the form's normal text word for word, filled in or typed: a reminder, never a refusal. */
	readonly normal: readonly Section[];
	/** Neither positive nor negative was marked. */
	readonly unmarked: boolean;
}

export function checksOf(template: Template, fields: Fields): Checks {
	return {
		missing: emptyRequired(template, fields),
		blanks: withBlanks(template, fields),
		normal: untouched(template, fields),
		unmarked: (fields[POSITIVE] ?? "") === "",
	};
}

export function blocks(checks: Checks): boolean {
	return checks.missing.length > 0 || checks.blanks.length > 0;
}

export type SignFault =
	/** The text could not be saved, so there is nothing to sign. */
	| { readonly kind: "unsaved" }
	| { readonly kind: "passwordMissing" }
	| { readonly kind: "wrongPassword"; readonly tries: number }
	| { readonly kind: "locked"; readonly until: string }
	/** Somebody changed the draft after the last look. */
	| { readonly kind: "changed" }
	/** No answer came and the server cannot be asked. */
	| { readonly kind: "unknown" }
	| { readonly kind: "refused"; readonly problem: Problem };

export interface SignState {
	readonly phase: "preparing" | "ready" | "signing" | "signed";
	/** The page is being made. */
	readonly printing: boolean;
	readonly page: Blob | null;
	/** Why there is no page to look at. */
	readonly pageProblem: Problem | null;
	readonly fault: SignFault | null;
}

export interface SignPort {
	/** Saves everything; false where that failed. */
	flush(): Promise<boolean>;
	version(): number;
	preview(version: number): Promise<Blob>;
	sign(version: number, password: string): Promise<Report>;
	/** The report as the server has it. */
	load(): Promise<Report>;
}

export class Signing {
	readonly state = new Store<SignState>({
		phase: "preparing",
		printing: false,
		page: null,
		pageProblem: null,
		fault: null,
	});
	readonly #port: SignPort;
	#tries = 0;
	/** Counts the looks, so that a page of an earlier one is dropped. */
	#look = 0;

	constructor(port: SignPort) {
		this.#port = port;
	}

	/** Saves and prints; `complete` says whether the report can be signed at all. */
	async prepare(complete: boolean): Promise<void> {
		this.#look += 1;
		const look = this.#look;
		this.#say({ phase: "preparing", printing: true, page: null, fault: null, pageProblem: null });
		if (!(await this.#port.flush())) {
			this.#say({ phase: "ready", printing: false, fault: { kind: "unsaved" } });
			return;
		}
		// Before the first save there is nothing to print.
		const printing = complete || this.#port.version() > 0;
		this.#say({ phase: "ready", printing });
		if (!printing) return;
		try {
			const page = await this.#port.preview(this.#port.version());
			if (look === this.#look) this.#say({ page, printing: false });
		} catch (thrown) {
			if (look === this.#look) this.#say({ pageProblem: asProblem(thrown), printing: false });
		}
	}

	/** Signs what was looked at; answers the signed report, or null with the fault in `state`. */
	async sign(password: string): Promise<Report | null> {
		if (this.state.value.phase !== "ready") return null;
		if (password === "") {
			this.#say({ fault: { kind: "passwordMissing" } });
			return null;
		}
		this.#say({ phase: "signing", fault: null });
		try {
			return this.#signed(await this.#port.sign(this.#port.version(), password));
		} catch (thrown) {
			return this.#failed(asProblem(thrown));
		}
	}

	/** Asks the server whether an unanswered signature was taken. */
	async ask(): Promise<Report | null> {
		this.#say({ phase: "signing", fault: null });
		try {
			const report = await this.#port.load();
			if (report.status === "final") return this.#signed(report);
			this.#say({ phase: "ready" });
		} catch {
			this.#say({ phase: "ready", fault: { kind: "unknown" } });
		}
		return null;
	}

	#say(change: Partial<SignState>): void {
		this.state.update((state) => ({ ...state, ...change }));
	}

	#signed(report: Report): Report {
		this.#say({ phase: "signed", fault: null });
		return report;
	}

	async #failed(problem: Problem): Promise<Report | null> {
		if (problem.kind === "offline" || problem.status >= 500) {
			const report = await this.ask();
			if (report === null && this.state.value.fault === null) this.#refuse(problem);
			return report;
		}
		this.#refuse(problem);
		return null;
	}

	#refuse(problem: Problem): void {
		this.#say({ phase: "ready", fault: this.#faultOf(problem) });
	}

	#faultOf(problem: Problem): SignFault {
		switch (problem.code) {
			case "identity.wrong_password":
				this.#tries += 1;
				return { kind: "wrongPassword", tries: this.#tries };
			case "identity.account_locked":
				return { kind: "locked", until: String(problem.params.until ?? "") };
			default:
				return problem.status === 412 ? { kind: "changed" } : { kind: "refused", problem };
		}
	}
}
