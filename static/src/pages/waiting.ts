/** How many objects set aside wait for a decision: the figure at the rail's entry. */
import { answer, api } from "../api/client.ts";
import { whileAttended } from "../kit/attended.ts";
import { Store } from "../kit/store.ts";
import type { RoleKey } from "./rails.ts";

export const WAITING_EVERY_MS = 60_000;
const DECIDES: ReadonlySet<RoleKey> = new Set(["administrator", "technician"]);

export const waitingAside = new Store(0);

const ask = async (): Promise<number> => (await answer(api.GET("/api/quarantine/waiting"))).waiting;

/** Asks now and then again while somebody is there; stops when told. A question that fails leaves the figure as it was. */
export function followWaiting(
	role: RoleKey,
	load: () => Promise<number> = ask,
	every: (run: () => void) => () => void = (run) => whileAttended(run, WAITING_EVERY_MS),
): () => void {
	waitingAside.set(0);
	if (!DECIDES.has(role)) return () => undefined;
	let following = true;
	const look = (): void => {
		load().then(
			(count) => following && waitingAside.set(count),
			() => undefined,
		);
	};
	const stop = every(look);
	return () => {
		following = false;
		stop();
	};
}
