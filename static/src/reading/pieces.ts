/** An answer's body in pieces. Where the browser allows it all come in the same memory: fetching a series else takes
 * new memory for each of them, and that costs more than reading it. */

const PIECE_BYTES = 256 * 1024;

/** The next piece, which the one after it may overwrite; null at the end. */
export type NextPiece = () => Promise<Uint8Array | null>;

export function piecesOf(body: ReadableStream<Uint8Array>): NextPiece {
	const reader = intoOwnMemory(body);
	if (reader === null) return inNewMemory(body.getReader());
	let memory = new Uint8Array(PIECE_BYTES);
	return async () => {
		const { value, done } = await reader.read(memory);
		if (done || value === undefined) return null;
		memory = new Uint8Array(value.buffer);
		return value;
	};
}

function intoOwnMemory(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | null {
	try {
		return body.getReader({ mode: "byob" });
	} catch {
		return null; // The stream is none of bytes, or the browser knows no such reader.
	}
}

function inNewMemory(reader: ReadableStreamDefaultReader<Uint8Array>): NextPiece {
	return async () => {
		const { value, done } = await reader.read();
		return done ? null : value;
	};
}
