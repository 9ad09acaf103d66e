/** A case's history, newest first, gathered by day. */
import { dayTitle, isoDay } from "../kit/format.ts";
import type { IconName } from "./icons.ts";

export interface TimelineItem {
	readonly key: string;
	/** ISO 8601 instant. */
	readonly at: string;
	readonly icon: IconName;
	readonly text: string;
	/** Who acted, in bold; acts of the machine have none. */
	readonly actor?: string;
	readonly note?: string;
	readonly tone?: "plain" | "accent" | "green" | "orange";
}

export interface TimelineDay<Item> {
	readonly title: string;
	readonly items: readonly Item[];
}

/** Days newest first, and inside a day the newest item first; items of one instant keep their given order reversed. */
export function byDay<Item extends TimelineItem>(items: readonly Item[], nowMs: number): TimelineDay<Item>[] {
	const newestFirst = items
		.map((item, index) => ({ item, index, atMs: Date.parse(item.at) }))
		.sort((a, b) => b.atMs - a.atMs || b.index - a.index);
	const days = new Map<string, Item[]>();
	for (const { item } of newestFirst) {
		const day = isoDay(item.at);
		const known = days.get(day);
		if (known) known.push(item);
		else days.set(day, [item]);
	}
	return [...days.values()].map((one) => ({ title: dayTitle(one[0]?.at ?? nowMs, nowMs), items: one }));
}
