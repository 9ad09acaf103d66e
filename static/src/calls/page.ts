/** The doctor's page of a call: gets a ticket, prepares, enters, invites. Views only show and call. */
import { asProblem, type Problem } from "../api/problem.ts";
import { Store } from "../kit/store.ts";
import { type Invitation, invitePatient, openCall } from "./api.ts";
import type { Call } from "./call.ts";
import type { LineCheck } from "./precheck.ts";
import { Preparation } from "./prepare.ts";

export interface PageState {
	readonly call: Call | null;
	readonly problem: Problem | null;
	readonly line: LineCheck | "checking";
	readonly entering: boolean;
	readonly invitation: Invitation | null;
}

/** What asks the consult server; another one in tests. */
export interface Server {
	openCall: typeof openCall;
	invitePatient: typeof invitePatient;
}

export class RoomPage {
	readonly state = new Store<PageState>({
		call: null,
		problem: null,
		line: "checking",
		entering: false,
		invitation: null,
	});
	readonly preparation: Preparation;
	readonly #consultId: string;
	readonly #server: Server;

	constructor(
		consultId: string,
		preparation = new Preparation(),
		server: Server = { openCall, invitePatient },
	) {
		this.#consultId = consultId;
		this.preparation = preparation;
		this.#server = server;
	}

	/** Ticket, socket, camera and line check, all at once, so that entering is one message. */
	async open(): Promise<void> {
		const devices = this.preparation.open();
		try {
			const entry = await this.#server.openCall(this.#consultId);
			const renew = async (): Promise<string> => (await this.#server.openCall(this.#consultId)).ticket;
			const call = this.preparation.join(entry, renew);
			this.#set({ call });
			call.connect();
			await devices;
			await this.checkLine();
		} catch (thrown) {
			this.#set({ problem: asProblem(thrown) });
		}
	}

	async checkLine(): Promise<void> {
		const { call } = this.state.value;
		if (call === null) return;
		this.#set({ line: "checking" });
		this.#set({ line: await call.checkLine() });
	}

	async enter(): Promise<void> {
		await this.#try(async () => {
			this.#set({ entering: true });
			await this.state.value.call?.enter();
			this.preparation.quiet();
		});
		this.#set({ entering: false });
	}

	async invite(): Promise<void> {
		await this.#try(async () => this.#set({ invitation: await this.#server.invitePatient(this.#consultId) }));
	}

	/** Closes the link's dialog; the link itself stays good. */
	forgetInvitation(): void {
		this.#set({ invitation: null });
	}

	forgetProblem(): void {
		this.#set({ problem: null });
	}

	async admit(pid: string): Promise<void> {
		await this.#try(async () => void (await this.state.value.call?.admit(pid)));
	}

	async deny(pid: string): Promise<void> {
		await this.#try(async () => void (await this.state.value.call?.deny(pid)));
	}

	async sendBack(pid: string): Promise<void> {
		await this.#try(async () => void (await this.state.value.call?.sendBack(pid)));
	}

	close(): void {
		this.state.value.call?.dispose();
		this.preparation.close();
	}

	#set(change: Partial<PageState>): void {
		this.state.set({ ...this.state.value, ...change });
	}

	async #try(act: () => Promise<void>): Promise<void> {
		try {
			this.#set({ problem: null });
			await act();
		} catch (thrown) {
			this.#set({ problem: asProblem(thrown) });
		}
	}
}
