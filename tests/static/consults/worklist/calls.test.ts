import { beforeEach, describe, expect, it, vi } from "vitest";
import {
	accept,
	assign,
	claim,
	decline,
	giveBack,
	loadArrivals,
	loadPage,
	loadReaders,
} from "../../../../static/src/consults/worklist/calls.ts";
import { QUERIES, type TabKey } from "../../../../static/src/consults/worklist/faces.ts";
import { aRow } from "../rows.ts";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

const ROW = aRow({ consult_id: "c/1", version: 4 });
const AT = "/api/consults/c%2F1";

beforeEach(() => wire.answers(() => Response.json({ rows: [], next: null })));

describe("a page of a list", () => {
	it.each<[TabKey, string, string | null, string]>([
		["mine", "", null, "view=mine&q="],
		["mine", "罗桂兰", null, `view=mine&q=${encodeURIComponent("罗桂兰")}`],
		["imaging", "", null, "view=mine&q=&service_line=imaging"],
		["ecg", "", "c9", "view=mine&q=&service_line=ecg&after=c9"],
		["done", "a b&c", "c9", `view=done&q=a%20b%26c&after=c9`],
		["emergency", "", null, "view=mine&q="],
		["all", "", null, "view=all&q="],
	])("of %s, searching %j after %j", async (tab, text, after, query) => {
		await loadPage(QUERIES[tab], text, after);
		expect(wire.lines).toEqual([`GET /api/worklist?${query}`]);
	});

	it("is refused with the server's problem", async () => {
		wire.refuses(403, "identity.role_missing");
		await expect(loadPage(QUERIES.mine, "", null)).rejects.toMatchObject({ code: "identity.role_missing" });
	});
});

describe("what lists and board ask of the server", () => {
	it.each<[string, () => Promise<unknown>, string]>([
		["see arrivals", () => loadArrivals("CT0417"), "GET /api/arrivals?q=CT0417&shared=true"],
		["see readers", () => loadReaders(), "GET /api/specialists"],
		["claim", () => claim(ROW), `POST ${AT}/claim "4"`],
		["accept", () => accept(ROW), `POST ${AT}/accept "4"`],
		["assign", () => assign(ROW, "a7"), `POST ${AT}/assign "4" {"specialist_id":"a7"}`],
		["give back", () => giveBack(ROW, "缺检验"), `POST ${AT}/return "4" {"reason":"缺检验"}`],
		["decline", () => decline(ROW, "不受理"), `POST ${AT}/decline "4" {"reason":"不受理"}`],
	])("to %s", async (_what, ask, line) => {
		await ask();
		expect(wire.lines).toEqual([line]);
	});

	it("a step that was held back ends even while the page is being left", async () => {
		await giveBack(ROW, "x");
		await decline(ROW, "x");
		await claim(ROW);
		expect(wire.asked.map(({ keepalive }) => keepalive)).toEqual([true, true, false]);
	});
});
