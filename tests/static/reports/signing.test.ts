import { describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import type { Report } from "../../../static/src/reports/model.ts";
import { Signing, type SignPort } from "../../../static/src/reports/signing.ts";

const PAGE = new Blob(["%PDF"]);
const draft = { status: "draft", version: 3 } as Report;
const final = { status: "final", version: 4 } as Report;
const refusal = (status: number, code?: string, params = {}): Problem =>
	new Problem(code === undefined ? { status, params } : { status, code, params });

/** A server whose answers the test chooses, and what it was asked. */
function aServer(changes: Partial<SignPort> = {}) {
	const asked: string[] = [];
	const port: SignPort = {
		flush: async () => true,
		version: () => 3,
		preview: async (version) => {
			asked.push(`preview ${version}`);
			return PAGE;
		},
		sign: async (version, password) => {
			asked.push(`sign ${version} ${password}`);
			return final;
		},
		load: async () => {
			asked.push("load");
			return draft;
		},
		...changes,
	};
	return { signing: new Signing(port), asked };
}

async function ready(changes: Partial<SignPort> = {}) {
	const made = aServer(changes);
	await made.signing.prepare(true);
	return made;
}

const failing = (problem: Problem) => ({ sign: () => Promise.reject(problem) });

describe("the last look", () => {
	it("saves first, then shows the page of what was saved", async () => {
		const order: string[] = [];
		const { signing } = aServer({
			flush: async () => order.push("flush") > 0,
			preview: async () => {
				order.push("preview");
				return PAGE;
			},
		});
		await signing.prepare(true);
		expect(order).toEqual(["flush", "preview"]);
		expect(signing.state.value).toMatchObject({ phase: "ready", printing: false, page: PAGE, fault: null });
	});

	it("says when the text could not be saved: there is nothing to sign", async () => {
		const { signing, asked } = await ready({ flush: async () => false });
		expect(signing.state.value.fault).toEqual({ kind: "unsaved" });
		expect(asked).toEqual([]);
	});

	it("prints nothing before the first save, where the report is not complete", async () => {
		const { signing, asked } = aServer({ version: () => 0 });
		await signing.prepare(false);
		expect(asked).toEqual([]);
		expect(signing.state.value).toMatchObject({ phase: "ready", printing: false, page: null });
	});

	it("lets one sign without a page, and says why there is none", async () => {
		const { signing } = await ready({ preview: () => Promise.reject(refusal(503)) });
		expect(signing.state.value.pageProblem?.status).toBe(503);
		expect(await signing.sign("right")).toBe(final);
	});

	it("drops the page of an earlier look", async () => {
		const pages: ((page: Blob) => void)[] = [];
		const { signing } = aServer({ preview: () => new Promise((give) => pages.push(give)) });
		const first = signing.prepare(true);
		await Promise.resolve();
		const second = signing.prepare(true);
		await new Promise((go) => setImmediate(go));
		pages[0]?.(new Blob(["old"]));
		await first;
		expect(signing.state.value.page).toBeNull();
		pages[1]?.(PAGE);
		await second;
		expect(signing.state.value.page).toBe(PAGE);
	});
});

describe("signing", () => {
	it("sends the version that was looked at, with the password", async () => {
		const { signing, asked } = await ready();
		expect(await signing.sign("right")).toBe(final);
		expect(asked).toEqual(["preview 3", "sign 3 right"]);
		expect(signing.state.value.phase).toBe("signed");
	});

	it("asks for a password before it asks the server", async () => {
		const { signing, asked } = await ready();
		expect(await signing.sign("")).toBeNull();
		expect(signing.state.value.fault).toEqual({ kind: "passwordMissing" });
		expect(asked).toEqual(["preview 3"]);
	});

	it("does not begin while the look is being prepared, nor twice", async () => {
		const { signing, asked } = aServer();
		expect(await signing.sign("right")).toBeNull();
		await signing.prepare(true);
		const both = await Promise.all([signing.sign("right"), signing.sign("right")]);
		expect(both).toEqual([final, null]);
		expect(asked.filter((one) => one.startsWith("sign"))).toHaveLength(1);
	});

	it("counts wrong passwords over several looks", async () => {
		const { signing } = await ready(failing(refusal(403, "identity.wrong_password")));
		await signing.sign("wrong");
		expect(signing.state.value).toMatchObject({ phase: "ready", fault: { kind: "wrongPassword", tries: 1 } });
		await signing.prepare(true);
		await signing.sign("wrong");
		expect(signing.state.value.fault).toEqual({ kind: "wrongPassword", tries: 2 });
	});

	it.each([
		[refusal(403, "identity.account_locked", { until: "2026-11-21T03:04:00Z" }), "locked"],
		[refusal(412), "changed"],
		[refusal(409, "report.not_complete"), "refused"],
	])("tells refusals apart: %o", async (problem, kind) => {
		const { signing, asked } = await ready(failing(problem));
		expect(await signing.sign("right")).toBeNull();
		expect(signing.state.value).toMatchObject({ phase: "ready", fault: { kind } });
		expect(asked).not.toContain("load");
	});
});

describe("after an answer that never came", () => {
	it("the server is asked: it was signed", async () => {
		const { signing } = await ready({ ...failing(refusal(0)), load: async () => final });
		expect(await signing.sign("right")).toBe(final);
		expect(signing.state.value.phase).toBe("signed");
	});

	it("it was not signed, and the reason stands there", async () => {
		const { signing, asked } = await ready(failing(refusal(503)));
		expect(await signing.sign("right")).toBeNull();
		expect(asked).toContain("load");
		expect(signing.state.value).toMatchObject({ phase: "ready", fault: { kind: "refused" } });
	});

	it("nobody knows, and it can be asked again", async () => {
		let line = false;
		const load = () => (line ? Promise.resolve(final) : Promise.reject(refusal(0)));
		const { signing } = await ready({ ...failing(refusal(0)), load });
		expect(await signing.sign("right")).toBeNull();
		expect(signing.state.value.fault).toEqual({ kind: "unknown" });
		line = true;
		expect(await signing.ask()).toBe(final);
		expect(signing.state.value).toMatchObject({ phase: "signed", fault: null });
	});
});
