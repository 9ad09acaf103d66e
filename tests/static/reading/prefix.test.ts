import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { DecodeRefused, type Expected, Htj2k } from "../../../static/src/reading/decode/htj2k.ts";
import { LEVELS_LEFT_OUT, PREVIEW_FROM_BYTES, usefulPrefix } from "../../../static/src/reading/prefix.ts";
import { enlarged, reduced } from "../../../static/src/reading/preview.ts";
import { RecordParser } from "../../../static/src/reading/records.ts";
import { samplesIn } from "../../../static/src/reading/samples.ts";
import { aForm, aLargeStream, figures, recordBytes } from "./studies.ts";

/** One image as the server encodes it: in a part for each resolution, and in one piece. */
interface Kept extends Expected {
	readonly parts: string;
	readonly whole: string;
}

const kept: Kept = JSON.parse(await readFile(new URL("./decode/parts.json", import.meta.url), "utf8"));
const parts = new Uint8Array(Buffer.from(kept.parts, "base64"));
const whole = new Uint8Array(Buffer.from(kept.whole, "base64"));
const wasm = createRequire(new URL("../../../static/package.json", import.meta.url)).resolve(
	"@cornerstonejs/codec-openjph/wasm",
);

function firstPrefix(stream: Uint8Array): number | null {
	for (let filled = 0; filled <= stream.length; filled++) {
		const end = usefulPrefix(stream, filled);
		if (end !== null) return end;
	}
	return null;
}

describe("the beginning of a codestream", () => {
	it("is the image without its finest details", async () => {
		const end = firstPrefix(parts) ?? 0;
		expect(end).toBeGreaterThan(100);
		expect(end).toBeLessThan(parts.length / 2);
		const htj2k = await Htj2k.open({ locateFile: () => wasm });
		const decoded = (stream: Uint8Array): Uint16Array =>
			new Uint16Array(htj2k.decode(stream, kept).slice().buffer);
		const exact = decoded(parts);
		const preview = decoded(parts.slice(0, end));
		expect(preview).toHaveLength(exact.length);
		const apart = preview.map((value, i) => Math.abs(value - (exact[i] ?? 0)));
		expect(Math.max(...apart)).toBeGreaterThan(0);
		expect(apart.reduce((sum, one) => sum + one, 0) / apart.length).toBeLessThan(20);
		expect(decoded(whole)).toEqual(exact);
	});

	it("decoded at a lower resolution has every pixel that the whole frame has there", async () => {
		const htj2k = await Htj2k.open({ locateFile: () => wasm });
		const small = (stream: Uint8Array): Uint8Array => htj2k.decode(stream, kept, LEVELS_LEFT_OUT).slice();
		const samples = small(parts.slice(0, firstPrefix(parts) ?? 0));
		expect(samples).toHaveLength((kept.rows / 4) * (kept.columns / 4) * kept.bytesPerSample);
		expect(samples).toEqual(small(parts));
		expect(samples).toEqual(small(whole));
		// It has five such levels.
		expect(() => htj2k.decode(parts, kept, 6)).toThrow(DecodeRefused);
	});

	it("enlarged is about what the frame is", async () => {
		const htj2k = await Htj2k.open({ locateFile: () => wasm });
		const { rows, columns } = kept;
		const form = aForm({ rows, columns });
		const bytes = htj2k.decode(parts.slice(0, firstPrefix(parts) ?? 0), kept, LEVELS_LEFT_OUT);
		const preview = { samples: samplesIn(reduced(form), bytes.slice().buffer), form: reduced(form) };
		const exact = samplesIn(form, htj2k.decode(parts, kept).slice().buffer);
		const shown = [...enlarged(preview, form)];
		const apart = shown.map((value, i) => Math.abs(value - (exact[i] ?? 0)));
		expect(apart).toHaveLength(rows * columns);
		expect(apart.reduce((sum, one) => sum + one, 0) / apart.length).toBeLessThan(30);
	});

	it("is said as soon as it is there, and not before", () => {
		const end = firstPrefix(parts) ?? 0;
		expect(usefulPrefix(parts, end - 1)).toBeNull();
		for (const filled of [end, end + 1, parts.length]) expect(usefulPrefix(parts, filled)).toBe(end);
	});

	it("is nothing by itself in a stream of one piece, or in no stream", () => {
		expect(firstPrefix(whole)).toBeNull();
		expect(firstPrefix(new Uint8Array(64))).toBeNull();
	});

	it("of damaged streams never ends behind what has come", () => {
		const random = figures(21);
		for (let round = 0; round < 2000; round++) {
			const damaged = parts.slice();
			for (let hit = 0; hit < 4; hit++) {
				damaged[Math.floor(random() * 400)] = Math.floor(random() * 256);
			}
			const filled = Math.floor(random() * damaged.length);
			expect(usefulPrefix(damaged, filled) ?? 0).toBeLessThanOrEqual(filled);
		}
	});
});

describe("a large frame", () => {
	it("is handed out twice: its beginning, then whole", () => {
		const stream = aLargeStream();
		const record = recordBytes(7, 1, stream);
		const parser = new RecordParser();
		const found = [];
		for (let at = 0; at < record.length; at += 100_000) {
			found.push(...parser.push(record.subarray(at, at + 100_000)));
		}
		parser.end();
		expect(found.map(({ frame, partial }) => [frame, partial])).toEqual([
			[7, true],
			[7, false],
		]);
		const [begun, rest] = found.map(({ payload }) => Buffer.from(payload));
		expect(begun?.length).toBeLessThan(stream.length);
		expect(begun?.equals(stream.subarray(0, begun.length))).toBe(true);
		expect(rest?.equals(stream)).toBe(true);
	});

	it("that comes in one go is handed out whole only", () => {
		const record = recordBytes(7, 1, aLargeStream());
		expect(new RecordParser().push(record).map(({ partial }) => partial)).toEqual([false]);
	});

	it("has to be large, and of this codec", () => {
		const small = recordBytes(7, 1, parts);
		const other = recordBytes(7, 2, aLargeStream());
		expect(parts.length).toBeLessThan(PREVIEW_FROM_BYTES);
		for (const record of [small, other]) {
			const parser = new RecordParser();
			expect(parser.push(record.subarray(0, record.length - 1))).toEqual([]);
		}
	});
});
