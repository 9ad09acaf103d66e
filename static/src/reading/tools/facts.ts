/** What the server knows of the objects beyond the manifest: frames of reference, calibrations. */
import type { Region, SpacingFacts } from "./calibration.ts";
import { NO_FACTS } from "./calibration.ts";
import type { ObjectFacts } from "./measuring.ts";

type Wire = Readonly<Record<string, unknown>>;

interface Group {
	readonly frameOfReference: string;
	readonly spacing: SpacingFacts;
}

const UNKNOWN: Group = { frameOfReference: "", spacing: NO_FACTS };

function list(value: unknown): readonly Wire[] {
	return Array.isArray(value)
		? value.filter((one): one is Wire => typeof one === "object" && one !== null)
		: [];
}

function number(value: unknown): number | null {
	return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function region(wire: Wire): Region {
	const of = (name: string): number => number(wire[name]) ?? 0;
	return {
		spatialFormat: of("spatial_format"),
		flags: of("flags"),
		minX: of("min_x"),
		minY: of("min_y"),
		maxX: of("max_x"),
		maxY: of("max_y"),
		unitsX: of("units_x"),
		unitsY: of("units_y"),
		deltaX: of("delta_x"),
		deltaY: of("delta_y"),
	};
}

function group(wire: Wire): Group {
	const nominal = Array.isArray(wire.nominal_mm) ? wire.nominal_mm.map(number) : [];
	const [down, across] = nominal;
	return {
		frameOfReference: typeof wire.frame_of_reference_uid === "string" ? wire.frame_of_reference_uid : "",
		spacing: {
			magnification: number(wire.magnification),
			nominal: down != null && across != null ? [down, across] : null,
			regions: list(wire.regions).map(region),
		},
	};
}

/** Reads the answer of `/api/studies/{uid}/spatial`; what is not understood is as if it were not there. */
export function parseFacts(value: unknown): ObjectFacts {
	const known = new Map<string, Group>();
	const studies = typeof value === "object" && value !== null ? (value as Wire) : {};
	for (const series of list(studies.series)) {
		for (const one of list(series.groups)) {
			const uids: unknown[] = Array.isArray(one.sop_instance_uids) ? one.sop_instance_uids : [];
			const read = group(one);
			// A group that names no object stands for all of its series that are not named elsewhere.
			for (const uid of uids.length === 0 ? [""] : uids)
				known.set(`${series.series_instance_uid}/${uid}`, read);
		}
	}
	const find = (seriesUid: string, sopInstanceUid: string): Group =>
		known.get(`${seriesUid}/${sopInstanceUid}`) ?? known.get(`${seriesUid}/`) ?? UNKNOWN;
	return {
		spacing: (series, sop) => find(series, sop).spacing,
		frameOfReference: (series, sop) => find(series, sop).frameOfReference,
	};
}

export const NOTHING_KNOWN: ObjectFacts = parseFacts(null);
