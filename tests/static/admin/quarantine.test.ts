import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Aside, SetAside, Tried } from "../../../static/src/admin/calls.ts";
import {
	type AsideCalls,
	asideDecision,
	asideFacts,
	asideFile,
	asideHashes,
	asideReason,
	asideSize,
	isReason,
	SetAsidePage,
	senderChips,
} from "../../../static/src/admin/quarantine.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import { loadErrorTexts } from "../../../static/src/kit/errors.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const ROW: Aside = {
	quarantine_id: "q1",
	institution_id: "i1",
	institution_name: "石桥镇中心卫生院",
	source_ae_title: "SQZX_PACS",
	sop_instance_uid: "1.2.3",
	kind: "refused",
	reason_code: "dicom.dataset_truncated",
	reason: "dicom.dataset_truncated: The data set ends early. (tag=(7FE0,0010), offset=812)",
	object_bytes: 530_000,
	dataset_sha256: "b".repeat(64),
	kept_sha256: null,
	times: 1,
	received_at: "2026-11-21T01:12:00Z",
	has_file: true,
	decision: null,
	decided_at: null,
	decision_reason: null,
};
const FOUND: SetAside = {
	rows: [ROW],
	senders: [
		{ ae_title: "SQZX_PACS", count: 2 },
		{ ae_title: "CT1", count: 1 },
	],
	waiting: 3,
};

beforeAll(async () => {
	await loadErrorTexts("zh");
	await loadErrorTexts("en");
});
beforeEach(() => setLocale("zh"));

describe("an object set aside", () => {
	it("says why in the language in use, and in the server's words where there is no sentence", () => {
		expect(asideReason(ROW)).toBe("影像文件不完整，可能没传完，请重发");
		setLocale("en");
		expect(asideReason(ROW)).not.toMatch(/\p{Script=Han}/u);
		expect(asideReason({ ...ROW, reason_code: "dicom.newer" })).toBe(ROW.reason);
	});

	it.each([
		[ROW.reason, "tag=(7FE0,0010), offset=812"],
		["dicom.x: Something. (attribute=PatientID)", "attribute=PatientID"],
		["dicom.x: Something.", ""],
		["", ""],
	])("of %o shows the facts %o", (reason, facts) => expect(asideFacts({ ...ROW, reason })).toBe(facts));

	it("shows both hashes of a conflict and none of anything else", () => {
		expect(asideHashes(ROW)).toBeNull();
		const conflict = { ...ROW, kind: "conflict", kept_sha256: "a".repeat(64) };
		expect(asideHashes(conflict)).toEqual({ kept: "a".repeat(12), came: "b".repeat(12) });
	});

	it("has a size when it is known", () => {
		expect(asideSize({ ...ROW, object_bytes: null })).toBe("—");
		expect(asideSize(ROW)).toMatch(/^5\d\d/);
	});

	it("tells what was decided", () => {
		const at = "2026-11-21T02:00:00Z";
		expect(asideDecision(ROW)).toBe("");
		expect(asideDecision({ ...ROW, decision: "admitted", decided_at: at })).toMatch(/已入库$/);
		expect(asideDecision({ ...ROW, decision: "discarded", decided_at: at })).toMatch(/已丢弃$/);
	});

	it("has an address for its file", () => expect(asideFile(ROW)).toBe("/api/quarantine/q1/file"));

	it.each([
		["", false],
		[" x ", false],
		["测试", true],
		["𠮷", false],
	])("is discarded for %o: %s", (reason, good) => expect(isReason(reason)).toBe(good));

	it("is filtered by its sender, all of them first", () => {
		expect(senderChips(FOUND)).toEqual([
			{ value: "", label: "全部 3" },
			{ value: "SQZX_PACS", label: "SQZX_PACS 2" },
			{ value: "CT1", label: "CT1 1" },
		]);
	});
});

class House {
	readonly asked: [string, boolean][] = [];
	readonly discarded: [string, string][] = [];
	found: () => Promise<SetAside> = () => Promise.resolve(FOUND);
	tried: () => Promise<Tried> = () => Promise.resolve({ admitted: true, reason_code: "" });
	fails: Problem | null = null;

	get calls(): AsideCalls {
		return {
			load: (aeTitle, decided) => {
				this.asked.push([aeTitle, decided]);
				return this.found();
			},
			retry: () => this.tried(),
			discard: (id, reason) => {
				this.discarded.push([id, reason]);
				return this.fails ? Promise.reject(this.fails) : Promise.resolve();
			},
		};
	}
}

describe("the page of what was set aside", () => {
	it("asks for the tab and the sender one has chosen, and tells how many wait", async () => {
		const house = new House();
		const counts: number[] = [];
		const page = new SetAsidePage(house.calls, (count) => counts.push(count));
		await page.load();
		await page.show({ aeTitle: "CT1" });
		await page.show({ tab: "decided" });
		expect(house.asked).toEqual([
			["", false],
			["CT1", false],
			["CT1", true],
		]);
		expect(counts).toEqual([3, 3, 3]);
	});

	it("shows the answer to the newest question, whichever comes last", async () => {
		const house = new House();
		const page = new SetAsidePage(house.calls);
		let late: (found: SetAside) => void = () => undefined;
		house.found = () => new Promise((resolve) => (late = resolve));
		const first = page.load();
		house.found = () => Promise.resolve({ ...FOUND, waiting: 9 });
		await page.show({ aeTitle: "CT1" });
		late(FOUND);
		await first;
		expect(page.state.value.found?.waiting).toBe(9);
	});

	it("keeps what it shows when a question fails, and recovers", async () => {
		const house = new House();
		const page = new SetAsidePage(house.calls);
		await page.load();
		house.found = () => Promise.reject(new Problem({ status: 503, code: "general.busy" }));
		await page.load();
		expect(page.state.value).toMatchObject({ found: FOUND, problem: { code: "general.busy" } });
		house.found = () => Promise.resolve(FOUND);
		await page.load();
		expect(page.state.value.problem).toBeNull();
	});

	it("tries again: stored, still refused with the reason of now, or not possible", async () => {
		const house = new House();
		const page = new SetAsidePage(house.calls);
		expect((await page.retry(ROW)).kind).toBe("info");
		house.tried = () => Promise.resolve({ admitted: false, reason_code: "dicom.dataset_truncated" });
		expect(await page.retry(ROW)).toEqual({
			kind: "failed",
			text: "还是不能入库：影像文件不完整，可能没传完，请重发",
		});
		house.tried = () => Promise.reject(new Problem({ status: 409, code: "dicom.quarantine_entry_decided" }));
		expect((await page.retry(ROW)).text).toContain("已有人处理过");
		expect(house.asked).toHaveLength(3);
	});

	it("marks the object that something is being done with, and no longer than that", async () => {
		const house = new House();
		const page = new SetAsidePage(house.calls);
		let tell: (tried: Tried) => void = () => undefined;
		house.tried = () => new Promise((resolve) => (tell = resolve));
		const step = page.retry(ROW);
		expect(page.busy.value).toBe("q1");
		tell({ admitted: true, reason_code: "" });
		await step;
		expect(page.busy.value).toBe("");
	});

	it("discards with a trimmed reason, and passes on why not", async () => {
		const house = new House();
		const page = new SetAsidePage(house.calls);
		expect((await page.discard(ROW, " 重复发送 ")).kind).toBe("info");
		expect(house.discarded).toEqual([["q1", "重复发送"]]);
		house.fails = new Problem({ status: 404, code: "dicom.quarantine_entry_not_found" });
		expect((await page.discard(ROW, "重复发送")).kind).toBe("failed");
	});
});
