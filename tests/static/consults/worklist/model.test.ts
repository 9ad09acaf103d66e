import { describe, expect, it } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import type { Query } from "../../../../static/src/consults/worklist/faces.ts";
import { type ConsultPage, ListModel, ROWS_MAX } from "../../../../static/src/consults/worklist/model.ts";
import type { ConsultRow } from "../../../../static/src/consults/worklist/rows.ts";
import { aRow, rowsOf } from "../rows.ts";

const NOW = "2026-11-21T03:00:00Z";

/** A server with pages of two rows, whose answers a test can hold back. */
class Server {
	rows: ConsultRow[] = [];
	page = 2;
	down = false;
	asked: { query: Query; text: string; after: string | null }[] = [];
	held: (() => void)[] = [];
	hold = false;

	readonly load = async (query: Query, text: string, after: string | null): Promise<ConsultPage> => {
		this.asked.push({ query, text, after });
		const { rows } = this;
		if (this.hold) await new Promise<void>((go) => this.held.push(go));
		if (this.down) throw new Problem({ status: 0 });
		const from = after === null ? 0 : rows.findIndex((row) => row.consult_id === after) + 1;
		const shown = rows.slice(from, from + this.page);
		const last = shown.at(-1);
		const more = from + this.page < rows.length && last !== undefined;
		return { rows: shown, next: more ? last.consult_id : null, now: NOW };
	};
}

function listOf(...ids: string[]): { server: Server; list: ListModel } {
	const server = new Server();
	server.rows = rowsOf(...ids);
	return { server, list: new ListModel(server.load, "mine") };
}

const idsOf = (rows: readonly ConsultRow[]): string[] => rows.map((row) => row.consult_id);
const changed = (consultId: string, verb: string) => ({
	id: "1-1",
	type: "consult.changed",
	data: { consult_id: consultId, verb },
});

describe("a live list", () => {
	it("shows the first page and fetches the next ones when asked", async () => {
		const { list } = listOf("a", "b", "c");
		expect(list.state.value.phase).toBe("loading");
		await list.renew();
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b"]);
		expect(list.countOf("mine")).toBeUndefined();
		await list.more();
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b", "c"]);
		expect(list.state.value.next).toBeNull();
	});

	it("asks for no page after the last one, nor twice at once, nor beyond what a table holds", async () => {
		const { server, list } = listOf("a", "b", "c");
		await list.renew();
		server.hold = true;
		const first = list.more();
		await list.more();
		for (const go of server.held) go();
		await first;
		expect(server.asked).toHaveLength(2);
		await list.more();
		expect(server.asked).toHaveLength(2);
		list.state.update((shown) => ({ ...shown, next: "c", rows: Array(ROWS_MAX).fill(aRow()) }));
		await list.more();
		expect(server.asked).toHaveLength(2);
	});

	it("keeps every shown row in its place when news come, and lets new ones wait", async () => {
		const { server, list } = listOf("a", "b");
		await list.renew();
		server.rows = [aRow({ consult_id: "n", urgency: "emergency" }), ...rowsOf("b", "a")];
		server.page = 10;
		await list.hear(changed("n", "submit"));
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b"]);
		expect(idsOf(list.state.value.incoming)).toEqual(["n"]);
		await list.renew();
		expect(idsOf(list.state.value.rows)).toEqual(["n", "b", "a"]);
		expect(list.state.value.incoming).toEqual([]);
	});

	it("changes a shown row in place", async () => {
		const { server, list } = listOf("a", "b");
		await list.renew();
		server.rows = [aRow({ consult_id: "a", version: 2, status: "reporting" }), aRow({ consult_id: "b" })];
		await list.hear(changed("a", "start"));
		expect(list.state.value.rows[0]).toMatchObject({ version: 2, status: "reporting" });
	});

	it("says of a row that left who took it, and keeps it until the list is renewed", async () => {
		const { server, list } = listOf("a", "b");
		await list.renew();
		server.rows = rowsOf("b");
		await list.hear(changed("a", "claim"));
		expect([...list.state.value.gone]).toEqual([["a", "claim"]]);
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b"]);
		await list.renew();
		expect(idsOf(list.state.value.rows)).toEqual(["b"]);
	});

	it("does not call a row gone that may have moved to a later page", async () => {
		const { server, list } = listOf("a", "b");
		await list.renew();
		server.rows = rowsOf("x", "y", "a", "b");
		await list.hear(changed("x", "submit"));
		expect(list.state.value.gone.size).toBe(0);
	});

	it("hears only what concerns lists, and not the greeting while it is loading", async () => {
		const { server, list } = listOf("a");
		await list.hear({ id: "", type: "hello", data: {} });
		await list.hear({ id: "1-1", type: "room.changed", data: {} });
		expect(server.asked).toEqual([]);
		await list.renew();
		await list.hear({ id: "", type: "hello", data: {} });
		await list.hear({ id: "1-2", type: "dicom.study_settled", data: {} });
		expect(server.asked).toHaveLength(3);
	});

	it("drops the slow answer to an old question", async () => {
		const { server, list } = listOf("a");
		server.hold = true;
		const slow = list.renew();
		server.hold = false;
		server.rows = rowsOf("z");
		await list.search(" 罗 ");
		server.held[0]?.();
		await slow;
		expect(idsOf(list.state.value.rows)).toEqual(["z"]);
		expect(server.asked.at(-1)?.text).toBe("罗");
	});

	it("keeps its rows when the line is down, and becomes an error only when there is nothing to keep", async () => {
		const { server, list } = listOf("a");
		server.down = true;
		await list.renew();
		expect(list.state.value.phase).toBe("failed");
		server.down = false;
		await list.refresh();
		expect(list.state.value).toMatchObject({ phase: "ready", problem: null });
		server.down = true;
		await list.hear(changed("a", "start"));
		expect(list.state.value.phase).toBe("ready");
		expect(idsOf(list.state.value.rows)).toEqual(["a"]);
		expect(list.state.value.problem?.kind).toBe("offline");
	});

	it("says so when a further page fails, and can be asked again", async () => {
		const { server, list } = listOf("a", "b", "c");
		await list.renew();
		server.down = true;
		await list.more();
		expect(list.state.value).toMatchObject({ loadingMore: false, phase: "ready" });
		expect(list.state.value.problem?.kind).toBe("offline");
		server.down = false;
		await list.more();
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b", "c"]);
	});

	it("shows a tab at once from what it knew, then what the server says", async () => {
		const { server, list } = listOf("a");
		await list.renew();
		await list.choose("done");
		server.rows = rowsOf("a", "b");
		server.hold = true;
		const back = list.choose("mine");
		expect(idsOf(list.state.value.rows)).toEqual(["a"]);
		for (const go of server.held) go();
		await back;
		expect(idsOf(list.state.value.rows)).toEqual(["a", "b"]);
		expect(server.asked.map((one) => one.query.view)).toEqual(["mine", "done", "mine"]);
	});

	it("keeps of an answer what the tab is about, and counts it from the whole", async () => {
		const { server, list } = listOf();
		server.rows = [
			aRow({ consult_id: "e", urgency: "emergency" }),
			aRow({ consult_id: "g", service_line: "ecg" }),
		];
		await list.renew();
		expect([list.countOf("mine"), list.countOf("emergency"), list.countOf("ecg")]).toEqual([2, 1, 1]);
		expect(list.countOf("done")).toBeUndefined();
		await list.choose("emergency");
		expect(idsOf(list.state.value.rows)).toEqual(["e"]);
	});

	it("shows a case once that moved between two pages of one answer", async () => {
		const { server, list } = listOf("a", "b", "c", "d");
		await list.renew();
		await list.more();
		const load = server.load;
		let first = true;
		const moving: typeof load = async (query, text, after) => {
			const page = await load(query, text, after);
			if (first) server.rows = rowsOf("a", "x", "b", "c", "d");
			first = false;
			return page;
		};
		const again = new ListModel(moving, "mine");
		await again.renew();
		await again.more();
		await again.more();
		expect(new Set(idsOf(again.state.value.rows)).size).toBe(again.state.value.rows.length);
	});
});
