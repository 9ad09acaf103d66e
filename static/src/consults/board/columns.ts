/** The board's columns, its cards in their order, and where the arrow keys lead. */
import type { ConsultRow } from "../worklist/rows.ts";

export type ColumnKey = "submitted" | "accepted" | "assigned" | "reporting" | "signed";
export const COLUMN_KEYS: readonly ColumnKey[] = ["submitted", "accepted", "assigned", "reporting", "signed"];
/** Cards of a column shown before "n more". */
export const CARDS_SHOWN = 8;

export interface BoardColumn {
	readonly key: ColumnKey;
	readonly cards: readonly ConsultRow[];
}

const dueMs = (row: ConsultRow): number =>
	row.due_at === null ? Number.POSITIVE_INFINITY : Date.parse(row.due_at);

/** Cards with least time left first; a board has no other order. Signed ones: newest first. */
export function columnsOf(open: readonly ConsultRow[], ended: readonly ConsultRow[]): BoardColumn[] {
	const rows = [...open, ...ended];
	return COLUMN_KEYS.map((key) => {
		const cards = rows.filter((row) => row.status === key);
		cards.sort((a, b) =>
			key === "signed" ? signedMs(b) - signedMs(a) : dueMs(a) - dueMs(b) || a.number.localeCompare(b.number),
		);
		return { key, cards };
	});
}

const signedMs = (row: ConsultRow): number => (row.signed_at === null ? 0 : Date.parse(row.signed_at));

/** The card an arrow leads to from `selected`: up and down inside a column, left and right to the same height
 * in the next column that has cards. */
export function stepCard(
	columns: readonly BoardColumn[],
	selected: string | null,
	key: "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight",
): string | null {
	const at = columns.findIndex((column) => column.cards.some((card) => card.consult_id === selected));
	const column = columns[at];
	if (!column) return columns.find((one) => one.cards.length > 0)?.cards[0]?.consult_id ?? null;
	const height = column.cards.findIndex((card) => card.consult_id === selected);
	if (key === "ArrowUp" || key === "ArrowDown") {
		const to = height + (key === "ArrowUp" ? -1 : 1);
		return column.cards[to]?.consult_id ?? selected;
	}
	const step = key === "ArrowLeft" ? -1 : 1;
	for (let to = at + step; to >= 0 && to < columns.length; to += step) {
		const cards = columns[to]?.cards ?? [];
		const card = cards[Math.min(height, cards.length - 1)];
		if (card) return card.consult_id;
	}
	return selected;
}

/** How many open cases each reader has. */
export function loads(open: readonly ConsultRow[]): ReadonlyMap<string, number> {
	const counted = new Map<string, number>();
	for (const { specialist, status } of open) {
		if (!specialist || (status !== "assigned" && status !== "reporting")) continue;
		counted.set(specialist.account_id, (counted.get(specialist.account_id) ?? 0) + 1);
	}
	return counted;
}
