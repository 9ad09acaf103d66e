// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { roomAddress } from "../../../static/src/pages/room_address.ts";
import { routeOf, secondPart } from "../../../static/src/pages/routes.ts";
import { readAddress } from "../../../static/src/pages/study.ts";

describe("what an address of two parts names", () => {
	it.each([
		["/room/c1", "c1"],
		["/room/c1/", "c1"],
		["//room//c1", "c1"],
		["/room/0198-ab/more", "0198-ab"],
		["/read/1.2%2F3", "1.2/3"],
		["/read/%E4%BB%87", "仇"],
		["/room", ""],
		["/", ""],
		["", ""],
	])("%j names %j", (path, part) => expect(secondPart(path)).toBe(part));

	it.each(["/room/%", "/room/%E4%BB", "/read/1.2%zz", "/room/100%25%"])(
		"a link cut short, such as %s, names nothing and stops no page",
		(path) => {
			expect(secondPart(path)).toBe("");
			expect(roomAddress(path)).toEqual({ consultId: "", back: "/" });
			expect(readAddress(path, "").studyInstanceUid).toBe("");
		},
	);

	it("comes back as it went out", () => {
		for (const id of ["c1", "1.2.3", "仇大山", "a/b?c#d", "100%", "%2F", " "]) {
			expect(secondPart(`/room/${encodeURIComponent(id)}`)).toBe(id);
			expect(roomAddress(`/room/${encodeURIComponent(id)}`).back).toBe(`/cases/${encodeURIComponent(id)}`);
		}
	});

	it("never leads out of the case pages", () => {
		for (const path of ["/room/..%2f..%2fadmin", "/room/%2e%2e", "/room/javascript:alert(1)"]) {
			const { back } = roomAddress(path);
			expect(new URL(back, "http://here").origin).toBe("http://here");
			expect(["case", "missing"]).toContain(routeOf(back).page);
		}
	});
});

describe("the case of a study", () => {
	it.each([
		["?consult=c1", "c1"],
		["?a=b&consult=c%2F1", "c/1"],
		["?consult=", ""],
		["", null],
		["?consultant=c1", null],
	])("of the query %j is %j", (query, consultId) => {
		expect(readAddress("/read/1.2.3", query)).toEqual({ studyInstanceUid: "1.2.3", consultId });
	});
});

describe("any path", () => {
	it("has a route, and only the written ones have a page", () => {
		const words = [
			"",
			"requests",
			"new",
			"cases",
			"admin",
			"peers",
			"images",
			"setup",
			"worklist",
			"x",
			"..",
		];
		for (const one of words)
			for (const two of words)
				for (const three of ["", "a"]) {
					const route = routeOf(`/${one}/${two}/${three}`);
					expect(route.page.length).toBeGreaterThan(0);
					if (three !== "" && one !== "" && two !== "" && one !== "setup") expect(route.page).toBe("missing");
				}
	});

	it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("%s is no page", (name) => {
		expect(routeOf(`/${name}`)).toEqual({ page: "missing" });
		expect(routeOf(`/cases/${name}`).page).toBe("case");
	});

	it.each(["a".repeat(64), "0198-ab_Z"])("takes an id of letters, digits, dash and underscore: %s", (id) => {
		expect(routeOf(`/cases/${id}`)).toEqual({ page: "case", consultId: id });
		expect(routeOf(`/requests/${id}`)).toEqual({ page: "request", consultId: id });
	});

	it.each(["a".repeat(65), "a.b", "a b", "仇", "%31"])("takes no other: %s", (id) => {
		expect(routeOf(`/cases/${id}`)).toEqual({ page: "missing" });
	});
});
