// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

let asked: string[];
let answers: (url: string) => Response | Promise<Response>;

/** The module afresh: it remembers what it fetched. */
async function fetchAhead(): Promise<(uid: string) => void> {
	vi.resetModules();
	return (await import("../../../static/src/pages/ahead.ts")).fetchAhead;
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
	asked = [];
	answers = () => new Response("<p>");
	document.head.innerHTML = "";
	vi.stubGlobal("fetch", async (url: string) => {
		asked.push(url);
		return answers(url);
	});
});
afterEach(() => vi.unstubAllGlobals());

describe("what is fetched ahead", () => {
	it("is asked for again when the server refused it, and not when it gave it", async () => {
		const ahead = await fetchAhead();
		answers = () => new Response("busy", { status: 503 });
		ahead("1.2");
		await settled();
		answers = () => new Response('<script src="/assets/a.js"></script>');
		ahead("1.2");
		await settled();
		ahead("1.2");
		await settled();
		const manifest = "/api/studies/1.2/manifest";
		expect(asked).toEqual(["/read.html", manifest, "/read.html", manifest]);
		expect(document.head.querySelectorAll("link")).toHaveLength(1);
	});

	it("is asked for again when the line was down", async () => {
		const ahead = await fetchAhead();
		answers = () => Promise.reject(new TypeError("no line"));
		ahead("1.2");
		await settled();
		ahead("1.2");
		await settled();
		expect(asked).toHaveLength(4);
	});

	it("is at most twenty studies: pointing at a whole list must not fetch it", async () => {
		const ahead = await fetchAhead();
		for (let number = 0; number < 50; number += 1) ahead(`1.2.${number}`);
		await settled();
		expect(asked.filter((url) => url.endsWith("/manifest"))).toHaveLength(20);
	});

	it("is nothing on a line without room", async () => {
		const ahead = await fetchAhead();
		vi.stubGlobal("navigator", { connection: { downlink: 0.4 } });
		ahead("1.2");
		await settled();
		expect(asked).toEqual([]);
	});
});
