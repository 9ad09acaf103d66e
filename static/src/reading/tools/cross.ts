/** What panes tell each other: linked slices, reference lines, the cross that is one place in all series. */
import { Store } from "../../kit/store.ts";
import type { Hand, Touch } from "../gesture.ts";
import type { Frame, Vector } from "../manifest.ts";
import type { Pane } from "../pane.ts";
import { projectionOf } from "../projection.ts";
import { slicePositionMm } from "../space.ts";
import type { Station } from "../station.ts";
import type { ObjectFacts } from "./measuring.ts";
import type { Line } from "./shapes.ts";
import { areParallel, imageOf, nearestFrame, patientOf, referenceLine } from "./spatial.ts";

interface Cross {
	readonly frameOfReference: string;
	readonly place: Vector;
}

const CROSS_ARM = 0.04;

export class CrossSeries {
	readonly cross = new Store<Cross | null>(null);
	/** How far the other pane is behind the active one, for panes that share no frame of reference. */
	readonly #offsets = new Map<Pane, number>();
	readonly #station: Station;
	readonly #facts: ObjectFacts;
	readonly #stops: (() => void)[] = [];
	#following = false;

	constructor(station: Station, facts: ObjectFacts) {
		this.#station = station;
		this.#facts = facts;
		for (const pane of station.panes) {
			this.#stops.push(pane.state.subscribe(() => this.#followed(pane)));
		}
	}

	close(): void {
		for (const stop of this.#stops) stop();
	}

	/** Links the panes, keeping the distance they have now where they share no frame of reference. */
	toggleLink(): void {
		const { linked, activePane } = this.#station;
		this.#offsets.clear();
		linked.set(!linked.value);
		if (!linked.value) return;
		for (const pane of this.#station.visible) this.#offsets.set(pane, this.#behind(activePane, pane));
		this.#followed(activePane);
	}

	/** Links the panes as they stand now, whether they were linked or not. */
	link(): void {
		this.#station.linked.set(false);
		this.toggleLink();
	}

	reference(pane: Pane): string {
		const { series } = pane.state.value;
		const frame = pane.frame;
		return series === null || frame === null
			? ""
			: this.#facts.frameOfReference(series.uid, frame.sopInstanceUid);
	}

	/** True when positions of the two panes mean the same places. */
	shareReference(one: Pane, other: Pane): boolean {
		const reference = this.reference(one);
		return reference !== "" && reference === this.reference(other);
	}

	/** The millimetres by which a linked pane is moved against the active one; null where they share a space. */
	offsetOf(pane: Pane): number | null {
		const { activePane } = this.#station;
		if (pane === activePane || this.shareReference(activePane, pane)) return null;
		return this.#offsets.get(pane) ?? null;
	}

	/** Lines of other panes' planes and the cross, in points of this pane's image. */
	guidesOf(pane: Pane): Line[] {
		const frame = pane.frame;
		if (frame === null) return [];
		const lines = this.#station.visible
			.filter((other) => other !== pane && this.shareReference(pane, other))
			.map((other) => (other.frame === null ? null : referenceLine(frame, other.frame)))
			.filter((line): line is Line => line !== null);
		return [...lines, ...this.#crossOn(pane, frame)];
	}

	/** Goes to a place of the active pane in all panes that share its space. */
	show(pane: Pane, place: Vector): void {
		const frameOfReference = this.reference(pane);
		if (frameOfReference === "") return;
		this.cross.set({ frameOfReference, place });
		this.#quietly(() => {
			for (const other of this.#station.visible) {
				const { series } = other.state.value;
				if (other === pane || series === null || !this.shareReference(pane, other)) continue;
				const nearest = nearestFrame(series, place);
				if (nearest !== null) other.goTo(nearest.index);
			}
		});
	}

	/** The gesture of the crosshair tool on a pane. */
	handOf(pane: Pane): Hand {
		const point = ({ seen }: Touch): void => {
			const at = projectionOf(pane)?.toImage(seen);
			const place = at === undefined || pane.frame === null ? null : patientOf(at, pane.frame);
			if (place !== null) this.show(pane, place);
		};
		return {
			down: (touch) => {
				point(touch);
				return true;
			},
			move: point,
			up: () => undefined,
			cancel: () => false,
		};
	}

	#crossOn(pane: Pane, frame: Frame): Line[] {
		const cross = this.cross.value;
		if (cross === null || frame.form === null || this.reference(pane) !== cross.frameOfReference) return [];
		const at = imageOf(cross.place, frame);
		if (at === null) return [];
		const arm = Math.max(frame.form.rows, frame.form.columns) * CROSS_ARM;
		return [
			{ a: { x: at.x - arm, y: at.y }, b: { x: at.x + arm, y: at.y } },
			{ a: { x: at.x, y: at.y - arm }, b: { x: at.x, y: at.y + arm } },
		];
	}

	#behind(active: Pane, pane: Pane): number {
		const [mine, theirs] = [positionOf(active), positionOf(pane)];
		return mine === null || theirs === null
			? pane.state.value.index - active.state.value.index
			: theirs - mine;
	}

	#followed(pane: Pane): void {
		const { linked, activePane, visible } = this.#station;
		if (!linked.value || this.#following || pane !== activePane) return;
		this.#quietly(() => {
			for (const other of visible) if (other !== pane) this.#bring(pane, other);
		});
	}

	#bring(active: Pane, other: Pane): void {
		const { series } = other.state.value;
		const [mine, theirs] = [active.frame, other.frame];
		if (series === null || mine === null || theirs === null) return;
		if (this.shareReference(active, other)) {
			// Slices of another direction are not "the same position"; their reference lines show where.
			const nearest =
				areParallel(mine, theirs) && mine.position !== null ? nearestFrame(series, mine.position) : null;
			if (nearest !== null) other.goTo(nearest.index);
			return;
		}
		const offset = this.#offsets.get(other) ?? 0;
		const position = positionOf(active);
		const index = position === null ? null : frameAtPosition(other, position + offset);
		other.goTo(index ?? active.state.value.index + offset);
	}

	#quietly(run: () => void): void {
		this.#following = true;
		run();
		this.#following = false;
	}
}

function positionOf(pane: Pane): number | null {
	return pane.frame === null ? null : slicePositionMm(pane.frame);
}

/** The frame that lies nearest to a position along the stack; null where positions are unknown. */
function frameAtPosition(pane: Pane, positionMm: number): number | null {
	const frames = pane.state.value.series?.frames ?? [];
	const away = frames.map((frame) => {
		const at = slicePositionMm(frame);
		return at === null ? Number.POSITIVE_INFINITY : Math.abs(at - positionMm);
	});
	const nearest = Math.min(...away);
	return Number.isFinite(nearest) ? away.indexOf(nearest) : null;
}
