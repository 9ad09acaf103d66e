/** The requests to the server about examinations. */
import { answer, api, ifMatch } from "../../api/client.ts";
import type { components } from "../../api/schema.gen.ts";

export type Exam = components["schemas"]["ExamOut"];
export type ExamPage = components["schemas"]["ExamPage"];
export type ExamOrder = components["schemas"]["ExamIn"];
export type NewExam = components["schemas"]["NewExamIn"];
export type ExamStatus = components["schemas"]["ExamStatus"];
export type ExamView = components["schemas"]["ExamView"];
export type Modality = components["schemas"]["Modality"];
export type BodyPart = components["schemas"]["BodyPart"];
export type Urgency = components["schemas"]["Urgency"];

export function loadExams(view: ExamView, text: string, after: string | null): Promise<ExamPage> {
	const query = { view, q: text, ...(after === null ? {} : { after }) };
	return answer(api.GET("/api/exams", { params: { query } }));
}

export type ConsultExams = components["schemas"]["ConsultExams"];

/** What was ordered for a request. */
export function loadExamsOf(consultId: string): Promise<ConsultExams> {
	const path = { consult_id: consultId };
	return answer(api.GET("/api/consults/{consult_id}/exams", { params: { path } }));
}

export const loadStations = (): Promise<string[]> => answer(api.GET("/api/exams/stations"));

/** `key` makes a repeated request the same one: the server answers it as the first time. */
export function orderExam(body: NewExam, key: string): Promise<Exam> {
	return answer(api.POST("/api/exams", { params: { header: { "idempotency-key": key } }, body }));
}

const at = (exam: Exam) => ({ path: { exam_id: exam.exam_id }, header: ifMatch(exam.version) });

export function changeExam(exam: Exam, body: ExamOrder): Promise<Exam> {
	return answer(api.PUT("/api/exams/{exam_id}", { params: at(exam), body }));
}

export function cancelExam(exam: Exam, reason: string): Promise<Exam> {
	return answer(api.POST("/api/exams/{exam_id}/cancel", { params: at(exam), body: { reason } }));
}
