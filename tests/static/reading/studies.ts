/** Studies and forms for tests, with keyword defaults. */
import type { Frame, ImageForm, Series, Study } from "../../../static/src/reading/manifest.ts";

export function aForm(changes: Partial<ImageForm> = {}): ImageForm {
	return {
		rows: 4,
		columns: 4,
		samplesPerPixel: 1,
		photometric: "MONOCHROME2",
		bitsAllocated: 16,
		bitsStored: 12,
		signed: false,
		floating: false,
		padding: null,
		rescaleSlope: 1,
		rescaleIntercept: 0,
		rescaleType: "",
		windows: [],
		voiFunction: "LINEAR",
		inverse: false,
		palette: null,
		modalityLut: null,
		voiLut: null,
		spacing: { rowMm: 0.5, columnMm: 0.5, source: "pixel" },
		pixelAspect: null,
		sliceThicknessMm: 2.5,
		orientation: [1, 0, 0, 0, 1, 0],
		frameTimeMs: null,
		shutter: null,
		suvFactor: null,
		lossy: false,
		...changes,
	};
}

export function aFrame(index: number, form: ImageForm | null = aForm()): Frame {
	return { sopInstanceUid: `1.2.${index}`, number: 1, form, position: [0, 0, 2.5 * index], problem: null };
}

export function aSeries(
	frames: number,
	changes: Partial<Series> = {},
	form: ImageForm | null = aForm(),
): Series {
	return {
		uid: "1.2.3",
		number: 2,
		description: "肺窗",
		modality: "CT",
		bodyPart: "CHEST",
		laterality: "",
		acquisitionTime: "103108",
		institution: "龙潭镇中心卫生院",
		kind: "image",
		technique: {
			kvp: 120,
			tubeCurrentMa: 126,
			exposureMas: null,
			repetitionTimeMs: null,
			echoTimeMs: null,
			fieldStrengthT: null,
		},
		pack: { url: "/api/packs/p/1.2/frames/", blockFrames: 4 },
		stack: {
			byPosition: true,
			spacingMm: 2.5,
			spacingVaries: false,
			missingAfter: [],
			repeats: 1,
			tiltDegrees: 0,
		},
		frames: Array.from({ length: frames }, (_, i) => aFrame(i, form)),
		objects: frames,
		...changes,
	};
}

export function aStudy(series: readonly Series[]): Study {
	return {
		uid: "1.2",
		date: "20261121",
		time: "101500",
		description: "",
		accessionNumber: "",
		patient: { name: "罗桂兰", id: "7", birthDate: "19630208", sex: "F", age: "063Y" },
		settled: true,
		series,
	};
}

/** The manifest as the server writes it, for one CT series. */
export function wireManifest(frames = 3): Record<string, unknown> {
	return {
		study_instance_uid: "1.2",
		study_date: "20261121",
		study_time: "101500",
		study_description: "胸部",
		accession_number: "A1",
		patient: { name: "罗桂兰", patient_id: "7", birth_date: "19630208", sex: "F", age: "063Y" },
		settled: true,
		series: [wireSeries(frames)],
	};
}

export function wireForm(): Record<string, unknown> {
	return {
		rows: 2,
		columns: 2,
		samples_per_pixel: 1,
		photometric_interpretation: "MONOCHROME2",
		bits_allocated: 16,
		bits_stored: 12,
		signed: false,
		floating: false,
		padding: [5, 9],
		rescale_slope: 1,
		rescale_intercept: -1024,
		rescale_type: "HU",
		windows: [{ center: 40, width: 80, explanation: "BRAIN" }],
		voi_lut_function: "LINEAR",
		inverse: false,
		palette: { first_mapped: 1, bits: 16, entries: btoa("\x01\x00\x00\xff\x03\x02") },
		modality_lut: null,
		voi_lut: null,
		spacing: { row_mm: 0.5, column_mm: 0.25, source: "pixel" },
		pixel_aspect: 0.5,
		slice_thickness_mm: 2.5,
		orientation: [1, 0, 0, 0, 1, 0],
		frame_time_ms: null,
		shutter: {
			rectangle: [1, 4, 0, 3],
			circle: [5, 6, 2.5],
			polygon: [
				[1, 1],
				[1, 9],
				[9, 9],
			],
			level: 7,
		},
		suv_factor: 0.25,
		lossy: false,
	};
}

export function wireSeries(frames = 3): Record<string, unknown> {
	return {
		series_instance_uid: "1.2.3",
		series_number: 2,
		series_description: "肺窗",
		modality: "CT",
		body_part_examined: "CHEST",
		laterality: "",
		acquisition_time: "103108",
		institution_name: "龙潭镇中心卫生院",
		kind: "image",
		technique: {
			kvp: 120,
			tube_current_ma: null,
			exposure_mas: null,
			repetition_time_ms: null,
			echo_time_ms: null,
			field_strength_t: null,
		},
		sop_instance_uids: Array.from({ length: frames }, (_, i) => `1.2.3.${i}`),
		pack: { pack_id: "p", url: "/api/packs/p/1.2/frames/", block_frames: 2 },
		stack: {
			by_position: true,
			spacing_mm: 2.5,
			spacing_varies: false,
			missing_after: [1],
			repeats: 1,
			tilt_degrees: 18.5,
		},
		forms: [wireForm()],
		frames: Array.from({ length: frames }, (_, i) => ({
			instance: i,
			number: 1,
			form: 0,
			position: [0, 0, i],
			problem: null,
		})),
	};
}

/** A frame record as the server writes it. */
export function recordBytes(frame: number, encoding: number, payload: Uint8Array): Uint8Array {
	const bytes = new Uint8Array(16 + payload.length);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, frame, true);
	view.setUint8(4, encoding);
	view.setUint8(5, 1);
	view.setUint32(8, payload.length, true);
	bytes.set(payload, 16);
	return bytes;
}

/** A codestream of over a megabyte with a tile-part for each of six resolutions; nothing to decode in it. */
export function aLargeStream(): Uint8Array<ArrayBuffer> {
	const sizes = [400, 800, 3000, 20_000, 100_000, 1_200_000];
	const style = [0xff, 0x52, 0, 12, 0, 2, 0, 1, 0, 5, 4, 4, 0, 1];
	const head = [0xff, 0x4f, 0xff, 0x51, 0, 4, 0, 0, ...style];
	const bytes = new Uint8Array(head.length + sizes.reduce((sum, one) => sum + one, 0));
	bytes.set(head);
	const view = new DataView(bytes.buffer);
	let at = head.length;
	for (const [part, size] of sizes.entries()) {
		bytes.set([0xff, 0x90, 0, 10, 0, 0], at);
		view.setUint32(at + 6, size);
		bytes.set([part, sizes.length], at + 10);
		at += size;
	}
	return bytes;
}

/** Figures that look random and are the same in each run (mulberry32). */
export function figures(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}
