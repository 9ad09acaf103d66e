/** A consult as the server tells it, for tests; every part can be given. */
import type { components } from "../../../../static/src/api/schema.gen.ts";

export type Consult = components["schemas"]["ConsultOut"];

export const PATIENT: components["schemas"]["PatientOut"] = {
	patient_id: "p1",
	identifier: "M088",
	issuer: "LT",
	name: "罗桂兰",
	sex: "F",
	birth_date: "1963-02-08",
	id_no_masked: "4521**********0824",
	phone_masked: "139****6607",
};

export function consultWith(given: Partial<Consult>): Consult {
	return {
		consult_id: "c1",
		number: "D20261121-0417",
		case_kind: "diagnosis",
		service_line: "imaging",
		urgency: "emergency",
		status: "draft",
		version: 3,
		patient: { name: PATIENT.name, sex: PATIENT.sex, birth_date: PATIENT.birth_date },
		full_patient: PATIENT,
		question: "右上肺结节是否增大",
		chief_complaint: "咳嗽 3 天",
		history: "",
		urgency_reason: "痰中带血",
		modality: "CT",
		study_description: "胸部平扫",
		body_part: "CHEST",
		accession_number: "CT20261121-0417",
		study_instance_uid: "1.2.3",
		study_patient_name: "Luo^Guilan=罗^桂兰",
		inviting: { institution_id: "i1", name: "龙潭镇中心卫生院", doctor: "覃秋月" },
		invited: { institution_id: "i2", name: "县人民医院", doctor: "" },
		specialist: null,
		images: { received: 412, settled: true },
		consent_kind: "",
		consent_at: null,
		adoption: "",
		created_at: "2026-11-21T02:36:00Z",
		submitted_at: null,
		due_at: null,
		signed_at: null,
		verbs: [],
		verdicts: [],
		evidence: [],
		steps: [],
		...given,
	};
}

type Step = Consult["steps"][number];

/** A step at a time of 21 November 2026, UTC: `stepAt("02:42", "submit")`. */
export function stepAt(clock: string, verb: Step["verb"], given: Partial<Step> = {}): Step {
	const at = `2026-11-21T${clock}:00Z`;
	return { verb, status: "submitted", actor_name: "覃秋月", subject_name: "", note: "", at, ...given };
}
