/** The requests to the server that the case page makes. */
import { answer, api, ifMatch } from "../../api/client.ts";
import { asProblem } from "../../api/problem.ts";
import type { components } from "../../api/schema.gen.ts";
import type { Adoption } from "./acts.ts";
import type { Consult } from "./stages.ts";

export type Signed = components["schemas"]["SignedReportOut"];
export type Destination = components["schemas"]["DestinationOut"];
export type Prior = components["schemas"]["PriorOut"];
export type Invitation = components["schemas"]["IssuedOut"];

const at = ({ consult_id, version }: Consult) => ({ path: { consult_id }, header: ifMatch(version) });

export function openConsult(consultId: string): Promise<Consult> {
	return answer(api.GET("/api/consults/{consult_id}", { params: { path: { consult_id: consultId } } }));
}

export function withdraw(consult: Consult, reason: string): Promise<Consult> {
	return answer(api.POST("/api/consults/{consult_id}/withdraw", { params: at(consult), body: { reason } }));
}

export function adopt(consult: Consult, outcome: Adoption, note: string): Promise<Consult> {
	const body = { outcome, note };
	return answer(api.POST("/api/consults/{consult_id}/adopt", { params: at(consult), body }));
}

/** What was signed; null while nothing is. */
export async function signedReport(consultId: string): Promise<Signed | null> {
	try {
		const params = { path: { consult_id: consultId } };
		return (await answer(api.GET("/api/consults/{consult_id}/report", { params }))).signed;
	} catch (thrown) {
		if (asProblem(thrown).kind === "not_found") return null;
		throw thrown;
	}
}

export function invitePatient(consultId: string): Promise<Invitation> {
	const params = { path: { consult_id: consultId } };
	return answer(api.POST("/api/consults/{consult_id}/invitations", { params }));
}

export const loadArchives = (): Promise<Destination[]> => answer(api.GET("/api/destinations"));

/** The patient's earlier studies that one archive of their hospital holds. */
export async function searchPriors(consultId: string, aeTitle: string): Promise<Prior[]> {
	const body = { ae_title: aeTitle, consult_id: consultId };
	return (await answer(api.POST("/api/priors/search", { body }))).rows;
}

/** How many of them are on their way here now. */
export async function fetchPriors(consultId: string, aeTitle: string, studies: string[]): Promise<number> {
	const body = { ae_title: aeTitle, consult_id: consultId, studies };
	return (await answer(api.POST("/api/priors", { body }))).length;
}
