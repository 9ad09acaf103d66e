/** What keys and pointers do to a rendering. Pure but for what they change. */
import type { Binding } from "../../kit/keys.ts";
import type { Point } from "../space.ts";
import type { Rendering } from "./rendering.ts";
import type { ThreeTextKey, ThreeWords } from "./texts.ts";

export const TURN = (10 * Math.PI) / 180;
export const FINE = (2 * Math.PI) / 180;
export const ZOOM_STEP = 1.25;
/** A hand that goes over half the picture turns it half round. */
const PER_PIXEL = 0.008;
const WHEEL = 0.0015;

const TURNS: readonly (readonly [string, number, number, ThreeTextKey])[] = [
	["ArrowLeft", -1, 0, "turnLeft"],
	["ArrowRight", 1, 0, "turnRight"],
	["ArrowUp", 0, -1, "turnUp"],
	["ArrowDown", 0, 1, "turnDown"],
];

export function bindings(rendering: Rendering, words: () => ThreeWords, leave: () => void): Binding[] {
	const bound = (keys: Binding["keys"], label: ThreeTextKey, run: () => void): Binding => ({
		keys,
		label: () => words()[label],
		run,
	});
	return [
		...TURNS.flatMap(([key, x, y, label]) => [
			bound(key, label, () => rendering.rotate(x * TURN, y * TURN)),
			bound(`Shift+${key}`, label, () => rendering.rotate(x * FINE, y * FINE)),
		]),
		bound(["+", "Shift++", "="], "zoomIn", () => rendering.zoom(ZOOM_STEP)),
		bound("-", "zoomOut", () => rendering.zoom(1 / ZOOM_STEP)),
		bound("Space", "reset", () => rendering.reset()),
		bound(["Escape", "J"], "leave", leave),
		...rendering.presets.map((name, i) => bound(String(i + 1), name, () => rendering.use(name))),
	];
}

/** The parts of a pointer event that are used. */
export interface Press {
	readonly id: number;
	readonly point: Point;
}

/** One finger or the mouse turns, two fingers zoom. */
export class BallHand {
	readonly #rendering: Pick<Rendering, "rotate" | "zoom">;
	readonly #pointers = new Map<number, Point>();

	constructor(rendering: Pick<Rendering, "rotate" | "zoom">) {
		this.#rendering = rendering;
	}

	down({ id, point }: Press): void {
		this.#pointers.set(id, point);
	}

	move({ id, point }: Press): void {
		const before = this.#pointers.get(id);
		if (before === undefined) return;
		const other = [...this.#pointers].find(([one]) => one !== id)?.[1];
		this.#pointers.set(id, point);
		if (other === undefined) {
			this.#rendering.rotate((point.x - before.x) * PER_PIXEL, (point.y - before.y) * PER_PIXEL);
			return;
		}
		const was = Math.hypot(before.x - other.x, before.y - other.y);
		const is = Math.hypot(point.x - other.x, point.y - other.y);
		if (was > 0 && is > 0) this.#rendering.zoom(is / was);
	}

	up(id: number): void {
		this.#pointers.delete(id);
	}

	wheel(deltaY: number): void {
		this.#rendering.zoom(Math.exp(-deltaY * WHEEL));
	}
}
