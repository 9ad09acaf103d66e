/** The requests to the server that writing and signing a report make. */
import { answer, api, ifMatch } from "../api/client.ts";
import { asProblem } from "../api/problem.ts";
import { judge } from "../api/saving.ts";
import type { components } from "../api/schema.gen.ts";
import type { LocalCopy } from "../kit/localcopy.ts";
import type { Fields } from "../kit/merge.ts";
import { type Consult, draftOf, type Report, type Template } from "./model.ts";
import type { SignPort } from "./signing.ts";
import type { ReportPort, Writing } from "./writing.ts";

const at = (consultId: string, version: number) => ({
	path: { consult_id: consultId },
	header: ifMatch(version),
});

export function openConsult(consultId: string): Promise<Consult> {
	return answer(api.GET("/api/consults/{consult_id}", { params: { path: { consult_id: consultId } } }));
}

/** The report one may see: one's own draft, or what was signed; null where there is none yet. */
export async function openReport(consultId: string): Promise<Report | null> {
	try {
		return await loadReport(consultId);
	} catch (thrown) {
		if (asProblem(thrown).kind === "not_found") return null;
		throw thrown;
	}
}

export function loadReport(consultId: string): Promise<Report> {
	return answer(
		api.GET("/api/consults/{consult_id}/report", { params: { path: { consult_id: consultId } } }),
	);
}

export type PriorReport = components["schemas"]["PriorReportOut"];
const PRIOR_REPORTS_MAX = 10;

/** What was signed about the person's earlier studies, the most telling first. */
export async function priorReports(studyInstanceUid: string): Promise<PriorReport[]> {
	const path = { study_instance_uid: studyInstanceUid };
	const { rows } = await answer(api.GET("/api/studies/{study_instance_uid}/priors", { params: { path } }));
	const reported = rows.filter((row) => row.signed_at !== null).slice(0, PRIOR_REPORTS_MAX);
	const found = await Promise.all(
		reported.map((row) =>
			answer(
				api.GET("/api/studies/{study_instance_uid}/priors/{prior_instance_uid}/reports", {
					params: { path: { ...path, prior_instance_uid: row.study_instance_uid } },
				}),
			),
		),
	);
	return found.flat();
}

/** The telephone of the institution that asks; empty where none is known. */
export async function phoneOf(institutionId: string): Promise<string> {
	const places = await answer(api.GET("/api/institutions"));
	return places.find((one) => one.institution_id === institutionId)?.phone ?? "";
}

export function listTemplates(): Promise<Template[]> {
	return answer(api.GET("/api/report-templates"));
}

export function saveReport(consultId: string, version: number, fields: Fields): Promise<Report> {
	const params = at(consultId, version);
	return answer(api.PUT("/api/consults/{consult_id}/report", { params, body: draftOf(fields) }));
}

export function startReading(consult: Consult): Promise<Consult> {
	return answer(
		api.POST("/api/consults/{consult_id}/start", { params: at(consult.consult_id, consult.version) }),
	);
}

export function claimConsult(consult: Consult): Promise<Consult> {
	return answer(
		api.POST("/api/consults/{consult_id}/claim", { params: at(consult.consult_id, consult.version) }),
	);
}

export function returnConsult(consult: Consult, reason: string): Promise<Consult> {
	const params = at(consult.consult_id, consult.version);
	return answer(api.POST("/api/consults/{consult_id}/return", { params, body: { reason } }));
}

export function abandonConsult(consult: Consult, reason: string): Promise<Consult> {
	const params = at(consult.consult_id, consult.version);
	return answer(api.POST("/api/consults/{consult_id}/abandon", { params, body: { reason } }));
}

/** The page as it would be printed, watermarked. */
export async function previewReport(consultId: string, version: number): Promise<Blob> {
	const params = at(consultId, version);
	const { data } = await api.POST("/api/consults/{consult_id}/report/preview", { params, parseAs: "blob" });
	return data as unknown as Blob;
}

export function signReport(consultId: string, version: number, password: string): Promise<Report> {
	const params = at(consultId, version);
	return answer(api.POST("/api/consults/{consult_id}/report/sign", { params, body: { password } }));
}

/** What writing a report needs of the server and of this computer. */
export function writingPort(copy: LocalCopy): ReportPort {
	return {
		consult: openConsult,
		load: loadReport,
		save: saveReport,
		start: startReading,
		judge,
		keepHere: (text) => copy.keep(text),
		dropHere: () => copy.drop(),
	};
}

/** What signing a report needs. */
export function signPort(writing: Writing): SignPort {
	const { consultId, autosave } = writing;
	return {
		flush: () => autosave.flush(),
		version: () => autosave.version,
		preview: (version) => previewReport(consultId, version),
		sign: (version, password) => signReport(consultId, version, password),
		load: () => loadReport(consultId),
	};
}
