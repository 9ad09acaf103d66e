import { describe, expect, it } from "vitest";
import { Fusion } from "../../../../static/src/reading/fusion/fused.ts";
import { fusionOf } from "../../../../static/src/reading/fusion/load.ts";
import { type Found, uptakeIn } from "../../../../static/src/reading/fusion/region.ts";
import { fusionTexts } from "../../../../static/src/reading/fusion/texts.ts";
import type { Frame, Orientation, Series, Vector } from "../../../../static/src/reading/manifest.ts";
import { contentOf } from "../../../../static/src/reading/mpr/content.ts";
import { sceneOf } from "../../../../static/src/reading/tools/scene.ts";
import { NOTHING_KNOWN } from "../../../../static/src/reading/tools/facts.ts";
import { rowsOf } from "../../../../static/src/reading/tools/listing.ts";
import type { MarkKind } from "../../../../static/src/reading/tools/mark.ts";
import { overRegion, withOver } from "../../../../static/src/reading/tools/over.ts";
import { toolTexts } from "../../../../static/src/reading/tools/texts.ts";
import { sampleAt, volumeIn } from "../mpr/phantoms.ts";
import { another, points } from "../tools/marks.ts";
import { activity, aCt, aPet, aStation, CT_UID, FACTOR, SHARED } from "./pets.ts";

type Corner = readonly [number, number];
const ALL: readonly [Corner, Corner] = [
	[0, 0],
	[8, 6],
];

/** What is not linear: the greatest of it lies on a sample, and between samples there is less. */
function peaked([x, y, z]: Vector): number {
	return 300 + ((7 * x + 13 * y + 5 * z + 400) % 97);
}

function frameOf(series: Series, index: number): Frame {
	const frame = series.frames[index];
	if (frame === undefined) throw new Error("no such frame");
	return frame;
}

/** A PET under a region of a frame, as it is found. */
function found(region: readonly [Corner, Corner], changes: { frame?: Frame; round?: boolean; only?: number[] } = {}) {
	const [ct, pet] = [aCt(), aPet()];
	const station = aStation([ct, pet]);
	station.scan(pet, peaked, changes.only);
	const volume = volumeIn(pet);
	const [[left, top], [right, bottom]] = region;
	const box = { left, top, right, bottom };
	const frame = changes.frame ?? frameOf(ct, 2);
	return uptakeIn(volume, contentOf(station, pet, volume), { frame, box, round: changes.round ?? false });
}

/** Every sample of the PET whose centre is kept, by the standard's own equation. */
function samples(kept: (place: Vector) => boolean): number[] {
	const pet = aPet();
	return pet.frames.flatMap((frame) =>
		Array.from({ length: 49 }, (_, i) => sampleAt(frame, i % 7, Math.floor(i / 7)))
			.filter(kept)
			.map(peaked),
	);
}

function uptakeOf(values: readonly number[]): Found {
	const sum = values.reduce((a, b) => a + b, 0);
	return { count: values.length, mean: expect.closeTo(sum / values.length, 9), max: Math.max(...values) } as never;
}

/** Centres of the CT's pixels are 2 mm apart from the origin on: its points count from half a pixel before. */
const left = 2 * (1 - 0.5);

describe("the uptake in a region", () => {
	it("is of the stored samples whose centres lie inside, on the slice nearest to the image", () => {
		// The CT's third slice is at 8 mm; slices of the PET are at -9, -3, 3, 9 and so on.
		const values = samples(([x, y, z]) => z === 9 && x >= -1 && x <= 15 && y >= -1 && y <= 11);
		expect(values.length).toBeGreaterThan(6);
		expect(found(ALL)).toEqual(uptakeOf(values));
	});

	it("in an ellipse leaves out the corners of its box", () => {
		const inside = ([x, y, z]: Vector) => z === 9 && ((x - 7) / 8) ** 2 + ((y - 5) / 6) ** 2 <= 1;
		const round = found(ALL, { round: true });
		expect(round).toEqual(uptakeOf(samples(inside)));
		expect(round).not.toEqual(found(ALL));
	});

	it("has the greatest of what is stored: more than any value between samples", () => {
		const values = samples(([x, y, z]) => z === 9 && x >= left && x <= left + 8 && y >= left && y <= left + 8);
		const one = found([
			[1, 1],
			[5, 5],
		]);
		expect(one).toEqual(uptakeOf(values));
		expect(values).toContain((one as { max: number }).max);
	});

	it("is of both slices where the image lies midway between them", () => {
		const frame = { ...frameOf(aCt(), 2), position: [0, 0, 6] as const };
		const values = samples(([x, y, z]) => (z === 3 || z === 9) && x >= -1 && x <= 15 && y >= -1 && y <= 11);
		expect(found(ALL, { frame })).toEqual(uptakeOf(values));
	});

	it("is of the samples that an oblique image passes through", () => {
		const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
		const orientation: Orientation = [1, 0, 0, 0, c, s];
		const base = frameOf(aCt(), 0);
		const frame = { ...base, form: { ...base.form, orientation } } as Frame;
		const inside = ([x, y, z]: Vector): boolean => {
			const [down, away] = [y * c + z * s, z * c - y * s];
			// A sample is 4 by 4 by 6 mm; the plane leans about x.
			const half = (4 * s + 6 * c) / 2;
			return Math.abs(away) <= half && x >= -1 && x <= 15 && down >= -1 && down <= 11;
		};
		const values = samples(inside);
		expect(new Set(samples(([, , z]) => z === 3)).size).toBeGreaterThan(0);
		expect(found(ALL, { frame })).toEqual(uptakeOf(values));
	});

	it("is not told where a slice is missing that has a part in it, and of no other", () => {
		expect(found(ALL, { only: [0, 1, 2, 4, 5, 6] })).toBe("incomplete");
		expect(found(ALL, { only: [3] })).toEqual(found(ALL));
	});

	it("is none where no centre lies inside, and where the PET ends", () => {
		// From 0 to 1.9 mm in both directions: centres are at -1 and at 3.
		expect(
			found([
				[0.5, 0.5],
				[1.4, 1.4],
			]),
		).toBe("none");
		expect(found(ALL, { frame: { ...frameOf(aCt(), 0), position: [0, 0, 400] } })).toBe("none");
	});

	it("leaves out padding and what is no number, and rescales each slice by its own slope", () => {
		const pet = aPet({ rescaleSlope: 2, rescaleIntercept: -10, padding: [999, 999] });
		const station = aStation([aCt(), pet]);
		const broken = ([x, y]: Vector): number => (x === 3 && y === 3 ? Number.NaN : x === 7 ? 999 : peaked([x, y, 9]));
		station.scan(pet, broken);
		const volume = volumeIn(pet);
		const region = { frame: frameOf(aCt(), 2), box: { left: 0, top: 0, right: 8, bottom: 6 }, round: false };
		const whole = samples(
			([x, y, z]) => z === 9 && x !== 7 && (x !== 3 || y !== 3) && x >= -1 && x <= 15 && y >= -1 && y <= 11,
		);
		const content = contentOf(station, pet, volume);
		expect(uptakeIn(volume, content, region)).toEqual(uptakeOf(whole.map((one) => 2 * one - 10)));
	});
});

function aFused(changes: Parameters<typeof aPet>[0] = {}) {
	const [ct, pet] = [aCt(), aPet(changes)];
	const station = aStation([ct, pet]);
	const opened = fusionOf({
		station,
		facts: () => SHARED,
		words: () => fusionTexts.zh,
		makeCanvas: () => ({ getContext: () => ({}) }) as never,
		makeWorker: () => {
			throw new Error("nothing is shared here");
		},
		workers: 1,
	});
	if (!(opened instanceof Fusion)) throw new Error(opened);
	const mark = (kind: MarkKind, ...at: Corner[]) =>
		another(kind, points(...at), { seriesUid: CT_UID, sopInstanceUid: frameOf(ct, 2).sopInstanceUid });
	return { station, ct, pet, mark };
}

describe("what a region says of the PET over it", () => {
	const values = samples(([x, y, z]) => z === 9 && x >= -1 && x <= 15 && y >= -1 && y <= 11);
	const mean = values.reduce((a, b) => a + b, 0) / values.length;

	it("is SUVmax and SUVmean, that they are of the PET, and of how many samples", () => {
		const { station, pet, mark } = aFused();
		station.scan(pet, peaked);
		const [max, middle] = [Math.max(...values), mean].map((one) => (one * FACTOR).toFixed(2));
		expect(overRegion(station, mark("rectangle", ...ALL))).toEqual({
			figures: `PET SUVmax ${max}  SUVmean ${middle} SUVbw`,
			note: `PET 本层最近的 ${values.length} 个体素，未插值`,
		});
	});

	it("is in the PET's own unit where SUV cannot be told", () => {
		const { station, pet, mark } = aFused({ suvFactor: null, rescaleType: "BQML" });
		station.scan(pet, peaked);
		const said = overRegion(station, mark("rectangle", ...ALL));
		expect(said?.figures).toBe(`PET 最大 ${Math.max(...values).toFixed(2)}  均值 ${mean.toFixed(2)} BQML`);
	});

	it("is why there are no figures", () => {
		const { station, pet, mark } = aFused();
		const { regionIncomplete, regionEmpty } = fusionTexts.zh;
		expect(overRegion(station, mark("ellipse", ...ALL))).toEqual({ figures: null, note: regionIncomplete });
		station.scan(pet, activity);
		const small = mark("ellipse", [0.5, 0.5], [1.4, 1.4]);
		expect(overRegion(station, small)).toEqual({ figures: null, note: regionEmpty });
	});

	it("is nothing for other marks, over the PET itself, and without a PET", () => {
		const { station, pet, mark } = aFused();
		station.scan(pet, activity);
		expect(overRegion(station, mark("length", ...ALL))).toBeNull();
		expect(overRegion(station, mark("rectangle", [1, 1]))).toBeNull();
		const onPet = { seriesUid: pet.uid, sopInstanceUid: frameOf(pet, 2).sopInstanceUid };
		expect(overRegion(station, another("ellipse", points(...ALL), onPet))).toBeNull();
		expect(overRegion(station, another("ellipse", points(...ALL), { sopInstanceUid: "7" }))).toBeNull();
		station.layer.set(null);
		expect(overRegion(station, mark("rectangle", ...ALL))).toBeNull();
	});

	it("stands beside the region while it is drawn and after, in the list, and in what goes into a report", () => {
		const { station, ct, pet, mark } = aFused();
		station.scan(pet, peaked);
		station.scan(ct, () => 40);
		station.activePane.goTo(2);
		const drawn = mark("rectangle", ...ALL);
		station.marks.set([drawn]);
		const { figures, note } = overRegion(station, drawn) ?? { figures: "", note: "" };
		const [fixed, loose] = drawn.points;
		if (fixed === undefined || loose === undefined) throw new Error("no points");
		const { items } = sceneOf({
			station,
			pane: station.activePane,
			facts: SHARED,
			words: toolTexts.zh,
			drawing: { kind: "rectangle", fixed: [fixed], loose },
			guides: [],
			objects: [],
		});
		expect(items.map(({ lines }) => lines.slice(-2))).toEqual([
			[figures, note],
			[figures, note],
		]);
		const [row] = rowsOf(station, NOTHING_KNOWN, station.marks.value, [], toolTexts.zh);
		expect(row?.said).toBe(withOver("均值 40.0 HU  SD 0.0 HU", station, drawn));
		expect(row?.said).toContain(` · ${figures}`);
	});

	it("leaves out of a report what has no figures", () => {
		const { station, mark } = aFused();
		expect(withOver("均值 40.0 HU", station, mark("ellipse", ...ALL))).toBe("均值 40.0 HU");
	});
});
