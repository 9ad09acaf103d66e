/** The doctor's page of a call: gets a ticket, prepares, enters, invites. Views only show and call. */
import { asProblem, type Problem } from "../api/problem.ts";
import { Store } from "../kit/store.ts";
import { type About, type Invitation, invitePatient, openCall } from "./api.ts";
import type { Call } from "./call.ts";
import type { LineCheck } from "./precheck.ts";
import { Preparation } from "./prepare.ts";
import { knock } from "./sounds.ts";

export interface PageState {
	readonly call: Call | null;
	readonly about: About | null;
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
		about: null,
		problem: null,
		line: "checking",
		entering: false,
		invitation: null,
	});
	readonly preparation: Preparation;
	readonly #consultId: string;
	readonly #server: Server;
	readonly #knock: () => void;
	readonly #knew = new Set<string>();
	#unfollow: () => void = () => undefined;

	constructor(
		consultId: string,
		preparation = new Preparation(),
		server: Server = { openCall, invitePatient },
		sound: () => void = knock,
	) {
		this.#consultId = consultId;
		this.preparation = preparation;
		this.#server = server;
		this.#knock = sound;
	}

	/** Ticket, socket, camera and line check, all at once, so that entering is one message. */
	async open(): Promise<void> {
		this.#set({ problem: null });
		const devices = this.preparation.open();
		try {
			const entry = await this.#server.openCall(this.#consultId);
			const renew = async (): Promise<string> => (await this.#server.openCall(this.#consultId)).ticket;
			const call = this.preparation.join(entry, renew);
			this.#set({ call, about: entry.about });
			this.#unfollow = call.state.subscribe(({ waiting }) => this.#heard(waiting.map((one) => one.pid)));
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

	/** Opens what failed to open, now that it may be allowed or plugged in. */
	async openDevices(): Promise<void> {
		await this.preparation.open();
		if (this.state.value.call?.state.value.entered === true) this.preparation.quiet();
	}

	close(): void {
		this.#unfollow();
		this.state.value.call?.dispose();
		this.preparation.close();
	}

	/** Sounds once for each person who comes to wait. */
	#heard(waiting: readonly string[]): void {
		const fresh = waiting.filter((pid) => !this.#knew.has(pid));
		this.#knew.clear();
		for (const pid of waiting) this.#knew.add(pid);
		if (fresh.length > 0) this.#knock();
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
