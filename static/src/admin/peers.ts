/** The peers' page without its looks: the list, one echo at a time for each peer, what an echo's answer says. */
import { asProblem, type Problem } from "../api/problem.ts";
import { whileAttended } from "../kit/attended.ts";
import { fileSize, shortDateTime } from "../kit/format.ts";
import { say, t } from "../kit/i18n.ts";
import { Store } from "../kit/store.ts";
import type { IconName } from "../ui/icons.ts";
import type { Tone } from "../ui/status.ts";
import type { Echo, Institution, Peer, PeerChange, Receiving } from "./calls.ts";
import { peerChange, peerForm } from "./forms.ts";
import { texts } from "./texts.ts";

/** Which three usual causes to show: the way there, the names on both sides, or what answers there. */
export type EchoHelp = "network" | "titles" | "service" | "tls";

export interface EchoFace {
	readonly text: string;
	readonly icon: IconName;
	readonly tone: Tone;
	readonly help: EchoHelp | null;
}

const HELP: Readonly<Record<Exclude<Echo["outcome"], "reachable">, EchoHelp>> = {
	rejected: "titles",
	refused: "service",
	unreachable: "network",
	silent: "network",
};

/** Reasons that have to do with certificates: other causes than those of the service behind a port. */
const OF_TLS: ReadonlySet<string> = new Set([
	"no_tls_files",
	"certificate_not_vouched_for",
	"another_certificate",
	"no_tls",
	"our_certificate_refused",
	"handshake_failed",
]);

function whyNot(echo: Echo, peer: Peer): string {
	const facts = {
		ours: echo.calling_ae_title,
		theirs: peer.ae_title,
		host: peer.host ?? "",
		port: String(peer.port ?? ""),
		n: Math.round(echo.waited_seconds_max),
		code: echo.reason.replace("status_", ""),
	};
	const said: Readonly<Record<string, string>> = {
		calling_ae_unknown: t(texts).echoCallingUnknown,
		called_ae_unknown: t(texts).echoCalledUnknown,
		busy: t(texts).echoBusy,
		verification_refused: t(texts).echoNoVerification,
		not_dicom: t(texts).echoNotDicom,
		hung_up: t(texts).echoHungUp,
		aborted: t(texts).echoAborted,
		host_unknown: t(texts).echoHostUnknown,
		port_closed: t(texts).echoPortClosed,
		no_route: t(texts).echoNoRoute,
		no_answer: t(texts).echoSilent,
		no_tls_files: t(texts).echoNoTlsFiles,
		certificate_not_vouched_for: t(texts).echoNotVouchedFor,
		another_certificate: t(texts).echoAnotherCertificate,
		no_tls: t(texts).echoNoTls,
		our_certificate_refused: t(texts).echoOursRefused,
		handshake_failed: t(texts).echoHandshakeFailed,
	};
	if (echo.reason.startsWith("status_")) return say(t(texts).echoStatus, facts);
	return say(said[echo.reason] ?? t(texts).echoRejected, facts);
}

/** What the answer to an echo looks like in the list. */
export function echoFace(echo: Echo, peer: Peer): EchoFace {
	if (echo.outcome === "reachable") {
		const n = Math.max(1, Math.round(echo.milliseconds));
		return { text: say(t(texts).echoReachable, { n }), icon: "checkCircle", tone: "green", help: null };
	}
	const icon = echo.outcome === "silent" ? "clock" : "crossCircle";
	const help = OF_TLS.has(echo.reason) ? "tls" : HELP[echo.outcome];
	return { text: whyNot(echo, peer), icon, tone: "red", help };
}

export function causesOf(help: EchoHelp): readonly string[] {
	const causes: Readonly<Record<EchoHelp, readonly string[]>> = {
		network: [t(texts).causeRunning, t(texts).causeFirewall, t(texts).causeAddress],
		titles: [t(texts).causeRegistered, t(texts).causeSpelling, t(texts).causeFrom],
		tls: [t(texts).causeTlsFiles, t(texts).causeTlsTrust, t(texts).causeTlsPort],
		service: [t(texts).causeOtherPort, t(texts).causeTls, t(texts).causeSwitchedOff],
	};
	return causes[help];
}

/** `11-21 09:12 · 10.0.0.7`; null when the peer was never here. */
export function seenText(peer: Pick<Peer, "last_seen_at" | "last_seen_address">): string | null {
	if (peer.last_seen_at === null) return null;
	return [shortDateTime(peer.last_seen_at), peer.last_seen_address ?? ""]
		.filter((one) => one !== "")
		.join(" · ");
}

/** What a peer is sending now: objects so far, and how much of the one under way; null when it sends nothing. */
export function receivingText(receiving: readonly Receiving[], aeTitle: string): string | null {
	const theirs = receiving.filter((one) => one.ae_title === aeTitle);
	if (theirs.length === 0) return null;
	const n = theirs.reduce((sum, one) => sum + one.objects, 0);
	const bytes = theirs.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
	if (bytes === 0) return say(t(texts).receiving, { n });
	return say(t(texts).receivingBytes, { n, size: fileSize(bytes) });
}

/** Why a peer cannot be called now; nothing when it can. */
export function echoBlocked(peer: Peer): string | undefined {
	return peer.host === null || peer.port === null ? t(texts).echoNeedsAddress : undefined;
}

export type EchoState = { readonly asking: true } | { readonly asking: false; readonly face: EchoFace };

export interface PeerCalls {
	readonly load: () => Promise<readonly Peer[]>;
	readonly institutions: () => Promise<readonly Institution[]>;
	readonly change: (aeTitle: string, change: PeerChange) => Promise<Peer>;
	readonly remove: (aeTitle: string) => Promise<void>;
	readonly echo: (aeTitle: string) => Promise<Echo>;
	readonly receiving: () => Promise<readonly Receiving[]>;
}

export const RECEIVING_EVERY_MS = 2000;

export interface PeersState {
	/** null until the first answer. */
	readonly peers: readonly Peer[] | null;
	readonly institutions: readonly Institution[];
	readonly problem: Problem | null;
}

export class PeersPage {
	readonly state = new Store<PeersState>({ peers: null, institutions: [], problem: null });
	readonly echoes = new Store<ReadonlyMap<string, EchoState>>(new Map());
	readonly receiving = new Store<readonly Receiving[]>([]);
	readonly #calls: PeerCalls;

	constructor(calls: PeerCalls) {
		this.#calls = calls;
	}

	/** Peers already shown stay when a question fails. */
	async load(): Promise<void> {
		try {
			const [peers, institutions] = await Promise.all([this.#calls.load(), this.#calls.institutions()]);
			this.state.set({ peers, institutions, problem: null });
		} catch (thrown) {
			this.state.update((shown) => ({ ...shown, problem: asProblem(thrown) }));
		}
	}

	/** Looks what is being received; the peers are asked for again when one has just come or gone. */
	async look(): Promise<void> {
		try {
			const found = await this.#calls.receiving();
			const before = new Set(this.receiving.value.map((one) => one.ae_title));
			const now = new Set(found.map((one) => one.ae_title));
			this.receiving.set(found);
			if ([...now].some((title) => !before.has(title)) || [...before].some((title) => !now.has(title)))
				await this.load();
		} catch {
			this.receiving.set([]);
		}
	}

	/** Keeps looking while somebody is there, until told to stop. */
	follow(
		every: (run: () => void) => () => void = (run) => whileAttended(run, RECEIVING_EVERY_MS),
	): () => void {
		return every(() => void this.look());
	}

	/** Calls one peer; a second press while it is being called asks nothing more. */
	async echo(peer: Peer): Promise<void> {
		if (this.echoes.value.get(peer.ae_title)?.asking === true) return;
		this.#tell(peer.ae_title, { asking: true });
		try {
			const face = echoFace(await this.#calls.echo(peer.ae_title), peer);
			this.#tell(peer.ae_title, { asking: false, face });
		} catch (thrown) {
			const text = asProblem(thrown).sentence;
			this.#tell(peer.ae_title, { asking: false, face: { text, icon: "alert", tone: "red", help: null } });
		}
	}

	/** Lets a peer in or shuts it out; the sentence to show. */
	async setEnabled(peer: Peer, enabled: boolean): Promise<string> {
		const said = enabled ? t(texts).peerLetIn : t(texts).peerShut;
		return this.#done(this.#calls.change(peer.ae_title, peerChange(peerForm(peer), enabled)), said, peer);
	}

	remove(peer: Peer): Promise<string> {
		return this.#done(this.#calls.remove(peer.ae_title), t(texts).removed, peer);
	}

	/** The list is asked for again whatever came of it; a refusal is thrown on. */
	async #done(step: Promise<unknown>, said: string, peer: Peer): Promise<string> {
		try {
			await step;
			return say(said, { name: peer.ae_title });
		} finally {
			await this.load();
		}
	}

	/** An answer given under the old address says nothing any more. */
	forgetEcho(aeTitle: string): void {
		this.echoes.update((known) => new Map([...known].filter(([title]) => title !== aeTitle)));
	}

	#tell(aeTitle: string, echo: EchoState): void {
		this.echoes.update((known) => new Map(known).set(aeTitle, echo));
	}
}
