import { describe, expect, it } from "vitest";
import { Problem } from "../../../../static/src/api/problem.ts";
import type { ConsultExams, Exam } from "../../../../static/src/consults/exams/calls.ts";
import { ExamsOfConsult } from "../../../../static/src/consults/exams/ofconsult.ts";

const EXAM = { exam_id: "e1", status: "scheduled" } as Exam;
const ANSWER: ConsultExams = { rows: [EXAM], may_read: true, may_order: true };

describe("the examinations of a request", () => {
	it("are shown with what the caller may do", async () => {
		const page = new ExamsOfConsult(() => Promise.resolve(ANSWER));
		expect(page.state.value).toEqual({ rows: [], mayRead: false, mayOrder: false, problem: null });
		await page.load();
		expect(page.state.value).toEqual({ rows: [EXAM], mayRead: true, mayOrder: true, problem: null });
	});

	it("are those of the newest question", async () => {
		const answers: ((one: ConsultExams) => void)[] = [];
		const page = new ExamsOfConsult(() => new Promise((resolve) => answers.push(resolve)));
		const both = [page.load(), page.load()];
		answers[1]?.({ ...ANSWER, rows: [] });
		answers[0]?.(ANSWER);
		await Promise.all(both);
		expect(page.state.value.rows).toEqual([]);
	});

	it("stay when a question fails, which is said", async () => {
		let failing = false;
		const page = new ExamsOfConsult(() =>
			failing ? Promise.reject(new Problem({ status: 0 })) : Promise.resolve(ANSWER),
		);
		await page.load();
		failing = true;
		await page.load();
		expect(page.state.value.rows).toEqual([EXAM]);
		expect(page.state.value.problem).not.toBeNull();
		failing = false;
		await page.load();
		expect(page.state.value.problem).toBeNull();
	});
});
