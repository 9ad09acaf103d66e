import { describe, expect, it } from "vitest";
import { commands } from "../../../../static/src/reading/commands.ts";
import { DecodePool } from "../../../../static/src/reading/decode/pool.ts";
import type { Tool } from "../../../../static/src/reading/gesture.ts";
import { FrameStore } from "../../../../static/src/reading/frame_store.ts";
import type { Series } from "../../../../static/src/reading/manifest.ts";
import { planeCorners, slabSaid, volumeNotices } from "../../../../static/src/reading/mpr/corners.ts";
import { openSession, planeLike, Session } from "../../../../static/src/reading/mpr/session.ts";
import { mprTexts } from "../../../../static/src/reading/mpr/texts.ts";
import { Station } from "../../../../static/src/reading/station.ts";
import { texts } from "../../../../static/src/reading/texts.ts";
import { aForm, aFrame, aSeries, aStudy } from "../studies.ts";
import { along, anMpr, aScan, seriesOf, volumeIn } from "./phantoms.ts";

const MIB = 1024 * 1024;

function aDesk(series: Series | null, bytesMax = 1e8, tool: Tool = "window") {
	const quiet = {
		postMessage: () => undefined,
		onmessage: null,
		onerror: null,
		terminate: () => undefined,
	};
	const station = new Station({
		studyInstanceUid: "1.2",
		fetch: () => new Promise(() => undefined),
		pool: new DecodePool({ makeWorker: () => quiet, workers: 1, wasmUrl: "" }),
		shared: false,
		bytesMax,
	});
	if (series !== null) {
		station.study.set(aStudy([series]));
		station.showSeries(series.uid);
	}
	station.tool.set(tool);
	const done: string[] = [];
	const note = (word: string) => (): void => void done.push(word);
	const acts = commands({
		station,
		words: () => texts.zh,
		tools: () => null,
		beside: () => null,
		moveFocus: note("focus"),
		toggleReport: note("report"),
		toggleMpr: note("mpr"),
	});
	const opened = openSession({
		station,
		acts,
		words: () => mprTexts.zh,
		makeWorker: () => quiet,
		workers: 1,
		single: false,
		onleave: note("left"),
	});
	return { station, acts, opened, done };
}

function aSession(series = seriesOf(aScan())) {
	const desk = aDesk(series);
	if (!(desk.opened instanceof Session)) throw new Error(desk.opened);
	const session = desk.opened;
	const press = (id: string): void => {
		const act = session.acts.find((one) => one.id === id);
		if (act === undefined) throw new Error(`no ${id}`);
		if (act.when?.() !== false) act.run(undefined as unknown as KeyboardEvent);
	};
	return { ...desk, session, mpr: session.mpr, press };
}

describe("opening the planes", () => {
	it("crosses in the middle of the slice that is being read", () => {
		const { station, session } = aSession();
		expect(station.activePane.state.value.index).toBe(10);
		expect(session.mpr.state.value.cross).toEqual([
			expect.closeTo(-0.4),
			expect.closeTo(-0.75),
			expect.closeTo(1),
		]);
		expect(session.mpr.state.value.active).toBe("axial");
	});

	it.each([
		[[1, 0, 0, 0, 1, 0], [0, 0, 2], "axial"],
		[[1, 0, 0, 0, 0, -1], [0, 2, 0], "coronal"],
		[[0, 1, 0, 0, 0, -1], [2, 0, 0], "sagittal"],
	] as const)("begins with the plane that was acquired: %o", (orientation, step, name) => {
		const scan = aScan({ orientation, positions: along([0, 0, 0], step, 9) });
		expect(planeLike(volumeIn(seriesOf(scan)))).toBe(name);
	});

	it("says in words why there are no planes", () => {
		expect(aDesk(null).opened).toBe(mprTexts.zh.refusedEmpty);
		const flat = seriesOf(aScan({ form: { orientation: null } }));
		expect(aDesk(flat).opened).toBe(mprTexts.zh.refusedUnordered);
		const coloured = seriesOf(aScan({ form: { samplesPerPixel: 3, photometric: "RGB" } }));
		expect(aDesk(coloured).opened).toBe(mprTexts.zh.refusedColour);
		const small = aDesk(seriesOf(aScan()), 200_000).opened;
		expect(small).toContain("需要 1 MB");
	});

	it("has a thousand slices of 512 × 512 × 16 bit in a desk's memory, and says so on a phone that has none", () => {
		const form = aForm({ rows: 512, columns: 512 });
		const large = aSeries(1000, { frames: Array.from({ length: 1000 }, (_, i) => aFrame(i, form)) });
		const reach = (bytesMax: number, shared: boolean): number => {
			const store = new FrameStore({
				shared,
				bytesMax,
				onEvicted: () => undefined,
				onFrameEvicted: () => undefined,
			});
			store.show(new Map([[large.uid, 500]]));
			return store.reach(large);
		};
		for (const shared of [true, false]) {
			expect(reach(1200 * MIB, shared)).toBe(Number.POSITIVE_INFINITY);
			expect(reach(400 * MIB, shared)).toBeLessThan(500);
		}
		expect(aDesk(large, 1200 * MIB).opened).toBeInstanceOf(Session);
		expect(aDesk(large, 400 * MIB).opened).toContain("需要 525 MB");
	});
});

describe("the keys on planes", () => {
	it("go through, turn, zoom, window and thicken the active plane", () => {
		const { mpr, press } = aSession();
		press("slice.next");
		expect(mpr.state.value.cross[2]).toBeCloseTo(3);
		press("series.previous");
		expect(mpr.state.value.cross[2]).toBeCloseTo(-17);
		press("slice.last");
		expect(mpr.state.value.cross[2]).toBeCloseTo(19);
		press("pane.right");
		expect(mpr.state.value.active).toBe("coronal");
		press("slice.previous");
		expect(mpr.state.value.cross[1]).toBeCloseTo(-1.85);
		press("nudge.ArrowRight");
		expect(mpr.state.value.cross[0]).toBeCloseTo(0.4);
		press("nudge.far.ArrowLeft");
		expect(mpr.state.value.cross[0]).toBeCloseTo(-7.6);
		press("zoom.in");
		expect(mpr.state.value.views.coronal.zoom).toBe(1.25);
		press("preset.2");
		expect(mpr.state.value.voi).toMatchObject({ center: -600, width: 1500 });
		press("invert");
		press("mpr.thicker");
		press("mpr.mode");
		expect(mpr.state.value).toMatchObject({ invert: true, slab: { mode: "minip", thicknessMm: 3 } });
		press("turn.right");
		expect(mpr.state.value.planes.axial.normal[2]).toBeCloseTo(Math.cos(Math.PI / 36));
		press("layout");
		expect(mpr.state.value.single).toBe(true);
		press("reset");
		expect(mpr.state.value.planes.axial.normal).toEqual([0, 0, 1]);
		expect(mpr.state.value.invert).toBe(false);
	});

	it("leave out what belongs to original images, and keep the rest with its keys", () => {
		const { session, acts, done, press } = aSession();
		const ids = session.acts.map((one) => one.id);
		for (const id of ["tool.length", "tool.ellipse", "key", "undo", "mark.remove", "play", "link"]) {
			expect(acts.map((one) => one.id)).toContain(id);
			expect(ids).not.toContain(id);
		}
		for (const id of ["tool.window", "tool.crosshair", "overlays", "report.fold", "focus", "mpr"])
			expect(ids).toContain(id);
		for (const act of session.acts) expect(act.keys).toEqual(acts.find((one) => one.id === act.id)?.keys);
		press("report.fold");
		press("mpr");
		expect(done).toEqual(["report", "mpr"]);
	});

	it("have names, in both languages", () => {
		const { session } = aSession();
		expect(session.acts.find((one) => one.id === "turn.right")?.label()).toBe(mprTexts.zh.turnRight);
		expect(session.acts.every((one) => one.label().length > 0)).toBe(true);
	});

	it("go back to the nearest slice with the window that was chosen", () => {
		const { station, session, mpr, done, press } = aSession();
		const before = station.activePane.state.value.chosenVoi;
		mpr.moveTo([0, 0, -12.4]);
		press("cancel");
		expect(station.activePane.state.value.index).toBe(3);
		expect(station.activePane.state.value.chosenVoi).toBe(before);
		press("preset.4");
		press("invert");
		session.leave();
		expect(station.activePane.state.value).toMatchObject({ chosenVoi: { center: 480 }, invert: true });
		station.undo();
		expect(station.activePane.state.value.chosenVoi).toBe(before);
		expect(done).toEqual(["left", "left"]);
	});

	it("go out of the way of whoever goes to a frame or another series", async () => {
		const { station, session, done } = aSession();
		station.activePane.goTo(2);
		expect(done).toEqual(["left"]);
		expect(station.activePane.state.value.index).toBe(2);
		station.activePane.goTo(4);
		expect(done).toEqual(["left"]);
		const grid = {
			width: 1,
			height: 1,
			origin: [0, 0, 0],
			right: [1, 0, 0],
			down: [0, 1, 0],
			normal: [0, 0, 1],
		} as const;
		const late = await session.runner.run("axial", { grid, slab: { mode: "mip", thicknessMm: 0 } });
		expect(late).toBeNull();
	});

	it("put a measuring tool aside and take it up again", () => {
		const series = seriesOf(aScan());
		const { station, opened } = aDesk(series, 1e8, "length");
		expect(station.tool.value).toBe("window");
		(opened as Session).leave();
		expect(station.tool.value).toBe("length");
		const cross = aDesk(series, 1e8, "crosshair");
		expect(cross.station.tool.value).toBe("crosshair");
	});

	it("count what is there and what will never be", () => {
		const series = seriesOf(aScan());
		const frames = series.frames.map((one, k) => (k === 3 ? { ...one, problem: "pixels.truncated" } : one));
		const { session } = aSession({ ...series, frames });
		expect(session.counts.value).toEqual({ loaded: 0, refused: 1 });
		expect(session.valueHere()).toBeNull();
	});
});

describe("what stands on a plane", () => {
	function seen(changes: { positions?: ReturnType<typeof along>; loaded?: number; refused?: number } = {}) {
		const positions = changes.positions ?? aScan().positions;
		const mpr = anMpr({ positions, stack: { tiltDegrees: 0 } });
		return {
			study: aStudy([mpr.series]),
			series: mpr.series,
			volume: mpr.volume,
			state: mpr.state.value,
			name: "coronal" as const,
			perMm: 2,
			loaded: changes.loaded ?? mpr.volume.frames.length,
			refused: changes.refused ?? 0,
		};
	}

	it("always says that it was reconstructed, and from what", () => {
		const corners = planeCorners(seen(), mprTexts.zh, texts.zh);
		expect(corners.title).toBe("冠状位 重建");
		expect(corners.origin).toEqual(["由肺窗 2.5 mm重建", "重采样，非原始层"]);
		expect(corners.label).toContain("重建");
		expect(corners.place).toEqual(["位置 0.0 mm", "薄层"]);
		expect(corners.complete).toBe(true);
		expect(corners.notices).toEqual([]);
	});

	it("says how far it is turned and what the slab is", () => {
		const mpr = anMpr();
		mpr.rotate("axial", Math.PI / 6);
		mpr.setSlab({ mode: "minip", thicknessMm: 10 });
		const corners = planeCorners({ ...seen(), state: mpr.state.value }, mprTexts.zh, texts.zh);
		expect(corners.place).toEqual(["斜面 30°", "MinIP 10 mm"]);
		expect(slabSaid(mpr.state.value.slab, mprTexts.en)).toBe("MinIP 10 mm");
	});

	it("says what the stack is, in the station's words", () => {
		const gapped = along([0, 0, 0], [0, 0, 2], 12).filter((_, k) => k !== 5);
		const now = seen({ positions: gapped });
		expect(volumeNotices(now, mprTexts.zh, texts.zh)).toEqual(["有 1 处缺层，不补画"]);
		const stack = { ...now.series.stack, tiltDegrees: 18, spacingVaries: true };
		const tilted = { ...now, series: { ...now.series, stack } };
		expect(volumeNotices(tilted, mprTexts.zh, texts.zh)).toEqual(["机架倾斜 18°", "有 1 处缺层，不补画"]);
		const even = { ...seen(), series: { ...seen().series, stack } };
		expect(volumeNotices(even, mprTexts.zh, texts.zh)).toContain("层间距不等");
	});

	it("says which slices are missing, and that only one pass is used", () => {
		expect(planeCorners(seen({ loaded: 7 }), mprTexts.zh, texts.zh)).toMatchObject({
			loaded: "已载入 7/20",
			complete: false,
		});
		expect(volumeNotices(seen({ loaded: 19, refused: 1 }), mprTexts.zh, texts.zh)).toEqual([
			"1 层显示不了，留空",
		]);
		const twice = seriesOf(aScan({ positions: [...aScan().positions, ...aScan().positions] }));
		const pass = { ...seen(), series: twice, volume: volumeIn(twice) };
		expect(volumeNotices(pass, mprTexts.zh, texts.zh)[0]).toContain("20/40 帧");
	});
});
