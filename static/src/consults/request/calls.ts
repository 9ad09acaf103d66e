/** The requests to the server that the request form makes. */
import { answer, api, ifMatch } from "../../api/client.ts";
import { judge } from "../../api/saving.ts";
import type { components } from "../../api/schema.gen.ts";
import type { AutosavePort } from "../../kit/autosave.ts";
import { serverNow } from "../../kit/clock.ts";
import type { LocalCopy } from "../../kit/localcopy.ts";
import { type Consult, changesOf, keptOf } from "./form.ts";
import type { NewPatientIn } from "./newpatient.ts";
import type { Arrival, Patient } from "./studies.ts";
import type { Agreement, Institution } from "./targets.ts";

type CaseKind = components["schemas"]["CaseKind"];

const at = (consultId: string, version: number) => ({
	path: { consult_id: consultId },
	header: ifMatch(version),
});

/** `key` makes a repeated request the same one: the server answers it as the first time. */
export function startConsult(kind: CaseKind, key: string): Promise<Consult> {
	const params = { header: { "idempotency-key": key } };
	return answer(api.POST("/api/consults", { params, body: { case_kind: kind } }));
}

export function openConsult(consultId: string): Promise<Consult> {
	return answer(api.GET("/api/consults/{consult_id}", { params: { path: { consult_id: consultId } } }));
}

export function submitConsult(consultId: string, version: number): Promise<Consult> {
	return answer(api.POST("/api/consults/{consult_id}/submit", { params: at(consultId, version) }));
}

/** `keepalive`: a held-back deletion ends even while the page is being left. */
export async function discardConsult(consultId: string, version: number): Promise<void> {
	await api.DELETE("/api/consults/{consult_id}", { params: at(consultId, version), keepalive: true });
}

export function findPatients(text: string): Promise<Patient[]> {
	return answer(api.GET("/api/patients", { params: { query: { q: text } } }));
}

export function registerPatient(body: NewPatientIn): Promise<Patient> {
	return answer(api.POST("/api/patients", { body }));
}

export function listInstitutions(): Promise<Institution[]> {
	return answer(api.GET("/api/institutions"));
}

export function listAgreements(): Promise<Agreement[]> {
	return answer(api.GET("/api/agreements"));
}

function listArrivals(text: string): Promise<Arrival[]> {
	return answer(api.GET("/api/arrivals", { params: { query: { q: text } } }));
}

/** The arrived studies: all, or those that answer to the patient's number or name. */
export async function arrivalsFor(patient: Patient | null, all: boolean): Promise<Arrival[]> {
	if (all || patient === null) return listArrivals("");
	const found = await Promise.all([listArrivals(patient.identifier), listArrivals(patient.name)]);
	return [...new Map(found.flat().map((one) => [one.study_instance_uid, one])).values()];
}

const moment = (): string => new Date(serverNow()).toISOString();

/** How a draft is loaded and saved. `heard` gets every answer of the server whole. */
export function savingOf(
	consultId: string,
	copy: LocalCopy,
	heard: (consult: Consult) => void,
): AutosavePort {
	return {
		async load() {
			const consult = await openConsult(consultId);
			heard(consult);
			return keptOf(consult, null);
		},
		async save(version, fields, changed) {
			const body = changesOf(fields, changed);
			const params = at(consultId, version);
			const consult = await answer(api.PATCH("/api/consults/{consult_id}", { params, body }));
			heard(consult);
			return keptOf(consult, moment());
		},
		judge,
		keepHere: (text) => copy.keep(text),
		dropHere: () => copy.drop(),
	};
}
