/** Pointers on a plane: handles first, then the chosen tool; right zooms, middle moves, the wheel goes through. */
import {
	type Act,
	actOfButtons,
	LEFT,
	slicesOfDrag,
	slicesOfWheel,
	type Tool,
	windowStep,
	zoomFactor,
} from "../gesture.ts";
import type { Point } from "../space.ts";
import { acrossOf, guidesOf, type Hold, holdAt, turnBetween } from "./guides.ts";
import type { Mpr } from "./mpr.ts";
import { fromScreen, type PlaneName } from "./plane.ts";

/** The parts of a pointer event that are used. */
export interface Press {
	readonly id: number;
	readonly point: Point;
	readonly buttons: number;
	readonly shift: boolean;
	readonly finger: boolean;
}

const STEPS = 400;

export class PlaneHand {
	readonly #mpr: Mpr;
	readonly #name: PlaneName;
	readonly #tool: () => Tool;
	readonly #pointers = new Map<number, Point>();
	#hold: Hold | null = null;
	#act: Act = "none";
	#rest = 0;

	constructor(mpr: Mpr, name: PlaneName, tool: () => Tool) {
		this.#mpr = mpr;
		this.#name = name;
		this.#tool = tool;
	}

	/** What a press here would take hold of; for the shape of the pointer. */
	holdAt(point: Point, finger: boolean): Hold | null {
		const framing = this.#mpr.framing(this.#name);
		return holdAt(guidesOf(this.#mpr.state.value, this.#name, framing), point, finger);
	}

	down({ id, point, buttons, shift, finger }: Press): void {
		this.#mpr.activate(this.#name);
		this.#pointers.set(id, point);
		this.#rest = 0;
		if (this.#pointers.size > 1) {
			this.#hold = null;
			this.#act = "none";
			return;
		}
		this.#act = actOfButtons(buttons, this.#tool());
		this.#hold = buttons === LEFT ? this.#held(point, shift, finger) : null;
		if (this.#hold?.kind === "cross" && this.#tool() === "crosshair") this.#toPoint(point);
	}

	#held(point: Point, shift: boolean, finger: boolean): Hold | null {
		if (shift) return { kind: "turn" };
		const found = this.holdAt(point, finger);
		return found === null && this.#tool() === "crosshair" ? { kind: "cross" } : found;
	}

	move({ id, point, buttons }: Press): void {
		const before = this.#pointers.get(id);
		if (before === undefined) return;
		this.#pointers.set(id, point);
		if (this.#pointers.size > 1) this.#pinch(id, before, point);
		else if (this.#hold !== null) this.#drag(this.#hold, before, point);
		else {
			// A second button pressed while the first is held arrives as a move.
			const act = actOfButtons(buttons, this.#tool());
			if (act !== this.#act && act !== "none") this.#act = act;
			this.#use(point.x - before.x, point.y - before.y);
		}
	}

	up(id: number): void {
		this.#pointers.delete(id);
		if (this.#pointers.size > 0) return;
		this.#hold = null;
		this.#act = "none";
	}

	/** Lets go of what is held; true when there was something. */
	cancel(): boolean {
		const held = this.#hold !== null;
		this.#hold = null;
		return held;
	}

	wheel(deltaY: number, deltaMode: number, zooms: boolean, point: Point): void {
		if (zooms) {
			this.#mpr.zoomAbout(this.#name, zoomFactor(deltaY), point);
			return;
		}
		const moved = slicesOfWheel(deltaY, deltaMode, this.#rest);
		this.#rest = moved.rest;
		if (moved.slices !== 0) this.#mpr.scroll(this.#name, moved.slices);
	}

	#toPoint(point: Point): void {
		const framing = this.#mpr.framing(this.#name);
		this.#mpr.moveTo(fromScreen(framing, point, this.#mpr.state.value.cross));
	}

	#drag(hold: Hold, before: Point, point: Point): void {
		const { state } = this.#mpr;
		const framing = this.#mpr.framing(this.#name);
		const guides = guidesOf(state.value, this.#name, framing);
		if (hold.kind === "turn") {
			this.#mpr.rotate(this.#name, turnBetween(guides.at, before, point));
			return;
		}
		const [dx, dy] = [point.x - before.x, point.y - before.y];
		const line = hold.kind === "line" ? guides.of.find(({ name }) => name === hold.plane) : undefined;
		const by = line === undefined ? { x: dx, y: dy } : acrossOf(line.along, dx, dy);
		this.#toPoint({ x: guides.at.x + by.x, y: guides.at.y + by.y });
	}

	#use(dx: number, dy: number): void {
		if (this.#act === "window") {
			const step = windowStep(this.#mpr.state.value.voi.width);
			this.#mpr.changeWindow(dy * step, dx * step);
		} else if (this.#act === "pan") this.#mpr.pan(this.#name, dx, dy);
		else if (this.#act === "zoom") this.#mpr.zoomCentre(this.#name, zoomFactor(dy));
		else if (this.#act === "scroll") {
			const moved = slicesOfDrag(dy, this.#rest, STEPS);
			this.#rest = moved.rest;
			if (moved.slices !== 0) this.#mpr.scroll(this.#name, moved.slices);
		}
	}

	/** Two fingers: their distance zooms, their middle moves. */
	#pinch(moved: number, before: Point, point: Point): void {
		const other = [...this.#pointers].find(([id]) => id !== moved)?.[1];
		if (other === undefined) return;
		const was = Math.hypot(before.x - other.x, before.y - other.y);
		const is = Math.hypot(point.x - other.x, point.y - other.y);
		const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
		if (was > 0 && is > 0) this.#mpr.zoomAbout(this.#name, is / was, middle);
		this.#mpr.pan(this.#name, (point.x - before.x) / 2, (point.y - before.y) / 2);
	}
}
