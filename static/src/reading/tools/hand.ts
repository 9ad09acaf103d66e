/** What the left button or a finger does with marks: draws them, takes them up, moves them and their ends. */
import { Store } from "../../kit/store.ts";
import type { Hand, Tool, Touch } from "../gesture.ts";
import type { Pane } from "../pane.ts";
import { type Projection, projectionOf } from "../projection.ts";
import type { Point } from "../space.ts";
import { pixelAspect } from "../space.ts";
import type { Station } from "../station.ts";
import { type Drawing, type Drawn, followed, pressed, released } from "./drawing.ts";
import { newId } from "./ids.ts";
import {
	completed,
	DRAWN_KINDS,
	type DrawnKind,
	type Mark,
	marksOn,
	moved,
	nextVertebra,
	replaced,
	withPoint,
} from "./mark.ts";
import { distanceTo, handleAt, shapeOf } from "./shapes.ts";

const REACH_PX = 8;
/** Half of the 44 pixels that a finger needs. */
const FINGER_REACH_PX = 22;
const FINGER_LINE_PX = 12;
const DRAGGED_PX = 4;

interface Held {
	readonly mark: Mark;
	/** The end that is moved, -1 for the whole mark. */
	readonly handle: number;
	readonly from: Point;
}

function drawnKind(tool: Tool): DrawnKind | null {
	return DRAWN_KINDS.find((kind) => kind === tool) ?? null;
}

export interface HandOptions {
	/** Takes the gesture of a tool that is no mark: the magnifier, the crosshair. */
	readonly others?: Partial<Readonly<Record<Tool, Hand>>>;
	/** A mark was finished or changed by hand. */
	readonly onDone: (mark: Mark) => void;
}

export class MarkHand implements Hand {
	readonly drawing = new Store<Drawing | null>(null);
	readonly #station: Station;
	readonly #pane: Pane;
	readonly #options: HandOptions;
	#held: Held | null = null;
	#pressedAt: Point = { x: 0, y: 0 };
	#other: Hand | null = null;

	constructor(station: Station, pane: Pane, options: HandOptions) {
		this.#station = station;
		this.#pane = pane;
		this.#options = options;
	}

	down(touch: Touch): boolean {
		this.#pressedAt = touch.seen;
		const tool = this.#station.tool.value;
		const projection = projectionOf(this.#pane);
		if (projection === null) return false;
		const kind = drawnKind(tool);
		if (this.drawing.value === null && this.#take(touch, projection, kind !== null)) return true;
		if (kind !== null) {
			this.#drew(pressed(this.drawing.value, kind, projection.toImage(touch.seen)));
			return true;
		}
		this.#station.selected.set(null);
		this.#other = this.#options.others?.[tool] ?? null;
		return this.#other?.down(touch) ?? false;
	}

	move(touch: Touch): void {
		this.#other?.move(touch);
		const at = projectionOf(this.#pane)?.toImage(touch.seen);
		if (at === undefined) return;
		const drawing = this.drawing.value;
		if (drawing !== null) this.drawing.set(followed(drawing, at));
		const held = this.#held;
		if (held === null) return;
		const { mark, handle, from } = held;
		const next =
			handle >= 0 ? withPoint(mark, handle, at) : moved(mark, { x: at.x - from.x, y: at.y - from.y });
		this.#station.marks.update((marks) => replaced(marks, next));
	}

	up(touch: Touch): void {
		this.move(touch);
		this.#other?.up(touch);
		this.#other = null;
		const held = this.#held;
		this.#held = null;
		if (held !== null) {
			const now = this.#station.marks.value.find((one) => one.id === held.mark.id);
			if (now !== undefined && now !== held.mark) this.#options.onDone(now);
			return;
		}
		const drawing = this.drawing.value;
		const at = projectionOf(this.#pane)?.toImage(touch.seen);
		if (drawing === null || at === undefined) return;
		const { x, y } = this.#pressedAt;
		const dragged = Math.hypot(touch.seen.x - x, touch.seen.y - y) >= DRAGGED_PX;
		this.#drew(released(drawing, at, dragged));
	}

	cancel(): boolean {
		const busy = this.drawing.value !== null || this.#held !== null || this.#other !== null;
		const held = this.#held;
		if (held !== null) this.#station.marks.update((marks) => replaced(marks, held.mark));
		this.#other?.cancel();
		this.#other = null;
		this.#held = null;
		this.drawing.set(null);
		return busy;
	}

	/** Makes a mark of this kind in the middle of what is seen, to be moved by keys from there. */
	place(kind: DrawnKind): void {
		const projection = projectionOf(this.#pane);
		if (projection === null) return;
		const { width, height } = this.#pane.size;
		const [x, y] = [width / 2, height / 2];
		const corners = [
			{ x: x - 40, y: y - 20 },
			{ x: x + 40, y: y - 20 },
			{ x: x + 40, y: y + 20 },
			{ x: x - 40, y: y + 20 },
		];
		const round = kind === "ellipse" || kind === "rectangle" ? [corners[0], corners[2]] : corners;
		let drawn: Drawn = pressed(null, kind, projection.toImage(round[0] as Point));
		for (const corner of round.slice(1)) {
			if ("finished" in drawn) break;
			drawn = pressed(drawn.drawing, kind, projection.toImage(corner as Point));
		}
		this.#drew(drawn);
	}

	/** Takes up the mark under the pointer. Where a mark tool is chosen, only ends are taken: lines start there. */
	#take({ seen, finger }: Touch, projection: Projection, onlyEnds: boolean): boolean {
		const frame = this.#pane.frame;
		if (frame === null) return false;
		const { marks, selected } = this.#station;
		const here = marksOn(marks.value, frame.sopInstanceUid, frame.number).reverse();
		const from = projection.toImage(seen);
		for (const mark of here) {
			const shape = shapeOf(
				mark.kind,
				mark.points.map((one) => projection.toSeen(one)),
			);
			const chosen = mark.id === selected.value;
			const handle = handleAt(seen, shape, finger && chosen ? FINGER_REACH_PX : REACH_PX);
			const near = !onlyEnds && distanceTo(seen, shape) <= (finger ? FINGER_LINE_PX : REACH_PX);
			if (handle < 0 && !near) continue;
			selected.set(mark.id);
			this.#held = { mark, handle, from };
			return true;
		}
		return false;
	}

	#drew(drawn: Drawn): void {
		if ("drawing" in drawn) {
			this.drawing.set(drawn.drawing);
			return;
		}
		const kind = this.drawing.value?.kind ?? drawnKind(this.#station.tool.value);
		this.drawing.set(null);
		if (kind !== null) this.#finish(kind, drawn.finished);
	}

	#finish(kind: DrawnKind, points: readonly Point[]): void {
		const { series } = this.#pane.state.value;
		const frame = this.#pane.frame;
		if (series === null || frame === null || frame.form === null) return;
		const mark: Mark = {
			id: newId(),
			kind,
			seriesUid: series.uid,
			sopInstanceUid: frame.sopInstanceUid,
			frameNumber: frame.number,
			points: completed(kind, points, pixelAspect(frame.form)),
			text: kind === "spine" ? nextVertebra(this.#station.marks.value) : "",
			author: null,
		};
		this.#station.marks.update((marks) => [...marks, mark]);
		this.#station.selected.set(mark.id);
		this.#options.onDone(mark);
	}
}
