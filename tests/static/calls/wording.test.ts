import { describe, expect, it } from "vitest";
import { endedBy, socketUrl } from "../../../static/src/calls/call.ts";
import { texts } from "../../../static/src/calls/texts.ts";
import {
	cells,
	columnsFor,
	deviceWords,
	endedKey,
	initial,
	leftKey,
	lineFigures,
	lineKey,
	peerKey,
	roleKey,
} from "../../../static/src/calls/wording.ts";

const FAULTS = ["on", "off", "opening", "blocked", "busy", "missing", "insecure"] as const;
const ENDS = ["left", "replaced", "kicked", "denied", "room_closed", "refused", "full", "version"] as const;

describe("every state has words in both languages", () => {
	const keys = [
		...FAULTS.flatMap((state) => [deviceWords("camera", state), deviceWords("microphone", state)]),
		...ENDS.map(endedKey),
		...(["bye", "grace_over", "returned", "kicked"] as const).map(leftKey),
		...(["connecting", "broken", "voiceOnly", "poor", "fair", "good"] as const).map(peerKey),
		...(["applicant", "specialist", "coordinator", "patient", "family", "interpreter"] as const).map(roleKey),
		...(["good", "fair", "poor", "unknown"] as const).map((grade) =>
			lineKey({ grade, rttMs: 1, lossShare: 0, kbps: 1 }),
		),
		lineKey("checking"),
	];

	it.each(keys)("%s", (key) => {
		expect(texts.zh[key]).toMatch(/\p{Script=Han}/u);
		expect(texts.en[key]).toMatch(/^[A-Z]|^\{/);
		expect(texts.en[key]).not.toMatch(/\p{Script=Han}/u);
	});

	it("names the same parameters in both", () => {
		for (const key of Object.keys(texts.zh) as (keyof typeof texts.zh)[]) {
			const names = (sentence: string): string[] =>
				[...sentence.matchAll(/\{(\w+)/g)].map((m) => m[1] ?? "").sort();
			expect(names(texts.en[key]), key).toEqual(names(texts.zh[key]));
		}
	});
});

it("says the figures with their units' digits", () => {
	expect(lineFigures({ grade: "good", rttMs: 23.6, lossShare: 0.012, kbps: 1 })).toEqual({
		rtt: 24,
		loss: "1.2",
	});
	expect(lineFigures({ grade: "poor", rttMs: 23.6, lossShare: 0.25, kbps: 1 })).toEqual({
		rtt: 24,
		loss: "25",
	});
	expect(lineFigures("checking")).toBeNull();
});

it("lights a bar in proportion", () => {
	expect(cells(0.5, 4)).toEqual([true, true, false, false]);
	expect(cells(0, 3)).toEqual([false, false, false]);
});

it("lays tiles out and names people without a picture", () => {
	expect([0, 1, 2, 4, 5].map(columnsFor)).toEqual([1, 1, 2, 2, 3]);
	expect([initial("罗桂兰"), initial(" 𠮷田"), initial("")]).toEqual(["罗", "𠮷", ""]);
});

it("finds the socket from a path, an http address or its own", () => {
	expect(socketUrl("/signaling/ws", "https://a.test/room")).toBe("wss://a.test/signaling/ws");
	expect(socketUrl("http://b.test:81/ws", "https://a.test/")).toBe("ws://b.test:81/ws");
	expect(socketUrl("wss://c.test/ws", "http://a.test/")).toBe("wss://c.test/ws");
});

it("knows why it ended", () => {
	expect(endedBy(1000, null)).toBeNull();
	expect(endedBy(4001, null)).toBe("replaced");
	expect(endedBy(4003, "room_full")).toBe("full");
	expect(endedBy(4003, "unauthorized")).toBe("refused");
	expect(endedBy(4004, null)).toBe("room_closed");
});
