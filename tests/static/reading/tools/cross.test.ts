import { describe, expect, it } from "vitest";
import type { Frame, Orientation, Series, Vector } from "../../../../static/src/reading/manifest.ts";
import { CrossSeries } from "../../../../static/src/reading/tools/cross.ts";
import { NOTHING_KNOWN, parseFacts } from "../../../../static/src/reading/tools/facts.ts";
import {
	areParallel,
	heightAbove,
	imageOf,
	nearestFrame,
	patientOf,
	referenceLine,
} from "../../../../static/src/reading/tools/spatial.ts";
import { aForm, aSeries, figures } from "../studies.ts";
import { aReadyStation } from "./marks.ts";

const AXIAL: Orientation = [1, 0, 0, 0, 1, 0];
const CORONAL: Orientation = [1, 0, 0, 0, 0, -1];
const MM = { rowMm: 1, columnMm: 1, source: "pixel" as const };

function aPlane(position: Vector, orientation: Orientation = AXIAL, uid = "1"): Frame {
	const form = aForm({ rows: 100, columns: 100, spacing: MM, orientation });
	return { sopInstanceUid: uid, number: 1, form, position, problem: null };
}

/** Slices `gap` mm apart from `from` on; the first pixel's corner at -50, -50. */
function aStack(uid: string, count: number, from: number, gap: number, orientation = AXIAL): Series {
	const place = (at: number): Vector =>
		orientation === AXIAL ? [-49.5, -49.5, from + at * gap] : [-49.5, from + at * gap, 49.5];
	const frames = Array.from({ length: count }, (_, i) => aPlane(place(i), orientation, `${uid}.${i}`));
	return aSeries(count, { uid, frames });
}

function facts(references: Readonly<Record<string, string>>) {
	return parseFacts({
		series: Object.entries(references).map(([series_instance_uid, frame_of_reference_uid]) => ({
			series_instance_uid,
			groups: [{ sop_instance_uids: [], frame_of_reference_uid, regions: [] }],
		})),
	});
}

describe("places in the patient", () => {
	it("are found from a point and back, in any plane", () => {
		const random = figures(5);
		for (let round = 0; round < 100; round++) {
			const [a, b] = [random() * 6.283, random() * 6.283];
			const r: Vector = [Math.cos(a) * Math.cos(b), Math.sin(a) * Math.cos(b), Math.sin(b)];
			const c: Vector = [-Math.sin(a), Math.cos(a), 0];
			const frame = aPlane([random() * 99, random() * 99, random() * 99], [...r, ...c]);
			const point = { x: random() * 100, y: random() * 100 };
			const place = patientOf(point, frame);
			if (place === null) throw new Error("a place");
			expect(heightAbove(place, frame)).toBeCloseTo(0, 9);
			const back = imageOf(place, frame);
			expect(back?.x).toBeCloseTo(point.x, 9);
			expect(back?.y).toBeCloseTo(point.y, 9);
		}
	});

	it("begin at the centre of the first pixel", () => {
		expect(patientOf({ x: 0.5, y: 0.5 }, aPlane([7, 8, 9]))).toEqual([7, 8, 9]);
	});

	it("are unknown where the image does not say", () => {
		const bare: Frame = { ...aPlane([0, 0, 0]), position: null };
		expect(patientOf({ x: 1, y: 1 }, bare)).toBeNull();
		expect(imageOf([0, 0, 0], bare)).toBeNull();
		expect(nearestFrame(aSeries(1, { frames: [bare] }), [0, 0, 0])).toBeNull();
	});

	it("lie nearest to one slice", () => {
		expect(nearestFrame(aStack("a", 10, 0, 5), [3, 3, 22])).toEqual({ index: 4, away: 2 });
		expect(nearestFrame(aStack("a", 10, 0, 5), [3, 3, 999])?.index).toBe(9);
	});
});

describe("reference lines", () => {
	it("stand where the other plane cuts the picture", () => {
		const axial = aPlane([-49.5, -49.5, 10]);
		const coronal = aPlane([-49.5, 20, 49.5], CORONAL);
		// The coronal plane at y = 20 is row 20 + 50 of the axial one; z = 10 is row 50 - 10 of the coronal.
		const onAxial = referenceLine(axial, coronal);
		expect([onAxial?.a.y, onAxial?.b.y]).toEqual([70, 70]);
		expect([onAxial?.a.x, onAxial?.b.x].sort()).toEqual([0, 100]);
		const onCoronal = referenceLine(coronal, axial);
		expect([onCoronal?.a.y, onCoronal?.b.y]).toEqual([40, 40]);
	});

	it("do not exist between parallel planes, and where a plane ends before", () => {
		expect(referenceLine(aPlane([0, 0, 0]), aPlane([0, 0, 5]))).toBeNull();
		expect(areParallel(aPlane([0, 0, 0]), aPlane([0, 0, 5], [1, 0, 0, 0, -1, 0]))).toBe(true);
		expect(referenceLine(aPlane([-49.5, -49.5, 300]), aPlane([-49.5, 20, 49.5], CORONAL))).toBeNull();
	});
});

describe("panes that follow each other", () => {
	function linked(second: Series, references: Readonly<Record<string, string>>) {
		const station = aReadyStation([aStack("a", 20, 0, 5), second]);
		station.setLayout("1x2");
		const cross = new CrossSeries(station, facts(references));
		const [left, right] = station.panes;
		if (left === undefined || right === undefined) throw new Error("two panes");
		left.goTo(0);
		right.goTo(0);
		return { station, cross, left, right };
	}

	it("go to the same place where they share a space, whatever their slices", () => {
		const { cross, left, right } = linked(aStack("b", 50, -20, 2), { a: "9", b: "9" });
		cross.toggleLink();
		expect(right.state.value.index).toBe(10);
		left.goTo(4);
		// 20 mm: (20 + 20) / 2.
		expect(right.state.value.index).toBe(20);
		expect(cross.offsetOf(right)).toBeNull();
	});

	it("follow the active pane only, and nothing once unlinked", () => {
		const { station, cross, left, right } = linked(aStack("b", 50, 0, 5), { a: "9", b: "9" });
		cross.toggleLink();
		right.goTo(3);
		expect(left.state.value.index).toBe(0);
		station.active.set(1);
		right.goTo(7);
		expect(left.state.value.index).toBe(7);
		cross.toggleLink();
		right.goTo(1);
		expect(left.state.value.index).toBe(7);
	});

	it("keep their distance where they share none: by hand, in millimetres", () => {
		const { station, cross, left, right } = linked(aStack("b", 60, 100, 2.5), { a: "9", b: "8" });
		left.goTo(2);
		right.goTo(10);
		cross.toggleLink();
		// 125 against 10 mm.
		expect(cross.offsetOf(right)).toBe(115);
		left.goTo(4);
		expect(right.state.value.index).toBe(14);
		station.active.set(0);
		expect(cross.offsetOf(left)).toBeNull();
	});

	it("keep their distance in slices where no position is known", () => {
		const plain = aStack("b", 30, 0, 1);
		const bare = { ...plain, frames: plain.frames.map((one) => ({ ...one, position: null })) };
		const { cross, left, right } = linked(bare, { a: "9" });
		right.goTo(6);
		cross.toggleLink();
		left.goTo(5);
		expect(right.state.value.index).toBe(11);
	});

	it("leave slices of another direction alone: their lines show where they are", () => {
		const { cross, left, right } = linked(aStack("b", 20, -40, 4, CORONAL), { a: "9", b: "9" });
		right.goTo(5);
		cross.toggleLink();
		left.goTo(6);
		expect(right.state.value.index).toBe(5);
		expect(cross.guidesOf(left)).toHaveLength(1);
		expect(cross.guidesOf(right)).toHaveLength(1);
	});

	it("show one place in all panes that share its space", () => {
		const { cross, left, right } = linked(aStack("b", 20, -40, 4, CORONAL), { a: "9", b: "9" });
		const hand = cross.handOf(left);
		const at = { seen: { x: 200, y: 200 + 4 * 12 }, finger: false };
		expect(hand.down(at)).toBe(true);
		hand.up(at);
		expect(hand.cancel()).toBe(false);
		// 12 mm behind the middle: slice (12 + 40) / 4 of the coronal stack.
		expect(right.state.value.index).toBe(13);
		expect(cross.guidesOf(right)).toHaveLength(3);
		expect(cross.guidesOf(left)).toHaveLength(3);
	});

	it("know of no common space without a frame of reference", () => {
		const { cross, left, right } = linked(aStack("b", 20, 0, 4), {});
		expect(cross.shareReference(left, right)).toBe(false);
		cross.show(left, [0, 0, 40]);
		expect([right.state.value.index, cross.cross.value]).toEqual([0, null]);
		cross.close();
	});
});

describe("facts of the objects", () => {
	it("are those of the object, else those of its series, else none", () => {
		const known = parseFacts({
			series: [
				{
					series_instance_uid: "s",
					groups: [
						{
							sop_instance_uids: [],
							frame_of_reference_uid: "9",
							magnification: 1.2,
							regions: [],
						},
						{
							sop_instance_uids: ["x"],
							frame_of_reference_uid: "8",
							nominal_mm: [0.2, 0.1],
							regions: [{ max_x: 9 }],
						},
					],
				},
			],
		});
		expect(known.frameOfReference("s", "y")).toBe("9");
		expect(known.spacing("s", "y").magnification).toBe(1.2);
		expect(known.frameOfReference("s", "x")).toBe("8");
		expect(known.spacing("s", "x")).toMatchObject({ nominal: [0.2, 0.1], magnification: null });
		expect(known.spacing("s", "x").regions[0]?.maxX).toBe(9);
		expect(known.frameOfReference("other", "x")).toBe("");
		expect(NOTHING_KNOWN.frameOfReference("s", "x")).toBe("");
	});
});
