import { describe, expect, it, vi } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import { Store } from "../../../../static/src/kit/store.ts";
import { reasonsOf } from "../../../../static/src/reading/objects/told.ts";
import { RegionBoard } from "../../../../static/src/reading/regions/board.ts";
import { boardOf } from "../../../../static/src/reading/regions/load.ts";
import { belongs, machineOf, partsOf, programsOf } from "../../../../static/src/reading/regions/parts.ts";
import { NOTHING_KNOWN, parseFacts } from "../../../../static/src/reading/tools/facts.ts";
import { aForm, aSeries } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";
import {
	aContour,
	allMasks,
	aMask,
	aRecord,
	aRegionServer,
	aSegment,
	aSegmentation,
	aStructureSet,
	bitsOf,
	mapped,
	outlineOfPixels,
	SPACE,
	wordsOf,
} from "./regions.ts";

const FACTS = parseFacts({
	series: [
		{ series_instance_uid: "1.2.3", groups: [{ sop_instance_uids: [], frame_of_reference_uid: SPACE }] },
	],
});
const PIXELS = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];

async function aBoard() {
	const station = aReadyStation([aSeries(7, {}, aForm())]);
	const frames = [2, 3, 4].map((i) => aMask({ position: [0, 0, 2.5 * i] }));
	const all = allMasks([...frames, aMask({ segments: [2], position: [0, 0, 2.5] })]);
	const records = await Promise.all(all.frames.map((_, i) => aRecord(i, bitsOf(PIXELS))));
	const square = [0, 0, 15, 1, 0, 15, 1, 1, 15];
	const contours = { contours: [aContour(square), aContour([1, 1, 15], { kind: "POINT" })] };
	const server = aRegionServer([all, records], contours);
	const drawn = new Store(0);
	const board = new RegionBoard(
		station,
		() => FACTS,
		server,
		() => drawn.update((times) => times + 1),
	);
	return { station, board, server, all, drawn };
}

/** What the board draws on the active pane, once it is there. */
async function areas({ station, board }: Awaited<ReturnType<typeof aBoard>>, count = 1) {
	const now = () => board.items(station.activePane).flatMap(({ shape }) => shape.areas ?? []);
	await vi.waitFor(() => expect(now()).toHaveLength(count));
	return now();
}

describe("a segmentation", () => {
	it("is fetched when it is shown, and only then", async () => {
		const one = await aBoard();
		const object = aSegmentation();
		one.station.activePane.goTo(3);
		expect([one.server.heard, one.board.items(one.station.activePane)]).toEqual([[], []]);
		await one.board.toggle(object);
		expect(one.board.look(object).standing.kind).toBe("on");
		const [area] = await areas(one);
		expect(area).toMatchObject({ colour: "#ff0000", fill: 0.35, edged: true });
		expect(area?.outline).toBe(outlineOfPixels(PIXELS, one.all));
		await one.board.toggle(object);
		expect(one.board.items(one.station.activePane)).toEqual([]);
		await one.board.toggle(object);
		await areas(one);
		expect(one.server.heard).toEqual(["masks 9.7"]);
	});

	it("follows zoom, position, turn and flip of the picture", async () => {
		const one = await aBoard();
		const pane = one.station.activePane;
		pane.goTo(3);
		await one.board.toggle(aSegmentation());
		// Four pixels on 400 of the screen.
		const seen = async (x: number, y: number) =>
			mapped((await areas(one))[0]?.matrix ?? [0, 0, 0, 0, 0, 0], x, y).map(Math.round);
		expect([await seen(0, 0), await seen(4, 1)]).toEqual([
			[0, 0],
			[400, 100],
		]);
		pane.flip("sideways");
		expect(await seen(4, 1)).toEqual([0, 100]);
		pane.turnBy(1);
		expect(await seen(4, 1)).toEqual([300, 0]);
		pane.reset();
		pane.zoomCentre(2);
		expect(await seen(2, 2)).toEqual([200, 200]);
		expect(await seen(3, 1)).toEqual([400, 0]);
		pane.pan(5, -7);
		expect(await seen(3, 1)).toEqual([405, -7]);
	});

	it("is drawn without the parts that are hidden, as opaque as was asked for", async () => {
		const one = await aBoard();
		const object = aSegmentation();
		one.station.activePane.goTo(3);
		await one.board.toggle(object);
		one.board.setOpacity(object, 0.8);
		expect((await areas(one))[0]?.fill).toBeCloseTo(0.8, 9);
		one.board.setOpacity(object, 7);
		expect(one.board.look(object).opacity).toBe(1);
		one.board.togglePart(object, 1);
		expect(await areas(one, 0)).toEqual([]);
		one.board.togglePart(object, 1);
		await areas(one);
	});

	it("whose pixels are numbers is drawn segment by segment, and gone to where a segment lies", async () => {
		const station = aReadyStation([aSeries(7, {}, aForm())]);
		const numbers = PIXELS.map((one, i) => (i === 15 ? 2 : one));
		const only = PIXELS.map((one) => 2 * one);
		const frames = [
			aMask({ segments: [1, 2], position: [0, 0, 7.5] }),
			aMask({ segments: [2], position: [0, 0, 10] }),
		];
		const all = allMasks(frames, { label_map: true });
		const records = [await aRecord(0, wordsOf(numbers), false), await aRecord(1, wordsOf(only), false)];
		const server = aRegionServer([all, records]);
		const board = new RegionBoard(
			station,
			() => FACTS,
			server,
			() => undefined,
		);
		const one = { station, board, server, all, drawn: new Store(0) };
		const object = aSegmentation();
		await board.toggle(object);
		station.activePane.goTo(3);
		const drawn = await areas(one, 2);
		const outline = (number: number) =>
			outlineOfPixels(
				numbers.map((found) => Number(found === number)),
				all,
			);
		expect(drawn.map((area) => area.outline)).toEqual([outline(1), outline(2)]);
		expect(drawn.map((area) => area.colour)).toEqual(partsOf(object).map(({ colour }) => colour));
		board.togglePart(object, 1);
		expect((await areas(one)).map((area) => area.outline)).toEqual([outline(2)]);
		expect(await board.goTo(object, 1)).toBe(true);
		expect(station.activePane.state.value.index).toBe(3);
		station.activePane.goTo(4);
		expect((await areas(one)).map((area) => area.outline)).toEqual([outlineOfPixels(PIXELS, all)]);
	});

	it("is gone to at the middle of the part that is meant", async () => {
		const one = await aBoard();
		const object = aSegmentation();
		one.board.togglePart(object, 1);
		expect(await one.board.goTo(object, 1)).toBe(true);
		expect(one.station.activePane.state.value.index).toBe(3);
		expect(one.board.look(object).hidden.size).toBe(0);
		expect(await one.board.goTo(object, 2)).toBe(true);
		expect(one.station.activePane.state.value.index).toBe(1);
		expect(await one.board.goTo(object, 5)).toBe(false);
	});

	it("that cannot be had says why, and may be asked for again", async () => {
		const one = await aBoard();
		const object = aSegmentation();
		one.server.refusal = new Problem({ status: 422, code: "objects.segments_missing" });
		await one.board.toggle(object);
		expect(one.board.look(object).standing).toEqual({ kind: "failed", code: "objects.segments_missing" });
		expect(await one.board.goTo(object, 1)).toBe(false);
		one.server.refusal = null;
		await one.board.toggle(object);
		expect(one.board.look(object).standing.kind).toBe("on");
	});

	it("that lies on no image says so", async () => {
		const one = await aBoard();
		const far = allMasks([aMask({ position: [0, 0, 900] })]);
		const board = new RegionBoard(
			one.station,
			() => FACTS,
			aRegionServer([far, []]),
			() => undefined,
		);
		await board.toggle(aSegmentation());
		expect(board.look(aSegmentation())).toMatchObject({ standing: { kind: "nowhere" }, broken: 1 });
	});
});

describe("a structure set", () => {
	it("is drawn as lines, its points as crosses of one size", async () => {
		const one = await aBoard();
		one.station.activePane.goTo(6);
		await one.board.toggle(aStructureSet());
		const [contour, point] = await areas(one, 2);
		expect(contour).toMatchObject({
			colour: "#00ff00",
			fill: 0,
			edged: true,
			outline: "M0.5 0.5L2.5 0.5L2.5 2.5Z",
		});
		const wide = /^M(\S+) \S+H(\S+)M/.exec(point?.outline ?? "") ?? [];
		one.station.activePane.zoomCentre(3);
		const zoomed = /^M(\S+) \S+H(\S+)M/.exec((await areas(one, 2))[1]?.outline ?? "") ?? [];
		expect(Number(zoomed[2]) - Number(zoomed[1])).toBe(Number(wide[2]) - Number(wide[1]));
		one.station.activePane.goTo(5);
		expect(await areas(one, 0)).toEqual([]);
		expect(one.server.heard).toEqual(["contours 9.8"]);
	});
});

describe("what is listed of an object", () => {
	it("are its parts, each with a colour", () => {
		const [first, second] = partsOf(aSegmentation());
		expect([first?.colour, first?.name, first?.kind]).toEqual(["#ff0000", "段 1", "Liver"]);
		expect(second?.colour).toMatch(/^#[0-9a-f]{6}$/);
		const nameless = aSegmentation({ segments: [aSegment(4, { label: "", property_type: "", frames: 0 })] });
		expect(partsOf(nameless)).toMatchObject([{ name: "4", drawn: false }]);
		expect(partsOf(aStructureSet())).toMatchObject([{ name: "PTV", kind: "PTV", drawn: true, program: "" }]);
	});

	it("says that a machine drew it and no doctor confirmed it", () => {
		const ai = aSegment(1, { algorithm: "AUTOMATIC", algorithm_name: "Net", algorithm_version: "3.2" });
		const half = aSegment(2, { algorithm: "SEMIAUTOMATIC" });
		expect(machineOf(aSegmentation())).toBeNull();
		expect(machineOf(aSegmentation({ segments: [half] }))).toBe("SEMIAUTOMATIC");
		const both = aSegmentation({ segments: [half, ai, ai] });
		expect([machineOf(both), programsOf(both)]).toEqual(["AUTOMATIC", ["Net 3.2"]]);
		const rois = aStructureSet().rois.map((one) => ({ ...one, algorithm: "AUTOMATIC" as const }));
		expect(machineOf(aStructureSet({ rois }))).toBe("AUTOMATIC");
		expect(machineOf(aStructureSet({ rois, approval: "APPROVED" }))).toBeNull();
	});

	it("says whether its images are here", () => {
		const station = aReadyStation();
		expect(belongs(aSegmentation(), station, NOTHING_KNOWN)).toBe(true);
		const elsewhere = { series: ["7.7"] };
		expect(belongs(aSegmentation(elsewhere), station, NOTHING_KNOWN)).toBe(false);
		expect(belongs(aSegmentation(elsewhere), station, FACTS)).toBe(true);
		expect(belongs(aStructureSet({ series: [], frame_of_reference_uids: [""] }), station, FACTS)).toBe(false);
	});

	it("counts why others cannot be shown", () => {
		const one = { sop_instance_uid: "1", series_instance_uid: "2", code: "a" };
		expect(reasonsOf([one, { ...one, code: "b" }, one])).toEqual([
			["a", 2],
			["b", 1],
		]);
	});
});

describe("the board of a page", () => {
	it("stays the same while the page is open, and tells the panes to draw again", async () => {
		const station = aReadyStation();
		const tools = {
			regions: new Store<RegionBoard | null>(null),
			outlined: new Store(0),
			facts: new Store(FACTS),
		};
		const board = boardOf(station, tools);
		expect(boardOf(station, tools)).toBe(board);
		board.setOpacity(aSegmentation(), 0.5);
		expect(tools.outlined.value).toBe(1);
	});
});
