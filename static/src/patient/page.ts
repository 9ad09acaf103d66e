/** The patient's page: carries the way forward, owns preparation and call, asks the two requests. */
import { asProblem } from "../api/problem.ts";
import { Store } from "../kit/store.ts";
import { previewInvitation, redeemInvitation } from "./api.ts";
import { chime, keepAwake } from "./comfort.ts";
import type { PatientCall, PatientPreparation } from "./port.ts";
import { cleanTail, follow, previewed, refused, START, tailComplete, type Way } from "./steps.ts";

/** What asks the consult server; another one in tests. */
export interface Server {
	previewInvitation: typeof previewInvitation;
	redeemInvitation: typeof redeemInvitation;
}

export class JoinPage {
	readonly way = new Store<Way>(START);
	readonly call = new Store<PatientCall | null>(null);
	readonly preparation: PatientPreparation;
	readonly #invitation: string;
	readonly #server: Server;
	#unfollow: () => void = () => undefined;
	#letSleep: () => void = () => undefined;

	constructor(
		preparation: PatientPreparation,
		invitation: string,
		server: Server = { previewInvitation, redeemInvitation },
	) {
		this.preparation = preparation;
		this.#invitation = invitation;
		this.#server = server;
	}

	async open(): Promise<void> {
		this.#set({ problem: null });
		try {
			const preview = await this.#server.previewInvitation(this.#invitation);
			this.way.update((way) => previewed(way, preview));
		} catch (thrown) {
			this.way.update((way) => refused(way, asProblem(thrown)));
		}
	}

	type(typed: string): void {
		this.#set({ tail: cleanTail(typed), problem: null });
	}

	/** The digits are checked by the server together with the consent, in one request. */
	async confirmIdentity(): Promise<void> {
		if (!tailComplete(this.way.value)) return;
		this.#set({ step: "check", problem: null });
		await this.preparation.open();
	}

	agree(change: Partial<Pick<Way, "consult" | "recording">>): void {
		this.#set({ ...change, problem: null });
	}

	/** Agree, prove, and wait: one act of the patient, one request. */
	async waitForDoctor(): Promise<void> {
		const { tail, consult, recording, sending } = this.way.value;
		if (!consult || sending) return;
		this.#set({ sending: true, problem: null });
		try {
			const seat = await this.#server.redeemInvitation(this.#invitation, tail, { consult, recording });
			await this.#join(this.preparation.join(seat));
		} catch (thrown) {
			this.way.update((way) => refused(way, asProblem(thrown)));
			await this.#giveUpCall();
		}
	}

	/** Tries the line while waiting; the doctor sees the grade. */
	async checkLine(): Promise<void> {
		const call = this.call.value;
		if (call === null) return;
		this.#set({ line: "checking" });
		const { grade } = await call.checkLine();
		this.#set({ line: grade });
		if (this.way.value.step === "waiting") await call.enter().catch(() => undefined);
	}

	close(): void {
		this.#unfollow();
		this.#letSleep();
		this.call.value?.dispose();
		this.preparation.close();
	}

	async #join(call: PatientCall): Promise<void> {
		this.call.set(call);
		call.connect();
		await call.enter();
		this.#letSleep = keepAwake();
		this.#set({ step: "waiting", sending: false });
		this.#unfollow = call.state.subscribe((seen) => {
			const before = this.way.value.step;
			this.way.update((way) => follow(way, seen));
			const after = this.way.value.step;
			if (before === "waiting" && after === "call") this.#admitted();
			if (after === "after") this.#letSleep();
		});
		void this.checkLine();
	}

	/** A call that was not entered must not go on behind the page; camera and microphone open again. */
	async #giveUpCall(): Promise<void> {
		const call = this.call.value;
		if (call === null) return;
		this.call.set(null);
		call.dispose();
		await this.preparation.open();
	}

	#admitted(): void {
		this.preparation.quiet();
		chime();
	}

	#set(change: Partial<Way>): void {
		this.way.set({ ...this.way.value, ...change });
	}
}
