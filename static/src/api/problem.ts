/** A refusal of the server as the client knows it: RFC 9457 problem+json with our stable code and parameters. */
import type { Params } from "../kit/i18n.ts";
import { errorSentence } from "../kit/words.ts";

export type ProblemKind =
	| "offline"
	| "signed_out"
	| "forbidden"
	| "not_found"
	| "conflict"
	| "invalid"
	| "too_large"
	| "unavailable"
	| "unexpected";

/** One wrong field of a request: a path such as `patient.name`, and the rule it breaks. */
export interface ProblemField {
	readonly field: string;
	readonly rule: string;
	readonly text: string;
}

const KIND_OF_STATUS: Readonly<Record<number, ProblemKind>> = {
	400: "invalid",
	401: "signed_out",
	403: "forbidden",
	404: "not_found",
	409: "conflict",
	412: "conflict",
	413: "too_large",
	415: "invalid",
	422: "invalid",
	428: "invalid",
	429: "unavailable",
	502: "unavailable",
	503: "unavailable",
	504: "unavailable",
};

export class Problem extends Error {
	override readonly name = "Problem";
	readonly kind: ProblemKind;
	readonly code: string;
	/** HTTP status; 0 when no answer came. */
	readonly status: number;
	readonly params: Params;
	readonly fields: readonly ProblemField[];
	/** The short number to tell the centre. */
	readonly number: string | null;

	constructor(given: {
		status: number;
		code?: string;
		detail?: string;
		params?: Params;
		fields?: readonly ProblemField[];
		number?: string | null;
	}) {
		const kind = given.status === 0 ? "offline" : (KIND_OF_STATUS[given.status] ?? "unexpected");
		super(given.detail ?? given.code ?? kind);
		this.kind = kind;
		this.code = given.code ?? `client.${kind}`;
		this.status = given.status;
		this.params = given.params ?? {};
		this.fields = given.fields ?? [];
		this.number = given.number ?? null;
	}

	/** What happened and what to do, in the language in use. */
	get sentence(): string {
		return errorSentence(this.code, this.params) ?? errorSentence(`client.${this.kind}`) ?? this.message;
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function paramsOf(value: unknown): Params {
	if (!isRecord(value)) return {};
	const kept: Record<string, string | number> = {};
	for (const [key, one] of Object.entries(value)) {
		if (typeof one === "string" || typeof one === "number") kept[key] = one;
	}
	return kept;
}

function fieldsOf(params: unknown): ProblemField[] {
	const fields = isRecord(params) ? params.fields : undefined;
	if (!Array.isArray(fields)) return [];
	return fields.filter(isRecord).map((one) => ({
		field: String(one.field ?? ""),
		rule: String(one.rule ?? ""),
		text: String(one.text ?? ""),
	}));
}

/** Reads a problem from an answer's status and body, whatever the body is. */
export function problemFrom(status: number, body: unknown): Problem {
	if (!isRecord(body)) return new Problem({ status });
	const { code, params, number } = body;
	const detail = body.detail ?? body.title;
	return new Problem({
		status,
		...(typeof code === "string" ? { code } : {}),
		...(typeof detail === "string" ? { detail } : {}),
		...(typeof number === "string" && number !== "" ? { number } : {}),
		params: paramsOf(params),
		fields: fieldsOf(params),
	});
}

/** Anything thrown becomes a problem: a failed fetch means no connection, the rest is unexpected. */
export function asProblem(thrown: unknown): Problem {
	if (thrown instanceof Problem) return thrown;
	if (thrown instanceof TypeError) return new Problem({ status: 0 });
	return new Problem({ status: 500, detail: String(thrown) });
}
