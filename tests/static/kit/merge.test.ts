import { describe, expect, it } from "vitest";
import { changedKeys, settled, threeWay } from "../../../static/src/kit/merge.ts";

describe("merging", () => {
	it("keeps what only one side changed", () => {
		const merge = threeWay(
			{ a: "1", b: "1", c: "1" },
			{ a: "2", b: "1", c: "1" },
			{ a: "1", b: "3", c: "1" },
		);
		expect(merge).toEqual({ fields: { a: "2", b: "3", c: "1" }, clashes: [], taken: ["b"] });
	});

	it("keeps my text and names the clash where both changed it differently", () => {
		const merge = threeWay({ a: "左" }, { a: "右" }, { a: "双" });
		expect(merge.fields).toEqual({ a: "右" });
		expect(merge.clashes).toEqual([{ key: "a", mine: "右", theirs: "双" }]);
	});

	it("sees no clash where both wrote the same", () => {
		expect(threeWay({ a: "" }, { a: "x" }, { a: "x" })).toEqual({
			fields: { a: "x" },
			clashes: [],
			taken: [],
		});
	});

	it("takes a missing key for an empty text", () => {
		expect(changedKeys({ a: "" }, {})).toEqual([]);
		expect(changedKeys({}, { a: "x", b: "" })).toEqual(["a"]);
		expect(threeWay({}, { a: "x" }, { b: "y" }).fields).toEqual({ a: "x", b: "y" });
	});

	it("keeps both texts as two paragraphs, and no empty one", () => {
		const clash = { key: "a", mine: "一", theirs: "二" };
		expect(settled(clash, "both")).toBe("一\n二");
		expect(settled({ ...clash, mine: " " }, "both")).toBe("二");
		expect(settled(clash, "mine")).toBe("一");
		expect(settled(clash, "theirs")).toBe("二");
	});

	const VALUES = ["", "甲", "乙"];
	const THREE = VALUES.flatMap((was) =>
		VALUES.flatMap((mine) => VALUES.map((theirs) => [was, mine, theirs] as const)),
	);
	it.each(THREE)("loses no text of “%s”, mine “%s”, theirs “%s”", (was, mine, theirs) => {
		const merge = threeWay({ k: was }, { k: mine }, { k: theirs });
		const seen = [merge.fields.k, ...merge.clashes.flatMap((clash) => [clash.mine, clash.theirs])];
		const changed = [mine, theirs].filter((text) => text !== was);
		expect(seen).toEqual(expect.arrayContaining(changed));
	});
});
