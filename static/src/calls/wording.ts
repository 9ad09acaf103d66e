/** Which words say what: from states and figures to keys of `texts.ts`. */
import type { DeviceState } from "./devices.ts";
import type { LineCheck } from "./precheck.ts";
import type { LeftData, Role } from "./protocol.ts";
import type { Ended, PeerWords } from "./room.ts";
import type { TextKey } from "./texts.ts";

const upper = <Word extends string>(word: Word): Capitalize<Word> =>
	`${word.charAt(0).toUpperCase()}${word.slice(1)}` as Capitalize<Word>;

export function deviceWords(which: "camera" | "microphone", state: DeviceState["camera"]): TextKey {
	return `${which}${upper(state)}`;
}

/** What keeps others from hearing or seeing this person, if anything. A desk without a camera is no fault. */
export function deviceFaults(state: Pick<DeviceState, "camera" | "microphone">): TextKey[] {
	const works = new Set<string>(["on", "off", "opening"]);
	const faults: TextKey[] = [];
	if (!works.has(state.microphone)) faults.push(deviceWords("microphone", state.microphone));
	if (!works.has(state.camera) && state.camera !== "missing")
		faults.push(deviceWords("camera", state.camera));
	return faults;
}

export function deviceWorks(state: DeviceState["camera"]): boolean {
	return state === "on" || state === "opening";
}

export function lineKey(line: LineCheck | "checking"): TextKey {
	return line === "checking" ? "lineChecking" : `line${upper(line.grade)}`;
}

/** The figures behind the grade, for the hint; null where nothing was measured. */
export function lineFigures(line: LineCheck | "checking"): { rtt: number; loss: string } | null {
	if (line === "checking" || line.rttMs === null || line.lossShare === null) return null;
	return { rtt: Math.round(line.rttMs), loss: (line.lossShare * 100).toFixed(line.lossShare < 0.1 ? 1 : 0) };
}

export function roleKey(role: Role): TextKey {
	return `role${upper(role)}`;
}

export function peerKey(words: Exclude<PeerWords, "reconnecting">): TextKey {
	return `peer${upper(words)}`;
}

const ENDED: Readonly<Record<Ended, TextKey>> = {
	left: "endedLeft",
	replaced: "endedReplaced",
	kicked: "endedKicked",
	denied: "endedDenied",
	room_closed: "endedRoomClosed",
	refused: "endedRefused",
	full: "endedFull",
	version: "endedVersion",
};

export function endedKey(ended: Ended): TextKey {
	return ENDED[ended];
}

const LEFT: Readonly<Record<LeftData["reason"], TextKey>> = {
	bye: "left",
	grace_over: "leftGrace",
	returned: "leftReturned",
	kicked: "leftKicked",
};

export function leftKey(reason: LeftData["reason"]): TextKey {
	return LEFT[reason];
}

/** Lit cells of a loudness bar. */
export function cells(level: number, count: number): boolean[] {
	const lit = Math.round(level * count);
	return Array.from({ length: count }, (_, index) => index < lit);
}

/** Columns of the tile grid for a number of people. */
export function columnsFor(count: number): number {
	return count <= 1 ? 1 : count <= 4 ? 2 : 3;
}

/** The character that stands for a person without a picture. */
export function initial(name: string): string {
	return Array.from(name.trim())[0] ?? "";
}
