import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Job, Queue, Tab } from "../../../static/src/admin/queue/calls.ts";
import {
	deliveryFace,
	jobAgain,
	jobProgress,
	jobReason,
	jobStudy,
	promiseFace,
	QueuePage,
} from "../../../static/src/admin/queue/queue.ts";
import { loadErrorTexts } from "../../../static/src/kit/errors.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const JOB: Job = {
	transfer_id: "t1",
	kind: "send",
	institution_id: "i1",
	institution_name: "青岩镇卫生院",
	study_instance_uid: "1.2.3",
	study_date: "20260302",
	modalities: ["CT"],
	peer_ae_title: "CITY_PACS",
	by_hand: false,
	commitment: true,
	delivery: "waiting",
	acknowledgement: "not_asked",
	total: 400,
	done: 128,
	refused: 0,
	attempts: 1,
	next_at: "2026-03-02T01:30:00Z",
	ask_at: null,
	reason: "",
	detail: "",
	created_at: "2026-03-02T01:00:00Z",
	updated_at: "2026-03-02T01:00:00Z",
	finished_at: null,
	can_cancel: true,
	can_try_again: false,
};
const job = (change: Partial<Job>): Job => ({ ...JOB, ...change });
const queue = (rows: Job[], under_way = rows.length, failed = 0): Queue => ({ rows, under_way, failed });

beforeAll(() => loadErrorTexts("zh"));
beforeEach(() => setLocale("zh"));

describe("what a job says", () => {
	it.each<[Partial<Job>, string, string]>([
		[{}, "等待发送", "ink-3"],
		[{ kind: "fetch" }, "等待取回", "ink-3"],
		[{ delivery: "sending" }, "正在发送", "blue"],
		[{ delivery: "sending", kind: "fetch" }, "正在取回", "blue"],
		[{ delivery: "delivered" }, "已送达", "green"],
		[{ delivery: "delivered", kind: "fetch" }, "已取回", "green"],
		[{ delivery: "failed" }, "没有送成", "red"],
		[{ delivery: "failed", kind: "fetch" }, "没有取回", "red"],
		[{ delivery: "cancelled" }, "已取消", "ink-3"],
		[{ kind: "notify" }, "等待通知", "ink-3"],
		[{ kind: "notify", delivery: "sending" }, "正在通知", "blue"],
		[{ kind: "notify", delivery: "delivered" }, "已通知", "green"],
		[{ kind: "notify", delivery: "failed" }, "通知失败", "red"],
		[{ kind: "notify", delivery: "cancelled" }, "已取消", "ink-3"],
	])("%o is %s", (change, text, tone) => {
		expect(deliveryFace(job(change))).toMatchObject({ text, tone });
	});

	it.each<[Job["acknowledgement"], string]>([
		["not_asked", "还没有请对方确认保管"],
		["asked", "已请对方确认保管，等回复"],
		["committed", "对方已确认保管"],
		["refused", "对方没有确认保管"],
	])("of a delivered job the promise is %s", (acknowledgement, text) => {
		expect(promiseFace(job({ delivery: "delivered", acknowledgement }))?.text).toBe(text);
	});

	it("says nothing of a promise that nobody wants, or not yet", () => {
		expect(promiseFace(job({ delivery: "sending" }))).toBeNull();
		expect(promiseFace(job({ delivery: "delivered", commitment: false }))).toBeNull();
	});

	it("tells every state apart by word and by picture", () => {
		const states: Job["delivery"][] = ["waiting", "sending", "delivered", "failed", "cancelled"];
		const faces = states.map((delivery) => deliveryFace(job({ delivery })));
		expect(new Set(faces.map((face) => face.text)).size).toBe(states.length);
		expect(new Set(faces.map((face) => face.icon)).size).toBe(states.length);
	});

	it("names what stood in the way, in words where there are some", () => {
		expect(jobReason(job({ reason: "dicom.objects_refused" }))).toBe("对方不收其中一部分影像");
		expect(jobReason(job({ reason: "dicom.of_tomorrow" }))).toBe("dicom.of_tomorrow");
		expect(jobReason(JOB)).toBe("");
	});

	it("says when it is tried again, only after it was tried", () => {
		expect(jobAgain(JOB)).toBe("");
		expect(jobAgain(job({ reason: "dicom.peer_unreachable", attempts: 3 }))).toBe(
			"03-02 09:30 再试，已试 3 次",
		);
		expect(jobAgain(job({ reason: "dicom.peer_unreachable", next_at: null }))).toBe("");
		expect(jobAgain(job({ reason: "dicom.objects_refused", delivery: "failed" }))).toBe("");
		const asked = job({ delivery: "delivered", reason: "dicom.peer_unreachable", next_at: null });
		expect(jobAgain({ ...asked, ask_at: "2026-03-02T02:00:00Z" })).toContain("10:00");
	});

	it.each([
		[0, 0, "0 / 0", 0],
		[0, 400, "0 / 400", 0],
		[128, 400, "128 / 400", 32],
		[399, 400, "399 / 400", 99],
		[400, 400, "400 / 400", 100],
		[401, 400, "401 / 400", 100],
	])("%d of %d is %s and %d percent", (done, total, text, percent) => {
		expect(jobProgress(job({ done, total }))).toEqual({ text, percent });
	});

	it.each<[Partial<Job>, string]>([
		[{}, "CT · 2026-03-02"],
		[{ modalities: ["CT", "SR"] }, "CT SR · 2026-03-02"],
		[{ study_date: "" }, "CT"],
		[{ study_date: "2026" }, "CT"],
		[{ modalities: [], study_date: "" }, "—"],
	])("%o is the study %s", (change, text) => expect(jobStudy(job(change))).toBe(text));
});

/** A server whose answers a test gives by hand. */
class House {
	readonly asked: Tab[] = [];
	readonly done: [string, string][] = [];
	answers: (Queue | Error)[] = [];
	refuse = false;

	readonly calls = {
		load: (tab: Tab): Promise<Queue> => {
			this.asked.push(tab);
			const next = this.answers.shift() ?? queue([]);
			return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
		},
		again: (id: string): Promise<Job> => this.#step("again", id),
		cancel: (id: string): Promise<Job> => this.#step("cancel", id),
	};

	#step(name: string, id: string): Promise<Job> {
		this.done.push([name, id]);
		return this.refuse ? Promise.reject(new Error("no")) : Promise.resolve(JOB);
	}
}

describe("the page", () => {
	it("shows a part of the queue and another when asked", async () => {
		const house = new House();
		const page = new QueuePage(house.calls);
		house.answers = [queue([JOB], 3, 1), queue([])];
		await page.load();
		expect(page.state.value.found).toMatchObject({ under_way: 3, failed: 1 });
		const shown = page.show("failed");
		expect(page.state.value).toMatchObject({ tab: "failed", found: null });
		await shown;
		expect(page.state.value.found?.rows).toEqual([]);
		expect(house.asked).toEqual(["open", "failed"]);
	});

	it("keeps what it shows when a question fails", async () => {
		const house = new House();
		const page = new QueuePage(house.calls);
		house.answers = [queue([JOB]), new Error("gone"), queue([])];
		await page.load();
		await page.load();
		expect(page.state.value.found?.rows).toEqual([JOB]);
		expect(page.state.value.problem).not.toBeNull();
		await page.load();
		expect(page.state.value).toMatchObject({ problem: null, found: { rows: [] } });
	});

	it("counts only the answer to the newest question", async () => {
		const slow: ((found: Queue) => void)[] = [];
		const load = (): Promise<Queue> => new Promise((tell) => slow.push(tell));
		const page = new QueuePage({ ...new House().calls, load });
		const first = page.load();
		const second = page.show("done");
		slow[1]?.(queue([job({ transfer_id: "new" })]));
		await second;
		slow[0]?.(queue([job({ transfer_id: "old" })]));
		await first;
		expect(page.state.value.found?.rows[0]?.transfer_id).toBe("new");
	});

	it.each(["again", "cancel"] as const)("does %s, says so and looks anew", async (act) => {
		const house = new House();
		const page = new QueuePage(house.calls);
		const step = page[act](JOB);
		expect(page.busy.value).toBe("t1");
		const said = await step;
		expect(said.kind).toBe("info");
		expect(house.done).toEqual([[act, "t1"]]);
		expect([page.busy.value, house.asked.length]).toEqual(["", 1]);
	});

	it("says why an act was refused, and is ready for the next", async () => {
		const house = new House();
		house.refuse = true;
		const page = new QueuePage(house.calls);
		expect((await page.cancel(JOB)).kind).toBe("failed");
		expect(page.busy.value).toBe("");
	});

	it("keeps looking until it is told to stop", async () => {
		const house = new House();
		const page = new QueuePage(house.calls);
		let tick: () => void = () => undefined;
		let stopped = false;
		const stop = page.follow((run) => {
			tick = run;
			return () => {
				stopped = true;
			};
		});
		tick();
		await Promise.resolve();
		expect(house.asked).toEqual(["open"]);
		stop();
		expect(stopped).toBe(true);
	});
});
