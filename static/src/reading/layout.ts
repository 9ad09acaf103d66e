/** How many panes stand beside and below each other. */

export const LAYOUTS = ["1x1", "1x2", "2x1", "2x2"] as const;
/** Layouts that hanging protocols use besides; the layout key does not go through them. */
export const WIDE_LAYOUTS = ["1x3", "1x4", "2x3", "2x4"] as const;
export const ALL_LAYOUTS = [...LAYOUTS, ...WIDE_LAYOUTS] as const;
/** Rows × columns. */
export type Layout = (typeof ALL_LAYOUTS)[number];

export function rowsOf(layout: Layout): number {
	return Number(layout[0]);
}

export function columnsOf(layout: Layout): number {
	return Number(layout[2]);
}

export function panesOf(layout: Layout): number {
	return rowsOf(layout) * columnsOf(layout);
}

export function nextLayout(layout: Layout): Layout {
	const at = (LAYOUTS as readonly Layout[]).indexOf(layout);
	return LAYOUTS[(at + 1) % LAYOUTS.length] ?? "1x1";
}

/** The pane left, right, above or below; the same at an edge. */
export function neighbour(layout: Layout, at: number, dx: number, dy: number): number {
	const [rows, columns] = [rowsOf(layout), columnsOf(layout)];
	const column = Math.min(columns - 1, Math.max(0, (at % columns) + dx));
	const row = Math.min(rows - 1, Math.max(0, Math.floor(at / columns) + dy));
	return row * columns + column;
}
