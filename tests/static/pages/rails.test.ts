import { afterEach, describe, expect, it } from "vitest";
import { setLocale } from "../../../static/src/kit/i18n.ts";
import { backFrom, currentEntry, homeOf, type RoleKey, railOf } from "../../../static/src/pages/rails.ts";
import { roomAddress } from "../../../static/src/pages/room_address.ts";
import { routeOf } from "../../../static/src/pages/routes.ts";
import { readAddress, studyKind } from "../../../static/src/pages/study.ts";

const ROLES: readonly RoleKey[] = [
	"applicant",
	"technician",
	"coordinator",
	"specialist",
	"auditor",
	"administrator",
];
afterEach(() => setLocale("zh"));

describe("an address", () => {
	it.each([
		["/", { page: "home" }],
		["/requests", { page: "requests" }],
		["/requests/", { page: "requests" }],
		["/requests/new", { page: "request", consultId: null }],
		["/requests/0198-ab", { page: "request", consultId: "0198-ab" }],
		["/cases/0198-ab", { page: "case", consultId: "0198-ab" }],
		["/images", { page: "arrivals" }],
		["/exams", { page: "exams" }],
		["/admin/queue", { page: "queue" }],
		["/admin/institutions", { page: "institutions" }],
		["/admin/agreements", { page: "agreements" }],
		["/cases", { page: "missing" }],
		["/cases/a/b", { page: "missing" }],
		["/cases/..%2f", { page: "missing" }],
		["/constructor", { page: "missing" }],
		["/nowhere", { page: "missing" }],
	])("%s is %o", (path, route) => expect(routeOf(path)).toEqual(route));

	it("carries the set-up secret where no server sees it", () => {
		expect(routeOf("/setup", "#secret")).toEqual({ page: "setUp", token: "secret" });
		expect(routeOf("/setup")).toEqual({ page: "setUp", token: "" });
	});
});

describe("the rail of a role", () => {
	it.each(ROLES)("leads %s to pages that exist, first of all home", (role) => {
		for (const entry of railOf(role)) expect(routeOf(entry.href).page).not.toBe("missing");
		expect(railOf(role).map((entry) => entry.href)).toContain(homeOf(role));
		expect(backFrom(role).href).toBe(homeOf(role));
	});

	it.each(ROLES.filter((role) => role !== "administrator"))("shows %s the arrived studies", (role) => {
		expect(railOf(role).map((entry) => [entry.label, entry.href])).toContainEqual(["新到影像", "/images"]);
	});

	it.each(ROLES)("shows %s what is to be examined where they order or make it", (role) => {
		const hrefs = railOf(role).map((entry) => entry.href);
		expect(hrefs.includes("/exams")).toBe(role === "applicant" || role === "technician");
	});

	it("shows an administrator nothing clinical", () => {
		const hrefs = railOf("administrator").map((entry) => entry.href);
		expect(hrefs.length).toBeGreaterThan(3);
		expect(hrefs.every((href) => href.startsWith("/admin/"))).toBe(true);
	});

	it.each(ROLES)("marks the page one is at, for %s", (role) => {
		for (const entry of railOf(role)) expect(currentEntry(routeOf(entry.href), role)).toBe(entry.key);
	});

	it("counts a case to the list it was reached from, and a draft to the requests", () => {
		expect(currentEntry(routeOf("/cases/1"), "specialist")).toBe("worklist");
		expect(currentEntry(routeOf("/cases/1"), "applicant")).toBe("requests");
		expect(currentEntry(routeOf("/cases/1"), "coordinator")).toBe("board");
		expect(currentEntry(routeOf("/requests/1"), "applicant")).toBe("requests");
		expect(currentEntry(routeOf("/nowhere"), "applicant")).toBe("");
	});

	it("has all its words in English", () => {
		setLocale("en");
		for (const role of ROLES) for (const entry of railOf(role)) expect(entry.label).toMatch(/^[A-Z][a-z ]+$/);
	});
});

describe("the addresses of workspaces", () => {
	it("name study and case", () => {
		expect(readAddress("/read/1.2.3", "?consult=c1")).toEqual({ studyInstanceUid: "1.2.3", consultId: "c1" });
		expect(readAddress("/read/1.2%2F3", "")).toEqual({ studyInstanceUid: "1.2/3", consultId: null });
		expect(roomAddress("/room/c1")).toEqual({ consultId: "c1", back: "/cases/c1" });
		expect(roomAddress("/room")).toEqual({ consultId: "", back: "/" });
	});

	it("open an ECG on paper, and images where a study has both or nothing", () => {
		const of = (...kinds: string[]) =>
			studyKind({ series: kinds.map((kind) => ({ kind })) } as Parameters<typeof studyKind>[0]);
		expect([of("ecg"), of("ecg", "image"), of(), of("other", "ecg")]).toEqual([
			"ecg",
			"image",
			"image",
			"ecg",
		]);
	});
});
