import { describe, expect, it } from "vitest";
import {
	type FrameRecord,
	RecordParser,
	RecordsDamaged,
	reasonOf,
} from "../../../static/src/reading/records.ts";
import { aLargeStream, figures, recordBytes } from "./studies.ts";

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

function someRecords(random: () => number): { bytes: Uint8Array; sizes: number[] } {
	const sizes = Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.floor(random() * 60));
	const parts = sizes.map((size, i) =>
		recordBytes(
			i,
			1 + (i % 2),
			Uint8Array.from({ length: size }, () => Math.floor(random() * 256)),
		),
	);
	return { bytes: joined(parts), sizes };
}

function parsedInPieces(bytes: Uint8Array, random: () => number): FrameRecord[] {
	const parser = new RecordParser();
	const found: FrameRecord[] = [];
	for (let at = 0; at < bytes.length; ) {
		const end = Math.min(bytes.length, at + 1 + Math.floor(random() * 25));
		found.push(...parser.push(bytes.subarray(at, end)));
		at = end;
	}
	parser.end();
	return found;
}

describe("frame records", () => {
	it("come out whole however the stream is cut", () => {
		const random = figures(2);
		for (let round = 0; round < 200; round++) {
			const { bytes, sizes } = someRecords(random);
			const found = parsedInPieces(bytes, random);
			expect(found.map((one) => one.payload.length)).toEqual(sizes);
			expect(
				joined(found.map((one) => recordBytes(one.frame, one.encoding === "htj2k" ? 1 : 2, one.payload))),
			).toEqual(bytes);
		}
	});

	it("come as soon as they are whole", () => {
		const parser = new RecordParser();
		const first = recordBytes(0, 1, new Uint8Array(5));
		expect(parser.push(first.subarray(0, 20))).toHaveLength(0);
		expect(parser.push(first.subarray(20))).toHaveLength(1);
		expect(parser.push(recordBytes(1, 0, new Uint8Array(0)))).toHaveLength(1);
	});

	it("are refused when the stream ends within one", () => {
		const random = figures(3);
		for (let round = 0; round < 100; round++) {
			const { bytes, sizes } = someRecords(random);
			const ends = new Set<number>([0]);
			let end = 0;
			for (const size of sizes) {
				end += 16 + size;
				ends.add(end);
			}
			const cut = Math.floor(random() * bytes.length);
			const parser = new RecordParser();
			parser.push(bytes.subarray(0, cut));
			if (ends.has(cut)) parser.end();
			else expect(() => parser.end()).toThrow(RecordsDamaged);
		}
	});

	it("never take noise for frames silently", () => {
		const random = figures(4);
		let refused = 0;
		for (let round = 0; round < 300; round++) {
			const noise = Uint8Array.from({ length: 200 }, () => Math.floor(random() * 256));
			const parser = new RecordParser();
			try {
				parser.push(noise);
				parser.end();
			} catch (error) {
				expect(error).toBeInstanceOf(RecordsDamaged);
				refused += 1;
			}
		}
		expect(refused).toBe(300);
	});

	it("of another version, encoding or size are refused", () => {
		for (const [at, value] of [
			[4, 5],
			[5, 2],
			[6, 1],
			[11, 0xff],
		] as const) {
			const bytes = recordBytes(0, 1, new Uint8Array(4));
			bytes[at] = value;
			expect(() => new RecordParser().push(bytes)).toThrow(RecordsDamaged);
		}
	});

	it("of previews are the beginnings of frames, handed out once", () => {
		const parser = new RecordParser();
		const bytes = recordBytes(5, 4, aLargeStream());
		const found = [...parser.push(bytes.subarray(0, 300_000)), ...parser.push(bytes.subarray(300_000))];
		parser.end();
		expect(found.map(({ frame, encoding, partial }) => [frame, encoding, partial])).toEqual([
			[5, "htj2k", true],
		]);
		expect(Buffer.from(found[0]?.payload ?? []).equals(aLargeStream())).toBe(true);
	});

	it("of unreadable frames say why", () => {
		const code = new TextEncoder().encode("pixels.truncated");
		const [record] = new RecordParser().push(recordBytes(3, 0, code));
		expect(record?.encoding).toBe("unreadable");
		expect(record && reasonOf(record)).toBe("pixels.truncated");
	});
});
