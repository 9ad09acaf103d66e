/** The studies that have arrived: how the list is kept current, and what its cells say. No DOM. */
import type { LiveEvent } from "../../api/live.ts";
import { asProblem, type Problem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import { dicomName, maskName, sexWord } from "../../kit/person.ts";
import { Store } from "../../kit/store.ts";
import type { IconName } from "../../ui/icons.ts";
import type { Tone } from "../../ui/status.ts";
import type { Column } from "../../ui/table.ts";
import type { Arrival } from "./calls.ts";
import { texts } from "./texts.ts";

export type ArrivalColumn =
	| "patient"
	| "exam"
	| "source"
	| "studyDate"
	| "arrived"
	| "count"
	| "linked"
	| "acts";

const WIDTHS: Readonly<Record<ArrivalColumn, string | undefined>> = {
	patient: "128px",
	exam: undefined,
	source: "188px",
	studyDate: "104px",
	arrived: "104px",
	count: "164px",
	linked: "152px",
	acts: "104px",
};

export function arrivalColumns(): Column<ArrivalColumn>[] {
	return (Object.keys(WIDTHS) as ArrivalColumn[]).map((key) => {
		const width = WIDTHS[key];
		return {
			key,
			label: key === "exam" ? t(texts).examAlone : t(texts)[key],
			...(key === "studyDate" || key === "arrived" ? { named: true } : {}),
			...(width === undefined ? {} : { width }),
		};
	});
}

/** The masked name; without one the patient's number. */
export function arrivalPatient(row: Arrival): string {
	return maskName(dicomName(row.patient_name)) || row.patient_id || "—";
}

export function arrivalSex(row: Arrival): string {
	return row.patient_sex === "" ? "" : sexWord(row.patient_sex);
}

export function arrivalTitle(row: Arrival): string {
	const described = [row.modalities.join(" "), row.study_description].filter((one) => one !== "").join(" ");
	return described || row.accession_number || row.study_instance_uid;
}

/** `2026-03-02` of a DICOM date (PS3.5 6.2, VR DA); anything else as it came. */
export function arrivalDate(row: Arrival): string {
	const found = /^(\d{4})(\d{2})(\d{2})$/.exec(row.study_date);
	return found ? `${found[1]}-${found[2]}-${found[3]}` : row.study_date || "—";
}

export interface ArrivalState {
	readonly text: string;
	readonly icon: IconName;
	readonly tone: Tone;
}

export function arrivalState(row: Arrival): ArrivalState {
	const n = row.instance_count;
	return row.settled
		? { text: say(t(texts).settled, { n }), icon: "checkCircle", tone: "green" }
		: { text: say(t(texts).stillArriving, { n }), icon: "cloud", tone: "blue" };
}

export const arrivalHref = (uid: string): string => `/read/${encodeURIComponent(uid)}`;

export interface ArrivalsState {
	/** null until the first answer. */
	readonly rows: readonly Arrival[] | null;
	readonly problem: Problem | null;
}

/** The list, kept current by the stream: while one question is under way any number of news make one more. */
export class Arrivals {
	readonly state = new Store<ArrivalsState>({ rows: null, problem: null });
	readonly text = new Store("");
	readonly #load: (text: string) => Promise<readonly Arrival[]>;
	#asked = 0;
	#running = false;
	#again = false;

	constructor(load: (text: string) => Promise<readonly Arrival[]>) {
		this.#load = load;
	}

	search(text: string): Promise<void> {
		this.text.set(text.trim());
		return this.#ask();
	}

	async hear(event: LiveEvent): Promise<void> {
		const first = event.type === "hello" && this.state.value.rows === null;
		const ours =
			event.type.startsWith("dicom.") || event.type === "consult.changed" || event.type === "hello";
		if (!ours || first) return;
		if (this.#running) this.#again = true;
		else await this.#ask();
	}

	async #ask(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		this.#running = true;
		this.#again = false;
		const next = await this.#answer();
		// A newer question has been asked meanwhile: its answer counts.
		if (asked !== this.#asked) return;
		this.#running = false;
		this.state.update((shown) => ({ ...shown, ...next }));
		if (this.#again) await this.#ask();
	}

	/** Rows already shown stay when a question fails. */
	async #answer(): Promise<Partial<ArrivalsState>> {
		try {
			return { rows: await this.#load(this.text.value), problem: null };
		} catch (thrown) {
			return { problem: asProblem(thrown) };
		}
	}
}
