import { describe, expect, it } from "vitest";
import {
	hrefInRole,
	type Message,
	readMessage,
	roleInAddress,
	WINDOW_ROLES,
} from "../../../../static/src/reading/windows/messages.ts";
import { partsOf, Workspace } from "../../../../static/src/reading/windows/workspace.ts";
import { randomFrom } from "../../ecg/recordings.ts";
import { Ether } from "./ether.ts";

const MESSAGES: readonly Message[] = [
	{ kind: "here", role: "main", answer: true },
	{ kind: "gone", role: "report" },
	{ kind: "slice", sopInstanceUid: "1.2", frameNumber: 3, label: "肺窗 3/54" },
	{ kind: "show", markId: "m" },
	{ kind: "insert", text: "9.6 mm", studyInstanceUid: "1.2", markId: "m" },
	{ kind: "said", markId: "m", text: "9.7 mm" },
	{ kind: "follow", href: "/read/1.2.3?consult=c-1" },
	{ kind: "close" },
];

describe("what windows tell each other", () => {
	it("is read as it was posted", () => {
		for (const message of MESSAGES) expect(readMessage(structuredClone(message))).toEqual(message);
	});

	it("is nothing else, whatever is posted", () => {
		const random = randomFrom(5);
		const junk = [null, undefined, 1, "x", [], {}, { kind: "toString" }, { kind: "x" }, "a".repeat(401), {}];
		for (const value of junk) expect(readMessage(value)).toBeNull();
		for (const message of MESSAGES) {
			const keys = Object.keys(message).filter((key) => !["kind", "answer"].includes(key));
			for (const key of keys) {
				const wrong = junk[Math.floor(random() * junk.length)];
				const spoilt = { ...message, [key]: typeof wrong === "string" && wrong.length < 9 ? 7.5 : wrong };
				expect(readMessage(spoilt), JSON.stringify(spoilt)).toBeNull();
			}
		}
	});

	it("leads nowhere but to studies of this origin", () => {
		for (const href of [
			"https://x/read/1",
			"//x/read/1",
			"/admin",
			"/read/1.2#a",
			"javascript:alert(1)",
			"/read/a",
		]) {
			expect(readMessage({ kind: "follow", href }), href).toBeNull();
		}
	});
});

describe("addresses of windows", () => {
	it("carry the role, and the main one none", () => {
		expect(hrefInRole("/read/1.2?consult=c", "report")).toBe("/read/1.2?consult=c&window=report");
		expect(hrefInRole("/read/1.2?consult=c&window=report&mark=m", "main")).toBe("/read/1.2?consult=c");
		expect(hrefInRole("/read/1.2", "main")).toBe("/read/1.2");
		for (const role of WINDOW_ROLES) {
			const [, query = ""] = hrefInRole("/read/1.2?consult=c", role).split("?");
			expect(roleInAddress(query)).toBe(role);
		}
		expect(roleInAddress("?window=other")).toBe("main");
	});
});

describe("a workspace of two windows", () => {
	it("knows the other one, whichever came first", () => {
		const ether = new Ether();
		const main = new Workspace("main", ether.channel());
		expect(main.other.value).toBeNull();
		const second = new Workspace("report", ether.channel());
		expect([main.other.value, second.other.value]).toEqual(["report", "main"]);
	});

	it("goes on in either window when the other is closed or loaded again", () => {
		const random = randomFrom(8);
		const ether = new Ether();
		const there: { main: Workspace | null; report: Workspace | null } = { main: null, report: null };
		for (let step = 0; step < 300; step++) {
			const role = random() < 0.5 ? "main" : "report";
			there[role]?.close();
			there[role] = there[role] === null ? new Workspace(role, ether.channel()) : null;
			const { main, report } = there;
			expect([main?.other.value, report?.other.value]).toEqual([
				main === null ? undefined : report && "report",
				report === null ? undefined : main && "main",
			]);
			if (main === null) continue;
			const shown = [partsOf("main", main.other.value), ...(report ? [partsOf("report", "main")] : [])];
			expect(shown.filter((one) => one.images)).toHaveLength(1);
			expect(shown.filter((one) => one.report)).toHaveLength(1);
		}
	});

	it("leaves other main windows of the same study alone", () => {
		const ether = new Ether();
		const [one, two] = [new Workspace("main", ether.channel()), new Workspace("main", ether.channel())];
		expect([one.other.value, two.other.value]).toEqual([null, null]);
		const second = new Workspace("images", ether.channel());
		expect(partsOf("images", second.other.value)).toEqual({ images: true, report: false });
		expect(partsOf("main", one.other.value)).toEqual({ images: true, report: true });
	});

	it("is heard by those who listen, and by nobody after that", () => {
		const ether = new Ether();
		const main = new Workspace("main", ether.channel());
		const second = new Workspace("report", ether.channel());
		const heard: Message[] = [];
		const stop = main.on((message) => heard.push(message));
		second.tell({ kind: "show", markId: "m" });
		ether.post({ kind: "show" });
		stop();
		second.tell({ kind: "show", markId: "n" });
		expect(heard).toEqual([{ kind: "show", markId: "m" }]);
		main.lost();
		expect(main.other.value).toBeNull();
		main.back();
		expect(main.other.value).toBe("report");
	});
});
