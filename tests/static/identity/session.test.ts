// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { signedOut } from "../../../static/src/api/client.ts";
import { measureService } from "../../../static/src/identity/service.ts";
import {
	actAs,
	actingRole,
	chooseLocale,
	findMe,
	followSignOut,
	me,
	roleFor,
	setUp,
	signIn,
	signOut,
} from "../../../static/src/identity/session.ts";
import { faultsOf } from "../../../static/src/identity/setup.ts";
import { locale, setLocale } from "../../../static/src/kit/i18n.ts";
import { beforeLeaving } from "../../../static/src/kit/leaving.ts";
import { LocalCopy } from "../../../static/src/kit/localcopy.ts";

// The client takes the browser's fetch when it is loaded, before a test can give another.
const wire = vi.hoisted(() => {
	const held: { fetch: (request: Request) => Promise<Response> } = {
		fetch: () => Promise.reject(new Error("unasked")),
	};
	globalThis.fetch = (request) => held.fetch(request as Request);
	return held;
});

const ACCOUNT = {
	account_id: "a1",
	user: "xunuo",
	name: "许诺",
	title: "医师",
	department: "",
	roles: ["specialist", "coordinator"],
	service_lines: ["imaging"],
	locale: "zh-CN",
	institution: { institution_id: "i1", name: "云岭县人民医院" },
	demonstration: false,
};
const TEXT = { base: { a: "" }, mine: { a: "没存上的话" } };

/** The server's side of signing in: one account, and what it was asked. */
class Server {
	account: object | null = ACCOUNT;
	status = 200;
	readonly asked: string[] = [];

	readonly fetch = async (request: Request): Promise<Response> => {
		const { pathname } = new URL(request.url);
		const body = request.method === "GET" ? "" : ` ${await request.text()}`;
		this.asked.push(`${request.method} ${pathname}${body}`.trim());
		if (this.status === 0) throw new TypeError("no line");
		if (this.status !== 200) return this.#problem(this.status, "general.broken");
		if (request.method !== "GET") {
			if (request.method === "DELETE" && this.account === null)
				return this.#problem(401, "identity.signed_out");
			return new Response(null, { status: 204 });
		}
		if (this.account === null) return this.#problem(401, "identity.signed_out");
		return Response.json(this.account);
	};

	#problem(status: number, code: string): Response {
		return Response.json({ code }, { status, headers: { "content-type": "application/problem+json" } });
	}
}

let server: Server;
beforeEach(() => {
	server = new Server();
	wire.fetch = server.fetch;
	localStorage.clear();
	sessionStorage.clear();
	me.set(undefined);
	signedOut.set(false);
});
afterEach(() => setLocale("zh"));

const kept = (): number =>
	Object.keys(localStorage).filter((name) => name.startsWith("lianzhen.unsent")).length;

describe("who is signed in", () => {
	it("is asked of the server, with role and language", async () => {
		server.account = { ...ACCOUNT, locale: "en" };
		await findMe();
		expect(me.value?.name).toBe("许诺");
		expect(actingRole.value).toBe("coordinator");
		expect(locale()).toBe("en");
	});

	it("is nobody when the server says so, which is no end of a session", async () => {
		server.account = null;
		await findMe();
		expect(me.value).toBeNull();
		expect(signedOut.value).toBe(false);
	});

	it("stays unknown on any other failure", async () => {
		server.status = 503;
		await expect(findMe()).rejects.toMatchObject({ kind: "unavailable" });
		expect(me.value).toBeUndefined();
		server.status = 0;
		await expect(findMe()).rejects.toMatchObject({ kind: "offline" });
	});

	it("signs in and out", async () => {
		await signIn("xunuo", "secret");
		expect(server.asked).toEqual(['POST /api/sessions {"user":"xunuo","password":"secret"}', "GET /api/me"]);
		expect(await signOut()).toBe(true);
		expect(me.value).toBeNull();
	});

	it("sets up the first administrator and signs them in", async () => {
		const first = { token: "t", user: "u", name: "n", password: "p", institution_name: "i" };
		await setUp(first);
		expect(server.asked[0]).toBe(`POST /api/bootstrap ${JSON.stringify(first)}`);
		expect(me.value?.account_id).toBe("a1");
	});

	it("remembers the role one acts in, while the account has it", async () => {
		actAs("specialist");
		await findMe();
		expect(actingRole.value).toBe("specialist");
		server.account = { ...ACCOUNT, roles: ["administrator"] };
		await findMe();
		expect(actingRole.value).toBe("administrator");
	});

	it("keeps the language with the account, and on this computer before the sign-in", async () => {
		me.set(null);
		await chooseLocale("en");
		expect(server.asked).toEqual([]);
		await findMe();
		await chooseLocale("en");
		expect(server.asked.at(-1)).toBe('PUT /api/me/locale {"locale":"en"}');
	});

	it("prefers the role that others wait for", () => {
		expect(roleFor(["specialist", "applicant"], null)).toBe("specialist");
		expect(roleFor(["specialist", "applicant"], "applicant")).toBe("applicant");
		expect(roleFor(["applicant"], "administrator")).toBe("applicant");
	});
});

describe("signing out at a shared computer", () => {
	it("leaves no text and no key behind, and lets a closing form keep nothing", async () => {
		await findMe();
		const copy = new LocalCopy("request.c1");
		expect(await copy.keep(TEXT)).toBe(true);
		await signOut();
		expect(kept()).toBe(0);
		expect(JSON.stringify({ ...sessionStorage })).not.toContain("localKey");
		expect(await copy.keep(TEXT)).toBe(false);
		expect(kept()).toBe(0);
	});

	it("saves open forms first, and stays signed in where one cannot be saved", async () => {
		await findMe();
		let saved = false;
		const off = beforeLeaving(async () => saved);
		expect(await signOut()).toBe(false);
		expect(me.value?.account_id).toBe("a1");
		saved = true;
		expect(await signOut()).toBe(true);
		off();
		await findMe();
		const broken = beforeLeaving(() => Promise.reject(new Error("x")));
		expect(await signOut()).toBe(false);
		expect(await signOut(true)).toBe(true);
		broken();
	});

	it("is done also where the session had ended by itself", async () => {
		await findMe();
		await new LocalCopy("request.c1").keep(TEXT);
		server.account = null;
		expect(await signOut()).toBe(true);
		expect(kept()).toBe(0);
	});

	it("is not done without a line: the text and the key stay", async () => {
		await findMe();
		await new LocalCopy("request.c1").keep(TEXT);
		server.status = 0;
		await expect(signOut()).rejects.toMatchObject({ kind: "offline" });
		expect(kept()).toBe(1);
		expect(me.value?.account_id).toBe("a1");
	});

	it("gives the text back to who comes again after an ended session, and to nobody else", async () => {
		await findMe();
		await new LocalCopy("request.c1").keep(TEXT);
		await findMe();
		expect(await new LocalCopy("request.c1").take()).toEqual(TEXT);
		server.account = { ...ACCOUNT, account_id: "a2" };
		await findMe();
		expect(await new LocalCopy("request.c1").take()).toBeNull();
	});

	it("reaches the other tabs", async () => {
		await findMe();
		followSignOut();
		await new LocalCopy("report.r1").keep(TEXT);
		dispatchEvent(new StorageEvent("storage", { key: "somebody.else" }));
		expect([signedOut.value, kept()]).toEqual([false, 1]);
		dispatchEvent(new StorageEvent("storage", { key: "lianzhen.signedOutAt" }));
		expect([signedOut.value, kept()]).toEqual([true, 0]);
	});
});

describe("the first set-up", () => {
	const VALUES = { institution: "云岭县人民医院", name: "韩冰", user: "hanbing", password: "0123456789" };

	it.each([
		[{}, {}],
		[{ institution: " " }, { institution: "fieldMissing" }],
		[{ user: "" }, { user: "fieldMissing" }],
		[{ user: "韩冰" }, { user: "userWrong" }],
		[{ user: "a" }, { user: "userWrong" }],
		[{ user: " han.bing_1-x " }, {}],
		[{ password: "012345678" }, { password: "passwordShort" }],
		[{ password: "好".repeat(10) }, {}],
		[{ password: "😀".repeat(9) }, { password: "passwordShort" }],
	])("of %o finds %o", (given, faults) => expect(faultsOf({ ...VALUES, ...given })).toEqual(faults));
});

describe("whether the centre answers", () => {
	it.each([
		[async () => new Response("ok"), "fine"],
		[async () => new Response("", { status: 503 }), "down"],
		[async () => Promise.reject(new TypeError("no line")), "down"],
	])("is said before anybody signs in", async (answer, state) => {
		expect(await measureService(answer as typeof fetch)).toBe(state);
	});
});
