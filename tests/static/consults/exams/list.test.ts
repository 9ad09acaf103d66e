import { afterEach, describe, expect, it } from "vitest";
import type { LiveEvent } from "../../../../static/src/api/live.ts";
import { problemFrom } from "../../../../static/src/api/problem.ts";
import type { Exam, ExamPage, ExamStatus } from "../../../../static/src/consults/exams/calls.ts";
import {
	ExamList,
	examColumns,
	examFace,
	examHref,
	examPatient,
	examPerson,
	examStation,
	examTitle,
	VIEWS,
} from "../../../../static/src/consults/exams/list.ts";
import { setLocale } from "../../../../static/src/kit/i18n.ts";
import { anExam } from "./rows.ts";

afterEach(() => setLocale("zh"));
const news = (type: string): LiveEvent => ({ id: "1-0", type, data: {} });

describe("a row", () => {
	it.each<[Partial<Exam>, string, string]>([
		[{}, "待检查", "To be made"],
		[{ status: "started" }, "检查中", "In progress"],
		[{ status: "started", images: { received: 3, settled: false } }, "检查中 · 已到 3 幅", "In progress · 3 images"],
		[{ status: "completed" }, "已完成", "Completed"],
		[{ status: "completed", images: { received: 0, settled: true } }, "已完成", "Completed"],
		[
			{ status: "completed", images: { received: 132, settled: true } },
			"已完成 · 影像 132 幅",
			"Completed · 132 images",
		],
		[
			{ status: "completed", images: { received: 1, settled: false } },
			"已完成 · 已到 1 幅",
			"Completed · 1 image",
		],
		[{ status: "discontinued" }, "已中止", "Discontinued"],
		[{ status: "cancelled" }, "已撤销", "Cancelled"],
	])("with %o says %s, in English %s", (given, chinese, english) => {
		expect(examFace(anExam(given)).text).toBe(chinese);
		setLocale("en");
		expect(examFace(anExam(given)).text).toBe(english);
	});

	it("tells states apart by shape and colour", () => {
		const states: ExamStatus[] = ["scheduled", "started", "completed", "discontinued", "cancelled"];
		const faces = states.map((status) => examFace(anExam({ status })));
		expect(new Set(faces.map((face) => face.icon)).size).toBe(states.length);
		expect(new Set(faces.map((face) => face.tone)).size).toBe(states.length);
	});

	it.each<[Partial<Exam>, string]>([
		[{}, "CT 胸部平扫"],
		[{ procedure: "平扫加增强" }, "CT 胸部 · 平扫加增强"],
		[{ modality: "ECG", body_part: "HEART", procedure: "十二导联" }, "ECG 心脏 · 十二导联"],
	])("with %o is called %s", (given, title) => expect(examTitle(anExam(given))).toBe(title));

	it.each<[Partial<Exam>, string]>([
		[{}, "不限设备"],
		[{ station_ae_title: "SQ_CT" }, "SQ_CT"],
		[{ station_ae_title: "SQ_CT", performed_by: "SQ_CT2" }, "SQ_CT2"],
	])("with %o is made at %s", (given, station) => expect(examStation(anExam(given))).toBe(station));

	it("hides the name, and leads to its images once there are any", () => {
		expect(examPatient(anExam())).toBe("仇*山");
		expect(examPerson(anExam())).toContain("男");
		expect(examHref(anExam())).toBeNull();
		expect(examHref(anExam({ images: { received: 0, settled: false } }))).toBeNull();
		expect(examHref(anExam({ images: { received: 2, settled: false } }))).toBe("/read/2.25.7");
	});

	it("has columns of which one takes the room that is left", () => {
		const columns = examColumns();
		expect(columns.filter((column) => column.width === undefined).map((column) => column.key)).toEqual(["exam"]);
		expect(columns.every((column) => column.label !== "")).toBe(true);
	});
});

interface Asked {
	readonly view: string;
	readonly text: string;
	readonly after: string | null;
	readonly answer: (page: ExamPage) => void;
	readonly fail: () => void;
}

/** A list whose questions are answered by the test. */
function aList() {
	const asked: Asked[] = [];
	const list = new ExamList((view, text, after) => {
		return new Promise((resolve, reject) => {
			asked.push({ view, text, after, answer: resolve, fail: () => reject(problemFrom(503, null)) });
		});
	});
	return { asked, list };
}

const page = (ids: readonly string[], next: string | null = null): ExamPage => ({
	rows: ids.map((exam_id) => anExam({ exam_id })),
	next,
});
const idsOf = (list: ExamList) => list.state.value.rows?.map((row) => row.exam_id) ?? null;

describe("the list", () => {
	it("asks for what is open first, and for each view anew", async () => {
		const { asked, list } = aList();
		const looking = list.look();
		asked[0]?.answer(page(["a"]));
		await looking;
		expect(idsOf(list)).toEqual(["a"]);
		for (const view of VIEWS) {
			const showing = list.show(view);
			expect(idsOf(list)).toBeNull();
			asked.at(-1)?.answer(page([view]));
			await showing;
			expect([asked.at(-1)?.view, idsOf(list)]).toEqual([view, [view]]);
		}
	});

	it("lets the answer to the newest question count", async () => {
		const { asked, list } = aList();
		const first = list.search("仇");
		const second = list.search(" 仇大山 ");
		asked[1]?.answer(page(["b"]));
		asked[0]?.answer(page(["a"]));
		await Promise.all([first, second]);
		expect(idsOf(list)).toEqual(["b"]);
		expect(asked.map((one) => one.text)).toEqual(["仇", "仇大山"]);
	});

	it("hears of changes, any number of them while it asks as one", async () => {
		const { asked, list } = aList();
		const looking = list.look();
		asked[0]?.answer(page(["a"]));
		await looking;
		const hearing = list.hear(news("exam.changed"));
		await list.hear(news("exam.changed"));
		await list.hear(news("exam.changed"));
		expect(asked.length).toBe(2);
		asked[1]?.answer(page(["a", "b"]));
		await Promise.resolve();
		await new Promise((resolve) => setTimeout(resolve));
		expect(asked.length).toBe(3);
		asked[2]?.answer(page(["a", "b", "c"]));
		await hearing;
		expect(idsOf(list)).toEqual(["a", "b", "c"]);
	});

	it.each([
		["consult.changed", 0],
		["dicom.study_received", 0],
		["hello", 1],
		["exam.changed", 1],
	])("at %s asks %i times more", async (type, more) => {
		const { asked, list } = aList();
		const looking = list.look();
		asked[0]?.answer(page([]));
		await looking;
		void list.hear(news(type));
		expect(asked.length).toBe(1 + more);
	});

	it("takes the first hello as nothing new", () => {
		const { asked, list } = aList();
		void list.look();
		void list.hear(news("hello"));
		asked[0]?.answer(page([]));
		expect(asked.length).toBe(1);
	});

	it("keeps its rows when a question fails, and says why", async () => {
		const { asked, list } = aList();
		const looking = list.look();
		asked[0]?.answer(page(["a"]));
		await looking;
		const again = list.look();
		asked[1]?.fail();
		await again;
		expect([idsOf(list), list.state.value.problem?.status]).toEqual([["a"], 503]);
		const third = list.look();
		asked[2]?.answer(page(["a"]));
		await third;
		expect(list.state.value.problem).toBeNull();
	});

	it("goes on where its page ended, once", async () => {
		const { asked, list } = aList();
		await list.more();
		expect(asked.length).toBe(0);
		const looking = list.look();
		asked[0]?.answer(page(["a", "b"], "b"));
		await looking;
		const more = list.more();
		asked[1]?.answer(page(["c"]));
		await more;
		await list.more();
		expect([asked.length, asked[1]?.after, idsOf(list)]).toEqual([2, "b", ["a", "b", "c"]]);
	});

	it("drops a further page when the list was asked for anew meanwhile", async () => {
		const { asked, list } = aList();
		const looking = list.look();
		asked[0]?.answer(page(["a"], "a"));
		await looking;
		const more = list.more();
		const anew = list.look();
		asked[2]?.answer(page(["x"]));
		asked[1]?.answer(page(["b"]));
		await Promise.all([more, anew]);
		expect(idsOf(list)).toEqual(["x"]);
	});
});
