import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import { applicantFace, type Face, readerFace } from "../../../../static/src/consults/worklist/faces.ts";
import { AHEAD_AFTER_MS, ListPage } from "../../../../static/src/consults/worklist/page.ts";
import type { ConsultRow } from "../../../../static/src/consults/worklist/rows.ts";
import { hideToast, toast } from "../../../../static/src/ui/toasts.ts";
import { consultWith } from "../case/consult.ts";
import { aRow } from "../rows.ts";

/** A list page with a server that a test can make refuse. */
class Desk {
	rows: ConsultRow[] = [];
	refusal: Problem | null = null;
	readonly went: string[] = [];
	readonly ahead: string[] = [];
	readonly done: string[] = [];
	readonly page: ListPage;

	constructor(face: Face, ...rows: ConsultRow[]) {
		this.rows = rows;
		this.page = new ListPage({
			face,
			accountId: "me",
			go: (href) => this.went.push(href),
			ahead: (uid) => this.ahead.push(uid),
			calls: {
				loadPage: async () => ({ rows: this.rows, next: null, now: "2026-11-21T03:00:00Z" }),
				claim: async (row) => this.#answer(`claim ${row.consult_id}`),
				giveBack: async (row, reason) => this.#answer(`return ${row.consult_id} ${reason}`),
			},
		});
	}

	async #answer(
		what: string,
	): ReturnType<typeof import("../../../../static/src/consults/worklist/calls.ts").claim> {
		if (this.refusal) throw this.refusal;
		this.done.push(what);
		return consultWith({});
	}
}

const run = (desk: Desk, keys: string): void => {
	const view = { step: () => undefined, focusSearch: () => undefined, togglePreview: () => undefined };
	const found = desk.page.bindings(view).find((one) => one.keys === keys);
	if (!found) throw new Error(`no key ${keys}`);
	found.run(new Event("keydown") as KeyboardEvent);
};

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
	hideToast();
	vi.useRealTimers();
});

describe("a list page", () => {
	it("always has a row chosen while there is one, so that Enter means something", async () => {
		const desk = new Desk(readerFace, aRow({ consult_id: "a" }), aRow({ consult_id: "b" }));
		await desk.page.renew();
		expect(desk.page.selected.value).toBe("a");
		desk.page.select("b");
		desk.rows = [aRow({ consult_id: "c" })];
		await desk.page.renew();
		expect(desk.page.selected.value).toBe("c");
		desk.rows = [];
		await desk.page.renew();
		expect(desk.page.selected.value).toBeNull();
	});

	it("claims a free case before it opens the images", async () => {
		const desk = new Desk(readerFace, aRow({ verbs: ["claim"] }));
		await desk.page.renew();
		await desk.page.open();
		expect(desk.done).toEqual(["claim c1"]);
		expect(desk.went).toEqual(["/read/1.2.3?consult=c1"]);
	});

	it("opens nothing for who lost the race, and says so", async () => {
		const desk = new Desk(readerFace, aRow({ verbs: ["claim"] }));
		await desk.page.renew();
		desk.refusal = new Problem({ status: 409 });
		await desk.page.open();
		expect(desk.went).toEqual([]);
		expect(toast.value).toMatchObject({ kind: "failed", text: "这例刚被别人领取了" });
		expect(desk.page.busy.value).toBeNull();
		desk.refusal = new Problem({ status: 0 });
		await desk.page.open();
		expect(toast.value?.text).toBe(desk.refusal.sentence);
	});

	it("opens an applicant's row without claiming it", async () => {
		const desk = new Desk(applicantFace, aRow({ verbs: ["claim"], status: "signed" }));
		await desk.page.renew();
		await desk.page.open("c1");
		expect([desk.done, desk.went]).toEqual([[], ["/cases/c1"]]);
	});

	it("goes on to the next case, and from the last to the first", async () => {
		const desk = new Desk(readerFace, aRow({ consult_id: "a" }), aRow({ consult_id: "b" }));
		await desk.page.renew();
		await desk.page.openNext();
		await desk.page.openNext();
		expect(desk.went.map((href) => href.at(-1))).toEqual(["b", "a"]);
	});

	it("fetches ahead only what was looked at for a moment, the latest look alone", async () => {
		const rows = ["1", "2", "3"].map((uid) => aRow({ consult_id: `c${uid}`, study_instance_uid: uid }));
		const desk = new Desk(readerFace, ...rows);
		await desk.page.renew();
		desk.page.lookAt("c1");
		vi.advanceTimersByTime(AHEAD_AFTER_MS - 1);
		desk.page.lookAt("c2");
		vi.advanceTimersByTime(AHEAD_AFTER_MS - 1);
		expect(desk.ahead).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(desk.ahead).toEqual(["2"]);
		const applicant = new Desk(applicantFace, ...rows);
		await applicant.page.renew();
		applicant.page.lookAt("c1");
		vi.advanceTimersByTime(AHEAD_AFTER_MS);
		expect(applicant.ahead).toEqual([]);
	});

	it("gives a case back after eight seconds, or not at all when that is undone", async () => {
		const desk = new Desk(readerFace, aRow({ verbs: ["return"] }));
		await desk.page.renew();
		run(desk, "B");
		desk.page.giveBack("病史不全");
		await vi.advanceTimersByTimeAsync(7999);
		expect(desk.done).toEqual([]);
		run(desk, "U");
		expect(toast.value).toBeNull();
		await vi.advanceTimersByTimeAsync(60_000);
		expect(desk.done).toEqual([]);
		run(desk, "B");
		desk.page.giveBack("缺既往检查");
		await vi.advanceTimersByTimeAsync(8000);
		expect(desk.done).toEqual(["return c1 缺既往检查"]);
	});

	it("tells whose return failed, with the name masked", async () => {
		const desk = new Desk(readerFace, aRow({ verbs: ["return"] }));
		await desk.page.renew();
		desk.page.askReturn();
		desk.refusal = new Problem({ status: 409 });
		desk.page.giveBack("x");
		desk.page.undo.flush();
		await vi.advanceTimersByTimeAsync(0);
		expect(toast.value?.kind).toBe("failed");
		expect(toast.value?.text.startsWith("罗*兰：")).toBe(true);
	});

	it("asks no reason for a case that cannot be given back", async () => {
		const desk = new Desk(readerFace, aRow());
		await desk.page.renew();
		desk.page.askReturn();
		expect(desk.page.returning.value).toBeNull();
		desk.page.giveBack("x");
		expect(desk.page.undo.pending.value).toBeNull();
	});

	it("keeps a claimed case for later, once", async () => {
		const desk = new Desk(readerFace, aRow({ verbs: ["claim"] }));
		await desk.page.renew();
		await Promise.all([desk.page.claimForLater(), desk.page.claimForLater()]);
		expect(desk.done).toEqual(["claim c1"]);
		expect(desk.went).toEqual([]);
		expect(toast.value?.text).toBe("已领取 D20261121-0001");
	});

	it("has the reader's keys for readers alone", () => {
		const keys = (face: Face) =>
			new Desk(face).page
				.bindings({ step: () => undefined, focusSearch: () => undefined, togglePreview: () => undefined })
				.flatMap((one) => one.keys);
		expect(keys(readerFace)).toEqual(expect.arrayContaining(["F4", "L", "B"]));
		expect(keys(applicantFace)).not.toEqual(expect.arrayContaining(["F4"]));
	});

	it("counts its tabs from what it has, and says how much is shown", async () => {
		const desk = new Desk(readerFace, aRow({ urgency: "emergency" }), aRow({ consult_id: "c2" }));
		await desk.page.renew();
		const counts = desk.page.tabs(desk.page.list.value).map((tab) => [tab.value, tab.count]);
		expect(counts).toEqual([
			["mine", 2],
			["emergency", 1],
			["imaging", 2],
			["ecg", 0],
			["done", undefined],
		]);
		expect(desk.page.footer(desk.page.list.value)).toBe("已显示 2 条，全部加载");
		expect(desk.page.footer({ ...desk.page.list.value, next: "c2" })).toBe("已显示 2 条 · 继续向下看更多");
	});
});
