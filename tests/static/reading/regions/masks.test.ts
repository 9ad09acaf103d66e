import { describe, expect, it } from "vitest";
import { RecordsDamaged } from "../../../../static/src/reading/records.ts";
import {
	EDGED_LEVEL,
	LEVELS,
	levelOpacity,
	Masks,
	outlinesOf,
	recordsIn,
} from "../../../../static/src/reading/regions/masks.ts";
import { recordBytes } from "../studies.ts";
import { allMasks, aMask, aRecord, bitsOf, outlineOfPixels, wordsOf } from "./regions.ts";

const ROW = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** Masks over these records, and a promise of the next change. */
function aStack(records: Awaited<ReturnType<typeof aRecord>>[], all = allMasks([aMask(), aMask()])) {
	let tell: () => void = () => undefined;
	const changed = new Promise<void>((resolve) => {
		tell = resolve;
	});
	return { masks: new Masks(all, records, () => tell()), changed };
}

describe("masks", () => {
	it("are outlined when they are looked at, once", async () => {
		const { masks, changed } = aStack([await aRecord(0, bitsOf(ROW))]);
		expect(masks.outlines(0, 1)).toBeNull();
		await changed;
		expect(masks.outlines(0, 1)).toEqual([outlineOfPixels(ROW, masks.all)]);
		expect(masks.outlines(0, 1)).toBe(masks.outlines(0, 1));
	});

	it("that did not come are counted, and show nothing", async () => {
		const lost = { frame: 1, encoding: "unreadable" as const, payload: new Uint8Array(4), partial: false };
		const { masks, changed } = aStack([await aRecord(0, bitsOf(ROW)), lost]);
		expect(masks.broken).toBe(1);
		expect(masks.outlines(1, 1)).toBeNull();
		await changed;
		expect(masks.outlines(1, 1)).toEqual([]);
		expect(aStack([]).masks.broken).toBe(2);
	});

	it("of another size than their grid show nothing", async () => {
		const { masks, changed } = aStack([await aRecord(0, bitsOf([...ROW, ...ROW]))]);
		masks.outlines(0, 1);
		await changed;
		expect(masks.outlines(0, 1)).toEqual([]);
	});

	it("of shares have an outline for each level, the next within the last", async () => {
		const all = allMasks([aMask()], { rows: 1, columns: 5, fractional: true, maximum: 200 });
		const pixels = Uint8Array.from([0, 1, 50, 100, 150]);
		const { masks, changed } = aStack([await aRecord(0, pixels, false)], all);
		expect(masks.broken).toBe(0);
		masks.outlines(0, 1);
		await changed;
		const outlines = masks.outlines(0, 1) ?? [];
		expect(outlines).toEqual(outlinesOf(pixels, all));
		const widths = outlines.map((outline) => 5 - Number(/^M(\d+)/.exec(outline)?.[1]));
		expect(widths).toEqual([4, 3, 2, 1]);
		expect(LEVELS[EDGED_LEVEL]).toBe(0.5);
	});

	it("of a label map have an outline for each number that lies in them", async () => {
		const numbers = [0, 300, 300, 0, 7, 300, 0, 0, 7, 0, 0, 0, 0, 0, 0, 65_535];
		const all = allMasks([aMask({ segments: [7, 300, 65_535] })], { label_map: true });
		const { masks, changed } = aStack([await aRecord(0, wordsOf(numbers), false)], all);
		expect(masks.broken).toBe(0);
		expect(masks.outlines(0, 7)).toBeNull();
		await changed;
		for (const number of [7, 300, 65_535]) {
			const mask = numbers.map((one) => Number(one === number));
			expect(masks.outlines(0, number)).toEqual([outlineOfPixels(mask, all)]);
		}
		expect([masks.outlines(0, 0), masks.outlines(0, 8)]).toEqual([[], []]);
	});

	it("of a label map that came in another form, or of another size, show nothing", async () => {
		const all = allMasks([aMask(), aMask()], { label_map: true });
		const records = [await aRecord(0, bitsOf(ROW)), await aRecord(1, wordsOf([1, 1]), false)];
		const { masks, changed } = aStack(records, all);
		expect(masks.broken).toBe(1);
		masks.outlines(1, 1);
		await changed;
		expect(masks.outlines(1, 1)).toEqual([]);
	});

	it("of shares together are as opaque as was asked for", () => {
		for (const opacity of [0, 0.2, 0.35, 0.8]) {
			for (const levels of [1, 2, 4]) {
				const one = levelOpacity(opacity, levels);
				const through = Array.from({ length: levels }, () => 1 - one).reduce((a, b) => a * b, 1);
				expect(1 - through).toBeCloseTo(opacity, 12);
			}
		}
	});
});

describe("the records of an answer", () => {
	const bytes = [recordBytes(0, 3, Uint8Array.from([1, 2])), recordBytes(1, 0, Uint8Array.from([3]))];

	function stream(parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
		return new ReadableStream({
			start(controller) {
				for (const part of parts) controller.enqueue(part);
				controller.close();
			},
		});
	}

	it("are cut out of it however it comes", async () => {
		const whole = Uint8Array.from(bytes.flatMap((one) => [...one]));
		for (const at of [1, 16, 17, 18, 30]) {
			const found = await recordsIn(stream([whole.slice(0, at), whole.slice(at)]));
			expect(found.map(({ frame, encoding, payload }) => [frame, encoding, [...payload]])).toEqual([
				[0, "overlay", [1, 2]],
				[1, "unreadable", [3]],
			]);
		}
	});

	it("are refused when the answer ends early", async () => {
		const [first] = bytes;
		if (first === undefined) throw new Error("there are no records");
		await expect(recordsIn(stream([first.slice(0, -1)]))).rejects.toThrow(RecordsDamaged);
	});
});
