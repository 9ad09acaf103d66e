/** What is drawn over a plane, and what a press on it means: lines of the other planes, handles, the cross. Pure. */
import { dot, type Point } from "../space.ts";
import type { MprState } from "./mpr.ts";
import { type Framing, PLANES, type PlaneName, toScreen } from "./plane.ts";
import { cross } from "./vectors.ts";

export interface Guide {
	/** The plane that the line is the trace of. */
	readonly name: PlaneName;
	/** Unit direction of the line on the screen, to the right or down. */
	readonly along: Point;
	/** The ends of the line's halves: from the gap about the cross to the edge. */
	readonly lines: readonly (readonly [Point, Point])[];
	/** The faces of the slab, dashed. */
	readonly faces: readonly (readonly [Point, Point])[];
	/** Where to take hold to turn it. */
	readonly handles: readonly Point[];
}

export interface Guides {
	readonly at: Point;
	readonly of: readonly Guide[];
}

/** Free space about the cross: the line must not cover what it points at. */
const OPEN_PIXELS = 14;
const HANDLE_SHARE = 0.36;
const FACES_FROM_PIXELS = 4;

function along(p: Point, way: Point, by: number): Point {
	return { x: p.x + way.x * by, y: p.y + way.y * by };
}

/** The trace of one plane on another, as a unit direction on the screen. */
function traceOf(state: MprState, { plane }: Framing, other: PlaneName): Point {
	const way = cross(plane.normal, state.planes[other].normal);
	const [x, y] = [dot(way, plane.right), dot(way, plane.down)];
	const size = Math.hypot(x, y) || 1;
	const sign = Math.abs(x) >= Math.abs(y) ? Math.sign(x) || 1 : Math.sign(y) || 1;
	return { x: (x / size) * sign, y: (y / size) * sign };
}

export function guidesOf(state: MprState, name: PlaneName, framing: Framing): Guides {
	const { size, perMm } = framing;
	const at = toScreen(framing, state.cross);
	const far = size.width + size.height;
	const reach = Math.min(size.width, size.height) * HANDLE_SHARE;
	const half = (state.slab.thicknessMm / 2) * perMm;
	const guides = PLANES.filter((other) => other !== name).map((other): Guide => {
		const way = traceOf(state, framing, other);
		const across = { x: -way.y, y: way.x };
		const face = (side: number): readonly [Point, Point] => {
			const on = along(at, across, side * half);
			return [along(on, way, -far), along(on, way, far)];
		};
		return {
			name: other,
			along: way,
			lines: [
				[along(at, way, -far), along(at, way, -OPEN_PIXELS)],
				[along(at, way, OPEN_PIXELS), along(at, way, far)],
			],
			faces: half >= FACES_FROM_PIXELS ? [face(-1), face(1)] : [],
			handles: [along(at, way, -reach), along(at, way, reach)],
		};
	});
	return { at, of: guides };
}

/** What a press takes hold of. `plane` is that of the line that is held. */
export type Hold =
	| { readonly kind: "cross" }
	| { readonly kind: "line"; readonly plane: PlaneName }
	| { readonly kind: "turn" };

const NEAR = { mouse: { handle: 9, cross: 12, line: 5 }, finger: { handle: 22, cross: 24, line: 14 } };

/** What lies under a pointer; null where the chosen tool has its way. */
export function holdAt(guides: Guides, point: Point, finger: boolean): Hold | null {
	const near = finger ? NEAR.finger : NEAR.mouse;
	const away = (p: Point): number => Math.hypot(point.x - p.x, point.y - p.y);
	if (away(guides.at) <= near.cross) return { kind: "cross" };
	if (guides.of.some(({ handles }) => handles.some((one) => away(one) <= near.handle)))
		return { kind: "turn" };
	const line = guides.of.find(({ along: way }) => {
		const beside = (point.x - guides.at.x) * -way.y + (point.y - guides.at.y) * way.x;
		return Math.abs(beside) <= near.line;
	});
	return line === undefined ? null : { kind: "line", plane: line.name };
}

/** By how much a pointer turned about the cross, in radians, clockwise as seen; the short way round. */
export function turnBetween(about: Point, from: Point, to: Point): number {
	const angle = (p: Point): number => Math.atan2(p.y - about.y, p.x - about.x);
	const by = angle(to) - angle(from);
	return by > Math.PI ? by - 2 * Math.PI : by < -Math.PI ? by + 2 * Math.PI : by;
}

/** A move across a line, on the screen: along it nothing moves. */
export function acrossOf(way: Point, dx: number, dy: number): Point {
	const by = dx * -way.y + dy * way.x;
	return { x: -way.y * by, y: way.x * by };
}
