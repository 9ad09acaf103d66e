/** A list of rows in groups with one selected row: where ↑↓ lead, which group is folded. */

export interface Column<Key extends string = string> {
	readonly key: Key;
	readonly label: string;
	/** CSS width; the columns without one share what is left. */
	readonly width?: string;
	readonly align?: "start" | "end";
	/** Says its label beside the value on a phone, where the table has no head. */
	readonly named?: boolean;
}

export interface RowGroup<Row> {
	readonly key: string;
	/** Empty for a list without groups: no heading row then. */
	readonly label: string;
	readonly rows: readonly Row[];
}

/** The rows one can reach: those of the groups that are not folded, in their order. */
export function reachable<Row>(
	groups: readonly RowGroup<Row>[],
	folded: ReadonlySet<string>,
): readonly Row[] {
	return groups.filter((group) => !folded.has(group.key)).flatMap((group) => group.rows);
}

/** The key of the row `step` rows away from the selected one; stops at the ends. Without a selection, the
 * first or the last row. */
export function stepSelection(keys: readonly string[], selected: string | null, step: number): string | null {
	if (keys.length === 0) return null;
	const at = selected === null ? -1 : keys.indexOf(selected);
	if (at < 0) return keys[step > 0 ? 0 : keys.length - 1] ?? null;
	return keys[Math.min(keys.length - 1, Math.max(0, at + step))] ?? null;
}

/** The row after `key`, going round once; null when there is no other. */
export function nextKey(keys: readonly string[], key: string | null): string | null {
	const at = key === null ? -1 : keys.indexOf(key);
	const next = keys[(at + 1) % Math.max(1, keys.length)];
	return next === undefined || next === key ? null : next;
}

/** True when a scrolled list has less than ten rows left below. */
export function nearEnd(
	view: Pick<Element, "scrollTop" | "clientHeight" | "scrollHeight">,
	rowPx = 49,
): boolean {
	return view.scrollHeight - view.scrollTop - view.clientHeight < 10 * rowPx;
}
