import { describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../../static/src/api/live.ts";
import type { Mark } from "../../../../static/src/reading/tools/mark.ts";
import { concernsMarks, followMarks } from "../../../../static/src/reading/tools/news.ts";
import { keptFrom, outcomeOf } from "../../../../static/src/reading/tools/store.ts";
import { MarkSync } from "../../../../static/src/reading/tools/sync.ts";
import { figures } from "../studies.ts";
import { aMark, another, aReadyStation, MemoryMarks, points } from "./marks.ts";

const AUTHOR = { accountId: "a", name: "许诺", at: "2026-11-21T10:00:00Z" };

/** A station that is saved whenever `rest` is called, as after a pause. */
function saving() {
	const station = aReadyStation();
	const server = new MemoryMarks();
	const waiting: (() => void)[] = [];
	const sync = new MarkSync(station, server, (run) => waiting.push(run));
	const answered = async (): Promise<void> => {
		for (let turn = 0; turn < 200; turn++) await Promise.resolve();
	};
	const pause = (): void => {
		for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) run();
	};
	const rest = (): Promise<void> => {
		pause();
		return answered();
	};
	return { station, server, sync, pause, answered, rest };
}

describe("saving marks", () => {
	it("loads what is there: the reader's own to be changed, others' with their author", async () => {
		const { station, server, sync, rest } = saving();
		const [own, other] = [aMark({ author: AUTHOR }), another("probe", points([3, 3]), { author: AUTHOR })];
		server.kept.set(own.id, { mark: own, version: 4, own: true, removed: false });
		server.kept.set(other.id, { mark: other, version: 1, own: false, removed: false });
		await sync.open();
		expect(station.marks.value).toEqual([{ ...own, author: null }]);
		expect(station.others.value).toEqual([other]);
		await rest();
		expect(server.heard).toEqual([]);
		expect(sync.dirty).toBe(false);
	});

	it("sends what is new, changed and removed, each with the version it was made from", async () => {
		const { station, server, sync, rest } = saving();
		await sync.open();
		const mark = aMark();
		station.marks.set([mark]);
		expect(sync.state.value).toBe("saving");
		await rest();
		station.marks.set([{ ...mark, text: "x" }]);
		await rest();
		station.marks.set([]);
		await rest();
		expect(server.heard).toEqual(["put length 0", "put length 1", "remove length 2"]);
		expect(sync.state.value).toBe("saved");
	});

	it("tells the versions of what is saved as the reader sees it, and of nothing else", async () => {
		const { station, sync, rest } = saving();
		await sync.open();
		const other = another("probe", points([3, 3]));
		station.marks.set([aMark()]);
		expect([...sync.versions()]).toEqual([]);
		await rest();
		station.marks.set([aMark({ text: "x" }), other]);
		expect([...sync.versions()]).toEqual([]);
		await rest();
		expect([...sync.versions()]).toEqual([
			[aMark().id, 2],
			[other.id, 1],
		]);
	});

	it("brings a removed mark back on undo, under the version of its removal", async () => {
		const { station, server, sync, rest } = saving();
		await sync.open();
		station.act(() => station.marks.set([aMark()]));
		await rest();
		station.act(() => station.marks.set([]));
		await rest();
		station.undo();
		await rest();
		expect(server.heard).toEqual(["put length 0", "remove length 1", "put length 2"]);
		expect([...server.kept.values()].map(({ removed, version }) => [removed, version])).toEqual([[false, 3]]);
	});

	it("sends the last state only when the hand was quicker than the pause", async () => {
		const { station, server, sync, rest } = saving();
		await sync.open();
		for (let x = 0; x < 20; x++) station.marks.set([aMark({ points: points([x, 0], [9, 9]) })]);
		await rest();
		expect(server.heard).toEqual(["put length 0"]);
		expect([...server.kept.values()][0]?.mark.points[0]).toEqual({ x: 19, y: 0 });
	});

	it("never says that all is saved while something is not", async () => {
		const { station, server, sync, pause, answered, rest } = saving();
		await sync.open();
		station.marks.set([aMark()]);
		pause();
		station.marks.set([aMark({ text: "while the first is on its way" })]);
		await answered();
		expect([sync.state.value, sync.dirty]).toEqual(["saved", false]);
		station.marks.set([aMark({ text: "before the next pause" })]);
		expect([sync.state.value, sync.dirty]).toEqual(["saving", true]);
		await rest();
		expect([sync.state.value, sync.dirty]).toEqual(["saved", false]);
		expect([...server.kept.values()][0]?.mark.text).toBe("before the next pause");
	});

	it("keeps everything while the line is down, and sends it afterwards", async () => {
		const { station, server, sync, rest } = saving();
		await sync.open();
		server.answer = { kind: "offline" };
		station.marks.set([aMark(), another("probe", points([1, 1]))]);
		await rest();
		expect([sync.state.value, sync.dirty, server.heard]).toEqual(["offline", true, []]);
		server.answer = null;
		sync.retry();
		await rest();
		expect(server.heard).toEqual(["put length 0", "put probe 0"]);
		expect(sync.state.value).toBe("saved");
	});

	it("loads later what could not be loaded, and loses nothing that was drawn meanwhile", async () => {
		const { station, server, sync, rest } = saving();
		const old = another("arrow", points([1, 1], [2, 2]));
		server.kept.set(old.id, { mark: old, version: 1, own: true, removed: false });
		server.answer = { kind: "offline" };
		await sync.open();
		expect(sync.state.value).toBe("offline");
		const drawn = aMark();
		station.marks.set([drawn]);
		server.answer = null;
		sync.retry();
		await rest();
		await rest();
		expect(station.marks.value.map(({ id }) => id)).toEqual([old.id, drawn.id]);
		expect(server.heard).toEqual(["put length 0"]);
	});

	it("takes the newer mark of another window, and says so", async () => {
		const { station, server, sync, rest } = saving();
		const mark = aMark();
		server.kept.set(mark.id, { mark, version: 1, own: true, removed: false });
		await sync.open();
		server.kept.set(mark.id, { mark: { ...mark, text: "theirs" }, version: 2, own: true, removed: false });
		station.marks.set([{ ...mark, text: "mine" }]);
		await rest();
		expect(station.marks.value.map(({ text }) => text)).toEqual(["theirs"]);
		expect([sync.outdone.value, sync.state.value, sync.dirty]).toEqual([1, "saved", false]);
	});

	it("lets go of a mark that another window removed", async () => {
		const { station, server, sync, rest } = saving();
		const mark = aMark();
		server.kept.set(mark.id, { mark, version: 1, own: true, removed: false });
		await sync.open();
		server.kept.set(mark.id, { mark, version: 2, own: true, removed: true });
		station.marks.set([{ ...mark, text: "mine" }]);
		await rest();
		expect(station.marks.value).toEqual([]);
		expect(sync.dirty).toBe(false);
	});

	it("says when the server does not take them", async () => {
		const { station, server, sync, rest } = saving();
		await sync.open();
		server.answer = { kind: "refused" };
		station.marks.set([aMark()]);
		await rest();
		expect(sync.state.value).toBe("refused");
	});

	/** One thing that a reader may do: draw, write or remove. */
	function acted(marks: readonly Mark[], step: number, what: number, where: number): readonly Mark[] {
		const at = Math.floor(where * marks.length);
		if (what < 0.5 || marks.length === 0) return [...marks, another("probe", points([step, 1]))];
		if (what < 0.75) return marks.map((one, i) => (i === at ? { ...one, text: `${step}` } : one));
		return marks.filter((_, i) => i !== at);
	}

	/** Fifteen acts on a line that breaks; what the reader has in the end, and what the server has. */
	async function afterwards(
		random: () => number,
	): Promise<{ here: readonly Mark[]; there: readonly Mark[] }> {
		const { station, server, sync, rest } = saving();
		await sync.open();
		for (let step = 0; step < 15; step++) {
			server.answer = random() < 0.3 ? { kind: "offline" } : null;
			station.act(() => station.marks.set(acted(station.marks.value, step, random(), random())));
			if (random() < 0.2) station.undo();
			if (random() < 0.5) await rest();
		}
		server.answer = null;
		sync.retry();
		await rest();
		return { here: station.marks.value, there: (await server.list()).map(({ mark }) => mark) };
	}

	it("ends with the same marks at the server, whatever is done and however the line breaks", async () => {
		const random = figures(31);
		for (let round = 0; round < 25; round++) {
			const { here, there } = await afterwards(random);
			const sorted = (marks: readonly Mark[]): Mark[] => [...marks].sort((a, b) => a.id.localeCompare(b.id));
			expect(sorted(there)).toEqual(sorted(here));
		}
	});
});

describe("the server's words", () => {
	it("become marks", () => {
		const kept = keptFrom({
			annotation_id: "i",
			version: 3,
			kind: "length",
			series_instance_uid: "1.2.3",
			sop_instance_uid: "1.2.0",
			frame_number: 2,
			points: [{ x: 1, y: 2 }],
			text: "t",
			own: false,
			author_id: "a",
			author_name: "许诺",
			changed_at: AUTHOR.at,
		});
		expect(kept).toEqual({
			version: 3,
			own: false,
			mark: {
				id: "i",
				kind: "length",
				seriesUid: "1.2.3",
				sopInstanceUid: "1.2.0",
				frameNumber: 2,
				points: [{ x: 1, y: 2 }],
				text: "t",
				author: AUTHOR,
			},
		});
	});

	it("mean: somebody was first, the line is down, or it is not allowed", () => {
		expect([409, 412, 404, 0, 503, 403, 422].map((status) => outcomeOf(status).kind)).toEqual([
			"outdone",
			"outdone",
			"outdone",
			"offline",
			"offline",
			"refused",
			"refused",
		]);
	});
});

describe("news of marks", () => {
	const theirs = (changes: Partial<Mark> = {}) =>
		another("probe", points([3, 3]), { author: AUTHOR, ...changes });

	it("shows what others made, changed and removed, and leaves the reader's own in place", async () => {
		const { station, server, sync, rest } = saving();
		const own = aMark();
		await sync.open();
		station.marks.set([own]);
		await rest();
		const held = station.marks.value;
		station.selected.set(own.id);
		const one = theirs();
		server.kept.set(one.id, { mark: one, version: 1, own: false, removed: false });
		await sync.refresh();
		expect(station.others.value).toEqual([one]);
		server.kept.delete(one.id);
		await sync.refresh();
		expect(station.others.value).toEqual([]);
		expect(station.marks.value, "not even a new list of the same marks").toBe(held);
		expect(station.selected.value).toBe(own.id);
		await rest();
		expect(server.heard).toEqual(["put length 0"]);
	});

	it("takes own marks of another window, unless they are in hand here", async () => {
		const { station, server, sync, rest } = saving();
		const [kept, moved] = [aMark(), another("probe", points([9, 9]))];
		for (const mark of [kept, moved])
			server.kept.set(mark.id, { mark, version: 1, own: true, removed: false });
		await sync.open();
		const inHand = { ...(station.marks.value.find(({ id }) => id === moved.id) as Mark), text: "here" };
		station.marks.update((marks) => marks.map((mark) => (mark.id === moved.id ? inHand : mark)));
		for (const mark of [kept, moved]) {
			server.kept.set(mark.id, { mark: { ...mark, text: "there" }, version: 2, own: true, removed: false });
		}
		const fresh = another("arrow", points([1, 1], [2, 2]));
		server.kept.set(fresh.id, { mark: fresh, version: 1, own: true, removed: false });
		await sync.refresh();
		const texts = Object.fromEntries(station.marks.value.map(({ id, text }) => [id, text]));
		expect(texts).toEqual({ [kept.id]: "there", [moved.id]: "here", [fresh.id]: "" });
		server.kept.delete(kept.id);
		await sync.refresh();
		expect(station.marks.value.map(({ id }) => id)).toEqual([moved.id, fresh.id]);
		await rest();
		expect(server.heard).toEqual([]);
		expect(sync.outdone.value, "the one in hand was outdone, and is said so").toBe(1);
	});

	it("changes nothing while the line is down or before the marks were loaded", async () => {
		const { station, server, sync } = saving();
		const one = theirs();
		server.kept.set(one.id, { mark: one, version: 1, own: false, removed: false });
		await sync.refresh();
		expect(station.others.value).toEqual([]);
		await sync.open();
		server.answer = { kind: "offline" };
		await sync.refresh();
		expect(station.others.value).toEqual([one]);
	});

	it("is heard for this study alone, and after a gap in the line", () => {
		const event = (type: string, data: unknown) => ({ id: "1-1", type, data });
		expect(concernsMarks(event("annotations.changed", { study_instance_uid: "1.2" }), "1.2")).toBe(true);
		expect(concernsMarks(event("annotations.changed", { study_instance_uid: "1.3" }), "1.2")).toBe(false);
		expect(concernsMarks(event("annotations.changed", null), "1.2")).toBe(false);
		expect(concernsMarks(event("consult.changed", { study_instance_uid: "1.2" }), "1.2")).toBe(false);
		expect(concernsMarks(event("hello", {}), "1.2")).toBe(true);
	});

	it("refreshes once at a time, and once more for what came meanwhile", async () => {
		let hear: (event: LiveEvent) => void = () => undefined;
		const live = {
			on: (listener: (event: LiveEvent) => void) => {
				hear = listener;
				return () => undefined;
			},
		};
		const open: (() => void)[] = [];
		let begun = 0;
		followMarks(live, "1.2", () => {
			begun += 1;
			return new Promise((resolve) => open.push(resolve));
		});
		const news = { id: "1-1", type: "annotations.changed", data: { study_instance_uid: "1.2" } };
		for (let i = 0; i < 3; i++) hear(news);
		expect(begun).toBe(1);
		open.shift()?.();
		await Promise.resolve();
		await Promise.resolve();
		expect(begun).toBe(2);
		open.shift()?.();
		await Promise.resolve();
		await Promise.resolve();
		hear(news);
		expect(begun).toBe(3);
	});
});
