/** Values in a report that were measured on the images: which mark each came from. The text says the value; the
 * link beside it leads to the image, and ends when its words are gone. */
import type { components } from "../api/schema.gen.ts";
import type { Fields } from "../kit/merge.ts";
import type { Readable } from "../kit/store.ts";

type Wire = components["schemas"]["MeasurementRef"];

export interface Measurement {
	readonly section: string;
	/** The value with its unit, as it stands in the section. */
	readonly text: string;
	readonly studyInstanceUid: string;
	readonly markId: string;
}

/** The images beside the report, where the page has them. */
export interface ImagesPort {
	/** Shows the slice and the mark; false when the mark is gone. */
	show(measurement: Measurement): boolean;
	/** What marks that were changed say now, by their id. */
	readonly now: Readable<ReadonlyMap<string, string>>;
}

const PREFIX = "measure.";
const SEPARATOR = "|";

/** The field of a link: each mark has one in each section, so that links save and merge one by one. */
export function measurementField({ section, markId, studyInstanceUid }: Omit<Measurement, "text">): string {
	return PREFIX + [section, markId, studyInstanceUid].join(SEPARATOR);
}

export function measurementsOf(fields: Fields): Measurement[] {
	return Object.entries(fields).flatMap(([field, text]) => {
		if (!field.startsWith(PREFIX) || text === "") return [];
		const [section, markId, studyInstanceUid] = field.slice(PREFIX.length).split(SEPARATOR);
		if (section === undefined || markId === undefined || studyInstanceUid === undefined) return [];
		return [{ section, text, studyInstanceUid, markId }];
	});
}

/** The links of one section whose words stand in it. */
export function standingIn(
	measurements: readonly Measurement[],
	section: string,
	text: string,
): Measurement[] {
	return measurements.filter((one) => one.section === section && text.includes(one.text));
}

export function fieldsOfLinks(links: readonly Wire[]): Fields {
	return Object.fromEntries(links.map((link) => [measurementField(fromWire(link)), link.text]));
}

export function fromWire(link: Wire): Measurement {
	return {
		section: link.section,
		text: link.text,
		studyInstanceUid: link.study_instance_uid,
		markId: link.annotation_id,
	};
}

/** What a save sends: the links whose words stand in the text. */
export function linksOf(fields: Fields, texts: Readonly<Record<string, string>>): Wire[] {
	return measurementsOf(fields)
		.filter((one) => (texts[one.section] ?? "").includes(one.text))
		.map((one) => ({
			section: one.section,
			text: one.text,
			study_instance_uid: one.studyInstanceUid,
			annotation_id: one.markId,
		}));
}

/** The text with the newer value in the place of the older one. */
export function updated(text: string, measurement: Measurement, now: string): string {
	const at = text.indexOf(measurement.text);
	return at < 0 ? text : text.slice(0, at) + now + text.slice(at + measurement.text.length);
}

/** The page of a mark, for readers without the images beside them. */
export function hrefOf({ studyInstanceUid, markId }: Measurement): string {
	return `/read/${encodeURIComponent(studyInstanceUid)}?mark=${encodeURIComponent(markId)}`;
}
