/** How much of a time limit is left, and how loudly to say it (interface: ample, near, over, paused). */
export type TimeLeftState = "ample" | "near" | "over" | "paused" | "none";

export interface TimeLeft {
	readonly state: TimeLeftState;
	/** Milliseconds left; negative when over; 0 when there is no limit. */
	readonly leftMs: number;
	/** Share of the limit still left, 0 to 1; 1 when over, where the bar is full. */
	readonly share: number;
}

export interface Limit {
	readonly startMs: number;
	readonly dueMs: number;
	readonly paused?: boolean;
}

const NEAR_SHARE = 0.15;
const NEAR_CAP_MS = 10 * 60_000;

/** The point from which a limit counts as near: 15 % of it, or up to ten minutes but at most a third. */
export function nearFromMs(limitMs: number): number {
	return Math.max(NEAR_SHARE * limitMs, Math.min(NEAR_CAP_MS, limitMs / 3));
}

export function timeLeft(nowMs: number, limit: Limit | null): TimeLeft {
	if (limit === null || limit.dueMs <= limit.startMs) return { state: "none", leftMs: 0, share: 0 };
	const limitMs = limit.dueMs - limit.startMs;
	const leftMs = limit.dueMs - nowMs;
	const share = Math.min(1, Math.max(0, leftMs / limitMs));
	if (limit.paused === true) return { state: "paused", leftMs, share };
	if (leftMs < 0) return { state: "over", leftMs, share: 1 };
	return { state: leftMs <= nearFromMs(limitMs) ? "near" : "ample", leftMs, share };
}

/** Builds a limit from the API's instants; no due time or no start means no limit. */
export function limitOf(
	startedAt: string | null | undefined,
	dueAt: string | null | undefined,
	paused = false,
): Limit | null {
	if (!startedAt || !dueAt) return null;
	const startMs = Date.parse(startedAt);
	const dueMs = Date.parse(dueAt);
	if (Number.isNaN(startMs) || Number.isNaN(dueMs)) return null;
	return { startMs, dueMs, paused };
}
