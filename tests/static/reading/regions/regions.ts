/** Segmentations and structure sets as the server tells of them, and a server in memory. */
import type {
	Contour,
	Contours,
	MaskFrame,
	MaskFrames,
	Segmentation,
	StructureSet,
} from "../../../../static/src/reading/objects/told.ts";
import type { FrameRecord } from "../../../../static/src/reading/records.ts";
import { outlinesOf } from "../../../../static/src/reading/regions/masks.ts";
import type { Shown } from "../../../../static/src/reading/regions/placing.ts";
import type { RegionServer } from "../../../../static/src/reading/regions/store.ts";
import type { Matrix } from "../../../../static/src/reading/tools/shapes.ts";
import { aHeader } from "../objects/objects.ts";
import { aForm, aFrame } from "../studies.ts";

export const SPACE = "1.2.8";

export function aMask(changes: Partial<MaskFrame> = {}): MaskFrame {
	return {
		segments: [1],
		images: [],
		position: [0, 0, 0],
		orientation: [1, 0, 0, 0, 1, 0],
		spacing_mm: [0.5, 0.5],
		...changes,
	};
}

export function allMasks(frames: readonly MaskFrame[], changes: Partial<MaskFrames> = {}): MaskFrames {
	return {
		rows: 4,
		columns: 4,
		fractional: false,
		label_map: false,
		maximum: 1,
		frame_of_reference_uid: SPACE,
		frames: [...frames],
		...changes,
	};
}

export function aSegment(
	number: number,
	changes: Partial<Segmentation["segments"][number]> = {},
): Segmentation["segments"][number] {
	return {
		number,
		label: `段 ${number}`,
		category: "Organ",
		property_type: "Liver",
		algorithm: "MANUAL",
		algorithm_name: "",
		algorithm_version: "",
		colour: "#ff0000",
		frames: 1,
		...changes,
	};
}

export function aSegmentation(changes: Partial<Segmentation> = {}): Segmentation {
	return {
		header: aHeader({ sop_instance_uid: "9.7", series_instance_uid: "9.70" }),
		label: "LIVER",
		description: "",
		model: "",
		fractional: false,
		frame_of_reference_uid: SPACE,
		series: ["1.2.3"],
		segments: [aSegment(1), aSegment(2, { colour: "" })],
		...changes,
	};
}

export function aStructureSet(changes: Partial<StructureSet> = {}): StructureSet {
	return {
		header: aHeader({ sop_instance_uid: "9.8", series_instance_uid: "9.80" }),
		label: "PLAN",
		description: "",
		model: "",
		approval: "UNAPPROVED",
		series: ["1.2.3"],
		frame_of_reference_uids: [SPACE],
		rois: [
			{
				number: 1,
				name: "PTV",
				interpreted_type: "PTV",
				algorithm: "MANUAL",
				colour: "#00ff00",
				contours: 1,
			},
		],
		left_out: 0,
		...changes,
	};
}

export function aContour(points: readonly number[], changes: Partial<Contour> = {}): Contour {
	return {
		roi: 1,
		kind: "CLOSED_PLANAR",
		frame_of_reference_uid: SPACE,
		images: [],
		points: [...points],
		...changes,
	};
}

/** The image at `index` of a stack of 2.5 mm, 4 × 4 pixels of half a millimetre. */
export function shownAt(index: number, changes: Partial<Shown> = {}): Shown {
	return { frame: aFrame(index, aForm()), reference: SPACE, halfMm: 1.25, ...changes };
}

export function mapped([a, b, c, d, e, f]: Matrix, x: number, y: number): [number, number] {
	return [a * x + c * y + e, b * x + d * y + f];
}

/** The record of a frame, its payload packed as the server packs it. */
export async function aRecord(
	frame: number,
	pixels: Uint8Array<ArrayBuffer>,
	binary = true,
): Promise<FrameRecord> {
	const stream = new Blob([pixels]).stream().pipeThrough(new CompressionStream("deflate"));
	const payload = new Uint8Array(await new Response(stream).arrayBuffer());
	return { frame, encoding: binary ? "overlay" : "zlib", payload, partial: false };
}

/** Pixels as bits, the least significant first. */
export function bitsOf(pixels: readonly number[]): Uint8Array<ArrayBuffer> {
	const bits = new Uint8Array(Math.ceil(pixels.length / 8));
	for (const [i, one] of pixels.entries()) bits[i >> 3] = (bits[i >> 3] ?? 0) | (one << (i & 7));
	return bits;
}

/** Pixels as words of two bytes, the lower byte first. */
export function wordsOf(pixels: readonly number[]): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(pixels.flatMap((one) => [one & 255, one >> 8]));
}

/** The outline that pixels of a whole grid must have. */
export function outlineOfPixels(pixels: readonly number[], all: MaskFrames): string {
	return outlinesOf(bitsOf(pixels), all)[0] ?? "";
}

export interface HeardRegions extends RegionServer {
	readonly heard: string[];
	refusal: Error | null;
}

export function aRegionServer(
	masks: [MaskFrames, FrameRecord[]],
	contours: Contours = { contours: [] },
): HeardRegions {
	const server: HeardRegions = {
		heard: [],
		refusal: null,
		masks: async (uid) => {
			server.heard.push(`masks ${uid}`);
			if (server.refusal !== null) throw server.refusal;
			return masks;
		},
		contours: async (uid) => {
			server.heard.push(`contours ${uid}`);
			if (server.refusal !== null) throw server.refusal;
			return contours;
		},
	};
	return server;
}
