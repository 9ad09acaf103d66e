/** The rules' page without its looks: what a rule says, its form, the acts on one. */
import { asProblem, type Problem } from "../../api/problem.ts";
import { say, t } from "../../kit/i18n.ts";
import { Store } from "../../kit/store.ts";
import type { Institution, Peer } from "../calls.ts";
import type { Destination, NewRule, Rule, RuleChange } from "./calls.ts";
import type { Said } from "./queue.ts";
import { texts } from "./texts.ts";

/** Those that county hospitals send; a rule without one takes every modality. PS3.3 C.7.3.1.1.1. */
export const MODALITIES = ["CT", "MR", "DX", "CR", "US", "ECG", "MG", "XA", "NM", "PT", "ES", "SR"] as const;

/** Chosen, unlike an empty field: whatever the sender, whatever the modality. */
export const ANY = "*";

export interface RuleForm {
	institutionId: string;
	source: string;
	modality: string;
	destination: string;
	commitment: boolean;
}
export const emptyRule = (): RuleForm => ({
	institutionId: "",
	source: ANY,
	modality: ANY,
	destination: "",
	commitment: false,
});

export function ruleFaults(form: RuleForm): Partial<Record<"institutionId" | "destination", "choose">> {
	return {
		...(form.institutionId === "" ? { institutionId: "choose" as const } : {}),
		...(form.destination === "" ? { destination: "choose" as const } : {}),
	};
}

export function newRule(form: RuleForm): NewRule {
	return {
		institution_id: form.institutionId,
		source_ae_title: form.source === ANY ? null : form.source,
		modality: form.modality === ANY ? null : form.modality,
		destination: form.destination,
		commitment: form.commitment,
	};
}

interface Option {
	readonly value: string;
	readonly label: string;
}

/** The senders of one institution; nobody sends a study back to itself, so the destination is left out. */
export function sourceOptions(peers: readonly Peer[], form: RuleForm): Option[] {
	const theirs = peers.filter((one) => one.institution_id === form.institutionId);
	const titles = theirs.map((one) => one.ae_title).filter((title) => title !== form.destination);
	return [
		{ value: ANY, label: t(texts).anySender },
		...titles.map((title) => ({ value: title, label: title })),
	];
}

export const modalityOptions = (): Option[] => [
	{ value: ANY, label: t(texts).anyModality },
	...MODALITIES.map((one) => ({ value: one, label: one })),
];

export function destinationOptions(destinations: readonly Destination[]): Option[] {
	return destinations.map((one) => ({
		value: one.ae_title,
		label: `${one.ae_title}（${one.institution_name}）`,
	}));
}

/** `CT · 来自 CT1`. */
export function ruleWhat(rule: Rule): string {
	const source = rule.source_ae_title;
	const from = source === null ? t(texts).anySender : say(t(texts).from, { name: source });
	return `${rule.modality ?? t(texts).anyModality} · ${from}`;
}

export interface RuleCalls {
	readonly load: () => Promise<readonly Rule[]>;
	readonly institutions: () => Promise<readonly Institution[]>;
	readonly peers: () => Promise<readonly Peer[]>;
	readonly destinations: () => Promise<readonly Destination[]>;
	readonly change: (id: string, change: RuleChange) => Promise<Rule>;
	readonly remove: (id: string) => Promise<void>;
}

export interface RulesState {
	/** null until the first answer. */
	readonly rules: readonly Rule[] | null;
	readonly institutions: readonly Institution[];
	readonly peers: readonly Peer[];
	readonly destinations: readonly Destination[];
	readonly problem: Problem | null;
}

export class RulesPage {
	readonly state = new Store<RulesState>({
		rules: null,
		institutions: [],
		peers: [],
		destinations: [],
		problem: null,
	});
	readonly #calls: RuleCalls;

	constructor(calls: RuleCalls) {
		this.#calls = calls;
	}

	/** Rules already shown stay when a question fails. */
	async load(): Promise<void> {
		const calls = this.#calls;
		try {
			const [rules, institutions, peers, destinations] = await Promise.all([
				calls.load(),
				calls.institutions(),
				calls.peers(),
				calls.destinations(),
			]);
			this.state.set({ rules, institutions, peers, destinations, problem: null });
		} catch (thrown) {
			this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	setEnabled(rule: Rule, enabled: boolean): Promise<Said> {
		const text = enabled ? t(texts).ruleInForce : t(texts).ruleRests;
		return this.#act(() => this.#calls.change(rule.rule_id, { enabled, commitment: rule.commitment }), text);
	}

	remove(rule: Rule): Promise<Said> {
		return this.#act(() => this.#calls.remove(rule.rule_id), t(texts).ruleRemoved);
	}

	async #act(step: () => Promise<unknown>, text: string): Promise<Said> {
		try {
			await step();
			await this.load();
			return { kind: "info", text };
		} catch (thrown) {
			return { kind: "failed", text: asProblem(thrown).sentence };
		}
	}
}
