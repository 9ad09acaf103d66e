import { describe, expect, it } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import { flagsOf, ObjectBoard } from "../../../../static/src/reading/objects/board.ts";
import { countsOf, filingOf } from "../../../../static/src/reading/objects/filing.ts";
import { flagsOn } from "../../../../static/src/reading/station.ts";
import { NOTHING_KNOWN } from "../../../../static/src/reading/tools/facts.ts";
import { aMark, another, aReadyStation, points, WORDS } from "../tools/marks.ts";
import { aHeader, aReport, aSelection, aServer, aState, told } from "./objects.ts";

function aBoard(objects = told()) {
	const station = aReadyStation();
	const server = aServer(objects);
	return { station, server, board: new ObjectBoard(station, server) };
}

const VERSIONS = { versions: () => new Map([[aMark().id, 4]]) };

describe("the objects of a study", () => {
	it("flag the key images of others, with title and author", async () => {
		const ours = aSelection({ header: aHeader({ ours: true }) });
		const { station, board } = aBoard(
			told({ key_objects: [aSelection(), ours, aSelection({ rejected: true })] }),
		);
		await board.open();
		expect(station.flags.value.map(({ said, rejected }) => [said, rejected])).toEqual([
			["Of Interest · Doe Jane", false],
			["Of Interest · Doe Jane", true],
		]);
		expect(flagsOn(station.flags.value, "1.2.1", 1)).toHaveLength(2);
		expect(flagsOn(station.flags.value, "1.2.2", 1)).toEqual([]);
		const framed = flagsOf({
			key_objects: [aSelection({ images: [{ sop_instance_uid: "1", frames: [2] }] })],
		});
		expect([flagsOn(framed, "1", 2).length, flagsOn(framed, "1", 1).length]).toEqual([1, 0]);
	});

	it("draw the measurements of others until the reader takes them off", async () => {
		const ours = aReport({ header: aHeader({ ours: true, sop_instance_uid: "9.9" }) });
		const { station, board } = aBoard(told({ reports: [aReport(), ours] }));
		await board.open();
		expect(board.items(station.activePane)).toHaveLength(1);
		board.toggleReport("9.2");
		expect(board.items(station.activePane)).toEqual([]);
		board.toggleReport("9.9");
		expect(board.items(station.activePane)).toHaveLength(1);
	});

	it("are shown by the pane when a state is applied, and taken back by the same press", async () => {
		const state = aState({
			images: [{ sop_instance_uid: "1.2.3", frames: [] }],
			quarters: 1,
			voi: [{ images: [], center: 40, width: 80, function: "LINEAR", lut: null }],
			annotations: [
				{ images: [], graphics: [], words: [{ text: "x", units: "PIXEL", at: [1, 1], anchor: null }] },
			],
		});
		const { station, board } = aBoard(told({ presentations: [state] }));
		const pane = station.activePane;
		const before = pane.look;
		board.apply(state);
		expect([pane.state.value.index, pane.state.value.turn.quarters]).toEqual([3, 1]);
		expect(pane.state.value.chosenVoi).toMatchObject({ center: 40, width: 80 });
		expect(board.items(pane).map(({ lines }) => lines)).toEqual([["x"]]);
		const other = aState({ header: aHeader({ sop_instance_uid: "9.8" }), quarters: 2 });
		board.apply(other);
		expect([pane.state.value.index, pane.state.value.turn.quarters]).toEqual([0, 2]);
		board.apply(other);
		expect(pane.look).toEqual(before);
		expect(board.applied.value).toBeNull();
		station.undo();
		expect(pane.state.value.turn.quarters).toBe(2);
	});

	it("whose images are not here are not applied", () => {
		const { station, board } = aBoard();
		const elsewhere = aState({ images: [{ sop_instance_uid: "7.7", frames: [] }] });
		expect(board.has(elsewhere)).toBe(false);
		board.apply(elsewhere);
		expect([board.applied.value, station.activePane.state.value.index]).toEqual([null, 0]);
	});

	it("that cannot be fetched are as if there were none", async () => {
		const { board, server } = aBoard(told({ reports: [aReport()] }));
		server.objects = () => Promise.reject(new Problem({ status: 503 }));
		server.filings = () => Promise.reject(new Problem({ status: 503 }));
		await Promise.all([board.open(), board.openFilings()]);
		expect([board.told.value.reports, board.filings.value.may_file]).toEqual([[], false]);
	});
});

describe("filing", () => {
	it("sends what the reader sees of all saved marks, and how the series is looked at", () => {
		const station = aReadyStation();
		station.pixels = new Uint16Array(10_000);
		station.marks.set([
			aMark({ points: points([10, 10], [40, 50]) }),
			another("key", [], { text: "给患者看" }),
			another("arrow", points([1, 1], [9, 9])),
		]);
		const [, key, unsaved] = station.marks.value;
		station.activePane.setVoi({ center: 40, width: 400, function: "LINEAR", table: null });
		station.activePane.turnBy(1);
		station.activePane.toggleInvert();
		const versions = new Map([
			[aMark().id, 4],
			[key?.id ?? "", 1],
		]);
		const wanted = filingOf(station, NOTHING_KNOWN, WORDS, versions, "zh");
		expect(wanted.marks).toEqual([
			{
				annotation_id: aMark().id,
				version: 4,
				lines: ["① 25.0 mm"],
				figures: [{ name: "length", value: 25, unit: "mm" }],
			},
			{ annotation_id: key?.id, version: 1, lines: ["给患者看"], figures: [] },
		]);
		expect(wanted.marks.some((one) => one.annotation_id === unsaved?.id)).toBe(false);
		expect(wanted.looks).toEqual([
			{ series_instance_uid: "1.2.3", center: 40, width: 400, inverted: true, quarters: 1, flipped: false },
		]);
	});

	it("says when it was kept, and what it was refused for", async () => {
		const { station, board, server } = aBoard();
		station.marks.set([aMark()]);
		await board.open();
		expect(board.filings.value.may_file, "not asked for before the list is looked at").toBe(false);
		await board.openFilings();
		expect(board.filings.value.may_file).toBe(true);
		expect(await board.file(NOTHING_KNOWN, WORDS, VERSIONS)).toBe(true);
		expect(server.heard.map(({ marks }) => marks.map(({ version }) => version))).toEqual([[4]]);
		expect(board.filings.value.filings.map(({ number }) => number)).toEqual([1]);
		server.refusal = new Problem({ status: 409, code: "annotations.marks_moved" });
		expect(await board.file(NOTHING_KNOWN, WORDS, VERSIONS)).toBe(false);
		expect(board.filing.value).toEqual({ kind: "refused", code: "annotations.marks_moved" });
	});

	it("happens once however often it is pressed", async () => {
		const { station, board, server } = aBoard();
		station.marks.set([aMark()]);
		const both = await Promise.all([1, 2].map(() => board.file(NOTHING_KNOWN, WORDS, VERSIONS)));
		expect(both).toEqual([true, false]);
		expect(server.heard).toHaveLength(1);
	});

	it("is counted by kind", () => {
		const one = { series_instance_uid: "1", sop_class_uid: "2", sop_instance_uid: "3" };
		const objects = (["presentation", "presentation", "measurements"] as const).map((kind) => ({
			...one,
			kind,
		}));
		expect(countsOf({ objects })).toEqual({ key_objects: 0, presentation: 2, measurements: 1 });
	});
});
