/** One request being written: its fields that save themselves, the server's verdicts, submission, deletion. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { Autosave, type AutosavePort, type LocalText, type SaveState } from "../../kit/autosave.ts";
import type { Fields } from "../../kit/merge.ts";
import { type Current, reactive } from "../../kit/reactive.ts";
import { Store } from "../../kit/store.ts";
import { type Consult, type FieldKey, gapsOf, keptOf } from "./form.ts";
import type { Patient } from "./studies.ts";

export interface DraftPort {
	/** The saving of one consult; `heard` is told every answer of the server whole. */
	saving(consultId: string, heard: (consult: Consult) => void): AutosavePort;
	submit(consultId: string, version: number): Promise<Consult>;
}

export type Submission =
	| { readonly kind: "done"; readonly consult: Consult }
	/** Something is missing; `field` is where to go first. */
	| { readonly kind: "gap"; readonly field: FieldKey }
	/** Not everything could be saved, so nothing was sent. */
	| { readonly kind: "unsaved" }
	| { readonly kind: "refused"; readonly problem: Problem };

export class RequestDraft {
	readonly autosave: Autosave;
	readonly #port: DraftPort;
	readonly #consult: Store<Consult>;
	readonly #asked = new Store(false);
	readonly #sending = new Store(false);
	readonly #patient = new Store<Patient | null>(null);
	readonly #seen: Current<Consult>;
	readonly #fields: Current<Fields>;
	readonly #saving: Current<SaveState>;
	readonly #askedNow: Current<boolean>;
	readonly #sendingNow: Current<boolean>;
	readonly #patientNow: Current<Patient | null>;

	constructor(consult: Consult, port: DraftPort, kept: LocalText | null) {
		this.#port = port;
		this.#consult = new Store(consult);
		const saving = port.saving(consult.consult_id, (heard) => this.#consult.set(heard));
		this.autosave = new Autosave(saving, keptOf(consult, null));
		if (kept) this.autosave.restore(kept);
		this.#seen = reactive(this.#consult);
		this.#fields = reactive(this.autosave.fields);
		this.#saving = reactive(this.autosave.state);
		this.#askedNow = reactive(this.#asked);
		this.#sendingNow = reactive(this.#sending);
		this.#patientNow = reactive(this.#patient);
	}

	/** The consult as the server last told it. */
	get consult(): Consult {
		return this.#seen.current;
	}

	get fields(): Fields {
		return this.#fields.current;
	}

	get saving(): SaveState {
		return this.#saving.current;
	}

	get submitting(): boolean {
		return this.#sendingNow.current;
	}

	/** The patient chosen, at once when chosen here. */
	get patient(): Patient | null {
		const chosen = this.fields.patient_id ?? "";
		const picked = this.#patientNow.current;
		if (picked?.patient_id === chosen) return picked;
		const known = this.consult.full_patient;
		return known?.patient_id === chosen ? known : null;
	}

	field(key: FieldKey): string {
		return this.fields[key] ?? "";
	}

	edit(key: FieldKey, value: string): void {
		this.autosave.edit(key, value);
	}

	/** A choice, as against typing: saved at once. */
	choose(key: FieldKey, value: string): void {
		this.autosave.edit(key, value);
		void this.autosave.flush();
	}

	choosePatient(patient: Patient): void {
		this.#patient.set(patient);
		this.choose("patient_id", patient.patient_id);
	}

	/** The fields that stand in the way of submission, by the server's last word. */
	get gaps(): FieldKey[] {
		return gapsOf(this.consult.verdicts);
	}

	/** True where a field should say that it is missing: only after a submission was asked for. */
	lacks(key: FieldKey): boolean {
		return this.#askedNow.current && this.gaps.includes(key);
	}

	/** Saves, then sends. Nothing is sent while something is missing or unsaved. */
	async submit(): Promise<Submission> {
		if (this.#sending.value) return { kind: "unsaved" };
		this.#sending.set(true);
		try {
			return await this.#submit();
		} finally {
			this.#sending.set(false);
		}
	}

	async #submit(): Promise<Submission> {
		this.#asked.set(true);
		if (!(await this.autosave.flush())) return { kind: "unsaved" };
		const gap = gapsOf(this.#consult.value.verdicts)[0];
		if (gap) return { kind: "gap", field: gap };
		try {
			const consult = await this.#port.submit(this.#consult.value.consult_id, this.autosave.version);
			this.autosave.stop();
			return { kind: "done", consult };
		} catch (thrown) {
			return this.#refused(asProblem(thrown));
		}
	}

	/** The server judges again at submission: its newest verdicts lead to the gap. */
	async #refused(problem: Problem): Promise<Submission> {
		if (problem.code === "consults.preconditions_failed" || problem.status === 412) {
			await this.autosave.refresh();
			const gap = gapsOf(this.#consult.value.verdicts)[0];
			if (gap) return { kind: "gap", field: gap };
		}
		return { kind: "refused", problem };
	}
}
