import { describe, expect, it, vi } from "vitest";
import type { LabelLayer, PlaneLabels } from "../../../../static/src/reading/layer.ts";
import type { Series, Vector } from "../../../../static/src/reading/manifest.ts";
import type { Contour } from "../../../../static/src/reading/objects/told.ts";
import type { Wish } from "../../../../static/src/reading/mpr/runner.ts";
import { RegionBoard } from "../../../../static/src/reading/regions/board.ts";
import { LabelPlanes } from "../../../../static/src/reading/regions/planes.ts";
import { regionTexts } from "../../../../static/src/reading/regions/texts.ts";
import { Turns } from "../../../../static/src/reading/regions/turns.ts";
import { parseFacts } from "../../../../static/src/reading/tools/facts.ts";
import { aHeader } from "../objects/objects.ts";
import { aCanvas, Pen } from "../canvases.ts";
import { aForm, aSeries } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";
import {
	aContour,
	allMasks,
	aMask,
	aRecord,
	aRegionServer,
	aSegmentation,
	aStructureSet,
	bitsOf,
	SPACE,
} from "./regions.ts";
import { pixelsOf } from "./stacks.ts";

const WORDS = regionTexts.zh;
const HEIGHTS = [2, 3, 4];
const PIXELS = pixelsOf(9, 16);
const FACTS = parseFacts({
	series: [
		{ series_instance_uid: "1.2.3", groups: [{ sop_instance_uids: [], frame_of_reference_uid: SPACE }] },
	],
});
/** The pixels of the slice at 7.5 mm, a point each. */
const WISH: Wish = {
	grid: { width: 4, height: 4, origin: [0, 0, 7.5], right: [0.5, 0, 0], down: [0, 0.5, 0], normal: [0, 0, 1] },
	slab: { mode: "mip", thicknessMm: 0 },
};
const BOX = { left: 0, top: 0, width: 4, height: 4 };

async function aDesk(contours: readonly Contour[] = []) {
	const series = aSeries(7, {}, aForm());
	const station = aReadyStation([series]);
	const frames = HEIGHTS.map((i) => aMask({ position: [0, 0, 2.5 * i] }));
	const records = await Promise.all(frames.map((_, i) => aRecord(i, bitsOf(PIXELS))));
	const server = aRegionServer([allMasks(frames), records], { contours: [...contours] });
	const board = new RegionBoard(
		station,
		() => FACTS,
		server,
		() => undefined,
	);
	const pens: Pen[] = [];
	let breaths = 0;
	let time = 0;
	const planes = new LabelPlanes({
		station,
		board,
		reference: ({ uid }) => FACTS.frameOfReference(uid, ""),
		words: () => WORDS,
		makeCanvas: () => {
			const made = aCanvas();
			pens.push(...made.pens);
			return made.canvas;
		},
		breathe: async () => {
			breaths += 1;
		},
		now: () => {
			time += 5;
			return time;
		},
	});
	board.looks.subscribe(() => planes.follow());
	const layer = (): LabelLayer => {
		const { value } = station.labels;
		if (value === null) throw new Error("nothing lies over planes");
		return value;
	};
	const values = (wish = WISH, of: Series = series) => layer().values(of, "axial", wish);
	/** The labels once the segmentation has been unpacked. */
	const ready = async (): Promise<PlaneLabels> => {
		await values();
		await vi.waitFor(() => expect(layer().said(series)).not.toBe(WORDS.planesLoading));
		return (await values()) ?? [];
	};
	const drawn = (labels: PlaneLabels): Pen => {
		const pen = new Pen();
		pen.imageSmoothingEnabled = true;
		layer().draw(pen as unknown as CanvasRenderingContext2D, "axial", WISH, labels, BOX);
		return pen;
	};
	return { series, station, board, server, planes, pens, layer, values, ready, drawn, breaths: () => breaths };
}

describe("segmentations over planes", () => {
	it("ask nothing of planes while none is shown", async () => {
		const { station, board, ready } = await aDesk();
		expect(station.labels.value).toBeNull();
		const object = aSegmentation();
		await board.toggle(object);
		expect(await ready()).toHaveLength(1);
		await board.toggle(object);
		expect(station.labels.value).toBeNull();
	});

	it("are unpacked when a plane first asks, which is said, and asked for again when they are there", async () => {
		const { series, board, layer, values, server, ready } = await aDesk();
		await board.toggle(aSegmentation());
		expect(layer().said(series)).toBeNull();
		const before = layer().version;
		expect(await values()).toEqual([]);
		expect(layer().said(series)).toBe(WORDS.planesLoading);
		const [labels] = await ready();
		expect(layer().version).toBeGreaterThan(before);
		expect(layer().said(series)).toBe(WORDS.overPlanes);
		expect([...(labels?.numbers ?? [])]).toEqual(PIXELS);
		expect(server.heard).toEqual(["masks 9.7"]);
	});

	it("are drawn a pixel for a point, without smoothing, and only the points that are theirs", async () => {
		const { board, ready, drawn, pens } = await aDesk();
		await board.toggle(aSegmentation());
		const pen = drawn(await ready());
		expect(pen.of("drawImage").map(({ args }) => args)).toEqual([[0, 0, 4, 4]]);
		expect(pen.imageSmoothingEnabled).toBe(false);
		expect([...(pens[0]?.image ?? [])].map((one) => Number(one !== 0))).toEqual(PIXELS);
	});

	it("follow opacity and hidden parts without being sampled or unpacked again", async () => {
		const { board, ready, drawn, pens, layer } = await aDesk();
		const object = aSegmentation();
		await board.toggle(object);
		const labels = await ready();
		drawn(labels);
		const { version } = layer();
		board.setOpacity(object, 1);
		drawn(labels);
		expect(new Set(pens[0]?.image?.filter((one) => one !== 0))).toEqual(new Set([0xff0000ff]));
		board.togglePart(object, 1);
		drawn(labels);
		expect(new Set(pens[0]?.image)).toEqual(new Set([0]));
		drawn(labels);
		expect(pens[0]?.of("putImageData")).toHaveLength(3);
		expect(layer().version).toBe(version);
	});

	it("are not drawn once they are off, though they were sampled before", async () => {
		const { board, ready, drawn } = await aDesk();
		const [one, other] = [aSegmentation(), aSegmentation({ header: aHeader({ sop_instance_uid: "9.9" }) })];
		await board.toggle(one);
		await board.toggle(other);
		const labels = await ready();
		expect(labels.map(({ uid }) => uid)).toEqual(["9.7", "9.9"]);
		await board.toggle(one);
		expect(drawn(labels).of("drawImage")).toHaveLength(1);
	});

	it("are asked for anew when another one is shown", async () => {
		const { board, layer } = await aDesk();
		await board.toggle(aSegmentation());
		const { version } = layer();
		await board.toggle(aSegmentation({ header: aHeader({ sop_instance_uid: "9.9" }) }));
		expect(layer().version).toBeGreaterThan(version);
	});

	it("say nothing over a series of another space", async () => {
		const { board, layer, values, ready, series } = await aDesk();
		await board.toggle(aSegmentation());
		await ready();
		const far = { ...series, uid: "1.2.77" };
		await values(WISH, far);
		await vi.waitFor(() => expect(layer().said(far)).toBeNull());
		expect(await values(WISH, far)).toEqual([]);
	});

	it("let the page breathe, and of the wishes of a plane that wait do the newest alone", async () => {
		const { board, ready, values, breaths } = await aDesk();
		await board.toggle(aSegmentation());
		await ready();
		const before = breaths();
		const tall = (height: number, at: Vector = [0, 0, 7.5]): Wish => ({
			...WISH,
			grid: { ...WISH.grid, height, origin: at },
		});
		const all = await Promise.all([values(tall(64)), values(tall(40)), values(tall(24))]);
		expect(all.map((one) => one?.[0]?.numbers.length ?? null)).toEqual([4 * 64, null, 4 * 24]);
		expect(breaths()).toBeGreaterThan(before);
	});
});

describe("structure sets over planes", () => {
	it("are their edges, however opaque, over nothing within", async () => {
		const square = [-0.2, -0.2, 7.5, 1.2, -0.2, 7.5, 1.2, 1.2, 7.5, -0.2, 1.2, 7.5];
		const { board, ready, drawn, pens } = await aDesk([aContour(square)]);
		const object = aStructureSet();
		await board.toggle(object);
		board.setOpacity(object, 1);
		const labels = await ready();
		expect([...(labels[0]?.numbers ?? [])]).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
		drawn(labels);
		const [edge, within] = [0xff00ff00, 0];
		const rows = [
			[within, within, edge, 0],
			[within, within, edge, 0],
			[edge, edge, edge, 0],
			[0, 0, 0, 0],
		];
		expect([...(pens[0]?.image ?? [])]).toEqual(rows.flat());
	});
});

describe("turns", () => {
	it("of different names do not wait for each other, and go on after work that fails", async () => {
		const turns = new Turns<string>();
		const done: string[] = [];
		const failing = turns.run("a", () => Promise.reject(new Error("broken")));
		const next = turns.run("a", async () => done.push("next"));
		await turns.run("b", async () => done.push("other"));
		await expect(failing).rejects.toThrow("broken");
		await next;
		await turns.run("a", async () => done.push("last"));
		expect(done.toSorted()).toEqual(["last", "next", "other"]);
	});
});
