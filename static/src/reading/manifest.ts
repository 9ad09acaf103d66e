/** The manifest of a study, as the server's `viewer/manifest.py` writes it, checked and in our own words. */

export type Vector = readonly [number, number, number];
export type Orientation = readonly [number, number, number, number, number, number];
/** `other`: what is no image, as reports and plans. */
export type SeriesKind = "image" | "ecg" | "other";
export type SpacingSource = "pixel" | "imager" | "ultrasound";
export type VoiFunction = "LINEAR" | "LINEAR_EXACT" | "SIGMOID";

export interface VoiWindow {
	readonly center: number;
	readonly width: number;
	readonly explanation: string;
}

export interface Spacing {
	readonly rowMm: number;
	readonly columnMm: number;
	readonly source: SpacingSource;
}

/** A table from stored or rescaled values to output values (PS3.3 C.11.1.1, C.11.2.1.1, C.7.6.3.1.5). */
export interface Lut {
	readonly firstMapped: number;
	readonly bits: number;
	/** Little-endian 16-bit entries; for a palette three in turn: red, green, blue. */
	readonly entries: Uint16Array;
}

/** What covers all that lies outside of its shapes; rows and columns count from 1 (PS3.3 C.7.6.11). */
export interface Shutter {
	/** Left and right column, upper and lower row: the outermost covered ones. */
	readonly rectangle: readonly [number, number, number, number] | null;
	/** Row, column, radius. */
	readonly circle: readonly [number, number, number] | null;
	/** Row and column of each vertex. */
	readonly polygon: readonly (readonly [number, number])[];
	/** Grey of what is covered, 0 to 255. */
	readonly level: number;
}

/** What frames of one look share; values are those of the standard's attributes. */
export interface ImageForm {
	readonly rows: number;
	readonly columns: number;
	readonly samplesPerPixel: number;
	readonly photometric: string;
	readonly bitsAllocated: number;
	readonly bitsStored: number;
	readonly signed: boolean;
	readonly floating: boolean;
	readonly padding: readonly [number, number] | null;
	readonly rescaleSlope: number;
	readonly rescaleIntercept: number;
	readonly rescaleType: string;
	readonly windows: readonly VoiWindow[];
	readonly voiFunction: VoiFunction;
	/** Low values are bright. */
	readonly inverse: boolean;
	readonly palette: Lut | null;
	readonly modalityLut: Lut | null;
	readonly voiLut: Lut | null;
	readonly spacing: Spacing | null;
	/** Width of a pixel over its height, where only their ratio is known. */
	readonly pixelAspect: number | null;
	readonly sliceThicknessMm: number | null;
	readonly orientation: Orientation | null;
	readonly frameTimeMs: number | null;
	readonly shutter: Shutter | null;
	/** SUVbw in g/ml for each unit of a rescaled value; null where it cannot be told. */
	readonly suvFactor: number | null;
	readonly lossy: boolean;
}

/** A frame that is a video: where it is prepared and played, and what its object says of it. */
export interface Video {
	/** `state` and `content` stand below it. */
	readonly url: string;
	readonly frames: number;
	readonly frameTimeMs: number | null;
}

export interface Frame {
	readonly sopInstanceUid: string;
	/** Frame number within its object, from 1. */
	readonly number: number;
	readonly form: ImageForm | null;
	readonly position: Vector | null;
	/** Why it cannot be shown, when that is known already. */
	readonly problem: string | null;
	readonly video?: Video | undefined;
}

export interface Pack {
	readonly url: string;
	/** Where the beginnings of its frames are; undefined when the server keeps none. */
	readonly previewsUrl?: string | undefined;
	readonly blockFrames: number;
}

export interface StackFacts {
	readonly byPosition: boolean;
	readonly spacingMm: number | null;
	readonly spacingVaries: boolean;
	readonly missingAfter: readonly number[];
	readonly repeats: number;
	readonly tiltDegrees: number;
}

export interface Technique {
	readonly kvp: number | null;
	readonly tubeCurrentMa: number | null;
	readonly exposureMas: number | null;
	readonly repetitionTimeMs: number | null;
	readonly echoTimeMs: number | null;
	readonly fieldStrengthT: number | null;
}

export interface Series {
	readonly uid: string;
	readonly number: number | null;
	readonly description: string;
	readonly modality: string;
	readonly bodyPart: string;
	readonly laterality: string;
	readonly acquisitionTime: string;
	readonly institution: string;
	readonly kind: SeriesKind;
	readonly technique: Technique;
	readonly pack: Pack | null;
	readonly stack: StackFacts;
	readonly frames: readonly Frame[];
	/** How many objects it has. */
	readonly objects: number;
}

export interface Patient {
	readonly name: string;
	readonly id: string;
	readonly birthDate: string;
	readonly sex: string;
	readonly age: string;
}

export interface Study {
	readonly uid: string;
	readonly date: string;
	readonly time: string;
	readonly description: string;
	readonly accessionNumber: string;
	readonly patient: Patient;
	readonly settled: boolean;
	readonly series: readonly Series[];
}

/** The answer is not the manifest this client knows. */
export class ManifestRefused extends Error {
	constructor(readonly where: string) {
		super(`the manifest does not fit at ${where}`);
	}
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, where: string): Fields {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ManifestRefused(where);
	return value as Fields;
}

function list(from: Fields, name: string): readonly unknown[] {
	const value = from[name];
	if (!Array.isArray(value)) throw new ManifestRefused(name);
	return value;
}

function text(from: Fields, name: string): string {
	const value = from[name];
	if (typeof value !== "string") throw new ManifestRefused(name);
	return value;
}

function number(from: Fields, name: string): number {
	const value = from[name];
	if (typeof value !== "number" || !Number.isFinite(value)) throw new ManifestRefused(name);
	return value;
}

function truth(from: Fields, name: string): boolean {
	const value = from[name];
	if (typeof value !== "boolean") throw new ManifestRefused(name);
	return value;
}

function optional<T>(from: Fields, name: string, read: (from: Fields, name: string) => T): T | null {
	return from[name] === null || from[name] === undefined ? null : read(from, name);
}

function numbers(from: Fields, name: string): readonly number[] {
	const values = list(from, name);
	if (!values.every((one): one is number => typeof one === "number" && Number.isFinite(one))) {
		throw new ManifestRefused(name);
	}
	return values;
}

function tuple<T>(from: Fields, name: string, size: number): T {
	const values = numbers(from, name);
	if (values.length !== size) throw new ManifestRefused(name);
	return values as T;
}

function choice<T extends string>(from: Fields, name: string, choices: readonly T[]): T {
	const value = text(from, name);
	const found = choices.find((one) => one === value);
	if (found === undefined) throw new ManifestRefused(name);
	return found;
}

const SIDE_MAX = 65_535;

function size(from: Fields, name: string): number {
	const value = number(from, name);
	if (!Number.isInteger(value) || value < 1 || value > SIDE_MAX) throw new ManifestRefused(name);
	return value;
}

function window_(value: unknown): VoiWindow {
	const from = fields(value, "windows");
	return {
		center: number(from, "center"),
		width: number(from, "width"),
		explanation: text(from, "explanation"),
	};
}

function spacing(from: Fields, name: string): Spacing {
	const inner = fields(from[name], name);
	return {
		rowMm: number(inner, "row_mm"),
		columnMm: number(inner, "column_mm"),
		source: choice(inner, "source", ["pixel", "imager", "ultrasound"]),
	};
}

function shutter(from: Fields, name: string): Shutter {
	const inner = fields(from[name], name);
	const vertex = (value: unknown): readonly [number, number] =>
		tuple<[number, number]>({ value }, "value", 2);
	return {
		rectangle: optional(inner, "rectangle", (f, n) => tuple<[number, number, number, number]>(f, n, 4)),
		circle: optional(inner, "circle", (f, n) => tuple<[number, number, number]>(f, n, 3)),
		polygon: list(inner, "polygon").map(vertex),
		level: number(inner, "level"),
	};
}

function lut(from: Fields, name: string): Lut {
	const inner = fields(from[name], name);
	const bytes = Uint8Array.from(atob(text(inner, "entries")), (letter) => letter.charCodeAt(0));
	const view = new DataView(bytes.buffer);
	const entries = Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
	return { firstMapped: number(inner, "first_mapped"), bits: number(inner, "bits"), entries };
}

export function imageForm(value: unknown): ImageForm {
	const from = fields(value, "forms");
	return {
		rows: size(from, "rows"),
		columns: size(from, "columns"),
		samplesPerPixel: number(from, "samples_per_pixel"),
		photometric: text(from, "photometric_interpretation"),
		bitsAllocated: number(from, "bits_allocated"),
		bitsStored: number(from, "bits_stored"),
		signed: truth(from, "signed"),
		floating: truth(from, "floating"),
		padding: optional(from, "padding", (f, n) => tuple<[number, number]>(f, n, 2)),
		rescaleSlope: number(from, "rescale_slope"),
		rescaleIntercept: number(from, "rescale_intercept"),
		rescaleType: text(from, "rescale_type"),
		windows: list(from, "windows").map(window_),
		voiFunction: choice(from, "voi_lut_function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
		inverse: truth(from, "inverse"),
		palette: optional(from, "palette", lut),
		modalityLut: optional(from, "modality_lut", lut),
		voiLut: optional(from, "voi_lut", lut),
		spacing: optional(from, "spacing", spacing),
		pixelAspect: optional(from, "pixel_aspect", number),
		sliceThicknessMm: optional(from, "slice_thickness_mm", number),
		orientation: optional(from, "orientation", (f, n) => tuple<Orientation>(f, n, 6)),
		frameTimeMs: optional(from, "frame_time_ms", number),
		shutter: optional(from, "shutter", shutter),
		suvFactor: optional(from, "suv_factor", number),
		lossy: truth(from, "lossy"),
	};
}

function frame(value: unknown, uids: readonly unknown[], forms: readonly ImageForm[]): Frame {
	const from = fields(value, "frames");
	const uid = uids[number(from, "instance")];
	const at = optional(from, "form", number);
	const form = at === null ? null : forms[at];
	if (typeof uid !== "string" || form === undefined) throw new ManifestRefused("frames");
	return {
		sopInstanceUid: uid,
		number: number(from, "number"),
		form,
		position: optional(from, "position", (f, n) => tuple<Vector>(f, n, 3)),
		problem: optional(from, "problem", text),
	};
}

function technique(value: unknown): Technique {
	const from = fields(value, "technique");
	return {
		kvp: optional(from, "kvp", number),
		tubeCurrentMa: optional(from, "tube_current_ma", number),
		exposureMas: optional(from, "exposure_mas", number),
		repetitionTimeMs: optional(from, "repetition_time_ms", number),
		echoTimeMs: optional(from, "echo_time_ms", number),
		fieldStrengthT: optional(from, "field_strength_t", number),
	};
}

function stack(value: unknown): StackFacts {
	const from = fields(value, "stack");
	return {
		byPosition: truth(from, "by_position"),
		spacingMm: optional(from, "spacing_mm", number),
		spacingVaries: truth(from, "spacing_varies"),
		missingAfter: numbers(from, "missing_after"),
		repeats: number(from, "repeats"),
		tiltDegrees: number(from, "tilt_degrees"),
	};
}

function pack(from: Fields, name: string): Pack {
	const inner = fields(from[name], name);
	const url = text(inner, "url");
	const previewsUrl = optional(inner, "previews_url", text) ?? undefined;
	const blockFrames = number(inner, "block_frames");
	// Only this server: an address of another origin is never fetched.
	const here = [url, previewsUrl ?? url].every((one) => one.startsWith("/api/packs/"));
	if (!here || blockFrames < 1) throw new ManifestRefused("pack");
	return { url, previewsUrl, blockFrames };
}

/** The videos of a series by the place of their frame. */
function videos(from: Fields): ReadonlyMap<number, Video> {
	const read = (value: unknown): [number, Video] => {
		const inner = fields(value, "videos");
		const url = text(inner, "url");
		if (!url.startsWith("/api/videos/")) throw new ManifestRefused("videos");
		const frameTimeMs = optional(inner, "frame_time_ms", number);
		return [number(inner, "frame"), { url, frames: number(inner, "frames"), frameTimeMs }];
	};
	return new Map((optional(from, "videos", list) ?? []).map(read));
}

function series(value: unknown): Series {
	const from = fields(value, "series");
	const films = videos(from);
	const uids = list(from, "sop_instance_uids");
	const forms = list(from, "forms").map(imageForm);
	return {
		uid: text(from, "series_instance_uid"),
		number: optional(from, "series_number", number),
		description: text(from, "series_description"),
		modality: text(from, "modality"),
		bodyPart: text(from, "body_part_examined"),
		laterality: text(from, "laterality"),
		acquisitionTime: text(from, "acquisition_time"),
		institution: text(from, "institution_name"),
		kind: choice(from, "kind", ["image", "ecg", "other"]),
		technique: technique(from.technique),
		pack: optional(from, "pack", pack),
		stack: stack(from.stack),
		frames: list(from, "frames").map((one, i) => ({ ...frame(one, uids, forms), video: films.get(i) })),
		objects: uids.length,
	};
}

/** Reads a manifest; throws ManifestRefused naming the field that does not fit. */
export function parseManifest(value: unknown): Study {
	const from = fields(value, "manifest");
	const patient = fields(from.patient, "patient");
	return {
		uid: text(from, "study_instance_uid"),
		date: text(from, "study_date"),
		time: text(from, "study_time"),
		description: text(from, "study_description"),
		accessionNumber: text(from, "accession_number"),
		patient: {
			name: text(patient, "name"),
			id: text(patient, "patient_id"),
			birthDate: text(patient, "birth_date"),
			sex: text(patient, "sex"),
			age: text(patient, "age"),
		},
		settled: truth(from, "settled"),
		series: list(from, "series").map(series),
	};
}

/** Modality of masks, which lie over images. */
const MASKS = "SEG";

/** The series that can be read; what else a study has stands in the list of its objects. Masks are read by
 * themselves only where there is nothing else. */
export function readable({ series }: Pick<Study, "series">): Series[] {
	const shown = series.filter(({ kind }) => kind !== "other");
	const pictures = shown.filter(({ modality }) => modality !== MASKS);
	return pictures.length > 0 ? pictures : shown;
}

/** The image series of a study that can be read. */
export function imageSeries(study: Pick<Study, "series">): Series[] {
	return readable(study).filter(({ kind, frames }) => kind === "image" && frames.length > 0);
}

/** Modality of scanned and photographed papers (PS3.3 C.7.3.1.1.1). */
const PAPER = "DOC";

/** The series that are pages of a document. */
export function scansOf({ series }: Pick<Study, "series">): Series[] {
	return series.filter(({ kind, modality }) => kind === "image" && modality === PAPER);
}

/** The series to show first: the first one that is not a mere localizer beside larger ones; -1 if none. */
export function openingSeries(study: Study): number {
	const images = new Set(imageSeries(study));
	const sizes = study.series.map((one) => (images.has(one) ? one.frames.length : 0));
	const most = Math.max(0, ...sizes);
	return most === 0 ? -1 : sizes.findIndex((count) => count * 2 >= most);
}

/** The modalities whose slices fill a volume: its middle says more than its edge. */
const VOLUMES: ReadonlySet<string> = new Set(["CT", "MR", "PT"]);

/** The frame to show first: the middle of a volume; anything else begins where it was begun. */
export function openingFrame({ modality, stack, frames }: Series): number {
	return VOLUMES.has(modality) && stack.byPosition ? Math.floor(frames.length / 2) : 0;
}
