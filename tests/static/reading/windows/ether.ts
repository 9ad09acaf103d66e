/** Channels of one origin, in memory: what one posts all others hear, never itself. */
import type { Message } from "../../../../static/src/reading/windows/messages.ts";
import type { Channel } from "../../../../static/src/reading/windows/workspace.ts";

class Wire implements Channel {
	onmessage: ((event: { readonly data: unknown }) => void) | null = null;
	readonly #ether: Ether;

	constructor(ether: Ether) {
		this.#ether = ether;
	}

	postMessage(message: Message): void {
		this.#ether.post(structuredClone(message), this);
	}

	close(): void {
		this.#ether.wires.delete(this);
	}
}

export class Ether {
	readonly wires = new Set<Wire>();

	channel(): Channel {
		const wire = new Wire(this);
		this.wires.add(wire);
		return wire;
	}

	post(data: unknown, from: Wire | null = null): void {
		for (const wire of [...this.wires]) if (wire !== from) wire.onmessage?.({ data });
	}
}
