/** Examinations as the server answers them. */
import type { Exam } from "../../../../static/src/consults/exams/calls.ts";

export function anExam(given: Partial<Exam> = {}): Exam {
	return {
		exam_id: "0198-ab",
		version: 1,
		status: "scheduled",
		accession_number: "E202611240001",
		study_instance_uid: "2.25.7",
		patient: { name: "仇大山", identifier: "SQZX2600005", sex: "M", birth_date: "1955-02-03" },
		modality: "CT",
		body_part: "CHEST",
		procedure: "胸部平扫",
		reason: "",
		urgency: "routine",
		scheduled_at: "2026-11-24T02:15:00Z",
		station_ae_title: "",
		applicant_name: "周立",
		performed_by: "",
		cancel_reason: "",
		created_at: "2026-11-24T01:00:00Z",
		started_at: null,
		ended_at: null,
		images: null,
		verbs: ["change", "cancel"],
		...given,
	};
}
