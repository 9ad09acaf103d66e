/** Objects of a study as the server tells of them, and a server in memory. */
import type { ObjectServer } from "../../../../static/src/reading/objects/board.ts";
import {
	type Document,
	type FilingIn,
	type Filings,
	type Graphic,
	type Header,
	type KeyObjects,
	type Measurement,
	NOTHING_TOLD,
	type Presentation,
	type Report,
	type StudyObjects,
} from "../../../../static/src/reading/objects/told.ts";

export function aHeader(changes: Partial<Header> = {}): Header {
	return {
		sop_instance_uid: "9.1",
		series_instance_uid: "9",
		sop_class_uid: "1.2.840.10008.5.1.4.1.1.11.1",
		instance_number: 1,
		manufacturer: "ACME",
		author: "Doe Jane",
		created: "20260302170509",
		ours: false,
		...changes,
	};
}

export function aDocument(changes: Partial<Document> = {}): Document {
	return {
		header: aHeader({ sop_instance_uid: "9.5" }),
		title: "申请单",
		kind: "Administrative note",
		media_type: "application/pdf",
		...changes,
	};
}

export function aState(changes: Partial<Presentation> = {}): Presentation {
	return {
		header: aHeader(),
		label: "STATE",
		description: "",
		colour: false,
		images: [{ sop_instance_uid: "1.2.0", frames: [] }],
		quarters: 0,
		flipped: false,
		areas: [],
		rescale_slope: 1,
		rescale_intercept: 0,
		modality_lut: null,
		voi: [],
		presentation_lut: null,
		inverse: false,
		shutter: null,
		annotations: [],
		cut: false,
		...changes,
	};
}

export function aGraphic(
	kind: Graphic["kind"],
	points: Graphic["points"],
	changes: Partial<Graphic> = {},
): Graphic {
	return { kind, points, units: "PIXEL", filled: false, ...changes };
}

export function aMeasurement(changes: Partial<Measurement> = {}): Measurement {
	return {
		tracking_uid: "2.25.1",
		tracking_identifier: "Cornerstone3DTools@^0.1.0:Length",
		finding: "",
		site: "",
		figures: [{ name: "Length", derivation: "", value: "39.3664929116140", unit: "mm" }],
		statements: [],
		places: [
			{
				image: { sop_instance_uid: "1.2.0", frames: [] },
				graphic: aGraphic("POLYLINE", [
					[10, 10],
					[50, 10],
				]),
			},
		],
		...changes,
	};
}

export function aReport(changes: Partial<Report> = {}): Report {
	return {
		header: aHeader({ sop_instance_uid: "9.2" }),
		title: "Imaging Measurement Report",
		completion: "COMPLETE",
		verification: "UNVERIFIED",
		measurements: [aMeasurement()],
		lines: [],
		cut: false,
		...changes,
	};
}

export function aSelection(changes: Partial<KeyObjects> = {}): KeyObjects {
	return {
		header: aHeader({ sop_instance_uid: "9.3" }),
		title: "Of Interest",
		description: "",
		rejected: false,
		images: [{ sop_instance_uid: "1.2.1", frames: [] }],
		...changes,
	};
}

export function told(changes: Partial<StudyObjects> = {}): StudyObjects {
	return { ...NOTHING_TOLD, ...changes };
}

export interface HeardServer extends ObjectServer {
	readonly heard: FilingIn[];
	refusal: Error | null;
}

export function aServer(objects: StudyObjects = NOTHING_TOLD): HeardServer {
	const heard: FilingIn[] = [];
	const filings = (): Filings => ({
		may_file: true,
		filings: heard.map((_, i) => ({
			number: i + 1,
			filed_at: "2026-11-29T08:30:00Z",
			own: true,
			author_name: "许诺",
			changed: false,
			objects: [],
		})),
	});
	const server: HeardServer = {
		heard,
		refusal: null,
		objects: async () => objects,
		filings: async () => filings(),
		file: async (wanted) => {
			if (server.refusal !== null) throw server.refusal;
			heard.push(wanted);
		},
	};
	return server;
}
