/** The examinations of one institution: how the list is kept current, and what its cells say. No DOM. */
import type { LiveEvent } from "../../api/live.ts";
import { asProblem, type Problem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import { maskName, sexAndAge } from "../../kit/person.ts";
import { Store } from "../../kit/store.ts";
import type { IconName } from "../../ui/icons.ts";
import type { Tone } from "../../ui/status.ts";
import type { Column } from "../../ui/table.ts";
import type { Exam, ExamPage, ExamStatus, ExamView } from "./calls.ts";
import { texts } from "./texts.ts";

export const VIEWS: readonly ExamView[] = ["open", "ended", "all"];
export type ExamColumn = "patient" | "exam" | "urgency" | "when" | "station" | "status" | "acts";

const WIDTHS: Readonly<Record<ExamColumn, string | undefined>> = {
	patient: "132px",
	exam: undefined,
	urgency: "92px",
	when: "112px",
	station: "132px",
	status: "204px",
	acts: "148px",
};

export function examColumns(): Column<ExamColumn>[] {
	return (Object.keys(WIDTHS) as ExamColumn[]).map((key) => {
		const width = WIDTHS[key];
		const named = key === "when" || key === "station";
		return {
			key,
			label: t(texts)[key],
			...(named ? { named } : {}),
			...(width === undefined ? {} : { width }),
		};
	});
}

export interface ExamFace {
	readonly text: string;
	readonly icon: IconName;
	readonly tone: Tone;
}

const FACES: Readonly<Record<ExamStatus, Omit<ExamFace, "text">>> = {
	scheduled: { icon: "calendar", tone: "ink-2" },
	started: { icon: "pulse", tone: "accent" },
	completed: { icon: "checkCircle", tone: "green" },
	discontinued: { icon: "alert", tone: "orange" },
	cancelled: { icon: "strike", tone: "ink-3" },
};

/** The state in a word, with the images that have come. */
export function examFace(exam: Exam): ExamFace {
	const face = FACES[exam.status];
	const state = t(texts)[exam.status];
	const n = exam.images?.received ?? 0;
	if (n === 0) return { ...face, text: state };
	const said = exam.status === "completed" && exam.images?.settled === true;
	return { ...face, text: say(said ? t(texts).completedImages : t(texts).arriving, { n, state }) };
}

export const examPatient = (exam: Exam): string => maskName(exam.patient.name);

export const examPerson = (exam: Exam): string => sexAndAge(exam.patient.sex, exam.patient.birth_date);

/** `CT 胸部 · 胸部平扫`; a procedure that names the part already stands alone. */
export function examTitle(exam: Exam): string {
	const part = t(texts)[exam.body_part];
	return exam.procedure.includes(part)
		? `${exam.modality} ${exam.procedure}`
		: `${exam.modality} ${part} · ${exam.procedure}`;
}

/** Where it is made or was: the device that told of it, else the one it was ordered for. */
export const examStation = (exam: Exam): string =>
	exam.performed_by || exam.station_ae_title || t(texts).anyStation;

/** Where its images are read; null before there are any. */
export const examHref = (exam: Exam): string | null =>
	exam.images === null || exam.images.received === 0
		? null
		: `/read/${encodeURIComponent(exam.study_instance_uid)}`;

export interface ExamsState {
	/** null until the first answer. */
	readonly rows: readonly Exam[] | null;
	/** What continues the list; null at its end. */
	readonly next: string | null;
	readonly problem: Problem | null;
}

type Load = (view: ExamView, text: string, after: string | null) => Promise<ExamPage>;

/** The list, kept current by the stream: while one question is under way any number of news make one more. */
export class ExamList {
	readonly state = new Store<ExamsState>({ rows: null, next: null, problem: null });
	readonly text = new Store("");
	readonly view = new Store<ExamView>("open");
	readonly #load: Load;
	#asked = 0;
	#running = false;
	#again = false;

	constructor(load: Load) {
		this.#load = load;
	}

	search(text: string): Promise<void> {
		this.text.set(text.trim());
		return this.look();
	}

	show(view: ExamView): Promise<void> {
		this.view.set(view);
		this.state.set({ rows: null, next: null, problem: null });
		return this.look();
	}

	async hear(event: LiveEvent): Promise<void> {
		const first = event.type === "hello" && this.state.value.rows === null;
		if (first || (event.type !== "exam.changed" && event.type !== "hello")) return;
		if (this.#running) this.#again = true;
		else await this.look();
	}

	/** Asks for the first page; rows already shown stay when the question fails. */
	async look(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		this.#running = true;
		this.#again = false;
		const found = await this.#page(null);
		// A newer question has been asked meanwhile: its answer counts.
		if (asked !== this.#asked) return;
		this.#running = false;
		this.state.update((shown) => ({ ...shown, ...found }));
		if (this.#again) await this.look();
	}

	/** The next page below the rows that are there. */
	async more(): Promise<void> {
		const { rows, next } = this.state.value;
		if (rows === null || next === null || this.#running) return;
		const asked = this.#asked;
		const found = await this.#page(next);
		if (asked !== this.#asked) return;
		this.state.update((shown) => ({ ...shown, ...found, rows: [...rows, ...(found.rows ?? [])] }));
	}

	async #page(after: string | null): Promise<Partial<ExamsState>> {
		try {
			const { rows, next } = await this.#load(this.view.value, this.text.value, after);
			return { rows, next, problem: null };
		} catch (thrown) {
			return { problem: asProblem(thrown) };
		}
	}
}
