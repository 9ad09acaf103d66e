import { beforeEach, describe, expect, it } from "vitest";
import type { Destination, Prior } from "../../../../static/src/consults/case/calls.ts";
import { Priors, priorNote, priorTitle } from "../../../../static/src/consults/case/priors.ts";
import { setLocale } from "../../../../static/src/kit/i18n.ts";

const PRIOR: Prior = {
	study_instance_uid: "1.2.3",
	study_date: "20250105",
	modalities: ["CT"],
	description: "胸部平扫",
	accession_number: "A1",
	instance_count: 120,
	patient_name: "Qiu^Dashan=仇^大山",
	same_name: true,
	here: false,
};
const archive = (ae_title: string, institution_id: string): Destination => ({
	ae_title,
	institution_id,
	institution_name: "某院",
});

beforeEach(() => setLocale("zh"));

describe("an earlier study", () => {
	it.each<[Partial<Prior>, string]>([
		[{}, "2025-01-05 · CT · 胸部平扫"],
		[{ study_date: "", description: "" }, "CT"],
		[{ study_date: "2025", modalities: ["CT", "SR"] }, "CT SR · 胸部平扫"],
		[{ study_date: "", modalities: [], description: "" }, "1.2.3"],
	])("%o is called %s", (change, title) => expect(priorTitle({ ...PRIOR, ...change })).toBe(title));

	it("says when it is here already, or written under another name, masked", () => {
		expect(priorNote(PRIOR)).toBe("");
		expect(priorNote({ ...PRIOR, here: true, same_name: false })).toBe("本机已有");
		const other = priorNote({ ...PRIOR, same_name: false });
		expect(other).toContain("仇*山");
		expect(other).not.toContain("仇大山");
		expect(priorNote({ ...PRIOR, same_name: false, patient_name: "" })).toContain("—");
	});
});

/** Archives whose answers a test gives. */
class House {
	archives: Destination[] = [archive("PACS", "i1"), archive("ELSEWHERE", "i2")];
	found: Prior[] = [PRIOR];
	fault: Error | null = null;
	readonly searched: string[] = [];
	readonly fetched: [string, string[]][] = [];

	readonly calls = {
		archives: (): Promise<Destination[]> => this.#answer(this.archives),
		search: (title: string): Promise<Prior[]> => {
			this.searched.push(title);
			return this.#answer(this.found);
		},
		fetch: (title: string, studies: string[]): Promise<number> => {
			this.fetched.push([title, studies]);
			return this.#answer(studies.length);
		},
	};

	#answer<T>(value: T): Promise<T> {
		return this.fault ? Promise.reject(this.fault) : Promise.resolve(value);
	}
}

describe("looking for earlier studies", () => {
	it("asks the only archive of the patient's hospital at once", async () => {
		const house = new House();
		const page = new Priors(house.calls, "i1");
		await page.open();
		expect(house.searched).toEqual(["PACS"]);
		expect(page.state.value).toMatchObject({ archive: "PACS", found: [PRIOR], busy: false, problem: null });
	});

	it("leaves the choice where there are several, and asks nobody where there is none", async () => {
		const house = new House();
		house.archives = [archive("PACS", "i1"), archive("ECG", "i1")];
		const page = new Priors(house.calls, "i1");
		await page.open();
		expect([house.searched, page.state.value.archives?.length]).toEqual([[], 2]);
		await page.ask("ECG");
		expect(house.searched).toEqual(["ECG"]);
		const nowhere = new Priors(house.calls, "i9");
		await nowhere.open();
		expect(nowhere.state.value.archives).toEqual([]);
		expect(house.searched).toEqual(["ECG"]);
	});

	it("fetches what was chosen and chooses nothing afterwards", async () => {
		const house = new House();
		const page = new Priors(house.calls, "i1");
		await page.open();
		page.choose("1.2.3", true);
		page.choose("1.2.4", true);
		page.choose("1.2.4", false);
		expect(await page.bring()).toBe(1);
		expect(house.fetched).toEqual([["PACS", ["1.2.3"]]]);
		expect(page.state.value.chosen.size).toBe(0);
	});

	it("keeps the choice and says why when it fails", async () => {
		const house = new House();
		const page = new Priors(house.calls, "i1");
		await page.open();
		page.choose("1.2.3", true);
		house.fault = new Error("gone");
		expect(await page.bring()).toBe(0);
		expect(page.state.value.problem).not.toBeNull();
		expect([...page.state.value.chosen]).toEqual(["1.2.3"]);
	});

	it("shows the answer of the archive that was asked last", async () => {
		const house = new House();
		const slow: ((found: Prior[]) => void)[] = [];
		const search = (): Promise<Prior[]> => new Promise((tell) => slow.push(tell));
		const page = new Priors({ ...house.calls, search }, "i1");
		const first = page.ask("PACS");
		const second = page.ask("ECG");
		slow[1]?.([{ ...PRIOR, study_instance_uid: "ecg" }]);
		await second;
		slow[0]?.([PRIOR]);
		await first;
		expect(page.state.value.found?.[0]?.study_instance_uid).toBe("ecg");
	});
});
