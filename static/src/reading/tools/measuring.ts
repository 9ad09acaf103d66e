/** Measures marks of a station: finds their frame, their calibration and their pixels. */
import type { Frame, Series } from "../manifest.ts";
import type { Station } from "../station.ts";
import { type Calibration, calibrationAt, type SpacingFacts } from "./calibration.ts";
import { type Figure, figuresOf } from "./figures.ts";
import type { Mark } from "./mark.ts";

/** What the objects say beyond the manifest; nothing until it has come. */
export interface ObjectFacts {
	spacing(seriesUid: string, sopInstanceUid: string): SpacingFacts;
	/** The frame of reference of an object; empty when it names none. */
	frameOfReference(seriesUid: string, sopInstanceUid: string): string;
}

export interface Place {
	readonly series: Series;
	readonly frame: Frame;
	readonly index: number;
}

/** Where a mark lies; null when its image is not in this study. */
export function placeOf(
	station: Station,
	{ seriesUid, sopInstanceUid, frameNumber }: Pick<Mark, "seriesUid" | "sopInstanceUid" | "frameNumber">,
): Place | null {
	const series = station.series(seriesUid);
	if (series === undefined) return null;
	const index = series.frames.findIndex(
		(one) => one.sopInstanceUid === sopInstanceUid && one.number === frameNumber,
	);
	const frame = series.frames[index];
	return frame === undefined ? null : { series, frame, index };
}

type Lying = Pick<Mark, "kind" | "seriesUid" | "sopInstanceUid" | "frameNumber" | "points">;

export interface Measures {
	readonly figures: readonly Figure[];
	readonly calibration: Calibration;
}

const OF_VALUES = new Set(["mean", "deviation", "min", "max", "value"]);

/** Values of PET as body weight SUV, where the object allows that. */
function uptake(figures: readonly Figure[], factor: number | null): readonly Figure[] {
	if (factor === null) return figures;
	return figures.map((one) =>
		OF_VALUES.has(one.name) ? { ...one, value: one.value * factor, unit: "SUVbw", digits: 2 } : one,
	);
}

/** The figures of a mark and the calibration they rest on; null when its image cannot be measured. */
export function measuresOf(station: Station, facts: ObjectFacts, mark: Lying): Measures | null {
	const place = placeOf(station, mark);
	if (place === null || place.frame.form === null) return null;
	const { series, frame, index } = place;
	const spacing = facts.spacing(series.uid, frame.sopInstanceUid);
	const calibration = calibrationAt(place.frame.form, spacing, mark.points);
	const ground = {
		form: place.frame.form,
		modality: series.modality,
		calibration,
		// A preview lacks the finest details: its values are not those of the object.
		samples: station.isPreview(series, index) ? undefined : station.samples(series, index),
	};
	return {
		figures: uptake(figuresOf(mark.kind, mark.points, ground), place.frame.form.suvFactor),
		calibration,
	};
}
