/** Which words say what on the patient's page. */
import type { Preview } from "./api.ts";
import type { CallSeen, DeviceWord, PeerSeen } from "./port.ts";
import type { Gone } from "./steps.ts";
import type { TextKey } from "./texts.ts";

export function deviceKey(which: "camera" | "microphone", state: DeviceWord): TextKey {
	return `${which}${(state.charAt(0).toUpperCase() + state.slice(1)) as Capitalize<DeviceWord>}`;
}

/** The doctor by name and title; empty while nobody has been found yet. */
export function doctorOf(preview: Preview | null, between = " "): string {
	if (preview === null) return "";
	return [preview.doctorName, preview.doctorTitle].filter((part) => part !== "").join(between);
}

/** Whom the patient will meet, with the hospital. */
export function doctorLine(preview: Preview): string {
	const who = doctorOf(preview);
	return who === "" ? "" : [who, preview.doctorInstitution].filter((part) => part !== "").join(" · ");
}

const GONE: Readonly<Record<Gone, { readonly head: TextKey; readonly hint: TextKey }>> = {
	unknown: { head: "goneUnknown", hint: "goneUnknownHint" },
	used: { head: "goneUsed", hint: "goneUsedHint" },
	ended: { head: "goneEnded", hint: "goneEndedHint" },
	locked: { head: "goneLocked", hint: "goneLockedHint" },
};

/** What happened to a link that opens no more, and what to do. */
export function goneKeys(gone: Gone): { readonly head: TextKey; readonly hint: TextKey } {
	return GONE[gone];
}

/** Whether the patient may come back by themselves after the call has ended here. */
export function mayReturn(ended: string | null): boolean {
	return ended !== "denied" && ended !== "kicked";
}

const AFTER: Readonly<Record<string, TextKey>> = {
	left: "afterLeft",
	denied: "afterDenied",
	kicked: "afterKicked",
	refused: "afterRefused",
	replaced: "afterReplaced",
};

export function afterKey(ended: string | null): TextKey {
	return AFTER[ended ?? ""] ?? "afterEnded";
}

/** The one thing worth saying over the doctor's picture; null when all is well. */
export function doctorWords(peer: PeerSeen | null): TextKey | null {
	if (peer === null || peer.line === "connecting") return "connecting";
	if (peer.state === "reconnecting") return "doctorReconnecting";
	if (peer.line === "broken") return "broken";
	return peer.media.video ? null : "doctorVoiceOnly";
}

export function isWeak(call: CallSeen): boolean {
	return call.peers.some((peer) => peer.line === "connected" && peer.grade === "poor");
}

/** The part of a bar that is lit, in percent. */
export function percent(level: number): number {
	return Math.round(Math.min(1, Math.max(0, level)) * 100);
}
