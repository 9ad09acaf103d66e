import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { drawOver, unpackOverlay } from "../../../static/src/reading/overlay.ts";
import { BLACK, grey } from "../../../static/src/reading/voi.ts";
import { figures } from "./studies.ts";

const packed = (bits: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(deflateSync(bits));

describe("an overlay", () => {
	it("comes out of its record bit by bit", async () => {
		const random = figures(41);
		for (const pixels of [1, 7, 8, 9, 100, 4096]) {
			const bits = Uint8Array.from({ length: Math.ceil(pixels / 8) }, () => Math.floor(random() * 256));
			expect(await unpackOverlay(packed(bits), pixels)).toEqual(bits);
		}
	});

	it("of another size, or damaged, is none", async () => {
		expect(await unpackOverlay(packed(new Uint8Array(4)), 33)).toBeNull();
		expect(await unpackOverlay(packed(new Uint8Array(4)), 24)).toBeNull();
		expect(await unpackOverlay(Uint8Array.of(1, 2, 3), 8)).toBeNull();
		expect(await unpackOverlay(packed(new Uint8Array(1 << 20)), 8)).toBeNull();
	});

	it("is drawn where its bits are set, and nowhere else", () => {
		const pixels = new Uint32Array(20).fill(7);
		drawOver(Uint8Array.of(0b10, 0b1, 0b1000), false, pixels);
		expect([...pixels].flatMap((pixel, i) => (pixel === grey(255) ? [i] : []))).toEqual([1, 8, 19]);
		expect([...pixels].filter((pixel) => pixel === 7)).toHaveLength(17);
		drawOver(Uint8Array.of(0b10), true, pixels);
		expect(pixels[1]).toBe(BLACK);
	});
});
