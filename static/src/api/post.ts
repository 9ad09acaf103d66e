/** Requests of the call's pages, which stay small: JSON out, JSON back, a `Problem` for everything else. */
import { problemFrom } from "./problem.ts";

export type Json = Record<string, unknown>;

async function sendJson(path: string, body: Json): Promise<Response> {
	try {
		return await fetch(path, {
			method: "POST",
			credentials: "same-origin",
			referrerPolicy: "no-referrer",
			headers: { "Content-Type": "application/json", Accept: "application/json" },
			body: JSON.stringify(body),
		});
	} catch {
		throw problemFrom(0, null);
	}
}

/** The answer's object; null where it is none, as on the sign-in page of somebody's Wi-Fi. */
async function objectOf(response: Response): Promise<Json | null> {
	try {
		const answer: unknown = await response.json();
		return typeof answer === "object" && answer !== null && !Array.isArray(answer) ? (answer as Json) : null;
	} catch {
		return null;
	}
}

/** Throws `Problem`. */
export async function post(path: string, body: Json = {}): Promise<Json> {
	const response = await sendJson(path, body);
	const answer = await objectOf(response);
	if (!response.ok) throw problemFrom(response.status, answer);
	if (answer === null) throw problemFrom(500, null);
	return answer;
}

/** A field that should be text. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
