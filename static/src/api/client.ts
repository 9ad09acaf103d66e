/** The one way to the server: a fetch client that knows every path and shape from the generated schema. */
import createClient, { type Middleware } from "openapi-fetch";
import { learnServerTime } from "../kit/clock.ts";
import { Store } from "../kit/store.ts";
import { Problem, problemFrom } from "./problem.ts";
import type { paths } from "./schema.gen.ts";

export const SIGNED_OUT = "identity.signed_out";

/** True once the server says that nobody is signed in any more. Signing in sets it back. */
export const signedOut = new Store(false);

async function bodyOf(response: Response): Promise<unknown> {
	if (response.headers.get("content-type")?.includes("json") !== true) return null;
	try {
		return await response.clone().json();
	} catch {
		return null;
	}
}

const problems: Middleware = {
	async onResponse({ response }) {
		learnServerTime(response.headers.get("date"));
		if (response.ok) return undefined;
		const problem = problemFrom(response.status, await bodyOf(response));
		if (problem.code === SIGNED_OUT) signedOut.set(true);
		throw problem;
	},
	onError() {
		return new Problem({ status: 0 });
	},
};

function makeClient(baseUrl: string) {
	const client = createClient<paths>({ baseUrl, credentials: "same-origin" });
	client.use(problems);
	return client;
}

export const api = makeClient(typeof location === "undefined" ? "http://localhost" : location.origin);

/** The body of an answer, or the thrown `Problem`: `const me = await answer(api.GET("/api/me"))`. */
export async function answer<Data>(call: Promise<{ data?: Data; response: Response }>): Promise<Data> {
	const { data, response } = await call;
	if (data === undefined && response.status !== 204) throw new Problem({ status: 500 });
	return data as Data;
}

/** The header that makes a change conditional on the version one has read (412 when it moved on):
 * `params: { path, header: ifMatch(version) }`. */
export function ifMatch(version: number): { "if-match": string } {
	return { "if-match": `"${version}"` };
}
