/** Earlier studies beside the one that is read: which series, at which slice, in which pane, and away again. */
import { describe, expect, it } from "vitest";
import type { Protocol } from "../../../../static/src/reading/hang/protocol.ts";
import { pane as paneRule } from "../../../../static/src/reading/hang/protocol.ts";
import { Hanging, type Kept } from "../../../../static/src/reading/hang/hanging.ts";
import type { Series, Study } from "../../../../static/src/reading/manifest.ts";
import { alignedIndex } from "../../../../static/src/reading/priors/align.ts";
import { mostLike, type Prior, stepFrom } from "../../../../static/src/reading/priors/prior.ts";
import { Shelf } from "../../../../static/src/reading/priors/shelf.ts";
import { agoSaid, priorSaid } from "../../../../static/src/reading/corners.ts";
import { texts } from "../../../../static/src/reading/texts.ts";
import { aProtocol } from "../hang/random.ts";
import { aForm, aFrame, aSeries, aStudy, wireManifest, wireSeries } from "../studies.ts";
import { aReadyStation } from "../tools/marks.ts";

function aRow(uid: string, date: string, relevant = true) {
	return {
		study_instance_uid: uid,
		institution_name: "县人民医院",
		study_date: date,
		study_time: "",
		study_description: "胸部",
		modalities: ["CT"],
		instance_count: 3,
		relevant,
		same_region: true,
		signed_at: null,
	};
}

function wireStudy(uid: string): Record<string, unknown> {
	const series = { ...wireSeries(3), series_instance_uid: `${uid}.1` };
	return { ...wireManifest(), study_instance_uid: uid, series: [series] };
}

function aShelf(rows = [aRow("9.1", "20260514"), aRow("9.2", "20241102"), aRow("9.3", "20260901")]) {
	const station = aReadyStation();
	const study = station.study.value as Study;
	station.showSeries(study.series[0]?.uid ?? "");
	const done: string[] = [];
	const fails = new Set<string>();
	const shelf = new Shelf(
		station,
		{
			list: async () => ({ regions: ["chest", "soul"], rows }),
			manifest: async (uid) => {
				done.push(`manifest ${uid}`);
				if (fails.has(uid)) throw new Error("gone");
				return wireStudy(uid);
			},
		},
		{
			addBeside: async ({ uid }) => void done.push(`tools ${uid}`),
			cross: {
				link: () => {
					done.push("link");
					station.linked.set(true);
				},
				shareReference: () => false,
			},
		},
	);
	return { station, shelf, done, fails };
}

const shown = ({ station }: ReturnType<typeof aShelf>): (string | undefined)[] =>
	station.visible.map((one) => one.state.value.series?.uid);

describe("the shelf", () => {
	it("lists what the server knows, and only regions we have a word for", async () => {
		const { shelf } = aShelf();
		await shelf.load();
		expect(shelf.status.value).toBe("ready");
		expect(shelf.listed.value.regions).toEqual(["chest"]);
		expect(shelf.listed.value.rows.map(({ uid }) => uid)).toEqual(["9.1", "9.2", "9.3"]);
	});

	it("opens a prior in a second pane, linked, and leaves the present study where it was", async () => {
		const box = aShelf();
		await box.shelf.load();
		const before = shown(box)[0];
		expect(await box.shelf.open("9.1")).toBe(true);
		expect(box.station.layout.value).toBe("1x2");
		expect(shown(box)).toEqual([before, "9.1.1"]);
		expect(box.station.active.value).toBe(0);
		expect(box.shelf.shown.value).toBe("9.1");
		expect(box.done).toEqual(["manifest 9.1", "tools 9.1", "link"]);
		const second = box.station.panes[1];
		expect(second && box.station.priorIn(second)?.uid).toBe("9.1");
		expect(box.station.priorIn(box.station.activePane)).toBeNull();
	});

	it("steps through time, beginning at the most telling, and stays at either end", async () => {
		const box = aShelf();
		await box.shelf.load();
		const steps: (string | null)[] = [];
		for (const by of [-1, -1, -1, 1, 1, 1]) {
			await box.shelf.step(by);
			steps.push(box.shelf.shown.value);
		}
		expect(steps).toEqual(["9.1", "9.2", "9.2", "9.1", "9.3", "9.3"]);
		expect(box.done.filter((one) => one.startsWith("manifest"))).toHaveLength(3);
	});

	it("takes a prior away and gives the layout back", async () => {
		const box = aShelf();
		await box.shelf.load();
		await box.shelf.open("9.1");
		box.shelf.hide();
		expect(box.station.layout.value).toBe("1x1");
		expect(box.shelf.shown.value).toBeNull();
		expect(box.station.linked.value).toBe(false);
		expect(box.station.panes.every((one) => box.station.priorIn(one) === null)).toBe(true);
	});

	it("says which could not be opened, and tries again when asked", async () => {
		const box = aShelf();
		await box.shelf.load();
		box.fails.add("9.1");
		expect(await box.shelf.open("9.1")).toBe(false);
		expect(box.shelf.refused.value).toBe("9.1");
		expect(box.station.layout.value).toBe("1x1");
		box.fails.clear();
		expect(await box.shelf.open("9.1")).toBe(true);
		expect(box.shelf.refused.value).toBeNull();
	});

	it("goes to a mark on a prior", async () => {
		const box = aShelf();
		await box.shelf.load();
		await box.shelf.open("9.1");
		const frame = box.station.series("9.1.1")?.frames[2];
		expect(frame && box.station.goToFrame(frame.sopInstanceUid, frame.number)).toBe(true);
		expect(box.station.activePane.state.value.series).not.toBeNull();
	});
});

function stack(uid: string, from: number, count: number, gap: number, description = "肺窗"): Series {
	const frames = Array.from({ length: count }, (_, i) => ({
		...aFrame(i),
		position: [0, 0, from + i * gap] as [number, number, number],
	}));
	return aSeries(count, { uid, frames, description });
}

describe("the same place in a prior", () => {
	const now = stack("now", -100, 41, 5);

	it("is the nearest plane of the same space", () => {
		const prior = stack("prior", -100, 81, 2.5);
		for (const index of [0, 7, 20, 40]) expect(alignedIndex(now, index, prior, true)).toBe(index * 2);
	});

	it("is the same table position where the stacks lie together", () => {
		const prior = stack("prior", -95, 41, 5);
		expect(alignedIndex(now, 20, prior, false)).toBe(19);
	});

	it("is the same share of a stack that lies elsewhere", () => {
		const prior = stack("prior", 900, 21, 5);
		expect([0, 20, 40].map((index) => alignedIndex(now, index, prior, false))).toEqual([0, 10, 20]);
	});

	it("is somewhere in the stack, whatever the stacks are", () => {
		for (const count of [0, 1, 2, 9]) {
			const prior = stack("prior", 3, count, 4);
			for (const index of [-1, 0, 5, 99]) {
				const at = alignedIndex(now, index, prior, count % 2 === 0);
				expect(at).toBeGreaterThanOrEqual(0);
				expect(at).toBeLessThanOrEqual(Math.max(0, count - 1));
			}
		}
	});
});

describe("the series of a prior", () => {
	const lung = stack("lung", 0, 30, 1);
	const soft = stack("soft", 0, 30, 1, "纵隔");
	const scout = aSeries(1, { uid: "scout", description: "定位" }, aForm({ orientation: [1, 0, 0, 0, 0, -1] }));

	it("is the one most like the one that is looked at", () => {
		const study = aStudy([scout, soft, lung]);
		expect(mostLike(stack("now", 0, 40, 1), study)?.uid).toBe("lung");
		expect(mostLike(stack("now", 0, 40, 1, "纵隔"), study)?.uid).toBe("soft");
	});

	it("is the first where nothing is looked at, and none where there are no images", () => {
		expect(mostLike(null, aStudy([soft, lung]))?.uid).toBe("soft");
		expect(mostLike(lung, aStudy([aSeries(0, { kind: "other" })]))).toBeNull();
	});
});

describe("how long ago", () => {
	it.each([
		["20260514", "20261121", "191 天前"],
		["20261121", "20261121", "同日"],
		["20241121", "20261121", "730 天前"],
		["20200101", "20261121", "6 年 11 个月前"],
		["", "20261121", ""],
		["2026", "20261121", ""],
	])("from %s to %s is %s", (then, now, said) => {
		expect(agoSaid(then, now, texts.zh)).toBe(said);
	});

	it("stands with the word for a prior wherever one is shown", () => {
		const prior = { ...aStudy([aSeries(1)]), date: "20260514" };
		expect(priorSaid(prior, aStudy([]), texts.zh)).toBe("既往 2026-05-14 · 191 天前 · 龙潭镇中心卫生院");
		expect(priorSaid({ ...prior, date: "", series: [] }, null, texts.zh)).toBe("既往 无日期");
	});

	it("orders by time of day on one day", () => {
		const at = (uid: string, time: string): Prior => ({
			uid,
			institution: "",
			date: "20260101",
			time,
			description: "",
			modalities: [],
			images: 1,
			relevant: false,
			sameRegion: false,
			reported: false,
		});
		const rows = [at("noon", "120000"), at("morning", "080000")];
		expect(stepFrom(rows, "noon", -1)?.uid).toBe("morning");
		expect(stepFrom(rows, null, -1)?.uid).toBe("noon");
		expect(stepFrom([], null, 1)).toBeNull();
	});
});

function aHanging(kept: readonly Protocol[] = [], answer: Kept = { kind: "kept", version: 5 }) {
	const box = aShelf([aRow("9.1", "20260514")]);
	const hanging = new Hanging(
		box.station,
		{ list: async () => ({ protocols: kept, canShare: true }), keep: async () => answer, remove: async () => answer },
		{
			get relevant() {
				return box.shelf.relevant;
			},
			get regions() {
				return box.shelf.listed.value.regions;
			},
			study: (uid) => box.shelf.study(uid),
		},
		{ align: (one) => box.shelf.align(one), link: () => box.station.linked.set(true), laid: (run) => run() },
	);
	return { ...box, box, hanging };
}

describe("hanging", () => {
	const two = aProtocol({
		stages: [
			{ name: "对照", layout: "1x2", panes: [paneRule(), paneRule({ prior: 1 })], linked: true },
			{ name: "单幅", layout: "1x1", panes: [paneRule()], linked: false },
		],
	});

	it("arranges by the best protocol and steps through its stages", async () => {
		const { box, shelf, hanging, station } = aHanging([two]);
		await Promise.all([shelf.load(), hanging.load()]);
		await hanging.begin(() => false);
		expect(shown(box)[1]).toBe("9.1.1");
		expect(station.linked.value).toBe(true);
		await hanging.step(1);
		expect(station.layout.value).toBe("1x1");
		expect(hanging.hung.value?.stage).toBe(1);
		await hanging.step(1);
		expect(hanging.hung.value?.stage).toBe(1);
		await hanging.step(-1);
		expect(shown(box)[1]).toBe("9.1.1");
	});

	it("leaves alone what the reader has arranged, also while a prior is fetched", async () => {
		const { shelf, hanging, station } = aHanging([two]);
		await Promise.all([shelf.load(), hanging.load()]);
		await hanging.begin(() => true);
		expect(station.layout.value).toBe("1x1");
		let asked = 0;
		await hanging.begin(() => asked++ > 0);
		expect(station.layout.value).toBe("1x1");
		expect(hanging.hung.value).toBeNull();
	});

	it("exchanges no image for what comes along", async () => {
		const { shelf, hanging, station } = aHanging([]);
		await Promise.all([shelf.load(), hanging.load()]);
		shelf.listed.set({ regions: ["chest"], rows: [] });
		const before = station.activePane.state.value;
		await hanging.begin(() => false);
		expect(hanging.hung.value?.protocol.id).toBe("ct-chest");
		expect(station.activePane.state.value).toBe(before);
		await hanging.step(1);
		expect(station.layout.value).toBe("1x2");
	});

	it("keeps the picture that stands already", async () => {
		const { shelf, hanging, station } = aHanging([two]);
		const before = station.activePane.state.value.series;
		await Promise.all([shelf.load(), hanging.load()]);
		await hanging.begin(() => false);
		expect(station.panes[0]?.state.value.series).toBe(before);
	});

	it("keeps, removes and gives back a protocol", async () => {
		const { hanging } = aHanging([]);
		await hanging.load();
		expect(await hanging.keep(two)).toBeNull();
		expect(hanging.protocols.value[0]).toMatchObject({ id: two.id, version: 5 });
		const removed = await hanging.remove(two);
		expect(hanging.protocols.value.some(({ id }) => id === two.id)).toBe(false);
		expect("undo" in removed && removed.undo.version).toBe(5);
	});

	it("says why the server did not take it, and keeps what it had", async () => {
		const { hanging } = aHanging([two], { kind: "refused", why: "太多" });
		await hanging.load();
		expect(await hanging.keep({ ...two, name: "新" })).toBe("太多");
		expect(hanging.protocols.value[0]?.name).toBe(two.name);
		expect(await hanging.remove(two)).toEqual({ why: "太多" });
		expect(hanging.protocols.value[0]?.id).toBe(two.id);
	});
});
