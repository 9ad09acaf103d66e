import { describe, expect, it } from "vitest";
import { type NextPiece, piecesOf } from "../../../static/src/reading/pieces.ts";

/** What came, each piece copied as it comes: the next one may take its place. */
async function all(next: NextPiece): Promise<number[]> {
	const bytes: number[] = [];
	for (let piece = await next(); piece !== null; piece = await next()) {
		for (const byte of piece) bytes.push(byte);
	}
	return bytes;
}

function streamOf(pieces: readonly number[][], type?: "bytes"): ReadableStream<Uint8Array> {
	const left = [...pieces];
	const source = {
		type,
		pull(controller: {
			enqueue(piece: Uint8Array<ArrayBuffer>): void;
			close(): void;
			byobRequest?: unknown;
		}) {
			const piece = left.shift();
			if (piece === undefined) {
				controller.close();
				(controller.byobRequest as { respond(bytes: number): void } | null | undefined)?.respond(0);
			} else controller.enqueue(Uint8Array.from(piece));
		},
	};
	return new ReadableStream(source as UnderlyingDefaultSource<Uint8Array>);
}

const PIECES = [[1, 2, 3], [4], [5, 6]];

describe("the pieces of an answer", () => {
	it.each(["bytes", undefined] as const)("come whole and in order from a stream of %s", async (type) => {
		const bytes = await all(piecesOf(streamOf(PIECES, type)));
		expect(bytes).toEqual(PIECES.flat());
	});

	it("of a real answer are those that were sent, however many", async () => {
		const sent = Uint8Array.from({ length: 700_000 }, (_, i) => i % 251);
		const body = new Response(sent).body as ReadableStream<Uint8Array>;
		const bytes = await all(piecesOf(body));
		expect(bytes).toHaveLength(sent.length);
		expect(bytes.findIndex((byte, at) => byte !== sent[at])).toBe(-1);
	});

	it("are read into memory of one's own where the stream allows it", async () => {
		const asked: (string | undefined)[] = [];
		const body = streamOf(PIECES, "bytes");
		const getReader = body.getReader.bind(body) as (options?: ReadableStreamGetReaderOptions) => never;
		body.getReader = ((options?: ReadableStreamGetReaderOptions) => {
			asked.push(options?.mode);
			return getReader(options);
		}) as typeof body.getReader;
		await all(piecesOf(body));
		expect(asked).toEqual(["byob"]);
	});

	it("fail as the stream does", async () => {
		const broken = new ReadableStream<Uint8Array>({
			pull: (controller) => controller.error(new TypeError("gone")),
		});
		await expect(piecesOf(broken)()).rejects.toThrow("gone");
	});
});
