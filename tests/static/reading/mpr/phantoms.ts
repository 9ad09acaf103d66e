/** Volumes whose every value is known: scanned from a function of the patient's space. */
import type {
	Frame,
	ImageForm,
	Orientation,
	Series,
	StackFacts,
	Vector,
} from "../../../../static/src/reading/manifest.ts";
import type { Content } from "../../../../static/src/reading/mpr/resample.ts";
import { Mpr } from "../../../../static/src/reading/mpr/mpr.ts";
import { PLANES } from "../../../../static/src/reading/mpr/plane.ts";
import { type Volume, volumeOf } from "../../../../static/src/reading/mpr/volume.ts";
import type { Samples } from "../../../../static/src/reading/samples.ts";
import type { Voi } from "../../../../static/src/reading/voi.ts";
import { aForm, aSeries } from "../studies.ts";

export interface Scan {
	readonly columns: number;
	readonly rows: number;
	readonly columnMm: number;
	readonly rowMm: number;
	readonly orientation: Orientation;
	/** Centre of the first pixel of each slice. */
	readonly positions: readonly Vector[];
	readonly form?: Partial<ImageForm>;
	readonly stack?: Partial<StackFacts>;
}

export const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const TILT = (18 * Math.PI) / 180;
/** Rows across the patient, columns leaning back as a gantry of 18° does; the table goes along z. */
export const TILTED: Orientation = [1, 0, 0, 0, Math.cos(TILT), -Math.sin(TILT)];

export function along(from: Vector, step: Vector, count: number): Vector[] {
	return Array.from(
		{ length: count },
		(_, k): Vector => [from[0] + step[0] * k, from[1] + step[1] * k, from[2] + step[2] * k],
	);
}

/** A box of 40 × 36 samples of 0.8 × 1.1 mm in 20 slices of 2 mm, axial. */
export function aScan(changes: Partial<Scan> = {}): Scan {
	return {
		columns: 40,
		rows: 36,
		columnMm: 0.8,
		rowMm: 1.1,
		orientation: AXIAL,
		positions: along([-16, -20, -19], [0, 0, 2], 20),
		...changes,
	};
}

export function seriesOf(scan: Scan): Series {
	const form = aForm({
		rows: scan.rows,
		columns: scan.columns,
		floating: true,
		bitsAllocated: 64,
		bitsStored: 64,
		signed: true,
		spacing: { rowMm: scan.rowMm, columnMm: scan.columnMm, source: "pixel" },
		orientation: scan.orientation,
		...scan.form,
	});
	const frames = scan.positions.map(
		(position, k): Frame => ({ sopInstanceUid: `1.9.${k}`, number: 1, form, position, problem: null }),
	);
	const plain = aSeries(0);
	return { ...plain, frames, stack: { ...plain.stack, ...scan.stack } };
}

export function volumeIn(series: Series, at = 0): Volume {
	const found = volumeOf(series, at);
	if (typeof found === "string") throw new Error(`no volume: ${found}`);
	return found;
}

/** Where a sample of a frame lies, by the standard's own equation (PS3.3 C.7.6.2.1.1). */
export function sampleAt(frame: Frame, column: number, row: number): Vector {
	const o = frame.form?.orientation as Orientation;
	const p = frame.position as Vector;
	const { columnMm, rowMm } = frame.form?.spacing as { columnMm: number; rowMm: number };
	const one = (axis: 0 | 1 | 2): number =>
		p[axis] + o[axis] * columnMm * column + (o[axis + 3] as number) * rowMm * row;
	return [one(0), one(1), one(2)];
}

/** The slices of a volume, each sample what the function says of its place. */
export function scanned(series: Series, volume: Volume, value: (place: Vector) => number): Content {
	const slices = volume.frames.map((index) => {
		const frame = series.frames[index] as Frame;
		const made = new Float64Array(volume.columns * volume.rows);
		for (let row = 0; row < volume.rows; row++) {
			for (let column = 0; column < volume.columns; column++) {
				made[row * volume.columns + column] = value(sampleAt(frame, column, row));
			}
		}
		return made as Samples;
	});
	return {
		slices,
		slopes: slices.map(() => 1),
		intercepts: slices.map(() => 0),
		padding: volume.form.padding,
	};
}

/** Solves a·x + b·y + c·z = d by Cramer's rule. */
export function solved(a: Vector, b: Vector, c: Vector, d: Vector): Vector {
	const det = (u: Vector, v: Vector, w: Vector): number =>
		u[0] * (v[1] * w[2] - v[2] * w[1]) -
		v[0] * (u[1] * w[2] - u[2] * w[1]) +
		w[0] * (u[1] * v[2] - u[2] * v[1]);
	const whole = det(a, b, c);
	return [det(d, b, c) / whole, det(a, d, c) / whole, det(a, b, d) / whole];
}

/** Trilinear by definition, for evenly spaced slices: the lattice is solved for, eight neighbours are weighed.
 * Null outside of the samples' centres. */
export function reference(series: Series, volume: Volume, content: Content, place: Vector): number | null {
	const frames = volume.frames.map((index) => series.frames[index] as Frame);
	const first = frames[0] as Frame;
	const [p, q] = [first.position as Vector, (frames[1] as Frame).position as Vector];
	const column = sampleAt(first, 1, 0);
	const row = sampleAt(first, 0, 1);
	const less = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
	const at = solved(less(column, p), less(row, p), less(q, p), less(place, p));
	const most = [(first.form as ImageForm).columns - 1, (first.form as ImageForm).rows - 1, frames.length - 1];
	if (at.some((one, axis) => one < 0 || one > (most[axis] as number))) return null;
	let sum = 0;
	for (let corner = 0; corner < 8; corner++) {
		let weight = 1;
		const index = at.map((one, axis) => {
			const low = Math.min(Math.floor(one), Math.max(0, (most[axis] as number) - 1));
			const part = one - low;
			const upper = (corner >> axis) & 1;
			weight *= upper === 1 ? part : 1 - part;
			return low + upper;
		});
		if (weight === 0) continue;
		const slice = content.slices[index[2] as number] as Samples;
		sum +=
			weight * (slice[(index[1] as number) * ((most[0] as number) + 1) + (index[0] as number)] as number);
	}
	return sum;
}

export const VOI: Voi = { center: 40, width: 400, function: "LINEAR", table: null };

/** A reconstruction of the box, in viewports of 300 × 300. */
export function anMpr(scan: Partial<Scan> = {}, cross: Vector = [0, 0, 0]): Mpr {
	const series = seriesOf(aScan(scan));
	const made = new Mpr({
		series,
		volume: volumeIn(series),
		cross,
		voi: VOI,
		invert: false,
		single: false,
		plane: "axial",
	});
	for (const name of PLANES) made.sizes.set(name, { width: 300, height: 300 });
	return made;
}
