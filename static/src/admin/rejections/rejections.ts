/** The list of rejection notes without its looks: what each hides and why, and showing it again. No DOM. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { shortDateTime } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { Rejection } from "./calls.ts";
import { texts } from "./texts.ts";

const TITLES = ["113001", "113037", "113038", "113039"] as const;

/** Why, in the language in use: the code's meaning (DCM, CID 7011). */
export function whyText(row: Rejection): string {
	const code = TITLES.find((one) => one === row.title);
	return t(texts)[code ?? "other"];
}

/** `CT · 2026-03-02`; empty when nothing of it has come. */
export function studyText(row: Rejection): string {
	const day = row.study_date.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
	return [row.modalities.join("/"), day].filter((part) => part !== "").join(" · ");
}

/** How much it hides, over how many studies, and what is still to come. */
export function amountText(row: Rejection): string {
	const words = t(texts);
	return [
		...(row.instances > 0 ? [say(words.amount, { series: row.series, n: row.instances })] : []),
		...(row.studies > 1 ? [say(words.inStudies, { n: row.studies })] : []),
		...(row.missing > 0 ? [say(words.missing, { n: row.missing })] : []),
	].join("，");
}

/** When it was shown again; empty while it is hidden. */
export function endedText(row: Rejection): string {
	return row.withdrawn_at === null ? "" : say(t(texts).shownAt, { when: shortDateTime(row.withdrawn_at) });
}

export interface RejectionCalls {
	readonly load: (withdrawn: boolean) => Promise<Rejection[]>;
}

export interface RejectionState {
	readonly withdrawn: boolean;
	/** null until the first answer. */
	readonly rows: readonly Rejection[] | null;
	readonly problem: Problem | null;
}

export class RejectionPage {
	readonly state = new Store<RejectionState>({ withdrawn: false, rows: null, problem: null });
	readonly #calls: RejectionCalls;
	#asked = 0;

	constructor(calls: RejectionCalls) {
		this.#calls = calls;
	}

	show(withdrawn: boolean): Promise<void> {
		this.state.update((shown) => ({ ...shown, withdrawn, rows: null }));
		return this.load();
	}

	/** What is shown already stays when a question fails; only the newest question's answer counts. */
	async load(): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		try {
			const rows = await this.#calls.load(this.state.value.withdrawn);
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, rows, problem: null }));
		} catch (thrown) {
			if (asked === this.#asked) this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}
}
