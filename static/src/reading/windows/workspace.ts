/** One reading workspace in two windows: who is there, and what they tell each other. */
import { Store } from "../../kit/store.ts";
import { type Message, readMessage, type WindowRole } from "./messages.ts";

/** What of BroadcastChannel is needed. */
export interface Channel {
	onmessage: ((event: { readonly data: unknown }) => void) | null;
	postMessage(message: Message): void;
	close(): void;
}

export class Workspace {
	readonly role: WindowRole;
	/** The other window, while it is there. */
	readonly other = new Store<WindowRole | null>(null);
	readonly #channel: Channel;
	readonly #listeners = new Set<(message: Message) => void>();

	constructor(role: WindowRole, channel: Channel) {
		this.role = role;
		this.#channel = channel;
		channel.onmessage = ({ data }) => this.#hear(readMessage(data));
		this.#say(true);
	}

	/** Hears what the other window tells, its coming and going aside. */
	on(listener: (message: Message) => void): () => void {
		this.#listeners.add(listener);
		return () => {
			this.#listeners.delete(listener);
		};
	}

	tell(message: Message): void {
		this.#channel.postMessage(message);
	}

	/** The other window is no longer there, though it could not say so. */
	lost(): void {
		this.other.set(null);
	}

	/** Leaves the workspace; the other window goes on alone. */
	close(): void {
		this.tell({ kind: "gone", role: this.role });
		this.#channel.onmessage = null;
		this.#channel.close();
	}

	/** Is there again, as after the page came back out of the browser's memory. */
	back(): void {
		this.#say(true);
	}

	#say(answer: boolean): void {
		this.tell({ kind: "here", role: this.role, answer });
	}

	/** One main window and one second one belong together; others of the same study go their own way. */
	#isPartner(role: WindowRole): boolean {
		return (role === "main") !== (this.role === "main");
	}

	#hear(message: Message | null): void {
		if (message === null) return;
		if (message.kind === "here") {
			if (!this.#isPartner(message.role)) return;
			this.other.set(message.role);
			if (message.answer) this.#say(false);
		} else if (message.kind === "gone") {
			if (this.other.value === message.role) this.other.set(null);
		} else {
			for (const listener of [...this.#listeners]) listener(message);
		}
	}
}

export interface Parts {
	readonly images: boolean;
	readonly report: boolean;
}

/** What a window shows beside another one. Nothing is ever in no window. */
export function partsOf(role: WindowRole, other: WindowRole | null): Parts {
	if (role === "report") return { images: false, report: true };
	if (role === "images") return { images: true, report: false };
	return { images: true, report: other !== "report" };
}
