import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeRecord } from "../../../../static/src/reading/decode/decoder.ts";
import {
	DecodeRefused,
	DecoderMissing,
	type Expected,
	Htj2k,
} from "../../../../static/src/reading/decode/htj2k.ts";
import type { DecodeMessage } from "../../../../static/src/reading/decode/messages.ts";
import { RecordParser } from "../../../../static/src/reading/records.ts";
import { figures } from "../studies.ts";

/** Records that the server made, with the samples it made them of. */
interface Kept extends Expected {
	readonly name: string;
	readonly encoding: string;
	readonly record: string;
	readonly samples: string;
}

const kept: Kept[] = JSON.parse(await readFile(new URL("./records.json", import.meta.url), "utf8"));
const wasm = createRequire(new URL("../../../../static/package.json", import.meta.url)).resolve(
	"@cornerstonejs/codec-openjph/wasm",
);
let htj2k: Htj2k;
const opened = (): Promise<Htj2k> => Promise.resolve(htj2k);

beforeAll(async () => {
	htj2k = await Htj2k.open({ locateFile: () => wasm });
});

function message(one: Kept, changes: Partial<DecodeMessage> = {}): DecodeMessage {
	const [record] = new RecordParser().push(Buffer.from(one.record, "base64"));
	if (record === undefined) throw new Error("no record");
	const { rows, columns, components, bytesPerSample, signed } = one;
	return {
		kind: "decode",
		job: 1,
		encoding: record.encoding,
		payload: record.payload,
		expected: { rows, columns, components, bytesPerSample, signed },
		levelsLeftOut: 0,
		target: null,
		...changes,
	};
}

describe("decoding what the server made", () => {
	it.each(kept)("gives exactly its samples: $name", async (one) => {
		expect(message(one).encoding).toBe(one.encoding);
		const bytes = await decodeRecord(message(one), opened);
		expect(Buffer.from(bytes as ArrayBuffer).toString("base64")).toBe(one.samples);
	});

	it.each(kept)("gives them in shared memory too: $name", async (one) => {
		const size = Buffer.from(one.samples, "base64").length;
		const buffer = new SharedArrayBuffer(size + 16);
		const done = await decodeRecord(message(one, { target: { buffer, byteOffset: 8 } }), opened);
		expect(done).toBeNull();
		expect(Buffer.from(new Uint8Array(buffer, 8, size)).toString("base64")).toBe(one.samples);
		expect(
			[...new Uint8Array(buffer, 0, 8), ...new Uint8Array(buffer, size + 8)].every((byte) => byte === 0),
		).toBe(true);
	});

	it.each(kept)("refuses another size than announced: $name", async (one) => {
		const { expected } = message(one);
		for (const change of [{ rows: one.rows + 1 }, { columns: one.columns - 1 }, { bytesPerSample: 8 }]) {
			await expect(
				decodeRecord(message(one, { expected: { ...expected, ...change } }), opened),
			).rejects.toThrow(DecodeRefused);
		}
	});

	it.each(kept.filter(({ encoding }) => encoding === "htj2k"))(
		"gives fewer pixels where fine resolutions are left out: $name",
		async (one) => {
			for (const levelsLeftOut of [1, 2]) {
				const bytes = (await decodeRecord(message(one, { levelsLeftOut }), opened)) as ArrayBuffer;
				const side = (pixels: number): number => Math.ceil(pixels / 2 ** levelsLeftOut);
				const pixels = side(one.rows) * side(one.columns);
				expect(bytes.byteLength).toBe(pixels * one.components * one.bytesPerSample);
			}
			const again = await decodeRecord(message(one), opened);
			expect(Buffer.from(again as ArrayBuffer).toString("base64")).toBe(one.samples);
		},
	);

	it("refuses another size than announced without the finest resolutions too", async () => {
		const one = kept[0] as Kept;
		// So little less that the small image would be of the same size.
		const expected = { ...message(one).expected, rows: one.rows - 1 };
		await expect(decodeRecord(message(one, { levelsLeftOut: 2, expected }), opened)).rejects.toThrow(
			DecodeRefused,
		);
	});

	it("refuses noise and damage, and decodes the next frame all the same", async () => {
		const random = figures(17);
		for (const one of kept) {
			for (let round = 0; round < 20; round++) {
				const whole = message(one);
				const payload = new Uint8Array(whole.payload);
				const at = Math.floor(random() * Math.min(60, payload.length));
				payload[at] = (payload[at] ?? 0) ^ (1 + Math.floor(random() * 255));
				await decodeRecord({ ...whole, payload }, opened).catch((error: unknown) => {
					expect(error).toBeInstanceOf(DecodeRefused);
				});
			}
			const noise = Uint8Array.from({ length: 50 }, () => Math.floor(random() * 256));
			await expect(decodeRecord(message(one, { payload: noise }), opened)).rejects.toThrow(DecodeRefused);
			const bytes = await decodeRecord(message(one), opened);
			expect(Buffer.from(bytes as ArrayBuffer).toString("base64")).toBe(one.samples);
		}
	});

	it.each(kept)("needs the codec only where it is used: $name", async (one) => {
		const missing = (): Promise<Htj2k> => Promise.reject(new DecoderMissing("not there"));
		const done = decodeRecord(message(one), missing);
		if (one.encoding === "htj2k") await expect(done).rejects.toThrow(DecoderMissing);
		else expect(Buffer.from((await done) as ArrayBuffer).toString("base64")).toBe(one.samples);
	});

	it("says that the codec is missing when its program cannot be loaded", async () => {
		await expect(Htj2k.open({ locateFile: () => "/no/such/codec.wasm" })).rejects.toThrow(DecoderMissing);
	});

	it("has nothing to decode in an unreadable frame", async () => {
		const one = kept[0] as Kept;
		await expect(decodeRecord(message(one, { encoding: "unreadable" }), opened)).rejects.toThrow(
			DecodeRefused,
		);
	});
});
