/** All that lies over the picture of a pane now, ready to be drawn. Pure but for what it reads. */
import type { Pane } from "../pane.ts";
import { projectionOf } from "../projection.ts";
import type { Point } from "../space.ts";
import type { Station } from "../station.ts";
import { canvasSize } from "../turn.ts";
import type { Drawing } from "./drawing.ts";
import { shownPoints } from "./drawing.ts";
import { circled, type Mark, marksOn, numberOf } from "./mark.ts";
import { measuresOf, type ObjectFacts } from "./measuring.ts";
import { overRegion } from "./over.ts";
import { type Line, type Shape, shapeOf } from "./shapes.ts";
import { patientOf } from "./spatial.ts";
import { lines, sourceSaid, type ToolWords } from "./wording.ts";

/** `object`: of a DICOM object of the study, read-only. */
export type Tone = "own" | "peer" | "guide" | "object";

export interface Item {
	readonly id: string;
	readonly tone: Tone;
	readonly shape: Shape;
	readonly lines: readonly string[];
	/** Its handles are shown. */
	readonly held: boolean;
}

export interface Scene {
	readonly items: readonly Item[];
	/** Where the millimetres of these marks come from; null when nothing is measured here. */
	readonly source: string | null;
}

export interface Seen {
	readonly station: Station;
	readonly pane: Pane;
	readonly facts: ObjectFacts;
	readonly words: ToolWords;
	/** What is being drawn on this pane. */
	readonly drawing: Drawing | null;
	/** Reference lines and the cross, in points of this image. */
	readonly guides: readonly Line[];
	/** What DICOM objects draw here. */
	readonly objects: readonly Item[];
}

export const EMPTY: Scene = { items: [], source: null };

function labelled(mark: Mark, seen: Seen, own: boolean): string[] {
	const { station, facts, words } = seen;
	const said = [
		...lines(mark, measuresOf(station, facts, mark)?.figures ?? [], words),
		...overSaid(mark, seen),
	];
	if (!own) return [...said, mark.author?.name ?? ""];
	const number = circled(numberOf(station.marks.value, mark.id));
	return said.length === 0 ? [number] : said.map((line, i) => (i === 0 ? `${number} ${line}` : line));
}

/** What lies over the region that a mark is, or over the place that a probe reads. */
function overSaid(mark: Omit<Mark, "id" | "text" | "author">, { station, pane }: Seen): string[] {
	const { series } = pane.state.value;
	const region = overRegion(station, mark);
	if (region !== null) return [...(region.figures === null ? [] : [region.figures]), region.note];
	const [point] = mark.points;
	const place =
		mark.kind === "probe" && point !== undefined && pane.frame !== null ? patientOf(point, pane.frame) : null;
	if (series === null || place === null) return [];
	const said = station.layer.value?.valueSaid(series, place) ?? null;
	return said === null ? [] : [said];
}

/** The marks, the drawing and the guides of a pane. */
export function sceneOf(seen: Seen): Scene {
	const { station, pane, facts, drawing } = seen;
	const frame = pane.frame;
	const { series } = pane.state.value;
	const projection = projectionOf(pane);
	if (frame === null || series === null || projection === null) return EMPTY;
	const onScreen = (points: readonly Point[]): Point[] => points.map((one) => projection.toSeen(one));
	const here = (marks: readonly Mark[]): Mark[] =>
		marksOn(marks, frame.sopInstanceUid, frame.number).filter((one) => one.kind !== "key");
	const { width } = canvasSize(pane.size, pane.state.value.turn);
	const item = (mark: Mark, own: boolean): Item => {
		const said = labelled(mark, seen, own);
		return {
			id: mark.id,
			tone: own ? "own" : "peer",
			shape: within(shapeOf(mark.kind, onScreen(mark.points)), said, width),
			lines: said,
			held: station.selected.value === mark.id,
		};
	};
	const own = here(station.marks.value);
	const items = [
		...here(station.others.value).map((one) => item(one, false)),
		...own.map((one) => item(one, true)),
	];
	const guides = seen.guides.map((line, i) => guide(`guide-${i}`, onScreen([line.a, line.b])));
	const draft = drawing === null ? [] : [draftOf(drawing, seen, onScreen)];
	const measured = [...own.map(({ points }) => points), ...(drawing === null ? [] : [shownPoints(drawing)])];
	const last = measured.at(-1);
	return {
		items: [...guides, ...seen.objects, ...items, ...draft],
		source: last === undefined ? null : source(last, seen),
	};

	function source(points: readonly Point[], { words }: Seen): string | null {
		const at = {
			kind: "length" as const,
			seriesUid: series?.uid ?? "",
			frameNumber: frame?.number ?? 1,
			points,
		};
		const measures = measuresOf(station, facts, { ...at, sopInstanceUid: frame?.sopInstanceUid ?? "" });
		const { magnification } = facts.spacing(at.seriesUid, frame?.sopInstanceUid ?? "");
		return measures === null ? null : sourceSaid(measures.calibration.source, words, magnification);
	}
}

const WIDE_PX = 14;
const NARROW_PX = 8;
const EDGE_PX = 24;

/** About how wide a line of text is: Chinese is twice as wide as Latin. */
function widthOf(line: string): number {
	return [...line].reduce((sum, letter) => sum + (letter > "\u2000" ? WIDE_PX : NARROW_PX), 0);
}

/** Words that would leave the picture on the right are moved to the left. */
function within(shape: Shape, said: readonly string[], width: number): Shape {
	if (shape.label === null) return shape;
	const room = width - EDGE_PX - Math.max(0, ...said.map(widthOf));
	return { ...shape, label: { ...shape.label, x: Math.max(EDGE_PX, Math.min(shape.label.x, room)) } };
}

function guide(id: string, [a, b]: readonly Point[]): Item {
	const shape: Shape = {
		lines: a === undefined || b === undefined ? [] : [{ a, b }],
		rounds: [],
		handles: [],
		label: null,
	};
	return { id, tone: "guide", shape, lines: [], held: false };
}

const HINTS = { ratio: "heartLine", cobb: "secondLine", angle: "thirdPoint" } as const;

/** What is still to be drawn, in words. */
function hint({ kind, fixed }: Drawing, words: ToolWords): string[] {
	if (kind === "ratio") return [fixed.length < 2 ? words[HINTS.ratio] : words[HINTS.cobb]];
	return (kind === "cobb" || kind === "angle") && fixed.length >= 2 ? [words[HINTS[kind]]] : [];
}

function draftOf(drawing: Drawing, seen: Seen, onScreen: (points: readonly Point[]) => Point[]): Item {
	const { station, pane, facts, words } = seen;
	const { kind } = drawing;
	const points = shownPoints(drawing);
	const frame = pane.frame;
	const at = {
		kind,
		points,
		seriesUid: pane.state.value.series?.uid ?? "",
		sopInstanceUid: frame?.sopInstanceUid ?? "",
		frameNumber: frame?.number ?? 1,
	};
	const said = [
		...lines({ kind, text: "" }, measuresOf(station, facts, at)?.figures ?? [], words),
		...overSaid(at, seen),
	];
	const shape = shapeOf(kind, onScreen(points));
	return { id: "drawing", tone: "own", shape, lines: [...said, ...hint(drawing, words)], held: true };
}
