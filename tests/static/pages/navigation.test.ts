// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { fetchAhead, filesOf, lineHasRoom } from "../../../static/src/pages/ahead.ts";
import { hintsOf, liveLine, readingHints } from "../../../static/src/pages/foot.ts";
import { clickedHref, followNavigation, go, place, staysHere } from "../../../static/src/pages/navigation.ts";
import { routeOf } from "../../../static/src/pages/routes.ts";

describe("moving between pages", () => {
	it.each([
		["/worklist", true],
		["/cases/1#talk", true],
		["/reading-tips", true],
		["/read/1.2.3", false],
		["/read?x", false],
		["/room/1", false],
		["/api/reports/1.pdf", false],
		["//elsewhere", false],
		["https://elsewhere/", false],
		["#main", false],
	])("%s stays here: %s", (href, stays) => expect(staysHere(href)).toBe(stays));

	function clickOn(html: string, given: MouseEventInit = {}): string | null {
		document.body.innerHTML = html;
		let href: string | null = null;
		const hear = (event: Event): void => {
			href = clickedHref(event as MouseEvent);
			event.preventDefault();
		};
		document.addEventListener("click", hear, { once: true });
		const inner = document.querySelector("b") ?? document.body;
		inner.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...given }));
		return href;
	}

	it("follows a plain click inside a link, and leaves all others to the browser", () => {
		const link = '<a href="/cases/1"><b>x</b></a>';
		expect(clickOn(link)).toBe("/cases/1");
		for (const key of ["ctrlKey", "metaKey", "shiftKey", "altKey"] as const)
			expect(clickOn(link, { [key]: true })).toBeNull();
		expect(clickOn(link, { button: 1 })).toBeNull();
		expect(clickOn('<a href="/cases/1" target="_blank"><b>x</b></a>')).toBeNull();
		expect(clickOn('<a href="/x.pdf" download><b>x</b></a>')).toBeNull();
		expect(clickOn('<a href="/read/1"><b>x</b></a>')).toBeNull();
		expect(clickOn("<b>x</b>")).toBeNull();
	});

	it("counts a visit for a move, none for a lasting name, and one for the way back", () => {
		followNavigation();
		const { visit } = place.value;
		go("/requests/new");
		go("/requests/1", true);
		expect(place.value).toMatchObject({ path: "/requests/1", visit: visit + 1 });
		go("/cases/1#talk");
		expect(place.value).toMatchObject({ path: "/cases/1", hash: "#talk", visit: visit + 2 });
		dispatchEvent(new PopStateEvent("popstate"));
		expect(place.value.visit).toBe(visit + 3);
		document.body.innerHTML = '<a href="/board"><b>x</b></a>';
		document.querySelector("b")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
		expect(place.value.path).toBe("/board");
	});
});

describe("fetching ahead", () => {
	const asked: string[] = [];
	beforeEach(() => {
		asked.length = 0;
		vi.stubGlobal("fetch", async (url: string) => {
			asked.push(url);
			return new Response('<script src="/assets/read-1.js"></script><link href="/assets/read-1.css">');
		});
	});

	it("reads the files of a page", () => {
		const html = '<link href="/assets/a.css"><script src="/assets/b.js"></script><img src="/assets/c.png">';
		expect(filesOf(html)).toEqual(["/assets/a.css", "/assets/b.js"]);
	});

	it("fetches page and manifest, each once", async () => {
		fetchAhead("1.2/3");
		fetchAhead("1.2/3");
		fetchAhead("4");
		await vi.waitFor(() => expect(document.head.querySelectorAll("link")).toHaveLength(2));
		expect(asked).toEqual(["/read.html", "/api/studies/1.2%2F3/manifest", "/api/studies/4/manifest"]);
		expect(document.head.querySelector("link")?.rel).toBe("modulepreload");
	});

	it.each([
		[undefined, true],
		[{ downlink: 10 }, true],
		[{ downlink: 1.5 }, false],
		[{ downlink: 10, saveData: true }, false],
	])("has room on a line of %o: %s", (line, room) => expect(lineHasRoom(line)).toBe(room));
});

describe("the status bar", () => {
	it.each(["/worklist", "/board", "/images", "/requests", "/admin/peers"])(
		"ends %s's keys with all keys",
		(path) => {
			expect(hintsOf(routeOf(path)).at(-1)?.keys).toEqual(["?"]);
		},
	);

	it("prints the keys that lists, board and reading really have", () => {
		const keys = (path: string) => hintsOf(routeOf(path)).flatMap((hint) => hint.keys);
		expect(keys("/worklist")).toEqual(["ArrowUp", "ArrowDown", "Space", "Enter", "F4", "?"]);
		expect(keys("/board")).toContain("U");
		expect(keys("/images")).toEqual(["ArrowUp", "ArrowDown", "Enter", "?"]);
		expect(readingHints().flatMap((hint) => hint.keys)).toContain("F2");
	});

	it("says how old the page is", () => {
		const heardAtMs = Date.parse("2026-11-21T02:53:10Z");
		expect(liveLine({ state: "live", heardAtMs })).toEqual({ state: "live", text: "实时" });
		expect(liveLine({ state: "stale", heardAtMs }).text).toBe("连接中断，显示的是 10:53 的内容");
		expect(liveLine({ state: "stale", heardAtMs: null }).state).toBe("connecting");
		expect(liveLine({ state: "connecting", heardAtMs: null }).text).toBe("正在连接");
	});
});
