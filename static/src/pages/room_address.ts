import { secondPart } from "./routes.ts";

/** The case whose room an address names, and where leaving the room leads. */
export function roomAddress(path: string): { consultId: string; back: string } {
	const consultId = secondPart(path);
	return { consultId, back: consultId === "" ? "/" : `/cases/${encodeURIComponent(consultId)}` };
}
