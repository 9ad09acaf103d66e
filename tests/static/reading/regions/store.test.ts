import { describe, expect, it, vi } from "vitest";

const { wire } = await vi.hoisted(() => import("../../api/wire.ts"));

import { serverRegions } from "../../../../static/src/reading/regions/store.ts";
import { recordBytes } from "../studies.ts";
import { aContour, allMasks, aMask } from "./regions.ts";

const MASKS = "/api/studies/1.2/segmentations/9.7/masks";

/** A server that has one segmentation, its records as given. */
function answered(records: Uint8Array<ArrayBuffer>): void {
	wire.answers(({ path }) =>
		path === MASKS
			? new Response(records, { headers: { "content-type": "application/octet-stream" } })
			: Response.json(allMasks([aMask()])),
	);
}

describe("masks at the server", () => {
	it("come with what is told of their frames", async () => {
		answered(Uint8Array.from(recordBytes(0, 3, Uint8Array.from([7]))));
		const [all, records] = await serverRegions("1.2").masks("9.7");
		expect(all).toEqual(allMasks([aMask()]));
		expect(records.map(({ frame, encoding }) => [frame, encoding])).toEqual([[0, "overlay"]]);
		expect([...wire.lines].sort()).toEqual([`GET ${MASKS.replace("/masks", "")}`, `GET ${MASKS}`]);
	});

	it("that are damaged cannot be read", async () => {
		answered(Uint8Array.from(recordBytes(0, 9, Uint8Array.from([7]))));
		await expect(serverRegions("1.2").masks("9.7")).rejects.toMatchObject({ code: "objects.unreadable" });
		answered(Uint8Array.from(recordBytes(0, 3, Uint8Array.from([7]))).slice(0, -1));
		await expect(serverRegions("1.2").masks("9.7")).rejects.toMatchObject({ code: "objects.unreadable" });
	});

	it("that break off were not answered", async () => {
		wire.answers(({ path }) => {
			if (path !== MASKS) return Response.json(allMasks([aMask()]));
			return new Response(
				new ReadableStream({ start: (controller) => controller.error(new TypeError("cut")) }),
			);
		});
		await expect(serverRegions("1.2").masks("9.7")).rejects.toMatchObject({ status: 0 });
	});

	it("that are refused say why", async () => {
		wire.refuses(422, "objects.segments_missing");
		await expect(serverRegions("1.2").masks("9.7")).rejects.toMatchObject({
			code: "objects.segments_missing",
		});
	});
});

describe("contours at the server", () => {
	it("come as they are", async () => {
		const contours = [aContour([1, 2, 3])];
		wire.answers(() => Response.json({ contours }));
		expect(await serverRegions("1.2").contours("9.8")).toEqual({ contours });
		expect(wire.lines).toEqual(["GET /api/studies/1.2/structure-sets/9.8"]);
	});
});
