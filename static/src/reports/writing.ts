/** One report being written: the consult, the form in use, the text that saves itself. Reading starts with the
 * first save, if it has not been started before. */

import { Autosave, type AutosavePort, type LocalText, type SaveState } from "../kit/autosave.ts";
import type { Fields } from "../kit/merge.ts";
import { type Current, reactive } from "../kit/reactive.ts";
import { Store } from "../kit/store.ts";
import { type Measurement, measurementField, measurementsOf, standingIn, updated } from "./measurements.ts";
import {
	type Consult,
	keptOf,
	type Report,
	type Section,
	sectionField,
	TEMPLATE,
	type Template,
} from "./model.ts";
import { changedForm, type FormChange, formChange, normalFill, takenBack, textOf } from "./template.ts";

export interface ReportPort {
	consult(consultId: string): Promise<Consult>;
	load(consultId: string): Promise<Report>;
	save(consultId: string, version: number, fields: Fields): Promise<Report>;
	start(consult: Consult): Promise<Consult>;
	readonly judge: AutosavePort["judge"];
	readonly keepHere: AutosavePort["keepHere"];
	readonly dropHere: AutosavePort["dropHere"];
}

export class Writing {
	readonly autosave: Autosave;
	readonly templates: readonly Template[];
	readonly consultId: string;
	readonly #port: ReportPort;
	readonly #consult: Store<Consult>;
	readonly #consultNow: Current<Consult>;
	readonly #fields: Current<Fields>;
	readonly #saving: Current<SaveState>;

	constructor(
		consult: Consult,
		report: Report,
		templates: readonly Template[],
		port: ReportPort,
		kept: LocalText | null,
	) {
		this.#port = port;
		this.templates = templates;
		this.consultId = consult.consult_id;
		this.#consult = new Store(consult);
		this.autosave = new Autosave(this.#savingPort(), keptOf(report));
		if (kept) this.autosave.restore(kept);
		this.#consultNow = reactive(this.#consult);
		this.#fields = reactive(this.autosave.fields);
		this.#saving = reactive(this.autosave.state);
	}

	get consult(): Consult {
		return this.#consultNow.current;
	}

	get fields(): Fields {
		return this.#fields.current;
	}

	get saving(): SaveState {
		return this.#saving.current;
	}

	/** Reading has to be started first; the first save does it, too. */
	get waitsForStart(): boolean {
		return this.consult.verbs.includes("start");
	}

	get template(): Template | null {
		return this.templates.find((one) => one.id === this.fields[TEMPLATE]) ?? null;
	}

	text(key: string): string {
		return textOf(this.fields, key);
	}

	write(key: string, text: string): void {
		this.autosave.edit(sectionField(key), text);
	}

	/** The values of a section that were measured on the images. */
	measurements(key: string): Measurement[] {
		return standingIn(measurementsOf(this.fields), key, this.text(key));
	}

	/** Links a value that was just written into a section to the mark it was measured by. */
	link(measurement: Measurement): void {
		this.autosave.edit(measurementField(measurement), measurement.text);
	}

	/** Writes the newer value of a mark in the place of the older one. */
	renew(measurement: Measurement, now: string): void {
		const { section } = measurement;
		this.autosave.editAll({
			[sectionField(section)]: updated(this.text(section), measurement, now),
			[measurementField(measurement)]: now,
		});
	}

	/** Writes the normal text into the sections given that are still empty; answers what `takeBack` takes back. */
	fillNormal(sections: readonly Section[]): Fields {
		const filled = normalFill(sections, this.autosave.fields.value);
		this.autosave.editAll(filled);
		return filled;
	}

	takeBack(filled: Fields): void {
		this.autosave.editAll(takenBack(filled, this.autosave.fields.value));
	}

	/** What another form would do to what is written; null where there is no such form. */
	foretell(templateId: string): FormChange | null {
		const to = this.templates.find((one) => one.id === templateId);
		return to ? formChange(this.autosave.fields.value, this.template, to) : null;
	}

	changeForm(templateId: string, nameOf: (section: Section) => string): void {
		const to = this.templates.find((one) => one.id === templateId);
		if (to) this.autosave.editAll(changedForm(this.autosave.fields.value, this.template, to, nameOf));
	}

	/** Begins the reading; nothing happens when it has begun. */
	async start(): Promise<void> {
		if (!this.#consult.value.verbs.includes("start")) return;
		this.#consult.set(await this.#port.start(this.#consult.value));
	}

	/** Takes the consult's newest state from the server. */
	async renewConsult(): Promise<Consult> {
		this.#consult.set(await this.#port.consult(this.consultId));
		return this.#consult.value;
	}

	#savingPort(): AutosavePort {
		return {
			load: async () => {
				await this.renewConsult();
				return keptOf(await this.#port.load(this.consultId));
			},
			save: async (version, fields) => {
				await this.start();
				return keptOf(await this.#port.save(this.consultId, version, fields));
			},
			judge: (thrown) => this.#port.judge(thrown),
			keepHere: (text) => this.#port.keepHere(text),
			dropHere: () => this.#port.dropHere(),
		};
	}
}
