/** Hanging protocols at work on a station: chosen for the study, stepped through, tried, kept. No DOM. */
import { Store } from "../../kit/store.ts";
import type { Study } from "../manifest.ts";
import type { Prior } from "../priors/prior.ts";
import type { Station } from "../station.ts";
import { apply, type Hands } from "./apply.ts";
import { type Arrangement, arrange } from "./arrange.ts";
import { fitting } from "./choose.ts";
import { BUILTIN } from "./defaults.ts";
import { type Protocol, priorsShown, type Region } from "./protocol.ts";

export type Kept =
	| { readonly kind: "kept"; readonly version: number }
	| { readonly kind: "refused"; readonly why: string };

export interface ProtocolServer {
	list(): Promise<{ readonly protocols: readonly Protocol[]; readonly canShare: boolean }>;
	keep(protocol: Protocol): Promise<Kept>;
	remove(protocol: Protocol): Promise<Kept>;
}

/** What the shelf of priors knows. */
export interface PriorShelf {
	readonly relevant: readonly Prior[];
	readonly regions: readonly Region[];
	study(uid: string): Promise<Study | null>;
}

/** The protocol in use and its stage. */
export interface Hung {
	readonly protocol: Protocol;
	readonly stage: number;
	readonly arrangement: Arrangement;
}

export class Hanging {
	readonly protocols = new Store<readonly Protocol[]>(BUILTIN);
	readonly canShare = new Store(false);
	readonly hung = new Store<Hung | null>(null);
	readonly dialog = new Store(false);
	readonly #station: Station;
	readonly #server: ProtocolServer;
	readonly #shelf: PriorShelf;
	readonly #hands: Hands;

	constructor(station: Station, server: ProtocolServer, shelf: PriorShelf, hands: Hands) {
		this.#station = station;
		this.#server = server;
		this.#shelf = shelf;
		this.#hands = hands;
	}

	/** Fetches the kept protocols; those that come along stay when the server does not answer. */
	async load(): Promise<void> {
		try {
			const { protocols, canShare } = await this.#server.list();
			this.protocols.set([...protocols, ...BUILTIN]);
			this.canShare.set(canShare);
		} catch {
			// What comes along serves.
		}
	}

	/** Where in the body the open study lies. */
	get regions(): readonly Region[] {
		return this.#shelf.regions;
	}

	/** The protocols for the open study, the best first. */
	get fitting(): readonly Protocol[] {
		const study = this.#station.study.value;
		if (study === null) return [];
		const priors = this.#shelf.relevant.length;
		return fitting(this.protocols.value, { study, regions: this.#shelf.regions, priors });
	}

	/** Hangs the study by the best protocol, unless the reader has begun to arrange it. */
	async begin(touched: () => boolean): Promise<void> {
		const [best] = this.fitting;
		const [first] = best?.stages ?? [];
		const { study } = this.#station;
		if (best === undefined || first === undefined || study.value === null || touched()) return;
		if (best.origin === "builtin" && first.layout === "1x1") {
			// One image stands already; what comes along does not exchange it.
			this.hung.set({ protocol: best, stage: 0, arrangement: arrange(first, [study.value]) });
		} else await this.show(best, 0, touched);
	}

	/** Shows a stage of a protocol; priors it needs are fetched first. */
	async show(protocol: Protocol, at: number, giveUp: () => boolean = () => false): Promise<void> {
		const stage = protocol.stages[at];
		const study = this.#station.study.value;
		if (stage === undefined || study === null) return;
		const wanted = this.#shelf.relevant.slice(0, priorsShown({ stages: [stage] }));
		const priors = await Promise.all(wanted.map((one) => this.#shelf.study(one.uid)));
		if (giveUp()) return;
		const studies = [study, ...priors.filter((one): one is Study => one !== null)];
		const arrangement = arrange(stage, studies);
		if (arrangement.panes.every((one) => one === null)) return;
		apply(this.#station, arrangement, this.#hands);
		this.hung.set({ protocol, stage: at, arrangement });
	}

	/** The next or the previous stage; from none the first of the best protocol. */
	async step(by: number): Promise<void> {
		const now = this.hung.value;
		if (now === null) {
			await this.begin(() => false);
			return;
		}
		const { protocol, stage } = now;
		if (protocol.stages[stage + by] !== undefined) await this.show(protocol, stage + by);
	}

	/** Keeps a protocol; why not when it was not taken. */
	async keep(protocol: Protocol): Promise<string | null> {
		const kept = await this.#server.keep(protocol);
		if (kept.kind === "refused") return kept.why;
		const fresh = { ...protocol, version: kept.version };
		const known = this.protocols.value.some((one) => one.id === protocol.id);
		this.protocols.update((all) =>
			known ? all.map((one) => (one.id === fresh.id ? fresh : one)) : [fresh, ...all],
		);
		return null;
	}

	/** Takes a protocol out of use; answers what brings it back, or why it stays. */
	async remove(protocol: Protocol): Promise<{ readonly undo: Protocol } | { readonly why: string }> {
		const kept = await this.#server.remove(protocol);
		if (kept.kind === "refused") return { why: kept.why };
		this.protocols.update((all) => all.filter((one) => one.id !== protocol.id));
		if (this.hung.value?.protocol.id === protocol.id) this.hung.set(null);
		return { undo: { ...protocol, version: kept.version } };
	}
}
