/** Protocols between the server's words and ours: nothing is lost, refusals are sentences. */
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { loadErrorTexts } from "../../../../static/src/kit/errors.ts";
import { contentOf, protocolFrom, serverProtocols } from "../../../../static/src/reading/hang/store.ts";
import { BUILTIN } from "../../../../static/src/reading/hang/defaults.ts";
import { type Protocol, REGIONS } from "../../../../static/src/reading/hang/protocol.ts";
import { serverPriors } from "../../../../static/src/reading/priors/store.ts";
import { aProtocol, Chance, chanceStage } from "./random.ts";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

function wireOf(protocol: Protocol) {
	return {
		protocol_id: protocol.id,
		version: protocol.version,
		name: protocol.name,
		shared: protocol.origin === "shared",
		position: protocol.position,
		can_change: protocol.canChange,
		changed_at: "2026-11-21T03:00:00Z",
		content: contentOf(protocol),
	};
}

beforeAll(() => loadErrorTexts("zh"));
beforeEach(() => wire.answers(() => Response.json({ version: 2 })));

describe("a protocol", () => {
	it("comes back from the server as it went", () => {
		for (let seed = 0; seed < 100; seed++) {
			const chance = new Chance(seed);
			const protocol = aProtocol({
				origin: chance.of(["own", "shared"] as const),
				position: chance.below(99),
				use: {
					modalities: chance.often(2) ? ["CT"] : [],
					regions: chance.often(2) ? [chance.of(REGIONS)] : [],
					words: chance.often(2) ? ["肺"] : [],
					priorsMin: chance.below(3),
					seriesMin: chance.below(9),
				},
				stages: Array.from({ length: 1 + chance.below(4) }, () => chanceStage(chance)),
			});
			expect(protocolFrom(JSON.parse(JSON.stringify(wireOf(protocol))))).toEqual(protocol);
		}
	});

	it.each(BUILTIN.map((one) => [one.name, one] as const))("that comes along can be kept: %s", (_name, one) => {
		const { stages } = contentOf(one);
		for (const stage of stages) expect(stage.name.length).toBeLessThanOrEqual(40);
		expect(protocolFrom(wireOf({ ...one, origin: "own" }) as never).stages).toEqual(one.stages);
	});
});

describe("what is asked of the server", () => {
	it("is the list of what one may use", async () => {
		const own = aProtocol({ id: "a" });
		wire.answers(() => Response.json({ rows: [wireOf(own)], can_share: true }));
		expect(await serverProtocols.list()).toEqual({ protocols: [own], canShare: true });
		expect(wire.lines).toEqual(["GET /api/hanging-protocols"]);
	});

	it("is to keep one, by the version it was made from", async () => {
		const shared = aProtocol({ id: "a", version: 1, origin: "shared", name: "胸部" });
		expect(await serverProtocols.keep(shared)).toEqual({ kind: "kept", version: 2 });
		const [asked] = wire.asked;
		expect([asked?.method, asked?.path, asked?.ifMatch]).toEqual(["PUT", "/api/hanging-protocols/a", '"1"']);
		expect(asked?.body).toMatchObject({ name: "胸部", shared: true, content: { schema_version: 1 } });
	});

	it("is to remove one", async () => {
		expect(await serverProtocols.remove(aProtocol({ id: "a", version: 7 }))).toEqual({ kind: "kept", version: 2 });
		expect(wire.lines).toEqual(['DELETE /api/hanging-protocols/a "7"']);
	});

	it.each([
		[403, "hanging.not_yours", "管理员"],
		[409, "hanging.too_many", "上限"],
	])("is refused in words: %i %s", async (status, code, words) => {
		wire.refuses(status, code);
		const kept = await serverProtocols.keep(aProtocol());
		expect(kept.kind).toBe("refused");
		expect(kept.kind === "refused" && kept.why).toContain(words);
	});

	it("is answered without a line as well", async () => {
		wire.cut();
		expect((await serverProtocols.remove(aProtocol())).kind).toBe("refused");
		await expect(serverProtocols.list()).rejects.toBeDefined();
	});
});

describe("earlier studies", () => {
	it("are asked for by the study that is read, and opened by their own manifest", async () => {
		const server = serverPriors("1.2.3");
		await server.list();
		await server.manifest("9.8");
		expect(wire.lines).toEqual(["GET /api/studies/1.2.3/priors", "GET /api/studies/9.8/manifest"]);
	});
});
