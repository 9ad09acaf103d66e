/** The requests to the server about retention. */
import { answer, api } from "../../api/client.ts";
import type { components } from "../../api/schema.gen.ts";

export type Retention = components["schemas"]["RetentionOut"];
export type KeepRule = components["schemas"]["RetentionRuleOut"];
export type NewKeepRule = components["schemas"]["RetentionRuleIn"];
export type Hold = components["schemas"]["HoldOut"];
export type NewHold = components["schemas"]["HoldIn"];
export type Preview = components["schemas"]["RetentionPreviewOut"];
export type Candidate = components["schemas"]["CandidateOut"];
export type Destruction = components["schemas"]["DestructionOut"];
export type Registered = components["schemas"]["RegisterOut"];
export type Kept = components["schemas"]["Kept"];

export const loadRetention = (): Promise<Retention> => answer(api.GET("/api/retention"));
export const loadPreview = (): Promise<Preview> => answer(api.GET("/api/retention/preview"));

export async function addKeepRule(body: NewKeepRule): Promise<void> {
	await answer(api.POST("/api/retention/rules", { body }));
}

export async function removeKeepRule(id: string): Promise<void> {
	await answer(api.DELETE("/api/retention/rules/{rule_id}", { params: { path: { rule_id: id } } }));
}

export async function placeHold(body: NewHold): Promise<void> {
	await answer(api.POST("/api/retention/holds", { body }));
}

export async function liftHold(id: string, reason: string): Promise<void> {
	const path = { hold_id: id };
	await answer(api.POST("/api/retention/holds/{hold_id}/lift", { params: { path }, body: { reason } }));
}

export async function approveDestruction(digest: string, reason: string): Promise<void> {
	await answer(api.POST("/api/retention/destructions", { body: { digest, reason } }));
}

export function loadRegister(id: string): Promise<Registered[]> {
	const path = { destruction_id: id };
	return answer(api.GET("/api/retention/destructions/{destruction_id}", { params: { path } }));
}
