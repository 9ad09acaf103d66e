/** The patient's way: who you are, try the phone and agree, wait, talk, after. Pure. */
import type { Problem } from "../api/problem.ts";
import type { Preview } from "./api.ts";
import type { CallSeen } from "./port.ts";

export type Step = "opening" | "gone" | "identity" | "check" | "waiting" | "call" | "after";

export const TAIL_LENGTH = 4;

export interface Way {
	readonly step: Step;
	readonly preview: Preview | null;
	readonly tail: string;
	readonly consult: boolean;
	readonly recording: boolean;
	readonly sending: boolean;
	/** What went wrong last; it goes away with the next act. */
	readonly problem: Problem | null;
	readonly line: "unknown" | "checking" | "good" | "fair" | "poor";
}

export const START: Way = {
	step: "opening",
	preview: null,
	tail: "",
	consult: false,
	recording: false,
	sending: false,
	problem: null,
	line: "unknown",
};

/** The digits as the card has them: the last place may be X. */
export function cleanTail(typed: string): string {
	return typed
		.toUpperCase()
		.replaceAll(/[^0-9X]/g, "")
		.replaceAll(/X(?=.)/g, "")
		.slice(0, TAIL_LENGTH);
}

export function tailComplete(way: Way): boolean {
	return way.preview?.identityTailRequired === false || way.tail.length === TAIL_LENGTH;
}

export function previewed(way: Way, preview: Preview): Way {
	return { ...way, preview, step: "identity", problem: null };
}

/** A refusal leads to where it can be put right: wrong digits to the first step, a dead link to the end. */
export function refused(way: Way, problem: Problem): Way {
	const failed = { ...way, problem, sending: false };
	switch (problem.code) {
		case "calls.identity_mismatch":
			return { ...failed, step: "identity", tail: "" };
		case "calls.invitation_unknown":
		case "calls.invitation_locked":
			return { ...failed, step: "gone" };
		default:
			return way.step === "opening" ? { ...failed, step: "gone" } : failed;
	}
}

/** Where the call itself leads. */
export function follow(way: Way, call: CallSeen): Way {
	if (way.step !== "waiting" && way.step !== "call") return way;
	if (call.ended !== null) return { ...way, step: "after" };
	if (call.me?.seat === "admitted" || (call.entered && call.me?.seat !== "lobby"))
		return { ...way, step: "call" };
	return { ...way, step: "waiting" };
}

/** Which of three steps the dots show. */
export function dots(step: Step): number {
	return step === "identity" || step === "opening" ? 1 : step === "check" ? 2 : 3;
}

/** Whole minutes until the consult begins; null when that is past or unknown. */
export function minutesUntil(startsAt: string | null, nowMs: number): number | null {
	if (startsAt === null) return null;
	const minutes = Math.ceil((Date.parse(startsAt) - nowMs) / 60_000);
	return minutes > 0 ? minutes : null;
}

/** The invitation in an address's fragment: `#TOKEN` or `#i=TOKEN`; empty when there is none. */
export function invitationIn(hash: string): string {
	const raw = hash.replace(/^#(?:i=)?/, "");
	return /^[A-Za-z0-9._-]{8,200}$/.test(raw) ? raw : "";
}

export type LineNote = "lineGood" | "lineFair" | "linePoor" | "lineUnknown" | "lineChecking";

const NOTES: Readonly<Record<Way["line"], LineNote>> = {
	good: "lineGood",
	fair: "lineFair",
	poor: "linePoor",
	unknown: "lineUnknown",
	checking: "lineChecking",
};

export function lineNote(line: Way["line"]): LineNote {
	return NOTES[line];
}

/** Whom a patient sees large: whoever shows a picture, else the first who is there. */
export function mainPeer(call: CallSeen): CallSeen["peers"][number] | null {
	return call.peers.find((peer) => peer.showing && peer.media.video) ?? call.peers[0] ?? null;
}

/** Seconds a dropped seat is still kept. */
export function seatSeconds(call: CallSeen, nowMs: number): number {
	if (call.lostAtMs === null) return call.graceSeconds;
	return Math.max(0, Math.ceil(call.graceSeconds - (nowMs - call.lostAtMs) / 1000));
}

/** How long the call has been going on; null before anybody else was there. */
export function talkedMs(call: CallSeen, nowMs: number): number | null {
	return call.liveSince === null ? null : Math.max(0, nowMs - Date.parse(call.liveSince));
}
