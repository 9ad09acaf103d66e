/** How a picture is turned and flipped on screen. The canvas is drawn upright and laid out turned, so whoever
 * draws on it knows nothing of turns. Points "on the canvas" are upright, points "as seen" are on the screen. */
import type { EdgeLetters, Point } from "./space.ts";
import type { Size } from "./view.ts";

/** First flipped left to right, then turned clockwise by quarters. */
export interface Turn {
	readonly quarters: 0 | 1 | 2 | 3;
	readonly flipped: boolean;
}

export const UPRIGHT: Turn = { quarters: 0, flipped: false };

function quarter(count: number): Turn["quarters"] {
	return (((count % 4) + 4) % 4) as Turn["quarters"];
}

export function turnedBy(turn: Turn, quarters: number): Turn {
	return { ...turn, quarters: quarter(turn.quarters + quarters) };
}

export function flippedSideways(turn: Turn): Turn {
	return { quarters: quarter(-turn.quarters), flipped: !turn.flipped };
}

export function flippedUpDown(turn: Turn): Turn {
	return { quarters: quarter(2 - turn.quarters), flipped: !turn.flipped };
}

/** A direction on the canvas as it is seen. */
export function seenDirection(direction: Point, turn: Turn): Point {
	let { x, y } = direction;
	if (turn.flipped) x = -x;
	for (let i = 0; i < turn.quarters; i++) [x, y] = [-y, x];
	return { x, y };
}

/** A seen direction as it is on the canvas. */
export function canvasDirection(direction: Point, turn: Turn): Point {
	let { x, y } = direction;
	for (let i = 0; i < turn.quarters; i++) [x, y] = [y, -x];
	return { x: turn.flipped ? -x : x, y };
}

/** The size of the canvas in a viewport; of the viewport around a canvas as well. */
export function canvasSize(viewport: Size, turn: Turn): Size {
	const sideways = turn.quarters % 2 === 1;
	return sideways ? { width: viewport.height, height: viewport.width } : viewport;
}

export function seenPoint(point: Point, canvas: Size, turn: Turn): Point {
	const viewport = canvasSize(canvas, turn);
	const from = { x: point.x - canvas.width / 2, y: point.y - canvas.height / 2 };
	const to = seenDirection(from, turn);
	return { x: to.x + viewport.width / 2, y: to.y + viewport.height / 2 };
}

export function canvasPoint(point: Point, canvas: Size, turn: Turn): Point {
	const viewport = canvasSize(canvas, turn);
	const from = { x: point.x - viewport.width / 2, y: point.y - viewport.height / 2 };
	const to = canvasDirection(from, turn);
	return { x: to.x + canvas.width / 2, y: to.y + canvas.height / 2 };
}

/** The CSS transform that lays the canvas out, about its upper left corner; whole pixels stay whole. */
export function cssTransform(canvas: Size, turn: Turn): string {
	if (turn.quarters === 0 && !turn.flipped) return "none";
	const right = seenDirection({ x: 1, y: 0 }, turn);
	const down = seenDirection({ x: 0, y: 1 }, turn);
	const origin = seenPoint({ x: 0, y: 0 }, canvas, turn);
	const figures = [right.x, right.y, down.x, down.y, origin.x, origin.y].map((one) => one + 0);
	return `matrix(${figures.join(", ")})`;
}

/** The letters beyond the edges, as seen. */
export function edgesSeen(edges: EdgeLetters, turn: Turn): EdgeLetters {
	const beyond = (x: number, y: number): string => {
		const on = canvasDirection({ x, y }, turn);
		if (on.x > 0) return edges.right;
		if (on.x < 0) return edges.left;
		return on.y > 0 ? edges.bottom : edges.top;
	};
	return { left: beyond(-1, 0), right: beyond(1, 0), top: beyond(0, -1), bottom: beyond(0, 1) };
}
