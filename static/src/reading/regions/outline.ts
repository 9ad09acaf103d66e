/** The edge of a mask along its pixels' own edges, as an SVG path. Nothing is smoothed. Pure. */

/** Whether a pixel of a grid is set; asked only within it. */
export type Inside = (column: number, row: number) => boolean;

interface Corner {
	readonly x: number;
	readonly y: number;
}
const NO_CORNER: Corner = { x: 0, y: 0 };

/** Directions in turn to the right; a walk along an edge has what is set on its right. */
const RIGHT = 0;
const DOWN = 1;
const LEFT = 2;
const UP = 3;
const ACROSS = [1, 0, -1, 0] as const;
const ALONG = [0, 1, 0, -1] as const;
/** At a corner where two areas touch, a walk stays with its own: to the right, on, to the left. */
const TURNS = [1, 0, 3] as const;

/** The pixels of a row and one beyond its end, which is never set, as all of the row beyond the last. */
function rowOf(inside: Inside, columns: number, row: number, rows: number): Uint8Array {
	const found = new Uint8Array(columns + 1);
	if (row < rows) for (let x = 0; x < columns; x++) found[x] = Number(inside(x, row));
	return found;
}

/** The edges that begin in each corner of a grid, one bit for each direction. */
function edgesOf(inside: Inside, columns: number, rows: number): Uint8Array {
	const across = columns + 1;
	const edges = new Uint8Array(across * (rows + 1));
	/** Marks an edge one way where `here` is set and `beside` is not, the other way where it is the reverse. */
	const part = (here: number, beside: number, one: readonly number[], other: readonly number[]): void => {
		if (here === beside) return;
		const [at = 0, direction = 0] = here > beside ? one : other;
		edges[at] = (edges[at] ?? 0) | (1 << direction);
	};
	let above = new Uint8Array(across);
	for (let y = 0; y <= rows; y++) {
		const row = rowOf(inside, columns, y, rows);
		let before = 0;
		for (let x = 0; x < across; x++) {
			const at = y * across + x;
			const here = row[x] ?? 0;
			part(here, above[x] ?? 0, [at, RIGHT], [at + 1, LEFT]);
			part(here, before, [at + across, UP], [at, DOWN]);
			before = here;
		}
		above = row as Uint8Array<ArrayBuffer>;
	}
	return edges;
}

/** The closed edge that begins with the edge right of a corner; its edges are taken away. */
function walk(edges: Uint8Array, across: number, start: number, corner: Corner): string {
	const x = (at: number): number => corner.x + (at % across);
	const y = (at: number): number => corner.y + Math.floor(at / across);
	let path = `M${x(start)} ${y(start)}`;
	let at = start;
	let direction: number | null = RIGHT;
	while (direction !== null) {
		edges[at] = (edges[at] ?? 0) & ~(1 << direction);
		at += (ACROSS[direction] ?? 0) + (ALONG[direction] ?? 0) * across;
		const next = nextOf(edges[at] ?? 0, direction);
		if (next !== direction) path += direction % 2 === 0 ? `H${x(at)}` : `V${y(at)}`;
		direction = next;
	}
	return `${path}Z`;
}

/** How a walk goes on from a corner in which these edges begin; null where it is back at its start. */
function nextOf(open: number, direction: number): number | null {
	const turn = TURNS.find((by) => open & (1 << ((direction + by) % 4)));
	return turn === undefined ? null : (direction + turn) % 4;
}

/** The path around all that is set, in columns and rows from the upper left corner of the grid; "" for nothing.
 * Filled by the even-odd rule it covers exactly the pixels that are set. `corner`: where the grid lies in a larger one. */
export function outlineOf(inside: Inside, columns: number, rows: number, corner = NO_CORNER): string {
	const edges = edgesOf(inside, columns, rows);
	let path = "";
	// Each edge has an uppermost part, which runs to the right.
	for (let at = 0; at < edges.length; at++) {
		while ((edges[at] ?? 0) & (1 << RIGHT)) path += walk(edges, columns + 1, at, corner);
	}
	return path;
}
