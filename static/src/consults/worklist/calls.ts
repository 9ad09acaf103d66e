/** The requests to the server that lists and the board make. */
import { answer, api, ifMatch } from "../../api/client.ts";
import type { components } from "../../api/schema.gen.ts";
import type { Query } from "./faces.ts";
import type { ConsultPage } from "./model.ts";
import type { ConsultRow } from "./rows.ts";

export type ConsultOut = components["schemas"]["ConsultOut"];
export type Arrival = components["schemas"]["ArrivalOut"];
export type Destination = components["schemas"]["DestinationOut"];
export type Order = components["schemas"]["SendIn"];
export type Reader = components["schemas"]["ReaderOut"];

export function loadPage(query: Query, text: string, after: string | null): Promise<ConsultPage> {
	return answer(
		api.GET("/api/worklist", {
			params: {
				query: {
					view: query.view,
					q: text,
					...(query.serviceLine ? { service_line: query.serviceLine } : {}),
					...(after === null ? {} : { after }),
				},
			},
		}),
	);
}

/** The institution's own arrived studies, and those that cases share with the caller. */
export function loadArrivals(text: string): Promise<Arrival[]> {
	return answer(api.GET("/api/arrivals", { params: { query: { q: text, shared: true } } }));
}

/** Where a study can be sent. */
export function loadDestinations(): Promise<Destination[]> {
	return answer(api.GET("/api/destinations"));
}

export function sendStudy(body: Order): Promise<unknown> {
	return answer(api.POST("/api/transfers", { body }));
}

export function loadReaders(): Promise<Reader[]> {
	return answer(api.GET("/api/specialists"));
}

const at = (row: ConsultRow) => ({
	path: { consult_id: row.consult_id },
	header: ifMatch(row.version),
});

export function claim(row: ConsultRow): Promise<ConsultOut> {
	return answer(api.POST("/api/consults/{consult_id}/claim", { params: at(row) }));
}

export function accept(row: ConsultRow): Promise<ConsultOut> {
	return answer(api.POST("/api/consults/{consult_id}/accept", { params: at(row) }));
}

export function assign(row: ConsultRow, specialistId: string): Promise<ConsultOut> {
	const body = { specialist_id: specialistId };
	return answer(api.POST("/api/consults/{consult_id}/assign", { params: at(row), body }));
}

/** `keepalive` lets a held-back step finish while the page is being left. */
export function giveBack(row: ConsultRow, reason: string): Promise<ConsultOut> {
	const body = { reason };
	return answer(api.POST("/api/consults/{consult_id}/return", { params: at(row), body, keepalive: true }));
}

export function decline(row: ConsultRow, reason: string): Promise<ConsultOut> {
	const body = { reason };
	return answer(api.POST("/api/consults/{consult_id}/decline", { params: at(row), body, keepalive: true }));
}
