/** What keys and buttons do with marks. */
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import { canvasDirection } from "../turn.ts";
import { newId } from "./ids.ts";
import { type Mark, marksOn, moved, replaced, without, withPoint } from "./mark.ts";

/** The reader's own marks on the frame of a pane, without key images. */
export function ownMarksOn(station: Station, pane: Pane): Mark[] {
	const frame = pane.frame;
	if (frame === null) return [];
	return marksOn(station.marks.value, frame.sopInstanceUid, frame.number).filter(
		({ kind }) => kind !== "key",
	);
}

/** Removes the selected mark, else the last one of the frame. */
export function removeSelected(station: Station): void {
	const { selected } = station;
	const own = station.marks.value.some((one) => one.id === selected.value);
	const id = own ? selected.value : ownMarksOn(station, station.activePane).at(-1)?.id;
	if (id == null) return;
	station.act(() => station.marks.update((marks) => without(marks, id)));
	selected.set(null);
}

/** The end of the selected mark that keys move; -1 for the whole mark. */
export class Ends {
	#of: string | null = null;
	#end = -1;

	/** The chosen end of a mark. */
	of(id: string): number {
		return this.#of === id ? this.#end : -1;
	}

	/** Chooses the next end, and after the last the whole mark again. */
	next(mark: Mark): number {
		const end = this.of(mark.id) + 1;
		this.#of = mark.id;
		this.#end = end >= mark.points.length ? -1 : end;
		return this.#end;
	}
}

/** Moves the selected mark by pixels of the image, in the direction that is seen; answers what it became. */
export function nudge(station: Station, ends: Ends, dx: number, dy: number): Mark | null {
	const mark = station.marks.value.find((one) => one.id === station.selected.value);
	if (mark === undefined) return null;
	const by = canvasDirection({ x: dx, y: dy }, station.activePane.state.value.turn);
	const end = ends.of(mark.id);
	const point = mark.points[end];
	const next =
		point === undefined ? moved(mark, by) : withPoint(mark, end, { x: point.x + by.x, y: point.y + by.y });
	station.act(() => station.marks.update((marks) => replaced(marks, next)));
	return next;
}

/** Selects the next own mark of the frame, going round. */
export function selectNext(station: Station): void {
	const here = ownMarksOn(station, station.activePane);
	const at = here.findIndex((one) => one.id === station.selected.value);
	station.selected.set(here[(at + 1) % here.length]?.id ?? null);
}

/** The reader's own key image mark of the frame that is shown. */
export function keyOf(station: Station, pane: Pane): Mark | undefined {
	const frame = pane.frame;
	if (frame === null) return undefined;
	return marksOn(station.marks.value, frame.sopInstanceUid, frame.number).find(({ kind }) => kind === "key");
}

/** Marks the frame as a key image, or takes that back. */
export function toggleKey(station: Station): void {
	const pane = station.activePane;
	const { series } = pane.state.value;
	const frame = pane.frame;
	if (series === null || frame === null) return;
	const known = keyOf(station, pane);
	const key: Mark = {
		id: newId(),
		kind: "key",
		seriesUid: series.uid,
		sopInstanceUid: frame.sopInstanceUid,
		frameNumber: frame.number,
		points: [],
		text: "",
		author: null,
	};
	station.act(() =>
		station.marks.update((marks) => (known === undefined ? [...marks, key] : without(marks, known.id))),
	);
}

/** Gives a mark its words; a text without words is removed. */
export function setText(station: Station, id: string, text: string): void {
	const mark = station.marks.value.find((one) => one.id === id);
	if (mark === undefined) return;
	const said = text.trim();
	station.act(() =>
		station.marks.update((marks) =>
			said === "" && mark.kind === "text" ? without(marks, id) : replaced(marks, { ...mark, text: said }),
		),
	);
}
