/** The requests to the server about rejection notes. */
import { answer, api } from "../../api/client.ts";
import type { components } from "../../api/schema.gen.ts";

export type Rejection = components["schemas"]["RejectionOut"];

export const loadRejections = (withdrawn: boolean): Promise<Rejection[]> =>
	answer(api.GET("/api/rejections", { params: { query: { withdrawn } } }));

export async function withdrawRejection(id: string, reason: string): Promise<void> {
	const path = { note_id: id };
	await answer(api.POST("/api/rejections/{note_id}/withdraw", { params: { path }, body: { reason } }));
}
