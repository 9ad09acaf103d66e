/** Retention without its looks: what rules, seals and destructions say, and the acts on them. No DOM. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { fileSize, isoDay } from "../../kit/format.ts";
import { say, t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { Institution, Peer } from "../calls.ts";
import { MODALITIES } from "../queue/rules.ts";
import type {
	Candidate,
	Destruction,
	Hold,
	KeepRule,
	Kept,
	NewKeepRule,
	Preview,
	Registered,
	Retention,
} from "./calls.ts";
import { texts } from "./texts.ts";

const MONTHS = 12;
const LEGAL_YEARS = 15;
const YEARS = /^(?:[1-9]\d?|100)$/;
const REASON_CHARACTERS_MIN = 2;
/** Chosen, unlike an empty field: whatever it is. */
export const ANY = "*";

/** `15 年`, or months where years are not whole. */
export function keepText(months: number): string {
	return months % MONTHS === 0
		? say(t(texts).years, { n: months / MONTHS })
		: say(t(texts).months, { n: months });
}

export function ruleWhat(rule: KeepRule): string {
	return `${rule.modality ?? t(texts).anyModality} · ${rule.source_ae_title ?? t(texts).anySource}`;
}

export interface KeepForm {
	institutionId: string;
	source: string;
	modality: string;
	years: string;
}
export type KeepFault = "choose" | "keepWrong";

export const emptyKeepForm = (): KeepForm => ({ institutionId: "", source: ANY, modality: ANY, years: "" });

export function keepFaults(form: KeepForm): Partial<Record<"institutionId" | "years", KeepFault>> {
	return {
		...(form.institutionId === "" ? { institutionId: "choose" as const } : {}),
		...(YEARS.test(form.years.trim()) ? {} : { years: "keepWrong" as const }),
	};
}

/** True for a time that is shorter than any law allows for a record. */
export function isShort(form: KeepForm): boolean {
	return YEARS.test(form.years.trim()) && Number(form.years) < LEGAL_YEARS;
}

export function newKeepRule(form: KeepForm): NewKeepRule {
	return {
		institution_id: form.institutionId === ANY ? null : form.institutionId,
		source_ae_title: form.source === ANY ? null : form.source,
		modality: form.modality === ANY ? null : form.modality,
		keep_months: Number(form.years.trim()) * MONTHS,
	};
}

interface Option {
	readonly value: string;
	readonly label: string;
}

/** Whom a rule may be for; all of them only where one may decide for all. */
export function placeOptions(institutions: readonly Institution[], all: boolean): Option[] {
	const each = institutions.map((one) => ({ value: one.institution_id, label: one.name }));
	return all ? [{ value: ANY, label: t(texts).allInstitutions }, ...each] : each;
}

export function sourceOptions(peers: readonly Peer[], institutionId: string): Option[] {
	const theirs = peers.filter((one) => one.institution_id === institutionId);
	return [
		{ value: ANY, label: t(texts).anySource },
		...theirs.map((one) => ({ value: one.ae_title, label: one.ae_title })),
	];
}

export const modalityOptions = (): Option[] => [
	{ value: ANY, label: t(texts).anyModality },
	...MODALITIES.map((one) => ({ value: one, label: one })),
];

/** `CT/SR · 2009-01-01`. */
export function studyWhat(study: Pick<Hold | Candidate | Registered, "modalities" | "study_date">): string {
	const day = study.study_date.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
	return [study.modalities.join("/"), day].filter((part) => part !== "").join(" · ");
}

export function sizeText(study: Pick<Candidate | Registered, "instance_count" | "byte_count">): string {
	return say(t(texts).images, { n: study.instance_count, size: fileSize(study.byte_count) });
}

/** When it came, and how long it was kept at least. */
export function ageText(study: Candidate): { readonly came: string; readonly kept: string } {
	return { came: isoDay(study.last_received_at), kept: `${t(texts).keep} ${keepText(study.keep_months)}` };
}

export function foundText(preview: Preview): string {
	if (preview.studies === 0) return t(texts).nothingFound;
	const { studies, instances, bytes } = preview;
	return say(t(texts).found, { studies, instances, size: fileSize(bytes) });
}

const KEPT_ORDER: readonly Kept[] = ["too_young", "no_rule", "held", "needed", "undelivered", "unsettled"];

/** `未列入的检查：未到期 12 · 已封存 1`; empty when everything is listed. */
export function keptText(preview: Preview): string {
	const words = t(texts);
	const parts = KEPT_ORDER.flatMap((why) => {
		const n = preview.kept[why] ?? 0;
		return n === 0 ? [] : [say(why === "held" ? words.held_n : words[why], { n })];
	});
	return parts.length === 0 ? "" : `${words.keptBecause}：${parts.join(" · ")}`;
}

/** `已销毁 3 份 · 保留 1 份`. */
export function outcomeText(row: Destruction): string {
	const words = t(texts);
	const left = row.studies - row.destroyed - row.kept;
	return [
		[words.outcomeDone, row.destroyed] as const,
		[words.outcomeKept, row.kept] as const,
		[words.outcomeLeft, left] as const,
	]
		.filter(([, n]) => n > 0)
		.map(([text, n]) => say(text, { n }))
		.join(" · ");
}

export function registeredText(row: Registered): string {
	const words = t(texts);
	if (row.state === "approved") return words.stateApproved;
	if (row.state === "destroyed") return words.stateDestroyed;
	const why = {
		"": "",
		no_rule: words.keptNo_rule,
		too_young: words.keptToo_young,
		held: words.keptHeld,
		needed: words.keptNeeded,
		undelivered: words.keptUndelivered,
		unsettled: words.keptUnsettled,
	}[row.kept_for];
	return `${words.stateKept} · ${why}`;
}

/** True for a reason that says something. */
export function isReason(reason: string): boolean {
	return [...reason.trim()].length >= REASON_CHARACTERS_MIN;
}

export interface RetentionCalls {
	readonly load: () => Promise<Retention>;
	readonly preview: () => Promise<Preview>;
	readonly institutions: () => Promise<readonly Institution[]>;
	readonly peers: () => Promise<readonly Peer[]>;
	readonly removeRule: (id: string) => Promise<void>;
}

export interface RetentionState {
	/** null until the first answer. */
	readonly retention: Retention | null;
	readonly institutions: readonly Institution[];
	readonly peers: readonly Peer[];
	/** null until it is asked for. */
	readonly preview: Preview | null;
	readonly looking: boolean;
	readonly problem: Problem | null;
}

/** Said after a step: good news leave by themselves, others stay. */
export interface Said {
	readonly kind: "info" | "failed";
	readonly text: string;
}

export class RetentionPage {
	readonly state = new Store<RetentionState>({
		retention: null,
		institutions: [],
		peers: [],
		preview: null,
		looking: false,
		problem: null,
	});
	readonly #calls: RetentionCalls;

	constructor(calls: RetentionCalls) {
		this.#calls = calls;
	}

	/** What is shown already stays when a question fails. */
	async load(): Promise<void> {
		const calls = this.#calls;
		try {
			const [retention, institutions, peers] = await Promise.all([
				calls.load(),
				calls.institutions(),
				calls.peers(),
			]);
			this.state.update((shown) => ({ ...shown, retention, institutions, peers, problem: null }));
		} catch (thrown) {
			this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	/** Look at what could be destroyed now. */
	async look(): Promise<void> {
		this.state.update((shown) => ({ ...shown, looking: true }));
		try {
			const preview = await this.#calls.preview();
			this.state.update((shown) => ({ ...shown, preview, problem: null }));
		} catch (thrown) {
			this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		} finally {
			this.state.update((shown) => ({ ...shown, looking: false }));
		}
	}

	/** After something was changed: what was looked at before is out of date. */
	changed(text: string): Promise<Said> {
		this.state.update((shown) => ({ ...shown, preview: null }));
		return this.load().then(() => ({ kind: "info", text }));
	}

	async removeRule(rule: KeepRule): Promise<Said> {
		try {
			await this.#calls.removeRule(rule.rule_id);
			return await this.changed(t(texts).ruleRemoved);
		} catch (thrown) {
			return { kind: "failed", text: asProblem(thrown).sentence };
		}
	}
}
