/** The documents of a study as they are listed: encapsulated ones, structured reports, and pages that were scanned
 * or photographed. */
import { type Series, type Study, scansOf } from "../manifest.ts";
import {
	createdSaid,
	type Document,
	foreignReports,
	type Report,
	type StudyObjects,
} from "../objects/told.ts";

/** How a document is shown: as a page, as a picture, in lines, among the images, or not here. */
export type Showing = "pdf" | "picture" | "report" | "scan" | "other";

export interface Listed {
	/** Of the object, of a scan the series. */
	readonly uid: string;
	readonly title: string;
	readonly date: string;
	readonly showing: Showing;
	readonly mediaType: string;
	/** Pages of a scan; one otherwise. */
	readonly pages: number;
}

/** What every browser draws. */
const PICTURES: ReadonlySet<string> = new Set([
	"image/jpeg",
	"image/png",
	"image/gif",
	"image/webp",
	"image/bmp",
]);
const PDF = "application/pdf";

export function showingOf(mediaType: string): Showing {
	if (mediaType === PDF) return "pdf";
	return PICTURES.has(mediaType) ? "picture" : "other";
}

function ofDocument({ header, title, kind, media_type: mediaType }: Document): Listed {
	return {
		uid: header.sop_instance_uid,
		title: title || kind,
		date: createdSaid(header.created),
		showing: showingOf(mediaType),
		mediaType,
		pages: 1,
	};
}

function ofReport({ header, title }: Report): Listed {
	return {
		uid: header.sop_instance_uid,
		title,
		date: createdSaid(header.created),
		showing: "report",
		mediaType: "",
		pages: 1,
	};
}

function ofScan({ uid, description, frames }: Series, date: string): Listed {
	return {
		uid,
		title: description,
		date: createdSaid(date),
		showing: "scan",
		mediaType: "",
		pages: frames.length,
	};
}

/** Encapsulated documents and reports, the last to come first, then scans in the order of the study. */
export function documentsOf(
	study: Pick<Study, "series" | "date"> | null,
	told: Pick<StudyObjects, "documents" | "reports">,
): Listed[] {
	const scans = study === null ? [] : scansOf(study);
	return [
		...told.documents.map(ofDocument),
		...foreignReports(told).map(ofReport),
		...scans.map((one) => ofScan(one, study?.date ?? "")),
	];
}
