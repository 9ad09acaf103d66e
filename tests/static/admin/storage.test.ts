import { beforeEach, describe, expect, it } from "vitest";
import type { Fault, Storage, Use } from "../../../static/src/admin/calls.ts";
import {
	factsOf,
	faultFace,
	faultTimes,
	faultWhere,
	percentOf,
	quotaBytes,
	quotaGigabytes,
	StoragePage,
	useFace,
	useText,
} from "../../../static/src/admin/storage.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const USE: Use = {
	institution_id: "i1",
	institution_name: "石桥镇中心卫生院",
	used_bytes: 120_000_000_000,
	quota_bytes: 500_000_000_000,
	state: "free",
};
const STORAGE: Storage = {
	disk: { size_bytes: 1_000_000_000_000, free_bytes: 250_000_000_000, reserve_bytes: 1_073_741_824 },
	bucket: { unsent: 0, unsent_bytes: 0, failed: 0, oldest_unsent: null },
	check: {
		began_at: "2026-11-01T00:00:00Z",
		ended_at: null,
		objects: 1200,
		bytes: 600_000_000,
		stored_bytes: 1_200_000_000,
	},
	missing: 0,
	damaged: 0,
	institutions: [USE],
	may_set_quotas: true,
};
const FAULT: Fault = {
	object_key: "dicom/ab/x.dcm",
	integrity: "missing",
	found_at: "2026-11-21T01:12:00Z",
	checked_at: "2026-11-21T02:12:00Z",
	mended_at: null,
	mended_by: "",
	institution_name: "石桥镇中心卫生院",
	source_ae_title: "SQZX_PACS",
	study_instance_uid: "1.2",
	study_date: "20260302",
	accession_number: "A1",
	modality: "CT",
	series_number: 2,
	instance_number: 14,
	sop_instance_uid: "1.2.3",
};
const fact = (storage: Storage, key: string) => factsOf(storage).find((one) => one.key === key);

beforeEach(() => setLocale("zh"));

describe("a share", () => {
	it.each([
		[0, 100, 0],
		[1, 3, 33],
		[100, 100, 100],
		[250, 100, 100],
		[5, 0, 0],
	])("of %i in %i is %i%%", (part, whole, percent) => {
		expect(percentOf(part, whole)).toBe(percent);
	});
});

describe("the facts of the store", () => {
	it("say how much is free and when that is too little", () => {
		expect(fact(STORAGE, "disk")).toMatchObject({ value: "250 GB", percent: 75, tone: "" });
		const tight = { size_bytes: 1000, free_bytes: 80, reserve_bytes: 10 };
		expect(fact({ ...STORAGE, disk: tight }, "disk")).toMatchObject({ percent: 92, tone: "orange" });
		const full = fact({ ...STORAGE, disk: { ...tight, free_bytes: 10 } }, "disk");
		expect(full).toMatchObject({ tone: "red" });
		expect(full?.note).toContain("暂停接收");
	});

	it("say what the bucket still waits for, since when and whether it fails", () => {
		expect(fact(STORAGE, "bucket")).toMatchObject({ value: "全部已上传", tone: "" });
		const waiting = { unsent: 3, unsent_bytes: 5000, failed: 0, oldest_unsent: "2026-11-21T01:12:00Z" };
		expect(fact({ ...STORAGE, bucket: waiting }, "bucket")).toMatchObject({
			value: "3 件，5.0 KB",
			tone: "",
		});
		const failing = fact({ ...STORAGE, bucket: { ...waiting, failed: 2 } }, "bucket");
		expect(failing).toMatchObject({
			tone: "orange",
			note: "最早从 11-21 09:12 开始等待，2 件上传未成，会自动再试",
		});
	});

	it("say how far the check has come, never all before its end", () => {
		expect(fact(STORAGE, "check")).toMatchObject({ value: "50%", percent: 50 });
		const check = {
			...STORAGE.check,
			began_at: "2026-11-01T00:00:00Z",
			bytes: 9,
			stored_bytes: 9,
			objects: 1,
		};
		expect(fact({ ...STORAGE, check: { ...check, ended_at: null } }, "check")?.percent).toBe(99);
		const ended = fact({ ...STORAGE, check: { ...check, ended_at: "2026-11-20T00:00:00Z" } }, "check");
		expect(ended).toMatchObject({ value: "2026-11-20 查完一轮", percent: null });
	});

	it("say what is not whole", () => {
		expect(fact(STORAGE, "faults")).toMatchObject({ tone: "green" });
		const found = fact({ ...STORAGE, missing: 1, damaged: 2 }, "faults");
		expect(found).toMatchObject({ value: "3 件", note: "缺失 1 件，损坏 2 件", tone: "red" });
	});

	it("are of their faults alone for other institutions, and none of a bucket where there is none", () => {
		const elsewhere = { ...STORAGE, disk: null, bucket: null, check: null };
		expect(factsOf(elsewhere).map((one) => one.key)).toEqual(["faults"]);
		expect(factsOf(STORAGE).map((one) => one.key)).toEqual(["disk", "bucket", "check", "faults"]);
	});
});

describe("what an institution uses", () => {
	it("is told beside its quota", () => {
		expect(useText(USE)).toBe("120 GB / 500 GB · 24%");
		expect(useText({ ...USE, quota_bytes: 0 })).toBe("120 GB");
		expect(useFace(USE)).toEqual({ icon: "checkCircle", tone: "green", text: "还剩 380 GB" });
		expect(useFace({ ...USE, quota_bytes: 0 }).text).toBe("不限");
		expect(useFace({ ...USE, state: "near" }).tone).toBe("orange");
		expect(useFace({ ...USE, state: "full" }).text).toContain("拒收");
	});

	it.each([
		["", 0],
		[" 500 ", 500_000_000_000],
		["1.5", 1_500_000_000],
		["0", 0],
		["-1", null],
		["1e3", null],
		["五百", null],
		["1.2345", null],
	])("a quota written as '%s' is %s bytes", (written, bytes) => {
		expect(quotaBytes(written)).toBe(bytes);
	});

	it("is written again as it was set", () => {
		for (const bytes of [0, 1_500_000_000, 2_000_000_000_000]) {
			expect(quotaBytes(quotaGigabytes({ ...USE, quota_bytes: bytes }))).toBe(bytes);
		}
	});
});

describe("a fault", () => {
	it("says where it is without naming a patient", () => {
		expect(faultWhere(FAULT)).toBe("CT · 2026-03-02 · 序列 2 · 第 14 幅");
		expect(faultWhere({ ...FAULT, study_date: "", series_number: null, instance_number: null })).toBe("CT");
	});

	it("says what is wrong and how it was mended", () => {
		expect(faultFace(FAULT)).toMatchObject({ tone: "red", text: "缺失" });
		expect(faultFace({ ...FAULT, integrity: "damaged" }).text).toBe("损坏");
		expect(faultFace({ ...FAULT, mended_by: "other_copy" }).tone).toBe("green");
		expect(faultFace({ ...FAULT, mended_by: "sent_again" }).text).toBe("重发后修复");
		expect(faultTimes(FAULT)).toEqual({ found: "11-21 09:12", after: "11-21 10:12 再次核对" });
		const mended = { ...FAULT, mended_at: "2026-11-22T00:00:00Z" };
		expect(faultTimes(mended).after).toBe("11-22 08:00 修复");
	});
});

function calls(answers: Partial<ConstructorParameters<typeof StoragePage>[0]> = {}) {
	const said: unknown[] = [];
	return {
		said,
		load: async () => STORAGE,
		faults: async (mended: boolean) => {
			said.push(mended);
			return [FAULT];
		},
		setQuota: async (id: string, bytes: number) => {
			said.push([id, bytes]);
		},
		...answers,
	};
}

describe("the page", () => {
	it("asks for faults only where they are shown", async () => {
		const asked = calls();
		const page = new StoragePage(asked);
		await page.load();
		expect(page.state.value).toMatchObject({ storage: STORAGE, faults: null, problem: null });
		await page.show("faults");
		await page.show("mended");
		expect(asked.said).toEqual([false, true]);
		expect(page.state.value.faults).toEqual([FAULT]);
	});

	it("keeps what it shows when a question fails", async () => {
		let fails = false;
		const load = async () => {
			if (fails) throw new Problem({ status: 503, code: "general.unavailable" });
			return STORAGE;
		};
		const page = new StoragePage(calls({ load }));
		await page.load();
		fails = true;
		await page.load();
		expect(page.state.value.storage).toBe(STORAGE);
		expect(page.state.value.problem?.code).toBe("general.unavailable");
	});

	it("shows the newest answer, not the last to come", async () => {
		const late: ((faults: Fault[]) => void)[] = [];
		const page = new StoragePage(calls({ faults: () => new Promise((resolve) => late.push(resolve)) }));
		const first = page.show("faults");
		const second = page.show("mended");
		late[1]?.([]);
		await second;
		late[0]?.([FAULT]);
		await first;
		expect(page.state.value).toMatchObject({ tab: "mended", faults: [] });
	});

	it("sets a quota, says so and asks anew; a refusal is for the form", async () => {
		const asked = calls();
		const page = new StoragePage(asked);
		expect(await page.setQuota(USE, 2_000_000_000)).toBe("石桥镇中心卫生院 的配额：2.0 GB");
		expect(await page.setQuota(USE, 0)).toBe("石桥镇中心卫生院 的配额：不限");
		expect(asked.said).toEqual([
			["i1", 2_000_000_000],
			["i1", 0],
		]);
		const refusing = new StoragePage(
			calls({
				setQuota: () => Promise.reject(new Problem({ status: 403, code: "administration.centre_only" })),
			}),
		);
		await expect(refusing.setQuota(USE, 1)).rejects.toBeInstanceOf(Problem);
	});
});
