/** What the objects of a study say about its images, as the server tells it. */
import type { components } from "../../api/schema.gen.ts";
import { readable, type Study } from "../manifest.ts";

type Schemas = components["schemas"];
export type StudyObjects = Schemas["StudyObjects"];
export type KeyObjects = Schemas["KeyObjects"];
export type Presentation = Schemas["Presentation"];
export type Report = Schemas["Report"];
export type Segmentation = Schemas["Segmentation"];
export type StructureSet = Schemas["StructureSet"];
export type MaskFrames = Schemas["MaskFrames"];
export type MaskFrame = Schemas["MaskFrame"];
export type Contours = Schemas["Contours"];
export type Contour = Schemas["Contour"];
export type Document = Schemas["Document"];
export type Measurement = Schemas["Measurement"];
export type Graphic = Schemas["Graphic"];
export type Words = Schemas["Words"];
export type Annotated = Schemas["Annotated"];
export type Area = Schemas["Area"];
export type ImageName = Schemas["ImageName"];
export type Header = Schemas["Header"];
export type Filings = Schemas["FilingsOut"];
export type Filing = Schemas["FilingOut"];
export type FilingIn = Schemas["FilingIn"];

export const NOTHING_TOLD: StudyObjects = {
	key_objects: [],
	presentations: [],
	reports: [],
	segmentations: [],
	structure_sets: [],
	documents: [],
	unreadable: [],
	more: false,
};

/** Reports that came with the study: what was filed here from marks stands beside those marks. */
export function foreignReports({ reports }: Pick<StudyObjects, "reports">): Report[] {
	return reports.filter(({ header }) => !header.ours);
}

/** How many documents and reports came with the study. */
export function papersOf(told: Pick<StudyObjects, "documents" | "reports">): number {
	return told.documents.length + foreignReports(told).length;
}

/** A series that cannot be read and of which nothing is told: how it is called, how many objects it has. */
export interface Untold {
	readonly uid: string;
	readonly modality: string;
	readonly description: string;
	readonly objects: number;
}

/** The series of a study that neither can be read nor are told of here, so that none is passed over in silence. */
export function untoldOf(study: Pick<Study, "series">, told: StudyObjects): Untold[] {
	const listed = new Set(readable(study));
	const { key_objects, presentations, reports, segmentations, structure_sets, documents, unreadable } = told;
	const outlined = [...segmentations, ...structure_sets];
	const headed = [...key_objects, ...presentations, ...reports, ...outlined, ...documents];
	const said = new Set(
		[...headed.map(({ header }) => header), ...unreadable].map((one) => one.series_instance_uid),
	);
	return study.series
		.filter((one) => !listed.has(one) && !said.has(one.uid))
		.map(({ uid, modality, description, objects }) => ({ uid, modality, description, objects }));
}

/** Why objects cannot be shown, and how many each. */
export function reasonsOf(unreadable: StudyObjects["unreadable"]): [string, number][] {
	const counted = new Map<string, number>();
	for (const { code } of unreadable) counted.set(code, (counted.get(code) ?? 0) + 1);
	return [...counted];
}

/** What names a frame. */
export interface FrameName {
	readonly sopInstanceUid: string;
	readonly number: number;
}

/** True when one of the names means this frame; a name without frames means all of its image. */
export function names(images: readonly ImageName[], { sopInstanceUid, number }: FrameName): boolean {
	return images.some(
		(one) =>
			one.sop_instance_uid === sopInstanceUid && (one.frames.length === 0 || one.frames.includes(number)),
	);
}

/** True when something of a state is for this frame: named there, or by the state where nothing is named. */
export function isFor(
	images: readonly ImageName[],
	state: Pick<Presentation, "images">,
	frame: FrameName,
): boolean {
	return names(state.images, frame) && (images.length === 0 || names(images, frame));
}

/** `20260302170509` as `2026-03-02 17:05`; what is not a date stays as it is. */
export function createdSaid(created: string): string {
	const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?/.exec(created) ?? [];
	if (year === undefined) return created;
	return `${year}-${month}-${day}${hour === undefined || minute === undefined ? "" : ` ${hour}:${minute}`}`;
}

/** Who made an object, with what and when. */
export function originSaid({ author, manufacturer, created }: Header): string {
	return [author, manufacturer, createdSaid(created)].filter((one) => one !== "").join(" · ");
}
