/** Which words say what on the patient's page. */
import type { CallSeen, DeviceWord, PeerSeen } from "./port.ts";
import type { TextKey } from "./texts.ts";

export function deviceKey(which: "camera" | "microphone", state: DeviceWord): TextKey {
	return `${which}${(state.charAt(0).toUpperCase() + state.slice(1)) as Capitalize<DeviceWord>}`;
}

const AFTER: Readonly<Record<string, TextKey>> = {
	left: "afterLeft",
	denied: "afterDenied",
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
