/** One frame record to bytes, whatever its encoding; runs in a worker, and as it is in tests. */
import { DecodeRefused, expectedBytes, type Htj2k } from "./htj2k.ts";
import type { DecodeMessage } from "./messages.ts";

async function inflated(payload: Uint8Array, bytes: number): Promise<Uint8Array> {
	const stream = new Blob([payload.slice()]).stream().pipeThrough(new DecompressionStream("deflate"));
	const out = new Uint8Array(bytes);
	let at = 0;
	try {
		for (const reader = stream.getReader(); ; ) {
			const { value, done } = await reader.read();
			if (done) break;
			if (at + value.length > bytes) {
				await reader.cancel();
				throw new DecodeRefused("more samples than announced");
			}
			out.set(value, at);
			at += value.length;
		}
	} catch (error) {
		throw error instanceof DecodeRefused ? error : new DecodeRefused("the stream is damaged");
	}
	if (at !== bytes) throw new DecodeRefused("fewer samples than announced");
	return out;
}

/** The samples' bytes, in the shared target (then null) or in a buffer of their own. `htj2k` is asked for only
 * by the frames that need it. Throws DecodeRefused, and what `htj2k` throws. */
export async function decodeRecord(
	message: DecodeMessage,
	htj2k: () => Promise<Htj2k>,
): Promise<ArrayBuffer | null> {
	const { encoding, payload, expected, levelsLeftOut, target } = message;
	if (encoding === "unreadable" || encoding === "overlay")
		throw new DecodeRefused("there is nothing to decode");
	const bytes =
		encoding === "htj2k"
			? (await htj2k()).decode(payload, expected, levelsLeftOut)
			: await inflated(payload, expectedBytes(expected));
	if (target === null) return bytes.slice().buffer as ArrayBuffer;
	new Uint8Array(target.buffer, target.byteOffset, bytes.length).set(bytes);
	return null;
}
