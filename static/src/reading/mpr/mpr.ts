/** One reconstruction: where the planes are, how they are looked at, and every act on them. No DOM. */
import { Store } from "../../kit/store.ts";
import type { Series, Vector } from "../manifest.ts";
import type { Point } from "../space.ts";
import { dot } from "../space.ts";
import type { Size } from "../view.ts";
import type { Voi } from "../voi.ts";
import {
	extentOf,
	type Framing,
	fittedView,
	HOME,
	onward,
	PLANES,
	type Plane,
	type PlaneName,
	type PlaneView,
	panned,
	perMmOf,
	turned,
	turnedView,
	zoomedAbout,
} from "./plane.ts";
import type { Slab, SlabMode } from "./resample.ts";
import { minus, plus, times } from "./vectors.ts";
import { cornersOf, frameNear, inside, pitchAlong, type Volume } from "./volume.ts";

export type ByPlane<T> = Readonly<Record<PlaneName, T>>;

export interface MprState {
	/** The place where all planes cross. */
	readonly cross: Vector;
	readonly planes: ByPlane<Plane>;
	readonly views: ByPlane<PlaneView>;
	readonly voi: Voi;
	readonly invert: boolean;
	readonly slab: Slab;
	readonly active: PlaneName;
	/** Only the active plane is shown. */
	readonly single: boolean;
}

export interface MprStart {
	readonly series: Series;
	readonly volume: Volume;
	readonly cross: Vector;
	readonly voi: Voi;
	readonly invert: boolean;
	readonly single: boolean;
	readonly plane: PlaneName;
}

/** Millimetres of the slab: what the keys go through. */
export const THICKNESSES: readonly number[] = [0, 3, 5, 8, 10, 15, 20, 30, 40, 60];
export const SLAB_MODES: readonly SlabMode[] = ["mip", "minip", "average"];
const THIN: Slab = { mode: "mip", thicknessMm: 0 };
const ONE: Size = { width: 1, height: 1 };
const WIDTH_MIN = 1;

function each<T>(make: (name: PlaneName) => T): ByPlane<T> {
	return Object.fromEntries(PLANES.map((name) => [name, make(name)])) as Record<PlaneName, T>;
}

export class Mpr {
	readonly series: Series;
	readonly volume: Volume;
	readonly state: Store<MprState>;
	/** The plane that the slices are most like stands first. */
	readonly order: readonly PlaneName[];
	/** Size of each viewport in CSS pixels; kept by whoever draws it. */
	readonly sizes = new Map<PlaneName, Size>();
	readonly #start: MprStart;
	readonly #extents: ByPlane<Size>;

	constructor(start: MprStart) {
		this.#start = start;
		this.series = start.series;
		this.volume = start.volume;
		this.order = [start.plane, ...PLANES.filter((name) => name !== start.plane)];
		this.#extents = each((name) => extentOf(start.volume, name));
		this.state = new Store<MprState>({
			...this.#home(),
			voi: start.voi,
			invert: start.invert,
			slab: THIN,
			active: start.plane,
			single: start.single,
		});
	}

	#home(): Pick<MprState, "cross" | "planes" | "views"> {
		const { volume, cross } = this.#start;
		return {
			cross: inside(volume, cross),
			planes: each((name) => HOME[name]),
			views: each(() => fittedView(volume)),
		};
	}

	/** How a plane lies in its viewport now. */
	framing(name: PlaneName): Framing {
		const { planes, views } = this.state.value;
		const size = this.sizes.get(name) ?? ONE;
		const perMm = perMmOf(this.#extents[name], size, views[name].zoom);
		return { plane: planes[name], centre: views[name].centre, perMm, size };
	}

	/** A viewport has another size: whoever draws draws anew. */
	resized(): void {
		this.#change(() => ({}));
	}

	/** The planes on screen. */
	get shown(): readonly PlaneName[] {
		const { single, active } = this.state.value;
		return single ? [active] : this.order;
	}

	activate(active: PlaneName): void {
		this.#change(() => ({ active }));
	}

	/** Left and right: the plane before or after the active one. */
	activateNext(step: number): void {
		const at = this.order.indexOf(this.state.value.active);
		const next = this.order[(at + step + this.order.length) % this.order.length];
		if (next !== undefined) this.activate(next);
	}

	toggleSingle(): void {
		this.#change(({ single }) => ({ single: !single }));
	}

	/** Moves the cross, and with it the planes; it stays within the volume. */
	moveTo(place: Vector): void {
		this.#change(() => ({ cross: inside(this.volume, place) }));
	}

	/** Moves the cross by samples along the picture of a plane. */
	nudge(name: PlaneName, right: number, down: number): void {
		const { cross, planes } = this.state.value;
		const plane = planes[name];
		const by = (along: Vector, count: number): Vector => times(along, count * pitchAlong(this.volume, along));
		this.moveTo(plus(cross, plus(by(plane.right, right), by(plane.down, down))));
	}

	/** Goes so many samples on through the volume. */
	scroll(name: PlaneName, steps: number): void {
		const { cross, planes } = this.state.value;
		const way = onward(name, planes[name], this.volume);
		const goal = plus(cross, times(way, steps * pitchAlong(this.volume, way)));
		this.#along(name, goal);
	}

	/** The first or the last plane that meets the volume. */
	toEnd(name: PlaneName, last: boolean): void {
		const { cross, planes } = this.state.value;
		const way = onward(name, planes[name], this.volume);
		const reach = cornersOf(this.volume).map((corner) => dot(minus(corner, cross), way));
		const half = pitchAlong(this.volume, way) / 2;
		const to = last ? Math.max(...reach) - half : Math.min(...reach) + half;
		this.#along(name, plus(cross, times(way, to)));
	}

	/** Moves a plane by moving the cross along its normal, as long as it still meets the volume. */
	#along(name: PlaneName, goal: Vector): void {
		const { normal } = this.state.value.planes[name];
		const beyond = cornersOf(this.volume).map((corner) => dot(minus(corner, goal), normal));
		if (Math.min(...beyond) < 0 && Math.max(...beyond) > 0) this.#change(() => ({ cross: goal }));
	}

	/** Turns the two other planes about the normal of this one, through the cross. */
	rotate(name: PlaneName, radians: number): void {
		this.#change(({ planes, views, cross }) => {
			const axis = planes[name].normal;
			const still = (other: PlaneName): boolean => other === name;
			return {
				planes: each((other) => (still(other) ? planes[other] : turned(planes[other], axis, radians))),
				views: each((other) =>
					still(other) ? views[other] : turnedView(views[other], cross, axis, radians),
				),
			};
		});
	}

	zoomAbout(name: PlaneName, factor: number, point: Point): void {
		const framing = this.framing(name);
		this.#view(name, (view) => zoomedAbout(view, framing, factor, point));
	}

	zoomCentre(name: PlaneName, factor: number): void {
		const { width, height } = this.framing(name).size;
		this.zoomAbout(name, factor, { x: width / 2, y: height / 2 });
	}

	pan(name: PlaneName, dx: number, dy: number): void {
		const framing = this.framing(name);
		this.#view(name, (view) => panned(view, framing, dx, dy));
	}

	fit(name: PlaneName): void {
		this.#view(name, () => fittedView(this.volume));
	}

	setVoi(voi: Voi): void {
		this.#change(() => ({ voi }));
	}

	/** Moves the window; its width never falls below what is possible. */
	changeWindow(centerBy: number, widthBy: number): void {
		const { voi } = this.state.value;
		const whole = voi.width >= 20 ? Math.round : (value: number) => Math.round(value * 100) / 100;
		const least = voi.function === "LINEAR" ? WIDTH_MIN : Number.EPSILON;
		const width = Math.max(least, whole(voi.width + widthBy));
		this.setVoi({ function: voi.function, table: null, center: whole(voi.center + centerBy), width });
	}

	toggleInvert(): void {
		this.#change(({ invert }) => ({ invert: !invert }));
	}

	setSlab(slab: Partial<Slab>): void {
		this.#change((now) => ({ slab: { ...now.slab, ...slab } }));
	}

	/** One thickness on or back in the list. */
	thicker(steps: number): void {
		const now = this.state.value.slab.thicknessMm;
		const wanted =
			steps > 0 ? THICKNESSES.find((one) => one > now) : THICKNESSES.findLast((one) => one < now);
		if (wanted !== undefined) this.setSlab({ thicknessMm: wanted });
	}

	nextMode(): void {
		const at = SLAB_MODES.indexOf(this.state.value.slab.mode);
		this.setSlab({ mode: SLAB_MODES[(at + 1) % SLAB_MODES.length] ?? "mip" });
	}

	/** As when it was opened: planes, cross, views, window and slab; what is chosen to be seen stays. */
	reset(): void {
		const { voi, invert } = this.#start;
		this.#change(() => ({ ...this.#home(), voi, invert, slab: THIN }));
	}

	/** The frame of the series that lies nearest to the cross. */
	get frame(): number {
		return frameNear(this.volume, this.state.value.cross);
	}

	/** The window was changed since it was opened. */
	get chosenVoi(): Voi | null {
		const { voi } = this.state.value;
		return voi === this.#start.voi ? null : voi;
	}

	#view(name: PlaneName, to: (view: PlaneView) => PlaneView): void {
		this.#change(({ views }) => ({ views: { ...views, [name]: to(views[name]) } }));
	}

	#change(to: (state: MprState) => Partial<MprState>): void {
		const now = this.state.value;
		this.state.set({ ...now, ...to(now) });
	}
}
