/** Studies of a CT and a PET over it whose every value is known, for the tests of fusion. */
import type { Frame, ImageForm, Series, Vector } from "../../../../static/src/reading/manifest.ts";
import type { Samples } from "../../../../static/src/reading/samples.ts";
import type { ObjectFacts } from "../../../../static/src/reading/tools/measuring.ts";
import { parseFacts } from "../../../../static/src/reading/tools/facts.ts";
import { DecodePool } from "../../../../static/src/reading/decode/pool.ts";
import { Station } from "../../../../static/src/reading/station.ts";
import { aForm, aSeries, aStudy } from "../studies.ts";

export const SPACE = "1.2.840.1";
export const CT_UID = "1.2.3";
export const PET_UID = "1.2.4";
export const FACTOR = 0.01;

/** Facts by which series lie in spaces. */
export function factsOf(spaces: Readonly<Record<string, string>>): ObjectFacts {
	return parseFacts({
		series: Object.entries(spaces).map(([uid, space]) => ({
			series_instance_uid: uid,
			groups: [{ sop_instance_uids: [], frame_of_reference_uid: space }],
		})),
	});
}

export const SHARED = factsOf({ [CT_UID]: SPACE, [PET_UID]: SPACE });

function placed(form: ImageForm, corner: Vector, stepMm: number, slices: number, root: string): Frame[] {
	return Array.from({ length: slices }, (_, k) => ({
		sopInstanceUid: `${root}.${k}`,
		number: 1,
		form,
		position: [corner[0], corner[1], corner[2] + k * stepMm] as const,
		problem: null,
	}));
}

/** A CT of 8 × 6 pixels of 2 mm in five slices of 4 mm from the origin on. */
export function aCt(changes: Partial<ImageForm> = {}): Series {
	const form = aForm({ rows: 6, columns: 8, spacing: { rowMm: 2, columnMm: 2, source: "pixel" }, ...changes });
	const plain = aSeries(0, { uid: CT_UID });
	return { ...plain, frames: placed(form, [0, 0, 0], 4, 5, "1.2.30") };
}

/** A PET of 7 × 7 pixels of 4 mm in seven slices of 6 mm, about the CT and beyond it. */
export function aPet(changes: Partial<ImageForm> = {}, uid = PET_UID): Series {
	const form = aForm({
		rows: 7,
		columns: 7,
		floating: true,
		bitsAllocated: 64,
		spacing: { rowMm: 4, columnMm: 4, source: "pixel" },
		suvFactor: FACTOR,
		...changes,
	});
	const plain = aSeries(0, { uid, modality: "PT", description: "PET AC" });
	return { ...plain, frames: placed(form, [-5, -5, -9], 6, 7, uid) };
}

/** A value that is linear in all directions: what is interpolated is exact. */
export function activity([x, y, z]: Vector): number {
	return 500 + 7 * x - 11 * y + 5 * z;
}

/** A station that holds every slice it is given a value for. */
export class Holding extends Station {
	readonly held = new Map<string, Map<number, Samples>>();

	override samples(series: Series, index: number): Samples | undefined {
		return this.held.get(series.uid)?.get(index);
	}

	override loadedFrames(series: Series): ReadonlySet<number> {
		return new Set(this.held.get(series.uid)?.keys());
	}

	/** Scans slices of a series from a function of the place. */
	scan(series: Series, value: (place: Vector) => number, only = series.frames.map((_, k) => k)): void {
		const slices = this.held.get(series.uid) ?? new Map<number, Samples>();
		this.held.set(series.uid, slices);
		for (const k of only) {
			const { position, form } = series.frames[k] as Frame;
			if (position === null || form?.spacing == null) throw new Error("not placed");
			const { rows, columns, spacing } = form;
			slices.set(
				k,
				Float64Array.from({ length: rows * columns }, (_, i) =>
					value([
						position[0] + (i % columns) * spacing.columnMm,
						position[1] + Math.floor(i / columns) * spacing.rowMm,
						position[2],
					]),
				),
			);
		}
		this.progress.update((times) => times + 1);
	}
}

export function aStation(
	series: readonly Series[],
	bytesMax = 1e8,
	fetched: (url: string) => Promise<Response> = () => new Promise(() => undefined),
): Holding {
	const silent = { postMessage: () => undefined, onmessage: null, onerror: null, terminate: () => undefined };
	const station = new Holding({
		studyInstanceUid: "1.2",
		fetch: (url) => fetched(String(url)),
		pool: new DecodePool({ makeWorker: () => ({ ...silent }), workers: 1, wasmUrl: "" }),
		shared: false,
		bytesMax,
	});
	station.study.set(aStudy(series));
	for (const pane of station.panes) pane.size = { width: 400, height: 300 };
	station.showSeries(series[0]?.uid ?? "");
	station.activePane.goTo(0);
	return station;
}
