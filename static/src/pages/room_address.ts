/** The case whose room an address names, and where leaving the room leads. */
export function roomAddress(path: string): { consultId: string; back: string } {
	const consultId = decodeURIComponent(path.split("/").filter((part) => part !== "")[1] ?? "");
	return { consultId, back: consultId === "" ? "/" : `/cases/${encodeURIComponent(consultId)}` };
}
