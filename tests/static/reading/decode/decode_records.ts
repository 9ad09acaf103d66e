/** Run by Node: decodes a file of frame records as the browser does. Usage: RECORDS EXPECTED.json OUT_FOLDER WASM */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeRecord } from "../../../../static/src/reading/decode/decoder.ts";
import { type Expected, Htj2k } from "../../../../static/src/reading/decode/htj2k.ts";
import { RecordParser } from "../../../../static/src/reading/records.ts";

const [, , recordsPath = "", expectedPath = "", folder = "", wasm = ""] = process.argv;
const htj2k = await Htj2k.open({ locateFile: () => wasm });
const expected: readonly Expected[] = JSON.parse(await readFile(expectedPath, "utf8"));
const parser = new RecordParser();
const records = parser.push(await readFile(recordsPath));
parser.end();
for (const { frame, encoding, payload } of records) {
	const announced = expected[frame];
	if (announced === undefined) throw new Error(`frame ${frame} was not announced`);
	const message = {
		kind: "decode",
		job: frame,
		encoding,
		payload,
		expected: announced,
		target: null,
	} as const;
	await writeFile(
		join(folder, String(frame)),
		new Uint8Array((await decodeRecord(message, async () => htj2k)) ?? []),
	);
}
