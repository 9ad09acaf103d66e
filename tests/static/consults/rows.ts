/** Rows of a list as the server tells them, for tests; every part can be given. */
import type { ConsultRow } from "../../../static/src/consults/worklist/rows.ts";

export function aRow(given: Partial<ConsultRow> = {}): ConsultRow {
	return {
		consult_id: "c1",
		number: "D20261121-0001",
		case_kind: "diagnosis",
		service_line: "imaging",
		urgency: "routine",
		status: "accepted",
		version: 1,
		question: "右上肺结节是否增大",
		chief_complaint: "咳嗽 3 天",
		modality: "CT",
		study_description: "胸部平扫",
		accession_number: "CT0417",
		study_instance_uid: "1.2.3",
		patient: { name: "罗桂兰", sex: "F", birth_date: "1963-02-08" },
		inviting: { institution_id: "i1", name: "龙潭镇中心卫生院", doctor: "覃秋月" },
		invited: { institution_id: "i2", name: "县人民医院", doctor: "" },
		specialist: null,
		images: { received: 412, settled: true },
		created_at: "2026-11-21T02:36:00Z",
		submitted_at: "2026-11-21T02:42:00Z",
		due_at: "2026-11-21T04:42:00Z",
		signed_at: null,
		verbs: [],
		...given,
	};
}

/** Rows of these ids, in this order. */
export const rowsOf = (...ids: string[]): ConsultRow[] => ids.map((id) => aRow({ consult_id: id }));
