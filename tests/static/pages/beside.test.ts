import { describe, expect, it } from "vitest";
import { Beside, type Browser } from "../../../static/src/pages/beside.ts";
import type { Station } from "../../../static/src/reading/station.ts";
import type { WindowRole } from "../../../static/src/reading/windows/messages.ts";
import { aSeries } from "../reading/studies.ts";
import { aMark, aReadyStation } from "../reading/tools/marks.ts";
import { Ether } from "../reading/windows/ether.ts";

const STUDY = "1.2";

interface Desk {
	readonly beside: Beside;
	readonly went: string[];
	readonly written: string[];
	readonly second: { closed: boolean; focus(): void };
	tick(): void;
	station: Station | null;
}

function aWindow(ether: Ether, role: WindowRole, blocked = false): Desk {
	const went: string[] = [];
	const written: string[] = [];
	const kept = new Map<string, string>();
	const second = { closed: false, focus: () => undefined };
	let tick = (): void => undefined;
	const browser: Browser = {
		channel: () => ether.channel(),
		open: (href) => {
			went.push(`open ${href}`);
			return blocked ? null : second;
		},
		href: () => `/read/${STUDY}?consult=c`,
		go: (href) => went.push(`go ${href}`),
		shut: () => went.push("shut"),
		remembered: () => kept.get("role") ?? null,
		remember: (one) => void kept.set("role", one),
		every: (run) => {
			tick = run;
			return () => undefined;
		},
	};
	const beside = new Beside(STUDY, role, browser);
	if (role !== "images") {
		beside.writes(({ text }) => {
			if (role === "main" && !beside.parts.value.report) return false;
			written.push(text);
			return true;
		});
	}
	let station: Station | null = null;
	if (role !== "report") {
		station = aReadyStation([aSeries(5)]);
		beside.follow(station);
	}
	return { beside, went, written, second, tick: () => tick(), station };
}

function measure({ station }: Desk, said = "9.6 mm"): void {
	station?.measured.set({ mark: aMark(), said });
}

describe("what was measured", () => {
	it("goes into the report of the same window", () => {
		const main = aWindow(new Ether(), "main");
		expect(main.beside.insertLast()).toBe(false);
		measure(main);
		expect(main.beside.insertLast()).toBe(true);
		expect(main.written).toEqual(["9.6 mm"]);
		expect(main.beside.last.value).toEqual({ text: "9.6 mm", studyInstanceUid: STUDY, markId: aMark().id });
	});

	it("goes into the report of the other window, which hears of later changes", () => {
		const ether = new Ether();
		const [main, second] = [aWindow(ether, "main"), aWindow(ether, "report")];
		expect(main.beside.parts.value).toEqual({ images: true, report: false });
		measure(main);
		expect(main.beside.insertLast()).toBe(true);
		expect([main.written, second.written]).toEqual([[], ["9.6 mm"]]);
		measure(main, "10.1 mm");
		expect(second.beside.now.value.get(aMark().id)).toBe("10.1 mm");
	});

	it("goes from more images into the main window's report", () => {
		const ether = new Ether();
		const [main, images] = [aWindow(ether, "main"), aWindow(ether, "images")];
		expect(main.beside.parts.value).toEqual({ images: true, report: true });
		measure(images);
		expect(images.beside.insertLast()).toBe(true);
		expect(main.written).toEqual(["9.6 mm"]);
	});

	it("stays where it is when there is no report anywhere", () => {
		const images = aWindow(new Ether(), "images");
		measure(images);
		expect(images.beside.insertLast()).toBe(false);
	});
});

describe("a value in the report", () => {
	const linked = { section: "findings", text: "9.6 mm", studyInstanceUid: STUDY, markId: aMark().id };

	it("shows its mark in this window, and says when it is gone", () => {
		const main = aWindow(new Ether(), "main");
		expect(main.beside.show(linked)).toBe(false);
		main.station?.marks.set([aMark()]);
		expect(main.beside.show(linked)).toBe(true);
		expect(main.station?.selected.value).toBe(aMark().id);
		expect(main.beside.show({ ...linked, studyInstanceUid: "9" })).toBe(false);
	});

	it("shows its mark in the other window", () => {
		const ether = new Ether();
		const [main, second] = [aWindow(ether, "main"), aWindow(ether, "report")];
		main.station?.marks.set([aMark()]);
		expect(second.beside.show(linked)).toBe(true);
		expect(main.station?.selected.value).toBe(aMark().id);
		main.beside.close();
		expect(second.beside.show(linked)).toBe(false);
	});
});

describe("slices", () => {
	it("are named to the report's window", () => {
		const ether = new Ether();
		const [main, second] = [aWindow(ether, "main"), aWindow(ether, "report")];
		main.station?.activePane.goTo(3);
		expect(second.beside.slice.value).toMatch(/ 4\/5$/);
	});

	it("follow each other in two windows of images while they are linked, without an echo", () => {
		const ether = new Ether();
		const [main, images] = [aWindow(ether, "main"), aWindow(ether, "images")];
		main.station?.activePane.goTo(3);
		expect(images.station?.activePane.state.value.index).toBe(0);
		for (const one of [main, images]) one.station?.linked.set(true);
		main.station?.activePane.goTo(4);
		expect(images.station?.activePane.state.value.index).toBe(4);
		images.station?.activePane.goTo(1);
		expect(main.station?.activePane.state.value.index).toBe(1);
	});
});

describe("the second window", () => {
	it("opens in the role that was used last, and comes along to the next case", () => {
		const ether = new Ether();
		const main = aWindow(ether, "main");
		expect(main.beside.chosen).toBe("report");
		expect(main.beside.open("images")).toBe(true);
		expect(main.beside.chosen).toBe("images");
		expect(main.went).toEqual([`open /read/${STUDY}?consult=c&window=images`]);
		const second = aWindow(ether, "images");
		main.beside.leaveFor(null);
		main.beside.leaveFor("/read/1.3?consult=d");
		expect(second.went).toEqual(["go /read/1.3?consult=d&window=images"]);
	});

	it("says when the browser blocked it", () => {
		expect(aWindow(new Ether(), "main", true).beside.open("report")).toBe(false);
	});

	it("gives its part back when it is closed, joined, or lost", () => {
		const ether = new Ether();
		const main = aWindow(ether, "main");
		main.beside.open("report");
		const second = aWindow(ether, "report");
		main.beside.join();
		expect(second.went).toEqual(["shut"]);
		second.beside.join();
		expect(second.went).toEqual(["shut", "shut"]);
		expect(main.beside.parts.value.report).toBe(false);
		main.tick();
		expect(main.beside.parts.value.report).toBe(false);
		main.second.closed = true;
		main.tick();
		expect(main.beside.parts.value.report).toBe(true);
	});
});
