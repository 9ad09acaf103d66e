/** What a screen may be used for: what was measured of it, when, and kept on this computer for each screen. */
import { type DisplayLike, displayKey, type Storage } from "../../ui/screen/screen.ts";
import { contrastOf, faultOf, LEVEL_MAX, type Luminances, seenAt } from "./transform.ts";

export interface Kept {
	readonly measured: Luminances;
	/** When it was measured, ISO 8601. */
	readonly at: string;
	/** The table is applied to images. */
	readonly on: boolean;
}

/** `primary`: fit for the first diagnosis. The others say why it is not. */
export type Standing = "uncalibrated" | "off" | "expired" | "dim" | "flat" | "primary";

const STORED_AS = "lianzhen.reading.screens";
const SCREENS_MAX = 16;
const DAY_MS = 86_400_000;
/** Measured again once a year. */
export const VALID_DAYS = 365;
/** Primary displays: at least 350 cd/m² and a contrast of 250, with the room's light. */
export const PRIMARY_CANDELAS_MIN = 350;
export const PRIMARY_CONTRAST_MIN = 250;

function isKept(value: unknown): value is Kept {
	if (typeof value !== "object" || value === null) return false;
	const { measured, at, on } = value as Partial<Kept>;
	const known = typeof measured === "object" && measured !== null && Array.isArray(measured.curve);
	const response = known && ["gamma", "gsdf", "measured"].includes(measured.response);
	const dated = typeof at === "string" && Number.isFinite(Date.parse(at)) && typeof on === "boolean";
	return dated && response && faultOf(measured) === null;
}

function stored(storage: Storage): Record<string, Kept> {
	try {
		const value: unknown = JSON.parse(storage.getItem(STORED_AS) ?? "{}");
		if (typeof value !== "object" || value === null) return {};
		return Object.fromEntries(Object.entries(value).filter((one): one is [string, Kept] => isKept(one[1])));
	} catch {
		return {};
	}
}

/** What is known of the screen the window stands on; null when nobody measured it. */
export function keptOf(storage: Storage, display: DisplayLike): Kept | null {
	return stored(storage)[displayKey(display)] ?? null;
}

/** Keeps what was measured, or forgets it; false when this browser keeps nothing. */
export function keep(storage: Storage, display: DisplayLike, kept: Kept | null): boolean {
	const here = displayKey(display);
	const others = Object.entries(stored(storage)).filter(([key]) => key !== here);
	const all = kept === null ? others : [...others.slice(-(SCREENS_MAX - 1)), [here, kept] as const];
	try {
		storage.setItem(STORED_AS, JSON.stringify(Object.fromEntries(all)));
		return true;
	} catch {
		return false;
	}
}

export function standingOf(kept: Kept | null, nowMs: number): Standing {
	if (kept === null) return "uncalibrated";
	if (nowMs - Date.parse(kept.at) > VALID_DAYS * DAY_MS) return "expired";
	if (!kept.on) return "off";
	if (seenAt(kept.measured, LEVEL_MAX) < PRIMARY_CANDELAS_MIN) return "dim";
	return contrastOf(kept.measured) < PRIMARY_CONTRAST_MIN ? "flat" : "primary";
}
