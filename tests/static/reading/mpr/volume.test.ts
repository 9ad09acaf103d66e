import { describe, expect, it } from "vitest";
import type { Frame, Vector } from "../../../../static/src/reading/manifest.ts";
import {
	cornersOf,
	frameNear,
	indexOf,
	inside,
	middleOf,
	pitchAlong,
	placeOf,
	volumeOf,
} from "../../../../static/src/reading/mpr/volume.ts";
import { aForm, aSeries, figures } from "../studies.ts";
import { AXIAL, along, aScan, sampleAt, seriesOf, TILTED, volumeIn } from "./phantoms.ts";

function near(a: Vector, b: Vector, digits = 9): void {
	for (const axis of [0, 1, 2] as const) expect(a[axis]).toBeCloseTo(b[axis], digits);
}

describe("the volume of a series", () => {
	it.each([
		["axial", AXIAL, [0, 0, 2]],
		["axial, read from head to foot", AXIAL, [0, 0, -2]],
		["of a tilted gantry", TILTED, [0, 0, 1.5]],
		["coronal", [1, 0, 0, 0, 0, -1], [0, 3, 0]],
		["oblique and sheared", [0.6, 0.8, 0, 0, 0, -1], [0.9, -0.9, 0.3]],
	] as const)("finds each sample where the standard puts it: %s", (_, orientation, step) => {
		const series = seriesOf(aScan({ orientation, positions: along([3, -7, 11], step, 12) }));
		const volume = volumeIn(series, 5);
		const random = figures(3);
		for (let turn = 0; turn < 60; turn++) {
			const k = Math.floor(random() * 12);
			const [column, row] = [Math.floor(random() * 40), Math.floor(random() * 36)];
			const place = sampleAt(series.frames[volume.frames[k] as number] as Frame, column, row);
			near(indexOf(volume, place), [column, row, volume.heights[k] as number]);
			near(placeOf(volume, [column, row, volume.heights[k] as number]), place);
		}
	});

	it("has its slices by growing height, and knows which way they are read", () => {
		const up = volumeIn(seriesOf(aScan({ positions: along([0, 0, 0], [0, 0, 2], 5) })));
		const down = volumeIn(seriesOf(aScan({ positions: along([0, 0, 0], [0, 0, -2], 5) })));
		expect(up.frames).toEqual([0, 1, 2, 3, 4]);
		expect(down.frames).toEqual([4, 3, 2, 1, 0]);
		expect(down.heights).toEqual([0, 2, 4, 6, 8]);
		near(up.reading, [0, 0, 1]);
		near(down.reading, [0, 0, -1]);
	});

	it("counts gaps against the usual distance", () => {
		const positions = along([0, 0, 0], [0, 0, 2], 12).filter((_, k) => k !== 4 && k !== 8);
		const volume = volumeIn(seriesOf(aScan({ positions })));
		expect(volume.spacingMm).toBe(2);
		expect(volume.gaps).toBe(2);
	});

	it("takes the pass that is being read where a position has several frames", () => {
		const pass = along([0, 0, 0], [0, 0, 2], 6);
		const series = seriesOf(aScan({ positions: [...pass, ...pass] }));
		expect(volumeIn(series, 2).frames).toEqual([0, 1, 2, 3, 4, 5]);
		expect(volumeIn(series, 6).frames).toEqual([6, 7, 8, 9, 10, 11]);
		expect(volumeIn(series, 11).frames).toEqual([6, 7, 8, 9, 10, 11]);
	});

	it("leaves localizers of another direction out", () => {
		const series = seriesOf(aScan());
		const form = aForm({ ...series.frames[0]?.form, orientation: [0, 1, 0, 0, 0, -1] });
		const localizer: Frame = { sopInstanceUid: "9", number: 1, form, position: [0, 0, -21], problem: null };
		const mixed = { ...series, frames: [localizer, ...series.frames] };
		expect(volumeIn(mixed, 3).frames).toEqual(Array.from({ length: 20 }, (_, k) => k + 1));
	});
});

describe("a series without a volume", () => {
	const form = seriesOf(aScan()).frames[0]?.form;
	it.each([
		["colour", { samplesPerPixel: 3, photometric: "RGB" }],
		["colour", { photometric: "PALETTE COLOR" }],
		["unordered", { orientation: null }],
		["unordered", { spacing: null }],
		["unordered", { spacing: { rowMm: 1, columnMm: 1, source: "imager" } }],
		["table", { modalityLut: { firstMapped: 0, bits: 16, entries: Uint16Array.of(1) } }],
	] as const)("says why: %s", (why, changes) => {
		expect(volumeOf(seriesOf(aScan({ form: changes })), 0)).toBe(why);
	});

	it("says that slices are few, differ, or stand askew", () => {
		expect(volumeOf(seriesOf(aScan({ positions: along([0, 0, 0], [0, 0, 2], 2) })), 0)).toBe("fewSlices");
		expect(volumeOf(aSeries(0), 0)).toBe("unordered");
		expect(volumeOf(seriesOf(aScan({ positions: along([0, 0, 0], [1, 1, 0], 5) })), 0)).toBe("fewSlices");
		const mixed = aSeries(3, {
			frames: [64, 65, 66].map(
				(columns, k): Frame => ({
					sopInstanceUid: `${k}`,
					number: 1,
					form: aForm({ ...form, columns }),
					position: [0, 0, k],
					problem: null,
				}),
			),
		});
		expect(volumeOf(mixed, 1)).toBe("differ");
		const askew = along([0, 0, 0], [0, 0, 2], 9).map((one, k): Vector => (k === 4 ? [0.3, 0, one[2]] : one));
		expect(volumeOf(seriesOf(aScan({ positions: askew })), 0)).toBe("irregular");
		const rounded = along([0, 0, 0], [0, 0, 2], 9).map((one, k): Vector => [0.1 * (k % 2), 0, one[2]]);
		expect(typeof volumeOf(seriesOf(aScan({ positions: rounded })), 0)).toBe("object");
	});
});

describe("places of a volume", () => {
	const series = seriesOf(aScan({ orientation: TILTED, positions: along([0, 0, 0], [0, 0, 2], 10) }));
	const volume = volumeIn(series);

	it("holds what lies outside at its faces and leaves the rest", () => {
		const middle = middleOf(volume);
		near(inside(volume, middle), middle);
		const [column, row, height] = indexOf(volume, inside(volume, [1000, -1000, 1000]));
		expect(column).toBeCloseTo(39);
		expect(row).toBeCloseTo(0);
		expect(height).toBeCloseTo(volume.heights.at(-1) as number);
	});

	it("reaches half a sample beyond the outermost centres", () => {
		const indices = cornersOf(volume).map((corner) => indexOf(volume, corner));
		expect(Math.min(...indices.map(([column]) => column))).toBeCloseTo(-0.5);
		expect(Math.max(...indices.map(([, row]) => row))).toBeCloseTo(35.5);
		expect(Math.max(...indices.map(([, , height]) => height))).toBeCloseTo(
			(volume.heights.at(-1) as number) + volume.spacingMm / 2,
		);
	});

	it("knows the distance of samples along any direction, and the nearest slice", () => {
		const straight = volumeIn(seriesOf(aScan()));
		expect(pitchAlong(straight, [1, 0, 0])).toBeCloseTo(0.8);
		expect(pitchAlong(straight, [0, -1, 0])).toBeCloseTo(1.1);
		expect(pitchAlong(straight, [0, 0, 1])).toBeCloseTo(2);
		expect(frameNear(straight, [0, 0, -12.9])).toBe(3);
		expect(frameNear(straight, [0, 0, 500])).toBe(19);
	});
});
