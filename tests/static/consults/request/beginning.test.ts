import { beforeEach, describe, expect, it, vi } from "vitest";
import { Beginning, freshKey } from "../../../../static/src/consults/request/beginning.ts";
import { consultWith } from "../case/consult.ts";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

const keys = () => wire.asked.map(({ idempotencyKey }) => idempotencyKey);

beforeEach(() => wire.answers(() => Response.json(consultWith({ consult_id: "c1" }), { status: 201 })));

describe("a key", () => {
	it("is 128 bits in visible ASCII, as the server takes it", () => {
		for (let round = 0; round < 50; round += 1) expect(freshKey()).toMatch(/^[0-9a-f]{32}$/);
	});

	it("is never the same twice", () => {
		expect(new Set(Array.from({ length: 500 }, freshKey)).size).toBe(500);
	});
});

describe("beginning a request", () => {
	it("sends its kind and a key", async () => {
		expect((await new Beginning().begin("consult")).consult_id).toBe("c1");
		expect(wire.lines).toEqual(['POST /api/consults {"case_kind":"consult"}']);
		expect(keys()[0]).toMatch(/^[0-9a-f]{32}$/);
	});

	it("after an answer that never came begins the same one", async () => {
		const beginning = new Beginning();
		wire.cut();
		await expect(beginning.begin("diagnosis")).rejects.toMatchObject({ kind: "offline" });
		await expect(beginning.begin("diagnosis")).rejects.toMatchObject({ kind: "offline" });
		const first = keys();
		expect(new Set(first).size).toBe(1);
		wire.answers(() => Response.json(consultWith({})));
		await beginning.begin("diagnosis");
		expect(keys()).toEqual([first[0]]);
	});

	it("pressed twice at once begins one", async () => {
		const beginning = new Beginning();
		await Promise.all([beginning.begin("consult"), beginning.begin("consult")]);
		expect(keys()).toHaveLength(2);
		expect(new Set(keys()).size).toBe(1);
	});

	it("of the other kind, or after the first was made, is another one", async () => {
		const beginning = new Beginning();
		await beginning.begin("consult");
		await beginning.begin("consult");
		await beginning.begin("diagnosis");
		expect(new Set(keys()).size).toBe(3);
	});

	it("of the other kind while the first hangs does not take its key", async () => {
		const beginning = new Beginning();
		wire.cut();
		await beginning.begin("consult").catch(() => undefined);
		await beginning.begin("diagnosis").catch(() => undefined);
		await beginning.begin("consult").catch(() => undefined);
		const [first, other, again] = keys();
		expect(again).toBe(first);
		expect(other).not.toBe(first);
	});
});
