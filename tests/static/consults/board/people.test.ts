import { afterEach, describe, expect, it } from "vitest";
import { readerOptions, whyNot } from "../../../../static/src/consults/board/people.ts";
import type { Reader } from "../../../../static/src/consults/worklist/calls.ts";
import { setLocale } from "../../../../static/src/kit/i18n.ts";
import { aRow } from "../rows.ts";

function aReader(id: string, given: Partial<Reader> = {}): Reader {
	return {
		account_id: id,
		name: `医师${id}`,
		title: "主治医师",
		department: "影像科",
		service_lines: ["imaging", "ecg"],
		roles: ["specialist"],
		...given,
	};
}
const THEIRS = { account_id: "b", name: "医师b" };

afterEach(() => setLocale("zh"));

describe("who may be given a case", () => {
	it.each([
		[{ service_line: "imaging" }, {}, true],
		[{ service_line: "imaging" }, { service_lines: ["ecg"] }, false],
		[{ service_line: "ecg" }, { service_lines: ["ecg"] }, true],
		[{ service_line: "ecg" }, { service_lines: [] }, false],
		[{ specialist: THEIRS }, {}, false],
		[{ specialist: { ...THEIRS, account_id: "x" } }, {}, true],
	] as const)("a case with %o goes to a reader with %o: %s", (row, reader, may) => {
		const why = whyNot(aReader("b", reader as Partial<Reader>), aRow(row as Parameters<typeof aRow>[0]));
		expect(why === null).toBe(may);
		expect(why).not.toBe("");
	});

	it("says why not in the language in use, and names the line", () => {
		const blocked = () => whyNot(aReader("b", { service_lines: [] }), aRow({ service_line: "ecg" }));
		expect(blocked()).toContain("心电");
		setLocale("en");
		expect(blocked()).toMatch(/ECG/);
	});
});

describe("the readers to choose from", () => {
	const load = new Map([
		["a", 5],
		["b", 1],
		["c", 3],
	]);
	const readers = [
		aReader("a"),
		aReader("b", { service_lines: ["ecg"] }),
		aReader("c"),
		aReader("d", { title: "", department: "" }),
	];
	const options = readerOptions(readers, aRow({ service_line: "imaging" }), load);

	it("begin with the least loaded of those who may, and end with those who may not", () => {
		expect(options.map(({ value }) => value)).toEqual(["d", "c", "a", "b"]);
		expect(options.map(({ blocked }) => blocked !== undefined)).toEqual([false, false, false, true]);
	});

	it("say title, department and load, and nothing that is not there", () => {
		expect(options[1]?.note).toMatch(/^主治医师 · 影像科 · .*3/);
		expect(options[0]?.note).toMatch(/0/);
		expect(options[0]?.note?.startsWith(" ·")).toBe(false);
		expect(options[0]?.note).not.toContain("· ·");
	});

	it("are all there, each once, whatever the load", () => {
		expect(options.map(({ value }) => value).sort()).toEqual(["a", "b", "c", "d"]);
		expect(readerOptions([], aRow(), load)).toEqual([]);
	});
});
