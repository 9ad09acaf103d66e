import { describe, expect, it } from "vitest";
import { columnsOf, loads, stepCard } from "../../../../static/src/consults/board/columns.ts";
import { readerOptions, whyNot } from "../../../../static/src/consults/board/people.ts";
import { cardTag } from "../../../../static/src/consults/board/tag.ts";
import type { Reader } from "../../../../static/src/consults/worklist/calls.ts";
import { type ConsultRow, may } from "../../../../static/src/consults/worklist/rows.ts";
import { aRow } from "../rows.ts";

const at = (id: string, status: ConsultRow["status"], given: Partial<ConsultRow> = {}): ConsultRow =>
	aRow({ consult_id: id, status, ...given });

const BOARD = columnsOf(
	[
		at("s1", "submitted", { due_at: "2026-11-21T05:00:00Z" }),
		at("s2", "submitted", { due_at: "2026-11-21T04:00:00Z" }),
		at("s3", "submitted", { due_at: null }),
		at("r1", "reporting"),
	],
	[
		at("d1", "signed", { signed_at: "2026-11-21T01:00:00Z" }),
		at("d2", "signed", { signed_at: "2026-11-21T02:00:00Z" }),
		at("x", "closed"),
	],
);

describe("the board's columns", () => {
	it("puts least time left first, no limit last, and signed ones newest first", () => {
		expect(BOARD.map((column) => [column.key, column.cards.map((card) => card.consult_id)])).toEqual([
			["submitted", ["s2", "s1", "s3"]],
			["accepted", []],
			["assigned", []],
			["reporting", ["r1"]],
			["signed", ["d2", "d1"]],
		]);
	});

	it("orders cards of one limit by their number", () => {
		const [column] = columnsOf(
			[at("b", "submitted", { number: "2" }), at("a", "submitted", { number: "1" })],
			[],
		);
		expect(column?.cards.map((card) => card.number)).toEqual(["1", "2"]);
	});

	it.each([
		["s2", "ArrowDown", "s1"],
		["s2", "ArrowUp", "s2"],
		["s3", "ArrowDown", "s3"],
		["s3", "ArrowRight", "r1"],
		["r1", "ArrowRight", "d2"],
		["d1", "ArrowLeft", "r1"],
		["s1", "ArrowLeft", "s1"],
		["d1", "ArrowRight", "d1"],
		[null, "ArrowDown", "s2"],
		["nobody", "ArrowLeft", "s2"],
	] as const)("leads from %s by %s to %s", (from, key, to) => expect(stepCard(BOARD, from, key)).toBe(to));

	it("leads nowhere on an empty board", () => {
		expect(stepCard(columnsOf([], []), null, "ArrowDown")).toBeNull();
	});
});

const reader = (id: string, lines: string[] = ["imaging"]): Reader => ({
	account_id: id,
	name: `${id}医生`,
	title: "医师",
	department: "",
	roles: ["specialist"],
	service_lines: lines,
});

describe("the people of the board", () => {
	const mine = { account_id: "a", name: "a" };

	it("counts the cases in hand, not the free or finished ones", () => {
		const counted = loads([
			at("1", "assigned", { specialist: mine }),
			at("2", "reporting", { specialist: mine }),
			at("3", "signed", { specialist: mine }),
			at("4", "accepted"),
		]);
		expect([...counted]).toEqual([["a", 2]]);
	});

	it("says why somebody cannot be given a case", () => {
		expect(whyNot(reader("a", ["ecg"]), aRow())).toBe("不读影像");
		expect(whyNot(reader("a"), aRow({ specialist: mine }))).toBe("已经是他的");
		expect(whyNot(reader("a"), aRow())).toBeNull();
	});

	it("offers the least loaded first and the blocked last", () => {
		const options = readerOptions(
			[reader("e", ["ecg"]), reader("busy"), reader("free")],
			aRow(),
			new Map([["busy", 3]]),
		);
		expect(options.map((one) => one.value)).toEqual(["free", "busy", "e"]);
		expect(options.map((one) => one.note)).toEqual(["医师 · 0 例", "医师 · 3 例", "医师 · 0 例"]);
		expect(options[2]?.blocked).toBe("不读影像");
		expect(options[0]).not.toHaveProperty("blocked");
	});

	it("puts the one thing on a card that a coordinator wants to know", () => {
		const named = { specialist: { account_id: "a", name: "高岩" } };
		expect(cardTag(at("1", "signed", { ...named, signed_at: "2026-11-21T03:05:00Z" }))?.text).toBe(
			"高岩 签发 11:05",
		);
		expect(cardTag(at("1", "assigned", named))?.text).toBe("高岩");
		expect(cardTag(at("1", "submitted", { images: null }))).toMatchObject({
			tone: "amber",
			text: "还没有影像",
		});
		expect(cardTag(at("1", "submitted", { images: { received: 3, settled: false } }))?.icon).toBe("cloud");
		expect(cardTag(at("1", "submitted"))?.text).toBe("影像已到齐 412 幅");
		expect(may(at("1", "submitted", { verbs: ["accept"] }), "accept")).toBe(true);
	});
});
