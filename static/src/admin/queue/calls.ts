/** The requests to the server about the queue and the rules that fill it. */
import { answer, api } from "../../api/client.ts";
import type { components } from "../../api/schema.gen.ts";

export type Job = components["schemas"]["TransferOut"];
export type Queue = components["schemas"]["QueueOut"];
export type Tab = components["schemas"]["Tab"];
export type Rule = components["schemas"]["RuleOut"];
export type NewRule = components["schemas"]["RuleIn"];
export type RuleChange = components["schemas"]["RuleChangeIn"];
export type Destination = components["schemas"]["DestinationOut"];

export const loadQueue = (tab: Tab): Promise<Queue> =>
	answer(api.GET("/api/transfers", { params: { query: { tab } } }));
export const loadRules = (): Promise<Rule[]> => answer(api.GET("/api/forward-rules"));
export const loadDestinations = (): Promise<Destination[]> => answer(api.GET("/api/destinations"));
export const addRule = (body: NewRule): Promise<Rule> => answer(api.POST("/api/forward-rules", { body }));

export function changeRule(id: string, body: RuleChange): Promise<Rule> {
	return answer(api.PUT("/api/forward-rules/{rule_id}", { params: { path: { rule_id: id } }, body }));
}

export async function removeRule(id: string): Promise<void> {
	await answer(api.DELETE("/api/forward-rules/{rule_id}", { params: { path: { rule_id: id } } }));
}

export function tryAgain(id: string): Promise<Job> {
	const path = { transfer_id: id };
	return answer(api.POST("/api/transfers/{transfer_id}/again", { params: { path } }));
}

export function cancelJob(id: string): Promise<Job> {
	const path = { transfer_id: id };
	return answer(api.POST("/api/transfers/{transfer_id}/cancel", { params: { path } }));
}
