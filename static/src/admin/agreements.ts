/** Agreements as the list shows them: who may ask whom, and whether it holds today. */
import { isoDay } from "../kit/format.ts";
import type { IconName } from "../ui/icons.ts";
import type { Tone } from "../ui/status.ts";
import type { Agreement, Institution } from "./calls.ts";

/** An agreement that ends within this time wants attention. */
export const ENDS_SOON_DAYS = 60;
const DAY_MS = 86_400_000;

export interface AgreementState {
	readonly word: "inForce" | "endsSoon" | "ended" | "notBegun";
	/** Days until it ends or begins. */
	readonly days: number;
	readonly icon: IconName;
	readonly tone: Tone;
}

/** Whole days from one calendar day to another, both `2026-11-21`. */
export function daysBetween(from: string, to: string): number {
	return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** Both days of the period belong to it. */
export function agreementState(
	agreement: Pick<Agreement, "valid_from" | "valid_to">,
	nowMs: number,
): AgreementState {
	const today = isoDay(nowMs);
	const toBegin = daysBetween(today, agreement.valid_from);
	const toEnd = daysBetween(today, agreement.valid_to);
	if (toBegin > 0) return { word: "notBegun", days: toBegin, icon: "clock", tone: "blue" };
	if (toEnd < 0) return { word: "ended", days: 0, icon: "crossCircle", tone: "ink-3" };
	if (toEnd <= ENDS_SOON_DAYS) return { word: "endsSoon", days: toEnd, icon: "alert", tone: "orange" };
	return { word: "inForce", days: toEnd, icon: "checkCircle", tone: "green" };
}

/** The one that ends first on top; ended ones last. */
export function inOrder(agreements: readonly Agreement[], nowMs: number): Agreement[] {
	const over = (one: Agreement): number => Number(agreementState(one, nowMs).word === "ended");
	return [...agreements].sort((a, b) => over(a) - over(b) || a.valid_to.localeCompare(b.valid_to));
}

/** The institution's name; its id where it is not listed. */
export function nameIn(institutions: readonly Institution[], id: string): string {
	return institutions.find((one) => one.institution_id === id)?.name ?? id;
}
