/** What a pressed pointer does: pure rules from buttons, tool and fingers to an act. */

import type { Point } from "./space.ts";
import type { DrawnKind } from "./tools/mark.ts";

export type ViewTool = "window" | "pan" | "zoom" | "scroll";
export type Tool = ViewTool | DrawnKind | "magnifier" | "crosshair";
export type Act = Tool | "none";

/** Where a pointer is, as seen, and how near a finger or a mouse must come. */
export interface Touch {
	readonly seen: Point;
	readonly finger: boolean;
}

/** The tools that come after the first image: asked first what a press of the left button means. */
export interface Hand {
	/** True when the press is theirs: a mark tool is chosen, or a mark lies there. */
	down(touch: Touch): boolean;
	/** Moves a pressed or a free pointer. */
	move(touch: Touch): void;
	up(touch: Touch): void;
	/** Gives up what is being drawn; true when there was something. */
	cancel(): boolean;
}

export const LEFT = 1;
export const RIGHT = 2;
export const MIDDLE = 4;

/** The act of a mouse drag. Left is the chosen tool; right zooms, middle pans, left and right scroll. */
export function actOfButtons(buttons: number, tool: Tool): Act {
	if ((buttons & (LEFT | RIGHT)) === (LEFT | RIGHT)) return "scroll";
	if ((buttons & MIDDLE) !== 0) return "pan";
	if ((buttons & RIGHT) !== 0) return "zoom";
	return (buttons & LEFT) !== 0 ? tool : "none";
}

const PIXELS_PER_SLICE = 6;

/** How many slices a vertical drag moves, and what remains for the next move. */
export function slicesOfDrag(dy: number, rest: number, frames: number): { slices: number; rest: number } {
	const step = Math.max(2, Math.min(PIXELS_PER_SLICE, 600 / Math.max(1, frames)));
	const total = rest + dy;
	const slices = Math.trunc(total / step);
	return { slices, rest: total - slices * step };
}

const WINDOW_SPEED = 1 / 512;
const WINDOW_SPEED_MIN = 0.25;

/** How far the window changes for each pixel of drag: in proportion to its width, so that narrow windows
 * stay controllable and wide ones quick. */
export function windowStep(width: number): number {
	return Math.max(WINDOW_SPEED_MIN, width * WINDOW_SPEED * 2);
}

export function zoomFactor(dy: number): number {
	return Math.exp(-dy / 200);
}

const WHEEL_STEP = 40;

/** Whole slices of a wheel turn: one for each notch of a mouse, gathered from the trickle of a touch pad. */
export function slicesOfWheel(
	deltaY: number,
	deltaMode: number,
	rest: number,
): { slices: number; rest: number } {
	if (deltaMode !== 0 || Math.abs(deltaY) >= 100) return { slices: Math.sign(deltaY), rest: 0 };
	const total = rest + deltaY;
	const slices = Math.trunc(total / WHEEL_STEP);
	return { slices, rest: total - slices * WHEEL_STEP };
}

const DOUBLE_MS = 350;
const TAP_PX = 12;
const SAME_PLACE_PX = 30;

/** Knows two taps of a finger at one place from everything else that fingers do. */
export class Taps {
	#down: Point | null = null;
	#last: { readonly point: Point; readonly atMs: number } | null = null;

	/** A finger came down; `null` for a gesture that cannot be a tap. */
	down(point: Point | null): void {
		this.#down = point;
		if (point === null) this.#last = null;
	}

	/** The finger was lifted: true when it was the second tap. */
	up(point: Point, atMs: number): boolean {
		const tapped = this.#down !== null && far(this.#down, point) <= TAP_PX;
		const last = this.#last;
		this.#down = null;
		this.#last = tapped ? { point, atMs } : null;
		if (!tapped || last === null) return false;
		const twice = atMs - last.atMs <= DOUBLE_MS && far(last.point, point) <= SAME_PLACE_PX;
		if (twice) this.#last = null;
		return twice;
	}
}

function far(a: Point, b: Point): number {
	return Math.hypot(a.x - b.x, a.y - b.y);
}
