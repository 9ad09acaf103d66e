import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import { BoardPage } from "../../../../static/src/consults/board/page.ts";
import type { Reader } from "../../../../static/src/consults/worklist/calls.ts";
import type { ConsultRow } from "../../../../static/src/consults/worklist/rows.ts";
import { hideToast, toast } from "../../../../static/src/ui/toasts.ts";
import { consultWith } from "../case/consult.ts";
import { aRow } from "../rows.ts";

const NOW = "2026-11-21T03:00:00Z";

class Centre {
	open: ConsultRow[] = [];
	page = 60;
	down = false;
	refusal: Problem | null = null;
	loaded = 0;
	readonly done: string[] = [];
	readonly went: string[] = [];
	readonly readers: Reader[] = [
		{
			account_id: "a",
			name: "许诺",
			title: "",
			department: "",
			roles: ["specialist"],
			service_lines: ["imaging"],
		},
		{
			account_id: "e",
			name: "高岩",
			title: "",
			department: "",
			roles: ["specialist"],
			service_lines: ["ecg"],
		},
	];
	readonly board = new BoardPage((href) => this.went.push(href), {
		loadPage: async (query, _text, after) => {
			if (this.down) throw new Problem({ status: 0 });
			this.loaded += 1;
			if (query.view === "done") return { rows: [], next: null, now: NOW };
			const from = after === null ? 0 : this.open.findIndex((row) => row.consult_id === after) + 1;
			const rows = this.open.slice(from, from + this.page);
			const more = from + this.page < this.open.length;
			return { rows, next: more ? (rows.at(-1)?.consult_id ?? null) : null, now: NOW };
		},
		loadReaders: async () => this.readers,
		accept: async (row) => this.#answer(`accept ${row.consult_id}`),
		assign: async (row, to) => this.#answer(`assign ${row.consult_id} ${to}`),
		giveBack: async (row, why) => this.#answer(`return ${row.consult_id} ${why}`),
		decline: async (row, why) => this.#answer(`decline ${row.consult_id} ${why}`),
	});

	async #answer(what: string) {
		if (this.refusal) throw this.refusal;
		this.done.push(what);
		return consultWith({});
	}

	press(keys: string): void {
		const view = { focusSearch: () => undefined, focusCard: () => undefined };
		this.board
			.bindings(view)
			.find((one) => one.keys === keys)
			?.run({ key: keys } as KeyboardEvent);
	}

	shown(): string[] {
		return this.board.state.value.columns.flatMap((column) => column.cards.map((card) => card.consult_id));
	}
}

const news = (id: string) => ({ id: "1-1", type: "consult.changed", data: { consult_id: id, verb: "x" } });

let centre: Centre;
beforeEach(() => {
	vi.useFakeTimers();
	centre = new Centre();
	centre.open = [
		aRow({ consult_id: "s", status: "submitted", verbs: ["accept", "return", "decline"] }),
		aRow({ consult_id: "w", status: "accepted", verbs: ["assign"] }),
	];
});
afterEach(() => {
	hideToast();
	vi.useRealTimers();
});

describe("the coordinator's board", () => {
	it("gathers all pages of open cases", async () => {
		centre.page = 1;
		await centre.board.renew();
		expect(centre.shown()).toEqual(["s", "w"]);
		expect(centre.board.selected.value).toBe("s");
	});

	it("lets the news of others wait, and shows that of one's own step", async () => {
		await centre.board.renew();
		centre.open = [...centre.open, aRow({ consult_id: "n", status: "submitted" })];
		await centre.board.hear(news("n"));
		expect(centre.shown()).toEqual(["s", "w"]);
		expect([...centre.board.waiting.value]).toEqual(["n"]);
		centre.press("N");
		await vi.advanceTimersByTimeAsync(0);
		expect(centre.shown()).toContain("n");
		expect(centre.board.waiting.value.size).toBe(0);
	});

	it("shows news at once on an empty board, and after a new stream", async () => {
		centre.open = [];
		await centre.board.renew();
		centre.open = [aRow({ consult_id: "n", status: "submitted" })];
		await centre.board.hear(news("n"));
		expect(centre.shown()).toEqual(["n"]);
		const before = centre.loaded;
		await centre.board.hear({ id: "", type: "hello", data: {} });
		await centre.board.hear({ id: "", type: "dicom.study_settled", data: {} });
		await centre.board.hear({ id: "", type: "consult.changed", data: null });
		expect(centre.loaded - before).toBe(2);
	});

	it("accepts, asks whom to assign, or opens: the one next act of each card", async () => {
		await centre.board.renew();
		await centre.board.next();
		expect(centre.done).toEqual(["accept s"]);
		expect(toast.value?.text).toBe("已接收 D20261121-0001");
		centre.board.selected.set("w");
		await centre.board.next();
		expect(centre.board.asking.value).toMatchObject({ kind: "assign", row: { consult_id: "w" } });
		centre.open = [aRow({ consult_id: "r", status: "reporting" })];
		await centre.board.renew();
		await centre.board.next();
		expect(centre.went).toEqual(["/cases/r"]);
	});

	it("assigns to who may read it, and tells why another may not", async () => {
		await centre.board.renew();
		const row = centre.board.row("w");
		if (!row) throw new Error("no card");
		await centre.board.assign(row, "e");
		expect(centre.done).toEqual([]);
		expect(toast.value?.text).toBe("高岩：不读影像");
		await centre.board.assign(row, "nobody");
		expect(centre.done).toEqual([]);
		await centre.board.assign(row, "a");
		expect(centre.done).toEqual(["assign w a"]);
	});

	it.each(["return", "decline"] as const)("does a %s after eight seconds, unless undone", async (kind) => {
		await centre.board.renew();
		const row = centre.board.row("s");
		if (!row) throw new Error("no card");
		centre.board.refuse({ kind, row }, "病史不全");
		centre.press("U");
		expect(toast.value).toBeNull();
		await vi.advanceTimersByTimeAsync(20_000);
		expect(centre.done).toEqual([]);
		centre.board.refuse({ kind, row }, "病史不全");
		await vi.advanceTimersByTimeAsync(8000);
		expect(centre.done).toEqual([`${kind} s 病史不全`]);
	});

	it("says that somebody was faster, and shows how it stands now", async () => {
		await centre.board.renew();
		centre.refusal = new Problem({ status: 412 });
		const row = centre.board.row("s");
		if (!row) throw new Error("no card");
		centre.open = [];
		await centre.board.accept(row);
		expect(toast.value).toMatchObject({ kind: "failed", text: "别人刚动过这一例，已换成最新的" });
		expect(centre.shown()).toEqual([]);
	});

	it("keeps its cards when the line is down", async () => {
		await centre.board.renew();
		centre.down = true;
		await centre.board.search("罗");
		expect(centre.board.state.value).toMatchObject({ phase: "ready", problem: { kind: "offline" } });
		expect(centre.shown()).toEqual(["s", "w"]);
		const fresh = new Centre();
		fresh.down = true;
		await fresh.board.renew();
		expect(fresh.board.state.value.phase).toBe("failed");
	});

	it("asks nothing of a card that does not allow it", async () => {
		await centre.board.renew();
		centre.press("A");
		expect(centre.board.asking.value).toBeNull();
		centre.press("R");
		expect(centre.board.asking.value?.kind).toBe("return");
		centre.press("ArrowRight");
		expect(centre.board.selected.value).toBe("w");
	});
});
