/** The wire between a page and the server in tests: what was asked, and what it is answered.
 *
 * The client takes the browser's fetch when it is loaded, so a test has to come first:
 * `const { wire } = await vi.hoisted(() => import("../api/wire.ts"));` */

export interface Asked {
	readonly method: string;
	/** Path and query. */
	readonly path: string;
	readonly ifMatch: string | null;
	readonly idempotencyKey: string | null;
	readonly keepalive: boolean;
	/** The JSON that was sent; undefined when nothing was. */
	readonly body: unknown;
}

class Wire {
	readonly asked: Asked[] = [];
	#answer: (asked: Asked) => Response = () => Response.json({});

	/** Every request from now on is answered so. */
	answers(answer: (asked: Asked) => Response): void {
		this.asked.length = 0;
		this.#answer = answer;
	}

	/** Every request from now on is refused. */
	refuses(status: number, code: string, params: object = {}): void {
		const headers = { "content-type": "application/problem+json" };
		this.answers(() => Response.json({ code, params, number: "7f3a" }, { status, headers }));
	}

	/** There is no line. */
	cut(): void {
		this.answers(() => {
			throw new TypeError("Failed to fetch");
		});
	}

	/** What was asked, in short: `PUT /api/x "3" {…}`. */
	get lines(): string[] {
		return this.asked.map(({ method, path, ifMatch, body }) =>
			[method, path, ifMatch ?? "", body === undefined ? "" : JSON.stringify(body)]
				.filter((part) => part !== "")
				.join(" "),
		);
	}

	readonly fetch = async (request: Request): Promise<Response> => {
		const url = new URL(request.url);
		const text = await request.text();
		const asked: Asked = {
			method: request.method,
			path: url.pathname + url.search,
			ifMatch: request.headers.get("if-match"),
			idempotencyKey: request.headers.get("idempotency-key"),
			keepalive: request.keepalive,
			body: text === "" ? undefined : JSON.parse(text),
		};
		this.asked.push(asked);
		return this.#answer(asked);
	};
}

export const wire = new Wire();
globalThis.fetch = (request) => wire.fetch(request as Request);
