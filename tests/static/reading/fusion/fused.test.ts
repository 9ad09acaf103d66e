import { describe, expect, it } from "vitest";
import { Fusion, type FusionHost, firstLook } from "../../../../static/src/reading/fusion/fused.ts";
import { fusionOf } from "../../../../static/src/reading/fusion/load.ts";
import { pointedSaid } from "../../../../static/src/reading/fusion/pointed.ts";
import { rampOf } from "../../../../static/src/reading/fusion/ramp.ts";
import { fusionTexts } from "../../../../static/src/reading/fusion/texts.ts";
import type { Series, Vector } from "../../../../static/src/reading/manifest.ts";
import type { Wish } from "../../../../static/src/reading/mpr/runner.ts";
import { toolTexts } from "../../../../static/src/reading/tools/texts.ts";
import { sceneOf } from "../../../../static/src/reading/tools/scene.ts";
import { aCanvas, Pen } from "../canvases.ts";
import { aStudy } from "../studies.ts";
import { another, points } from "../tools/marks.ts";
import { activity, aCt, aPet, aStation, FACTOR, factsOf, CT_UID, PET_UID, SHARED, SPACE } from "./pets.ts";

const WORDS = fusionTexts.zh;
const BOX = { left: 0, top: 0, width: 400, height: 300 };

interface Changes {
	readonly pet?: Series;
	readonly ct?: Series;
	readonly bytesMax?: number;
	readonly facts?: FusionHost["facts"];
}

function aDesk({ pet = aPet(), ct = aCt(), bytesMax = 1e8, facts = () => SHARED }: Changes = {}) {
	const station = aStation([ct, pet], bytesMax);
	const sheets: Pen[] = [];
	const host: FusionHost = {
		station,
		facts,
		words: () => WORDS,
		makeCanvas: () => {
			const { canvas, pens } = aCanvas();
			sheets.push(...pens);
			return canvas;
		},
		makeWorker: () => {
			throw new Error("nothing is shared here");
		},
		workers: 1,
	};
	return { station, host, sheets, ct, pet, opened: fusionOf(host) };
}

function aFusion(changes: Changes = {}) {
	const desk = aDesk(changes);
	const { opened } = desk;
	if (!(opened instanceof Fusion)) throw new Error(opened);
	const draw = (pane = desk.station.activePane): Pen => {
		const pen = new Pen();
		desk.station.layer.value?.draw(pen as unknown as CanvasRenderingContext2D, pane, BOX);
		return pen;
	};
	return { ...desk, fusion: opened, draw };
}

/** The palette's entry that a SUV has in the first window. */
function pixelOf(suv: number, { low, high, opacity } = { low: 0, high: 7, opacity: 0.6 }): number {
	const at = ((suv - low) / (high - low)) * 255;
	return at > 0 ? (rampOf(opacity)[Math.min(255, Math.floor(at + 0.5))] ?? 0) : 0;
}

describe("opening", () => {
	it("asks for the PET, nearest slice first, and lays it over the images", () => {
		const { station, fusion } = aFusion();
		expect(station.needed.value).toEqual(new Map([[PET_UID, 1]]));
		expect(station.layer.value).not.toBeNull();
		expect(fusion.state.value.look).toEqual({ low: 0, high: 7, opacity: 0.6 });
	});

	it("says why it cannot be, without touching the images", () => {
		const { opened, station } = aDesk({ facts: () => factsOf({ [CT_UID]: SPACE, [PET_UID]: "9" }) });
		expect(opened).toBe(WORDS.otherSpace);
		expect([station.layer.value, station.needed.value.size]).toEqual([null, 0]);
	});

	it("says that there is no room for it", () => {
		expect(aDesk({ bytesMax: 1000 }).opened).toBe(WORDS.noMemory);
	});

	it("takes everything away again when it is closed", () => {
		const { station, fusion } = aFusion();
		fusion.close();
		expect([station.layer.value, station.needed.value.size]).toEqual([null, 0]);
		station.progress.update((times) => times + 1);
		fusion.setLook({ opacity: 1 });
		expect(station.layer.value).toBeNull();
	});
});

describe("over a slice", () => {
	it("each pixel has the colour of the PET's value at its place", () => {
		const { station, sheets, draw, pet } = aFusion();
		station.scan(pet, activity);
		for (const index of [0, 2, 4]) {
			station.activePane.goTo(index);
			draw();
			const image = sheets[0]?.image ?? new Uint32Array();
			expect(image).toHaveLength(48);
			for (const [i, pixel] of image.entries()) {
				const place: Vector = [2 * (i % 8), 2 * Math.floor(i / 8), 4 * index];
				expect(pixel).toBe(pixelOf(activity(place) * FACTOR));
			}
		}
	});

	it("lies where the picture lies", () => {
		const { station, draw, pet } = aFusion();
		station.scan(pet, activity);
		expect(draw().of("drawImage")[0]?.args).toEqual([0, 0, 400, 300]);
	});

	it("is clear where the PET ends, and where its slices are not here", () => {
		const pet = aPet();
		const part = { ...pet, frames: pet.frames.map((one) => ({ ...one, position: [7, -5, one.position?.[2] ?? 0] as const })) };
		const { station, sheets, draw } = aFusion({ pet: part });
		station.scan(part, () => 700);
		draw();
		const [left, right] = [sheets[0]?.image?.[0], sheets[0]?.image?.[7]];
		expect([left, right]).toEqual([0, pixelOf(7)]);
		const none = aFusion();
		none.draw();
		expect(new Set(none.sheets[0]?.image)).toEqual(new Set([0]));
	});

	it("is painted anew when more of it has come, and not while nothing has changed", () => {
		const { station, sheets, draw, pet } = aFusion();
		draw();
		const before = station.layer.value;
		station.scan(pet, () => 700, [1, 2]);
		expect(station.layer.value).not.toBe(before);
		draw();
		draw();
		expect(sheets).toHaveLength(1);
		expect(sheets[0]?.of("putImageData")).toHaveLength(2);
		expect(sheets[0]?.image?.[0]).toBe(pixelOf(7));
	});

	it("follows window and opacity", () => {
		const { station, sheets, draw, pet, fusion } = aFusion();
		station.scan(pet, () => 300);
		fusion.setLook({ high: 4, opacity: 0.25 });
		draw();
		expect(sheets[0]?.image?.[0]).toBe(pixelOf(3, { low: 0, high: 4, opacity: 0.25 }));
		fusion.setLook({ low: 3.5 });
		draw();
		expect(sheets[0]?.image?.[0]).toBe(0);
	});

	it("is not drawn over another space, another modality, or an image without a place", () => {
		const { station, draw, pet } = aFusion();
		station.scan(pet, () => 700);
		station.showSeries(pet.uid);
		expect(draw().calls).toEqual([]);
		const other = aFusion({ facts: () => SHARED });
		const elsewhere = { ...other.ct, uid: "1.2.77" };
		other.station.activePane.show(elsewhere);
		expect(other.draw().calls).toEqual([]);
	});

	it("covers a large image whole, its last points reaching beyond", () => {
		const ct = aCt({ rows: 600, columns: 601 });
		const { draw } = aFusion({ ct });
		const [, , width, height] = draw().of("drawImage")[0]?.args as number[];
		expect([width, height]).toEqual([(400 * 602) / 601, 300]);
	});
});

describe("the window", () => {
	it("is bounded: no width below nothing, no opacity beyond whole", () => {
		const { fusion } = aFusion();
		fusion.setLook({ low: 9, opacity: 3 });
		const { low, high, opacity } = fusion.state.value.look;
		expect([low, opacity]).toEqual([9, 1]);
		expect(high).toBeGreaterThan(9);
		fusion.setLook({ opacity: -1 });
		expect(fusion.state.value.look.opacity).toBe(0);
	});

	it("is the object's own where SUV cannot be told", () => {
		const windows = [{ center: 600, width: 800, explanation: "" }];
		const { fusion } = aFusion({ pet: aPet({ suvFactor: null, windows, rescaleType: "BQML" }) });
		expect(fusion.state.value.look).toMatchObject({ low: 200, high: 1000 });
		expect(fusion.unit).toBe("BQML");
	});

	it("is all values where the object proposes none", () => {
		const { fusion } = aFusion({ pet: aPet({ suvFactor: null, bitsStored: 12 }) });
		expect(firstLook(fusion.state.value.pet)).toMatchObject({ low: 0, high: 4096 });
		expect(fusion.unit).toBe(WORDS.stored);
	});
});

describe("several PET series", () => {
	it("are laid one at a time; another starts with a window of its own", () => {
		const plain = aPet({ suvFactor: null }, "1.2.5");
		const facts = factsOf({ [CT_UID]: SPACE, [PET_UID]: SPACE, "1.2.5": SPACE });
		const one = aFusion({ facts: () => facts });
		one.station.study.set(aStudy([one.ct, one.pet, plain]));
		const opened = fusionOf(one.host);
		if (!(opened instanceof Fusion)) throw new Error(opened);
		const second = opened.pets[1];
		if (second === undefined) throw new Error("only one");
		opened.setLook({ high: 12 });
		opened.choose(second);
		expect(opened.state.value.pet.series.uid).toBe("1.2.5");
		expect(opened.state.value.look.high).toBe(4096);
		expect(one.station.needed.value).toEqual(new Map([["1.2.5", 1]]));
	});
});

describe("what is said", () => {
	it("is always that it is interpolated, and how much of it is here", () => {
		const { station, ct, pet } = aFusion();
		const said = () => station.layer.value?.said(ct);
		expect(said()).toBe("融合 PET 插值显示 · PET 已到 0/7 层");
		station.scan(pet, activity, [0, 1]);
		expect(said()).toContain("2/7");
		station.scan(pet, activity);
		expect(said()).toBe("融合 PET 插值显示");
	});

	it("is which slices will not come", () => {
		const pet = aPet();
		const broken = pet.frames.map((one, k) => (k === 3 ? { ...one, problem: "pixels.undecodable" } : one));
		const { station, ct } = aFusion({ pet: { ...pet, frames: broken } });
		station.scan({ ...pet, frames: broken }, activity, [0, 1, 2, 4, 5, 6]);
		expect(station.layer.value?.said(ct)).toBe("融合 PET 插值显示 · PET 有 1 层显示不了，留空");
	});

	it("is of which day an earlier PET is", () => {
		const one = aFusion();
		one.station.study.set(aStudy([one.ct]));
		one.station.priors.set([{ ...aStudy([one.pet]), uid: "1.9", date: "20260314" }]);
		const opened = fusionOf(one.host);
		if (!(opened instanceof Fusion)) throw new Error(opened);
		expect(one.station.layer.value?.said(one.ct)).toContain("PET 来自既往检查 2026-03-14");
	});

	it("is that a series of another space is not fused, and nothing of the PET itself", () => {
		const { station, ct, pet } = aFusion();
		expect(station.layer.value?.said({ ...ct, uid: "1.2.77" })).toBe(WORDS.notHere);
		expect(station.layer.value?.said(pet)).toBeNull();
	});
});

describe("values", () => {
	it("are SUV between samples, by place", () => {
		const { station, fusion, ct, pet } = aFusion();
		station.scan(pet, activity);
		expect(fusion.valueAt([3.3, 4.4, 5.5])).toBeCloseTo(activity([3.3, 4.4, 5.5]) * FACTOR, 9);
		expect(fusion.valueAt([500, 0, 0])).toBeNull();
		expect(station.layer.value?.valueSaid(ct, [0, 0, 0])).toBe("PET 5.00 SUVbw（插值）");
		expect(station.layer.value?.valueSaid(pet, [0, 0, 0])).toBeNull();
	});

	it("of both are told at a pointer", () => {
		const { station, ct, pet } = aFusion();
		station.scan(pet, () => 321);
		station.scan(ct, ([x, y]) => x * 100 - y);
		// Eight pixels of 2 mm on 400: the third pixel of the second row.
		const said = pointedSaid(station, station.activePane, { x: 130, y: 60 });
		expect(said).toBe("398 HU · PET 3.21 SUVbw（插值）");
		expect(pointedSaid(station, station.activePane, { x: -30, y: 60 })).toBe("PET 3.21 SUVbw（插值）");
		station.layer.set(null);
		expect(pointedSaid(station, station.activePane, { x: 130, y: 60 })).toBe("398 HU");
	});

	it("of both stand beside a probe", () => {
		const { station, ct, pet } = aFusion();
		station.scan(pet, () => 321);
		station.scan(ct, () => 44);
		const [frame] = ct.frames;
		const at = { seriesUid: ct.uid, sopInstanceUid: frame?.sopInstanceUid ?? "" };
		station.marks.set([another("probe", points([2, 2]), at), another("length", points([1, 1], [2, 2]), at)]);
		const scene = sceneOf({
			station,
			pane: station.activePane,
			facts: SHARED,
			words: toolTexts.zh,
			drawing: { kind: "probe", fixed: [], loose: { x: 3, y: 3 } },
			guides: [],
			objects: [],
		});
		expect(scene.items.map(({ lines }) => lines.filter((line) => line.includes("SUVbw")).length)).toEqual([1, 0, 1]);
	});
});

describe("over a reconstructed plane", () => {
	const WISH: Wish = {
		grid: { width: 3, height: 2, origin: [1, 2, 3], right: [2, 0, 0], down: [0, 0, 3], normal: [0, -1, 0] },
		slab: { mode: "mip", thicknessMm: 0 },
	};

	it("values are those of the plane's own points", async () => {
		const { station, ct, pet, sheets } = aFusion();
		station.scan(pet, activity);
		const values = await station.layer.value?.values(ct, "coronal", WISH);
		const places: Vector[] = [0, 1, 2, 3, 4, 5].map((i) => [1 + 2 * (i % 3), 2, 3 + 3 * Math.floor(i / 3)]);
		expect([...(values ?? [])]).toEqual(places.map((place) => expect.closeTo(activity(place), 3)));
		const pen = new Pen();
		const box = { left: 0, top: 0, width: 9, height: 6 };
		station.layer.value?.drawValues(pen as unknown as CanvasRenderingContext2D, "coronal", WISH, values as never, box);
		expect(pen.of("drawImage")[0]?.args).toEqual([0, 0, 9, 6]);
		expect(sheets[0]?.image?.[0]).toBe(pixelOf(activity([1, 2, 3]) * FACTOR));
	});

	it("of a series of another space there are none", async () => {
		const { station, ct } = aFusion();
		expect(await station.layer.value?.values({ ...ct, uid: "1.2.77" }, "axial", WISH)).toBeNull();
	});

	it("are asked for anew when more has come", () => {
		const { station, pet, fusion } = aFusion();
		const before = station.layer.value?.version;
		fusion.setLook({ opacity: 0.3 });
		expect(station.layer.value?.version).toBe(before);
		station.scan(pet, activity, [0]);
		expect(station.layer.value?.version).not.toBe(before);
	});
});
