import { describe, expect, it } from "vitest";
import type { Frame, Orientation, Vector } from "../../../../static/src/reading/manifest.ts";
import {
	applied,
	contourPath,
	contourPoints,
	crossPath,
	halfSliceMm,
	maskMatrix,
	onScreen,
	planeOf,
	UNMOVED,
} from "../../../../static/src/reading/regions/placing.ts";
import { patientOf } from "../../../../static/src/reading/tools/spatial.ts";
import { aForm, aFrame, aSeries, figures } from "../studies.ts";
import { aContour, allMasks, aMask, mapped, SPACE, shownAt } from "./regions.ts";

const named = [{ sop_instance_uid: "1.2.2", frames: [] }];

function rounded(pair: readonly number[]): number[] {
	return pair.map((one) => Math.round(one * 1e6) / 1e6 + 0);
}

/** A plane turned about all axes. */
function directions(seed: number): Orientation {
	const next = figures(seed);
	const [a, b, c] = [next() * 6, next() * 6, next() * 6];
	const turn = ([x, y, z]: Vector): Vector => {
		const [x1, y1] = [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)];
		const [y2, z2] = [y1 * Math.cos(b) - z * Math.sin(b), y1 * Math.sin(b) + z * Math.cos(b)];
		return [x1 * Math.cos(c) - z2 * Math.sin(c), y2, x1 * Math.sin(c) + z2 * Math.cos(c)];
	};
	return [...turn([1, 0, 0]), ...turn([0, 1, 0])] as unknown as Orientation;
}

function image(orientation: Orientation, position: Vector): Frame {
	const form = aForm({
		rows: 64,
		columns: 48,
		orientation,
		spacing: { rowMm: 0.7, columnMm: 0.9, source: "pixel" },
	});
	return { ...aFrame(0, form), position };
}

describe("a slice", () => {
	it("stands for half the way to the next, else for half its thickness", () => {
		const series = aSeries(3);
		const { stack } = series;
		expect(halfSliceMm(series, aFrame(0))).toBe(1.25);
		const alone = { stack: { ...stack, spacingMm: null } };
		expect(halfSliceMm(alone, aFrame(0, aForm({ sliceThicknessMm: 8 })))).toBe(4);
		expect(halfSliceMm(alone, aFrame(0, aForm({ sliceThicknessMm: null })))).toBeLessThan(0.1);
		expect(halfSliceMm(alone, aFrame(0, null))).toBeLessThan(0.1);
	});
});

describe("a frame of a segmentation", () => {
	it("of the image's own grid lies on it as it is", () => {
		const mask = aMask({ position: [0, 0, 5] });
		const matrix = maskMatrix(mask, allMasks([mask]), shownAt(2));
		expect(matrix?.map((one) => Math.round(one * 1e9) / 1e9 + 0)).toEqual([...UNMOVED]);
	});

	it("is laid by places in the patient, whatever its pixels and directions are", () => {
		for (let seed = 1; seed <= 40; seed++) {
			const next = figures(seed);
			const orientation = directions(seed);
			const frame = image(orientation, [next() * 90, next() * 90, next() * 90]);
			const [r, c] = [orientation.slice(0, 3), orientation.slice(3)];
			// The same plane, turned by a quarter and seen from the other side by half of the seeds.
			const turned = (seed % 2 === 0 ? [...c, ...r] : [...c, ...r.map((one) => -one)]) as number[];
			const corner = patientOf({ x: 5 + next() * 20, y: 5 + next() * 20 }, frame) as Vector;
			const mask = aMask({
				position: [...corner] as [number, number, number],
				orientation: turned as unknown as [number, number, number, number, number, number],
				spacing_mm: [0.3 + next(), 0.3 + next()],
			});
			const all = allMasks([mask], { rows: 9, columns: 13 });
			const matrix = maskMatrix(mask, all, { frame, reference: SPACE, halfMm: 1 });
			const plane = planeOf(mask, all);
			if (matrix === null || plane === null) throw new Error(`seed ${seed} lies nowhere`);
			for (const [x, y] of [
				[0, 0],
				[13, 9],
				[2.5, 7.25],
				[13, 0],
			] as const) {
				const there = patientOf({ x, y }, plane) as Vector;
				const point = applied(matrix, { x, y });
				const back = patientOf(point, frame) as Vector;
				expect(rounded(back)).toEqual(rounded(there));
			}
		}
	});

	it("written from right to left is turned round", () => {
		const mask = aMask({ position: [1.5, 0, 0], orientation: [-1, 0, 0, 0, 1, 0] });
		const matrix = maskMatrix(mask, allMasks([mask]), shownAt(0));
		if (matrix === null) throw new Error("it lies nowhere");
		expect(rounded(mapped(matrix, 0, 0))).toEqual([4, 0]);
		expect(rounded(mapped(matrix, 4, 4))).toEqual([0, 4]);
	});

	it("lies on the slice it is in, and on no other", () => {
		const on = (z: number): number[] => {
			const mask = aMask({ position: [0, 0, z] });
			return [0, 1, 2, 3].filter((index) => maskMatrix(mask, allMasks([mask]), shownAt(index)) !== null);
		};
		expect([on(2.5), on(3.6), on(3.9), on(-1.2), on(-1.4), on(9)]).toEqual([[1], [1], [2], [0], [], []]);
	});

	it("in another direction is not shown", () => {
		const mask = aMask({ orientation: [1, 0, 0, 0, 0, 1] });
		expect(maskMatrix(mask, allMasks([mask]), shownAt(0))).toBeNull();
		const tilted = aMask({ orientation: [1, 0, 0, 0, Math.cos(0.2), Math.sin(0.2)] });
		expect(maskMatrix(tilted, allMasks([tilted]), shownAt(0))).toBeNull();
	});

	it("in another space is shown only where it names the image", () => {
		const elsewhere = shownAt(2, { reference: "1.2.9" });
		const unknown = shownAt(2, { reference: "" });
		const mask = aMask({ position: [0, 0, 5] });
		const all = allMasks([mask]);
		expect([maskMatrix(mask, all, elsewhere), maskMatrix(mask, all, unknown)]).toEqual([null, null]);
		const naming = aMask({ position: [0, 0, 5], images: named });
		expect(maskMatrix(naming, all, elsewhere)).not.toBeNull();
		expect(maskMatrix({ ...naming, position: [0, 0, 50] }, all, elsewhere)).toBeNull();
		const framed = aMask({ position: [0, 0, 5], images: [{ sop_instance_uid: "1.2.2", frames: [2] }] });
		expect(maskMatrix(framed, all, elsewhere)).toBeNull();
	});

	it("without a place lies on the image that it names, if the pixels are the same", () => {
		const mask = aMask({ position: null, images: named });
		expect(maskMatrix(mask, allMasks([mask]), shownAt(2))).toEqual(UNMOVED);
		expect(maskMatrix(mask, allMasks([mask], { rows: 5 }), shownAt(2))).toBeNull();
		expect(maskMatrix(mask, allMasks([mask]), shownAt(1))).toBeNull();
		const flat = shownAt(2, { frame: { ...aFrame(2), position: null } });
		expect(maskMatrix(aMask({ images: named }), allMasks([mask]), flat)).toEqual(UNMOVED);
	});

	it("whose directions are none lies nowhere", () => {
		const all = allMasks([]);
		expect(planeOf(aMask({ orientation: [0, 0, 0, 0, 1, 0] }), all)).toBeNull();
		expect(planeOf(aMask({ orientation: [1, 0, 0, 0, 3, 0] }), all)).toBeNull();
		expect(planeOf(aMask({ orientation: null }), all)).toBeNull();
		expect(planeOf(aMask({ spacing_mm: null }), all)).toBeNull();
	});
});

describe("a contour", () => {
	const square = [0, 0, 5, 1, 0, 5, 1, 1.5, 5, 0, 1.5, 5];

	it("lies on the slice that it is in, in the image's own pixels", () => {
		const points = contourPoints(aContour(square), shownAt(2));
		// Half a millimetre a pixel; the centre of the first pixel is the origin.
		expect(points).toEqual([
			{ x: 0.5, y: 0.5 },
			{ x: 2.5, y: 0.5 },
			{ x: 2.5, y: 3.5 },
			{ x: 0.5, y: 3.5 },
		]);
		expect([0, 1, 3].map((index) => contourPoints(aContour(square), shownAt(index)))).toEqual([
			null,
			null,
			null,
		]);
	});

	it("comes back to the places it was drawn at, in any plane", () => {
		for (let seed = 1; seed <= 20; seed++) {
			const next = figures(seed);
			const frame = image(directions(seed), [next() * 50, next() * 50, next() * 50]);
			const drawn = Array.from({ length: 6 }, () => ({ x: next() * 48, y: next() * 64 }));
			const points = drawn.flatMap((point) => [...(patientOf(point, frame) as Vector)]);
			const found = contourPoints(aContour(points), { frame, reference: SPACE, halfMm: 0.5 });
			expect(found?.map(({ x, y }) => rounded([x, y]))).toEqual(drawn.map(({ x, y }) => rounded([x, y])));
		}
	});

	it("that leaves the slice is not shown on it", () => {
		expect(contourPoints(aContour([...square, 0, 0, 9]), shownAt(2))).toBeNull();
		expect(contourPoints(aContour([]), shownAt(2))).toBeNull();
	});

	it("of another space is shown where it names the image", () => {
		const elsewhere = shownAt(2, { reference: "1.2.9" });
		expect(contourPoints(aContour(square), elsewhere)).toBeNull();
		expect(contourPoints(aContour(square, { images: named }), elsewhere)).not.toBeNull();
		const lost = shownAt(2, { frame: { ...aFrame(2), position: null } });
		expect(contourPoints(aContour(square), lost)).toBeNull();
	});

	it("is closed only where it is", () => {
		const points = [
			{ x: 1, y: 2 },
			{ x: 3, y: 4.5 },
		];
		expect(contourPath("CLOSED_PLANAR", points)).toBe("M1 2L3 4.5Z");
		expect(contourPath("OPEN_PLANAR", points)).toBe("M1 2L3 4.5");
		expect(contourPath("CLOSED_PLANAR", [])).toBe("");
	});

	it("of one point is a cross about it", () => {
		const [, left, y, right] = /^M(\S+) (\S+)H(\S+)M/.exec(crossPath({ x: 50, y: 60 })) ?? [];
		expect(Number(left) + Number(right)).toBe(100);
		expect(Number(y)).toBe(60);
	});
});

describe("on the screen", () => {
	it("everything follows the picture", () => {
		const projection = { toSeen: ({ x, y }: { x: number; y: number }) => ({ x: 100 - 2 * y, y: 7 + 3 * x }) };
		const matrix = onScreen([2, 0, 0, 2, 1, 1], projection);
		for (const [x, y] of [
			[0, 0],
			[3, 5],
			[-1, 2],
		] as const) {
			const seen = projection.toSeen({ x: 2 * x + 1, y: 2 * y + 1 });
			expect(mapped(matrix, x, y)).toEqual([seen.x, seen.y]);
		}
	});
});
