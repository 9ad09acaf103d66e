/** The patient's way: who you are, try the phone and agree, wait, talk, after. Pure. */
import type { Problem } from "../api/problem.ts";
import type { Preview, Standing } from "./api.ts";
import type { CallSeen } from "./port.ts";

export type Step = "opening" | "gone" | "identity" | "check" | "waiting" | "call" | "after";

/** Why the link leads nowhere on this phone. */
export type Gone = Exclude<Standing, "open"> | "unknown";

export const TAIL_LENGTH = 4;

export interface Way {
	readonly step: Step;
	readonly preview: Preview | null;
	readonly gone: Gone;
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
	gone: "unknown",
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

/** The link has been looked at: the first step, or whom to phone. */
export function previewed(way: Way, preview: Preview): Way {
	const looked = { ...way, preview, problem: null };
	if (preview.standing !== "open") return { ...looked, step: "gone", gone: preview.standing };
	return { ...looked, step: "identity" };
}

const GONE: Readonly<Record<string, Gone>> = {
	"calls.invitation_unknown": "unknown",
	"calls.invitation_used": "used",
	"calls.invitation_ended": "ended",
	"calls.invitation_locked": "locked",
};

/** A refusal leads to where it can be put right: wrong digits to the first step, a dead link to the end;
 * anything else (no network, a busy centre) stays where it is and can be tried again. */
export function refused(way: Way, problem: Problem): Way {
	const failed = { ...way, problem, sending: false };
	const gone = GONE[problem.code];
	if (gone !== undefined) return { ...failed, step: "gone", gone };
	if (problem.code !== "calls.identity_mismatch") return failed;
	if (problem.params["tries_left"] === 0) return { ...failed, step: "gone", gone: "locked" };
	return { ...failed, step: "identity", tail: "" };
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
	const gone = Math.max(0, nowMs - call.lostAtMs) / 1000;
	return Math.max(0, Math.ceil(call.graceSeconds - gone));
}

/** How long the call has been going on; null before anybody else was there. */
export function talkedMs(call: CallSeen, nowMs: number): number | null {
	return call.liveSince === null ? null : Math.max(0, nowMs - Date.parse(call.liveSince));
}
