// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";
import type { Drawing } from "../../../../static/src/reading/tools/drawing.ts";
import { NOTHING_KNOWN, parseFacts } from "../../../../static/src/reading/tools/facts.ts";
import type { Figure } from "../../../../static/src/reading/tools/figures.ts";
import { rowsOf } from "../../../../static/src/reading/tools/listing.ts";
import { addressOfMark, markInAddress } from "../../../../static/src/reading/tools/load.ts";
import { lensPart, magnifierHand } from "../../../../static/src/reading/tools/magnifier.ts";
import { circled, POINTS } from "../../../../static/src/reading/tools/mark.ts";
import { paint } from "../../../../static/src/reading/tools/overlay.ts";
import { EMPTY, type Scene, sceneOf } from "../../../../static/src/reading/tools/scene.ts";
import {
	distanceTo,
	distanceToLine,
	handleAt,
	shapeOf,
} from "../../../../static/src/reading/tools/shapes.ts";
import { lines, plain, reported, sourceSaid } from "../../../../static/src/reading/tools/wording.ts";
import { FITTED } from "../../../../static/src/reading/view.ts";
import { aForm, aSeries } from "../studies.ts";
import { aMark, another, aReadyStation, points, WORDS } from "./marks.ts";

const AUTHOR = { accountId: "a", name: "许诺", at: "2026-11-21T10:00:00Z" };

function aScene(station = aReadyStation(), drawing: Drawing | null = null, facts = NOTHING_KNOWN): Scene {
	const pane = station.activePane;
	return sceneOf({ station, pane, facts, words: WORDS, drawing, guides: [], objects: [] });
}

describe("what lies over a picture", () => {
	it("are the marks of this frame, numbered, with their figures", () => {
		const station = aReadyStation();
		station.marks.set([
			another("key", []),
			aMark({ points: points([10, 10], [40, 50]) }),
			another("length", points([0, 0], [9, 9]), { sopInstanceUid: "1.2.4" }),
		]);
		station.selected.set(aMark().id);
		const scene = aScene(station);
		expect(scene.items.map(({ tone, lines: said, held }) => [tone, said, held])).toEqual([
			["own", ["① 25.0 mm"], true],
		]);
		// 100 pixels on 400 of the screen.
		expect(scene.items[0]?.shape.handles).toEqual(points([40, 40], [160, 200]));
		expect(scene.source).toBe("定标：像素间距");
	});

	it("name a colleague, and give their marks no number", () => {
		const station = aReadyStation();
		station.others.set([aMark({ author: AUTHOR })]);
		const [item] = aScene(station).items;
		expect([item?.tone, item?.lines]).toEqual(["peer", ["25.0 mm", "许诺"]]);
	});

	it("show what is being drawn, and what comes next", () => {
		const drawing: Drawing = { kind: "ratio", fixed: points([10, 50]), loose: { x: 50, y: 50 } };
		expect(aScene(undefined, drawing).items.map((one) => one.lines)).toEqual([
			["20.0 mm", "先画心影最大横径，再画胸廓内径"],
		]);
		const second = { ...drawing, fixed: points([10, 50], [50, 50]), loose: { x: 5, y: 70 } };
		expect(aScene(undefined, second).items[0]?.lines.at(-1)).toBe("再画另一条线");
		const angle: Drawing = { kind: "angle", fixed: points([1, 1], [9, 9]), loose: { x: 5, y: 70 } };
		expect(aScene(undefined, angle).items[0]?.lines.at(-1)).toBe("再点第三点");
	});

	it("say that nothing is calibrated, and the magnification that was removed", () => {
		const bare = aReadyStation([
			aSeries(2, { modality: "DX" }, aForm({ rows: 100, columns: 100, spacing: null })),
		]);
		bare.marks.set([aMark()]);
		const scene = aScene(bare);
		expect([scene.source, scene.items[0]?.lines]).toEqual(["此处无定标，只显示像素", ["① 50.0 px"]]);
		const spacing = { rowMm: 0.2, columnMm: 0.2, source: "imager" as const };
		const dx = aReadyStation([aSeries(2, { modality: "DX" }, aForm({ rows: 100, columns: 100, spacing }))]);
		dx.marks.set([aMark()]);
		const groups = [{ sop_instance_uids: [], magnification: 1.25, regions: [] }];
		const magnified = aScene(dx, null, parseFacts({ series: [{ series_instance_uid: "1.2.3", groups }] }));
		expect([magnified.source, magnified.items[0]?.lines]).toEqual([
			"定标：探测器平面，已除放大率 1.25",
			["① 8.0 mm"],
		]);
	});

	it("turn counts into SUV where the object allows it", () => {
		const form = aForm({ rows: 100, columns: 100, suvFactor: 0.0005 });
		const pet = aReadyStation([aSeries(2, { modality: "PT" }, form)]);
		pet.pixels = new Uint16Array(10_000).fill(5000);
		pet.marks.set([another("probe", points([5, 5]))]);
		expect(aScene(pet).items[0]?.lines).toEqual(["① 2.50 SUVbw"]);
	});

	it("keep their words within the picture", () => {
		const station = aReadyStation();
		station.marks.set([aMark({ points: points([10, 10], [98, 10]) })]);
		const { label } = aScene(station).items[0]?.shape ?? { label: null };
		expect(label?.x).toBeLessThan(340);
		station.marks.set([aMark({ points: points([10, 10], [50, 10]) })]);
		expect(aScene(station).items[0]?.shape.label?.x).toBe(208);
	});

	it("is nothing on an empty pane", () => {
		const station = aReadyStation();
		const [, second] = station.panes;
		if (second === undefined) throw new Error("a second pane");
		const seen = { station, facts: NOTHING_KNOWN, words: WORDS, drawing: null, guides: [], objects: [] };
		expect(sceneOf({ ...seen, pane: second })).toBe(EMPTY);
	});
});

describe("the overlay", () => {
	const svg = (): SVGSVGElement => document.createElementNS("http://www.w3.org/2000/svg", "svg");

	it("draws each line on a dark halo, words beside, and handles of what is held", () => {
		const station = aReadyStation();
		station.marks.set([
			aMark(),
			another("ellipse", points([20, 20], [60, 40])),
			another("cobb", points([1, 1], [9, 1], [1, 30], [9, 34])),
		]);
		station.selected.set(aMark().id);
		const sheet = svg();
		paint(sheet, aScene(station));
		const [line, round, cobb] = [...sheet.children];
		expect([...(line?.querySelectorAll("path") ?? [])].map((one) => one.getAttribute("class"))).toEqual([
			"halo",
			"line",
		]);
		expect(line?.querySelector("path")?.getAttribute("d")).toContain("M40.00 40.00L160.00 200.00");
		expect(line?.querySelectorAll("circle")).toHaveLength(2);
		expect(line?.querySelector("text")?.textContent).toBe("① 25.0 mm");
		expect(round?.querySelectorAll("circle")).toHaveLength(0);
		expect(round?.querySelector("ellipse.line")?.getAttribute("rx")).toBe("80");
		expect(cobb?.querySelectorAll("path.thin")).toHaveLength(2);
		paint(sheet, EMPTY);
		expect(sheet.children).toHaveLength(0);
	});

	it("draws guides without words", () => {
		const station = aReadyStation();
		const guides = [{ a: { x: 0, y: 5 }, b: { x: 100, y: 5 } }];
		const scene = sceneOf({
			station,
			pane: station.activePane,
			facts: NOTHING_KNOWN,
			words: WORDS,
			objects: [],
			drawing: null,
			guides,
		});
		const sheet = svg();
		paint(sheet, scene);
		expect(sheet.querySelector("g.guide path.line")?.getAttribute("d")).toBe("M0.00 20.00L400.00 20.00");
		expect(sheet.querySelector("text")).toBeNull();
	});
});

describe("shapes", () => {
	it.each([
		["length", 3],
		["angle", 2],
		["cobb", 7],
		["rectangle", 4],
		["bidirectional", 6],
		["probe", 2],
		["arrow", 3],
		["ellipse", 0],
		["key", 0],
	] as const)("of %s have %d lines", (kind, count) => {
		const all = points([10, 10], [50, 10], [50, 50], [10, 50]);
		const seen = all.slice(0, POINTS[kind]);
		expect(shapeOf(kind, seen).lines).toHaveLength(count);
	});

	it("put the words right of the rightmost point, an arrow's at its tail", () => {
		expect(shapeOf("length", points([50, 5], [10, 9])).label).toEqual({ x: 58, y: 5 });
		expect(shapeOf("arrow", points([50, 5], [10, 9])).label).toEqual({ x: 18, y: 9 });
		expect(shapeOf("key", []).label).toBeNull();
	});

	it("are picked by their distance, ends before lines", () => {
		const line = shapeOf("length", points([0, 0], [100, 0]));
		expect(distanceTo({ x: 50, y: 6 }, line)).toBe(6);
		expect(handleAt({ x: 97, y: 4 }, line, 8)).toBe(1);
		expect(handleAt({ x: 50, y: 0 }, line, 8)).toBe(-1);
		const circle = shapeOf("ellipse", points([0, 0], [40, 40]));
		expect(distanceTo({ x: 20, y: 20 + 26 }, circle)).toBeCloseTo(6, 9);
		expect(distanceTo({ x: 20, y: 20 }, circle)).toBe(20);
		expect(distanceTo({ x: 1, y: 1 }, shapeOf("key", []))).toBe(Number.POSITIVE_INFINITY);
		const [a, b] = points([0, 0], [10, 0]);
		if (a === undefined || b === undefined) throw new Error("two points");
		expect(distanceToLine({ x: 14, y: 3 }, { a, b })).toBe(5);
		expect(distanceToLine({ x: -3, y: 4 }, { a, b: a })).toBe(5);
	});
});

describe("words", () => {
	const of = (name: Figure["name"], value: number, unit: string, digits = 1): Figure => ({
		name,
		value,
		unit,
		digits,
	});

	it("join two diameters, and put a region into three lines", () => {
		expect(
			lines(
				{ kind: "bidirectional", text: "" },
				[of("length", 13.62, "mm"), of("short", 11.18, "mm")],
				WORDS,
			),
		).toEqual(["13.6 × 11.2 mm"]);
		const region = [
			of("mean", -41, "HU", 0),
			of("deviation", 12.34, "HU"),
			of("min", -90, "HU", 0),
			of("max", 7, "HU", 0),
			of("area", 88, "mm²"),
		];
		expect(lines({ kind: "ellipse", text: "结节" }, region, WORDS)).toEqual([
			"均值 −41 HU  SD 12.3 HU",
			"最小 −90 HU  最大 7 HU",
			"面积 88.0 mm²",
			"结节",
		]);
		expect(reported({ kind: "ellipse", text: "" }, region, WORDS)).toBe("均值 −41 HU  SD 12.3 HU");
		expect(reported({ kind: "arrow", text: "" }, [], WORDS)).toBe("");
	});

	it("write degrees and shares without a space", () => {
		expect([of("angle", 42.34, "°"), of("ratio", 0.4812, "", 2), of("length", 5, "px")].map(plain)).toEqual([
			"42.3°",
			"0.48",
			"5.0 px",
		]);
	});

	it("say where millimetres come from, for every source", () => {
		const sources = ["pixel", "imager", "magnified", "ultrasound", "nominal", "none"] as const;
		const said = sources.map((one) => sourceSaid(one, WORDS, 1.1));
		expect(new Set(said).size).toBe(sources.length);
		expect(said[2]).toContain("1.10");
	});

	it("number in circles up to twenty", () => {
		expect([1, 2, 20, 21].map(circled)).toEqual(["①", "②", "⑳", "(21)"]);
	});
});

describe("the list of marks", () => {
	it("has own marks first, key images among them, others' with their author, none of another study", () => {
		const station = aReadyStation();
		const own = [
			aMark(),
			another("key", [], { sopInstanceUid: "1.2.3" }),
			aMark({ id: "x", seriesUid: "gone" }),
		];
		const others = [another("arrow", points([1, 1], [5, 5]), { author: AUTHOR, text: "此处" })];
		station.marks.set(own);
		const rows = rowsOf(station, NOTHING_KNOWN, own, others, WORDS);
		expect(
			rows.map(({ title, said, slice, own: mine, author }) => [title, said, slice, mine, author]),
		).toEqual([
			["① 长度", "25.0 mm", 1, true, ""],
			["关键图像", "", 4, true, ""],
			["箭头", "此处", 1, false, "许诺"],
		]);
	});

	it("gives each an address within the case that is open", () => {
		const href = "https://a.example/read/1.2?consult=c&mark=old#x";
		const link = addressOfMark(href, "new");
		expect(link).toBe("https://a.example/read/1.2?consult=c&mark=new");
		expect(markInAddress(new URL(link).search)).toBe("new");
		expect(markInAddress("?consult=c")).toBeNull();
	});
});

describe("the magnifier", () => {
	it("shows what is below it twice as large, from the picture's own pixels", () => {
		const station = aReadyStation();
		const pane = station.activePane;
		expect(lensPart(pane, { x: 200, y: 100 }, { width: 800 })).toEqual({ x: 290, y: 90, side: 220 });
		pane.turnBy(2);
		expect(lensPart(pane, { x: 100, y: 300 }, { width: 400 })).toEqual({ x: 245, y: 45, side: 110 });
		expect(pane.state.value.view).toBe(FITTED);
	});

	it("is there while the button is held", () => {
		const pane = aReadyStation().activePane;
		const [picture, lens] = [document.createElement("canvas"), document.createElement("canvas")];
		const drawn: unknown[][] = [];
		const ctx = { setTransform: () => undefined, drawImage: (...args: unknown[]) => drawn.push(args) };
		vi.spyOn(lens, "getContext").mockReturnValue(ctx as never);
		lens.hidden = true;
		const hand = magnifierHand(pane, picture, lens);
		const touch = { seen: { x: 50, y: 60 }, finger: false };
		expect(hand.down(touch)).toBe(true);
		expect([lens.hidden, lens.style.transform]).toEqual([false, "translate(-60px, -50px)"]);
		hand.move({ ...touch, seen: { x: 51, y: 60 } });
		expect(drawn).toHaveLength(2);
		hand.up(touch);
		expect([lens.hidden, hand.cancel()]).toEqual([true, false]);
	});
});
