import { beforeEach, describe, expect, it } from "vitest";
import type { Institution, Peer } from "../../../static/src/admin/calls.ts";
import type {
	Candidate,
	Destruction,
	KeepRule,
	Preview,
	Registered,
	Retention,
} from "../../../static/src/admin/retention/calls.ts";
import {
	ANY,
	ageText,
	emptyKeepForm,
	foundText,
	isReason,
	isShort,
	keepFaults,
	keepText,
	keptText,
	modalityOptions,
	newKeepRule,
	outcomeText,
	placeOptions,
	type RetentionCalls,
	RetentionPage,
	registeredText,
	ruleWhat,
	sizeText,
	sourceOptions,
	studyWhat,
} from "../../../static/src/admin/retention/retention.ts";
import { Problem } from "../../../static/src/api/problem.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const RULE: KeepRule = {
	rule_id: "r1",
	institution_id: null,
	institution_name: "",
	source_ae_title: null,
	modality: "CT",
	keep_months: 180,
	may_remove: true,
};
const CANDIDATE: Candidate = {
	institution_name: "石桥镇中心卫生院",
	study_instance_uid: "1.2",
	study_date: "20090101",
	accession_number: "A1",
	modalities: ["CT", "SR"],
	source_ae_title: "CT1",
	last_received_at: "2010-02-23T02:00:00Z",
	keep_months: 180,
	instance_count: 2,
	byte_count: 1_500_000,
};
const PREVIEW: Preview = {
	digest: "d",
	studies: 1,
	instances: 2,
	bytes: 1_500_000,
	more: false,
	kept: {},
	rows: [CANDIDATE],
};
const PAST: Destruction = {
	destruction_id: "d1",
	approved_by: "韩冰",
	approved_at: "2026-11-21T01:12:00Z",
	reason: "期满",
	studies: 5,
	bytes: 1,
	destroyed: 3,
	kept: 1,
};
const RETENTION: Retention = { rules: [RULE], holds: [], destructions: [], may_rule_all: true };
const REGISTERED: Registered = {
	...CANDIDATE,
	state: "kept",
	kept_for: "needed",
	decided_at: "2026-11-21T01:12:00Z",
};
const PLACES = [
	{ institution_id: "i1", name: "石桥镇中心卫生院" },
	{ institution_id: "i2", name: "云岭县人民医院" },
] as Institution[];
const PEERS = [
	{ ae_title: "CT1", institution_id: "i1" },
	{ ae_title: "MR1", institution_id: "i2" },
] as Peer[];

beforeEach(() => setLocale("zh"));

describe("a rule", () => {
	it("says for how long in years, or months where they are not whole", () => {
		expect(keepText(180)).toBe("15 年");
		expect(keepText(18)).toBe("18 个月");
		setLocale("en");
		expect(keepText(12)).toBe("1 year");
	});

	it("says what it is for", () => {
		expect(ruleWhat(RULE)).toBe("CT · 任意发送方");
		expect(ruleWhat({ ...RULE, modality: null, source_ae_title: "CT1" })).toBe("任意类型 · CT1");
	});

	it.each([
		["", false],
		["0", false],
		["101", false],
		["1.5", false],
		["-3", false],
		["十五", false],
		["1", true],
		["15", true],
		[" 30 ", true],
		["100", true],
	])("of %j years is sent: %s", (years, sent) => {
		const faults = keepFaults({ ...emptyKeepForm(), institutionId: ANY, years });
		expect(faults).toEqual(sent ? {} : { years: "keepWrong" });
	});

	it("asks whose studies it is for", () => {
		expect(keepFaults({ ...emptyKeepForm(), years: "15" })).toEqual({ institutionId: "choose" });
	});

	it("warns below fifteen years and not while nothing sensible is written", () => {
		const short = (years: string) => isShort({ ...emptyKeepForm(), years });
		expect([short("14"), short("15"), short(""), short("x")]).toEqual([true, false, false, false]);
	});

	it("is sent in months, anything as null", () => {
		expect(newKeepRule({ institutionId: ANY, source: ANY, modality: ANY, years: " 15 " })).toEqual({
			institution_id: null,
			source_ae_title: null,
			modality: null,
			keep_months: 180,
		});
		expect(newKeepRule({ institutionId: "i1", source: "CT1", modality: "CT", years: "30" })).toEqual({
			institution_id: "i1",
			source_ae_title: "CT1",
			modality: "CT",
			keep_months: 360,
		});
	});

	it("is for all only where one may decide for all, and for senders of its own institution", () => {
		expect(placeOptions(PLACES, true).map((one) => one.value)).toEqual([ANY, "i1", "i2"]);
		expect(placeOptions(PLACES, false).map((one) => one.value)).toEqual(["i1", "i2"]);
		expect(sourceOptions(PEERS, "i1").map((one) => one.value)).toEqual([ANY, "CT1"]);
		expect(sourceOptions(PEERS, ANY).map((one) => one.value)).toEqual([ANY]);
		expect(modalityOptions()[0]).toEqual({ value: ANY, label: "任意类型" });
	});
});

describe("a study", () => {
	it("is called by what it is and its day", () => {
		expect(studyWhat(CANDIDATE)).toBe("CT/SR · 2009-01-01");
		expect(studyWhat({ modalities: [], study_date: "" })).toBe("");
		expect(sizeText(CANDIDATE)).toBe("2 幅 · 1.5 MB");
		expect(ageText(CANDIDATE)).toEqual({ came: "2010-02-23", kept: "至少保存 15 年" });
	});
});

describe("a preview", () => {
	it("says how much it is", () => {
		expect(foundText(PREVIEW)).toBe("可以销毁：1 份检查，2 幅，1.5 MB");
		expect(foundText({ ...PREVIEW, studies: 0 })).toBe("没有可以销毁的检查");
	});

	it("says what is not in it and why, each reason once", () => {
		expect(keptText(PREVIEW)).toBe("");
		expect(keptText({ ...PREVIEW, kept: { held: 1, too_young: 12, needed: 0 } })).toBe(
			"未列入的检查：未到期 12 · 已封存 1",
		);
		const all = { no_rule: 1, too_young: 1, held: 1, needed: 1, undelivered: 1, unsettled: 1 };
		expect(keptText({ ...PREVIEW, kept: all }).split(" · ")).toHaveLength(6);
	});
});

describe("a destruction", () => {
	it("says how far it has come", () => {
		expect(outcomeText(PAST)).toBe("已销毁 3 份 · 保留 1 份 · 待处理 1 份");
		expect(outcomeText({ ...PAST, destroyed: 5, kept: 0 })).toBe("已销毁 5 份");
	});

	it("says of each study what became of it", () => {
		expect(registeredText(REGISTERED)).toBe("保留 · 会诊或报告引用");
		expect(registeredText({ ...REGISTERED, state: "destroyed", kept_for: "" })).toBe("已销毁");
		expect(registeredText({ ...REGISTERED, state: "approved", kept_for: "" })).toBe("待处理");
	});

	it("wants a reason that says something", () => {
		expect([isReason("期满"), isReason(" x "), isReason("")]).toEqual([true, false, false]);
	});
});

function page(changes: Partial<RetentionCalls> = {}): { page: RetentionPage; removed: string[] } {
	const removed: string[] = [];
	const calls: RetentionCalls = {
		load: () => Promise.resolve(RETENTION),
		preview: () => Promise.resolve(PREVIEW),
		institutions: () => Promise.resolve(PLACES),
		peers: () => Promise.resolve(PEERS),
		removeRule: (id) => {
			removed.push(id);
			return Promise.resolve();
		},
		...changes,
	};
	return { page: new RetentionPage(calls), removed };
}
const fails = () => Promise.reject(new Problem({ code: "network.offline", status: 0 }));

describe("the page", () => {
	it("shows rules, and looks at what is past its time only when asked", async () => {
		const { page: shown } = page();
		await shown.load();
		expect(shown.state.value).toMatchObject({ retention: RETENTION, preview: null, problem: null });
		await shown.look();
		expect(shown.state.value).toMatchObject({ preview: PREVIEW, looking: false });
	});

	it("forgets what it looked at when anything was changed", async () => {
		const { page: shown, removed } = page();
		await shown.look();
		expect((await shown.removeRule(RULE)).kind).toBe("info");
		expect(removed).toEqual(["r1"]);
		expect(shown.state.value.preview).toBeNull();
		await shown.look();
		expect(await shown.changed("好")).toEqual({ kind: "info", text: "好" });
		expect(shown.state.value.preview).toBeNull();
	});

	it("keeps what is shown when a question fails, and says so", async () => {
		let failing = false;
		const now = <T>(value: T) => (failing ? fails() : Promise.resolve(value));
		const { page: shown } = page({
			load: () => now(RETENTION),
			preview: () => now(PREVIEW),
			removeRule: () => fails(),
		});
		await shown.load();
		await shown.look();
		failing = true;
		await shown.load();
		await shown.look();
		expect(shown.state.value).toMatchObject({ retention: RETENTION, preview: PREVIEW, looking: false });
		expect(shown.state.value.problem).not.toBeNull();
		expect((await shown.removeRule(RULE)).kind).toBe("failed");
		expect(shown.state.value.preview).toEqual(PREVIEW);
	});
});
