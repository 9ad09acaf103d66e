/** How many panes stand beside and below each other. */

export const LAYOUTS = ["1x1", "1x2", "2x1", "2x2"] as const;
/** Rows × columns. */
export type Layout = (typeof LAYOUTS)[number];

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
	return LAYOUTS[(LAYOUTS.indexOf(layout) + 1) % LAYOUTS.length] ?? "1x1";
}

/** The pane left, right, above or below; the same at an edge. */
export function neighbour(layout: Layout, at: number, dx: number, dy: number): number {
	const [rows, columns] = [rowsOf(layout), columnsOf(layout)];
	const column = Math.min(columns - 1, Math.max(0, (at % columns) + dx));
	const row = Math.min(rows - 1, Math.max(0, Math.floor(at / columns) + dy));
	return row * columns + column;
}
