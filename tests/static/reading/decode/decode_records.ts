/** Run by Node: decodes a file of frame records as the browser does, and paints them as it does.
 * Usage: RECORDS ANNOUNCED.json OUT_FOLDER WASM. Writes samples to N and pixels (RGBA) to N.rgba. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord } from "../../../../static/src/reading/decode/decoder.ts";
import { Htj2k } from "../../../../static/src/reading/decode/htj2k.ts";
import { imageForm } from "../../../../static/src/reading/manifest.ts";
import { Painter } from "../../../../static/src/reading/picture.ts";
import { RecordParser } from "../../../../static/src/reading/records.ts";
import { sampleBytes, samplesIn } from "../../../../static/src/reading/samples.ts";
import { fullVoi, proposedVoi } from "../../../../static/src/reading/voi.ts";

const [, , recordsPath = "", announcedPath = "", folder = "", wasm = ""] = process.argv;
const htj2k = await Htj2k.open({ locateFile: () => wasm });
const announced: readonly unknown[] = JSON.parse(await readFile(announcedPath, "utf8"));
const parser = new RecordParser();
const records = parser.push(await readFile(recordsPath));
parser.end();
for (const { frame, encoding, payload } of records) {
	const form = imageForm(announced[frame]);
	const { rows, columns, samplesPerPixel: components, signed } = form;
	const expected = { rows, columns, components, bytesPerSample: sampleBytes(form), signed };
	const message = { kind: "decode", job: frame, encoding, payload, expected, levelsLeftOut: 0, target: null } as const;
	const bytes = (await decodeRecord(message, async () => htj2k)) ?? new ArrayBuffer(0);
	await writeFile(join(folder, String(frame)), new Uint8Array(bytes));
	const samples = samplesIn(form, bytes);
	const pixels = new Uint32Array(rows * columns);
	const voi = proposedVoi(form) ?? fullVoi(form, samples);
	new Painter().paint(form, samples, { voi, invert: false }, pixels);
	await writeFile(join(folder, `${frame}.rgba`), new Uint8Array(pixels.buffer));
}
