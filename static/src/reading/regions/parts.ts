/** Segmentations and structure sets as the reader sees them listed: their parts, colours, and where they belong. */
import type { Segmentation, StructureSet } from "../objects/told.ts";
import type { Station } from "../station.ts";
import type { ObjectFacts } from "../tools/measuring.ts";

export type Outlined = Segmentation | StructureSet;

/** A segment or a region. */
export interface Part {
	readonly number: number;
	readonly name: string;
	/** What it is, beside its name. */
	readonly kind: string;
	readonly colour: string;
	readonly algorithm: Segmentation["segments"][number]["algorithm"];
	/** The program that drew it, with its version; empty where none is named. */
	readonly program: string;
	/** It has frames or contours. */
	readonly drawn: boolean;
}

/** Colours of parts whose object recommends none: far apart from each other, and seen on grey. */
const COLOURS = ["#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#46f0f0", "#f032e6", "#bcf60c"];

export function isSegmentation(object: Outlined): object is Segmentation {
	return "segments" in object;
}

function colourOf(colour: string, at: number): string {
	return colour === "" ? (COLOURS[at % COLOURS.length] as string) : colour;
}

export function partsOf(object: Outlined): Part[] {
	if (isSegmentation(object))
		return object.segments.map((one, i) => ({
			number: one.number,
			name: one.label || one.property_type || String(one.number),
			kind: one.property_type === one.label ? "" : one.property_type,
			colour: colourOf(one.colour, i),
			algorithm: one.algorithm,
			program: [one.algorithm_name, one.algorithm_version].filter((part) => part !== "").join(" "),
			drawn: one.frames > 0,
		}));
	return object.rois.map((one, i) => ({
		number: one.number,
		name: one.name || String(one.number),
		kind: one.interpreted_type,
		colour: colourOf(one.colour, i),
		algorithm: one.algorithm,
		program: "",
		drawn: one.contours > 0,
	}));
}

/** Who says that a person has not confirmed it: the strongest of an object's algorithms that is no person. */
export function machineOf(object: Outlined): "AUTOMATIC" | "SEMIAUTOMATIC" | null {
	const all = new Set(partsOf(object).map(({ algorithm }) => algorithm));
	if (!isSegmentation(object) && object.approval === "APPROVED") return null;
	return all.has("AUTOMATIC") ? "AUTOMATIC" : all.has("SEMIAUTOMATIC") ? "SEMIAUTOMATIC" : null;
}

/** The programs that drew parts of an object, each once. */
export function programsOf(object: Outlined): string[] {
	return [...new Set(partsOf(object).map(({ program }) => program))].filter((one) => one !== "");
}

/** Frames of reference that an object's places are in. */
export function referencesOf(object: Outlined): readonly string[] {
	return isSegmentation(object) ? [object.frame_of_reference_uid] : object.frame_of_reference_uids;
}

/** True when the study has images that an object is for: of a series that it names, or in its space. */
export function belongs(object: Outlined, station: Pick<Station, "study">, facts: ObjectFacts): boolean {
	const references = new Set(referencesOf(object).filter((one) => one !== ""));
	const own = object.header.series_instance_uid;
	return (station.study.value?.series ?? []).some(
		(series) =>
			series.uid !== own &&
			series.kind === "image" &&
			(object.series.includes(series.uid) ||
				references.has(facts.frameOfReference(series.uid, series.frames[0]?.sopInstanceUid ?? ""))),
	);
}
