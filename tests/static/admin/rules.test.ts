import { beforeEach, describe, expect, it } from "vitest";
import type { Peer } from "../../../static/src/admin/calls.ts";
import type { Destination, Rule, RuleChange } from "../../../static/src/admin/queue/calls.ts";
import {
	ANY,
	destinationOptions,
	emptyRule,
	MODALITIES,
	modalityOptions,
	newRule,
	RulesPage,
	ruleFaults,
	ruleWhat,
	sourceOptions,
} from "../../../static/src/admin/queue/rules.ts";
import { setLocale } from "../../../static/src/kit/i18n.ts";

const RULE: Rule = {
	rule_id: "r1",
	institution_id: "i1",
	institution_name: "青岩镇卫生院",
	source_ae_title: null,
	modality: null,
	destination: "CITY_PACS",
	commitment: false,
	enabled: true,
	created_at: "2026-03-02T01:00:00Z",
};
const peer = (ae_title: string, institution_id: string): Peer => ({
	ae_title,
	institution_id,
	institution_name: "某院",
	host: "10.0.0.7",
	port: 104,
	enabled: true,
	created_at: "2026-03-02T01:00:00Z",
	last_seen_at: null,
	last_seen_address: null,
	certificate: null,
	tls: false,
	availability: false,
});
const PEERS = [peer("CT1", "i1"), peer("MR1", "i1"), peer("CITY_PACS", "i2")];
const DESTINATIONS: Destination[] = [
	{ ae_title: "CITY_PACS", institution_id: "i2", institution_name: "市医院" },
];

beforeEach(() => setLocale("zh"));

describe("a new rule", () => {
	it("needs an institution and a destination, nothing else", () => {
		expect(ruleFaults(emptyRule())).toEqual({ institutionId: "choose", destination: "choose" });
		expect(ruleFaults({ ...emptyRule(), institutionId: "i1" })).toEqual({ destination: "choose" });
		expect(ruleFaults({ ...emptyRule(), institutionId: "i1", destination: "CITY_PACS" })).toEqual({});
	});

	it("leaves open what was left open", () => {
		const form = { ...emptyRule(), institutionId: "i1", destination: "CITY_PACS" };
		expect(newRule(form)).toEqual({
			institution_id: "i1",
			source_ae_title: null,
			modality: null,
			destination: "CITY_PACS",
			commitment: false,
		});
		expect(newRule({ ...form, source: "CT1", modality: "CT", commitment: true })).toMatchObject({
			source_ae_title: "CT1",
			modality: "CT",
			commitment: true,
		});
	});

	it("offers the senders of the institution, without the destination itself", () => {
		const of = (institutionId: string, destination = ""): string[] =>
			sourceOptions(PEERS, { ...emptyRule(), institutionId, destination }).map((one) => one.value);
		expect(of("i1")).toEqual([ANY, "CT1", "MR1"]);
		expect(of("i1", "CT1")).toEqual([ANY, "MR1"]);
		expect(of("i2", "CITY_PACS")).toEqual([ANY]);
		expect(of("")).toEqual([ANY]);
	});

	it("offers any modality first, and each once", () => {
		const values = modalityOptions().map((one) => one.value);
		expect(values[0]).toBe(ANY);
		expect(new Set(values).size).toBe(MODALITIES.length + 1);
		for (const one of MODALITIES) expect(one).toMatch(/^[A-Z]{2,3}$/);
	});

	it("names whose a destination is", () => {
		expect(destinationOptions(DESTINATIONS)).toEqual([{ value: "CITY_PACS", label: "CITY_PACS（市医院）" }]);
	});
});

describe("a rule in the list", () => {
	it.each<[Partial<Rule>, string]>([
		[{}, "全部类型 · 任意发送方"],
		[{ modality: "CT" }, "CT · 任意发送方"],
		[{ modality: "CT", source_ae_title: "CT1" }, "CT · 来自 CT1"],
	])("%o says %s", (change, text) => expect(ruleWhat({ ...RULE, ...change })).toBe(text));
});

/** A server that remembers what it was asked. */
class House {
	readonly changes: [string, RuleChange][] = [];
	readonly removed: string[] = [];
	loads = 0;
	fault: Error | null = null;

	readonly calls = {
		load: (): Promise<Rule[]> => {
			this.loads += 1;
			return this.fault ? Promise.reject(this.fault) : Promise.resolve([RULE]);
		},
		institutions: () => Promise.resolve([]),
		peers: () => Promise.resolve(PEERS),
		destinations: () => Promise.resolve(DESTINATIONS),
		change: (id: string, change: RuleChange): Promise<Rule> => {
			this.changes.push([id, change]);
			return this.fault ? Promise.reject(this.fault) : Promise.resolve({ ...RULE, ...change });
		},
		remove: (id: string): Promise<void> => {
			this.removed.push(id);
			return this.fault ? Promise.reject(this.fault) : Promise.resolve();
		},
	};
}

describe("the rules' page", () => {
	it("shows rules, and what a new one can be made of", async () => {
		const page = new RulesPage(new House().calls);
		expect(page.state.value.rules).toBeNull();
		await page.load();
		expect(page.state.value).toMatchObject({ rules: [RULE], peers: PEERS, destinations: DESTINATIONS });
	});

	it("keeps what it shows when a question fails", async () => {
		const house = new House();
		const page = new RulesPage(house.calls);
		await page.load();
		house.fault = new Error("gone");
		await page.load();
		expect(page.state.value.rules).toEqual([RULE]);
		expect(page.state.value.problem).not.toBeNull();
	});

	it.each([
		[true, "已启用"],
		[false, "已停用，已排队的不受影响"],
	])("puts a rule in force: %s, and leaves the rest of it", async (enabled, text) => {
		const house = new House();
		const page = new RulesPage(house.calls);
		const said = await page.setEnabled({ ...RULE, commitment: true }, enabled);
		expect(said).toEqual({ kind: "info", text });
		expect(house.changes).toEqual([["r1", { enabled, commitment: true }]]);
		expect(house.loads).toBe(1);
	});

	it("removes one, or says why not", async () => {
		const house = new House();
		const page = new RulesPage(house.calls);
		expect((await page.remove(RULE)).kind).toBe("info");
		house.fault = new Error("gone");
		expect((await page.remove(RULE)).kind).toBe("failed");
		expect(house.removed).toEqual(["r1", "r1"]);
	});
});
