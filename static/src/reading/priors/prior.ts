/** Earlier studies as the server lists them, and which of their series belongs beside another. Pure. */
import { factsOf } from "../hang/facts.ts";
import { REGIONS, type Region } from "../hang/protocol.ts";
import { imageSeries, type Series, type Study } from "../manifest.ts";

export interface Prior {
	readonly uid: string;
	readonly institution: string;
	/** DICOM DA, and the time of day that orders studies of one day. */
	readonly date: string;
	readonly time: string;
	readonly description: string;
	readonly modalities: readonly string[];
	readonly images: number;
	readonly relevant: boolean;
	readonly sameRegion: boolean;
	/** A report about it was signed. */
	readonly reported: boolean;
}

export interface Priors {
	readonly regions: readonly Region[];
	/** The most telling first. */
	readonly rows: readonly Prior[];
}

export const NO_PRIORS: Priors = { regions: [], rows: [] };

/** The parts of the server's answer that are used here. */
export interface Wire {
	readonly regions: readonly string[];
	readonly rows: readonly {
		readonly study_instance_uid: string;
		readonly institution_name: string;
		readonly study_date: string;
		readonly study_time: string;
		readonly study_description: string;
		readonly modalities: readonly string[];
		readonly instance_count: number;
		readonly relevant: boolean;
		readonly same_region: boolean;
		readonly signed_at: string | null;
	}[];
}

export function priorsFrom(wire: Wire): Priors {
	return {
		regions: REGIONS.filter((one) => wire.regions.includes(one)),
		rows: wire.rows.map((row) => ({
			uid: row.study_instance_uid,
			institution: row.institution_name,
			date: row.study_date,
			time: row.study_time,
			description: row.study_description,
			modalities: row.modalities,
			images: row.instance_count,
			relevant: row.relevant,
			sameRegion: row.same_region,
			reported: row.signed_at !== null,
		})),
	};
}

function when(prior: Prior): string {
	return `${prior.date}${prior.time}`;
}

/** The study that is `steps` newer than the one shown; from none shown the most telling one. */
export function stepFrom(rows: readonly Prior[], shown: string | null, steps: number): Prior | null {
	if (shown === null) return rows[0] ?? null;
	const byTime = [...rows].sort((a, b) => when(a).localeCompare(when(b)) || a.uid.localeCompare(b.uid));
	return byTime[byTime.findIndex((one) => one.uid === shown) + steps] ?? null;
}

const SAME_PLANE = 6;
const SAME_WORDS = 8;
const SHARED_LETTER = 0.5;
const SAME_WINDOW = 4;
const SAME_VIEW = 6;
const PART_OF_COUNT = 3;

function sharedLetters(one: string, other: string): number {
	const letters = new Set(one.replace(/\s/g, ""));
	return [...new Set(other.replace(/\s/g, ""))].filter((letter) => letters.has(letter)).length;
}

/** How much two series are the same examination of the same part; higher is more. */
export function likeness(one: Series, other: Series): number {
	const [a, b] = [factsOf(one), factsOf(other)];
	const [w, v] = [one.frames[0]?.form?.windows[0], other.frames[0]?.form?.windows[0]];
	const many = Math.max(a.frames, b.frames, 1);
	return (
		(a.plane === b.plane ? SAME_PLANE : -SAME_PLANE) +
		(a.text === b.text ? SAME_WORDS : sharedLetters(a.text, b.text) * SHARED_LETTER) +
		(w !== undefined && w.center === v?.center && w.width === v.width ? SAME_WINDOW : 0) +
		(a.view === b.view && a.side === b.side ? SAME_VIEW : 0) +
		PART_OF_COUNT * (Math.min(a.frames, b.frames) / many) -
		(a.modality === b.modality ? 0 : SAME_WORDS)
	);
}

/** The image series of a study that belongs beside `series`; null when it has none. */
export function mostLike(series: Series | null, study: Study): Series | null {
	const images = imageSeries(study);
	if (series === null) return images[0] ?? null;
	return images.reduce<Series | null>(
		(best, one) => (best === null || likeness(series, one) > likeness(series, best) ? one : best),
		null,
	);
}
