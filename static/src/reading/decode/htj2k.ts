/** HTJ2K (ITU-T T.814) by OpenJPH compiled to WebAssembly. */
import OpenJph, { type HTJ2KDecoder, type OpenJphOptions } from "@cornerstonejs/codec-openjph";

/** What the caller knows the frame to be, from the manifest. */
export interface Expected {
	readonly rows: number;
	readonly columns: number;
	readonly components: number;
	readonly bytesPerSample: number;
	readonly signed: boolean;
}

/** The codestream is damaged, or is not the frame that the manifest announced. */
export class DecodeRefused extends Error {}

/** The decoder itself could not be loaded: no frame can be decoded with it. */
export class DecoderMissing extends Error {}

export class Htj2k {
	readonly #decoder: HTJ2KDecoder;

	private constructor(decoder: HTJ2KDecoder) {
		this.#decoder = decoder;
	}

	/** Throws DecoderMissing. */
	static async open(options: OpenJphOptions): Promise<Htj2k> {
		try {
			const module = await OpenJph({ print: ignore, printErr: ignore, ...options });
			return new Htj2k(new module.HTJ2KDecoder());
		} catch (error) {
			throw new DecoderMissing(String(error));
		}
	}

	/** The decoded bytes, little-endian; a view that the next call overwrites. Each level left out halves rows and
	 * columns, rounded up. Throws DecodeRefused. */
	decode(payload: Uint8Array, expected: Expected, levelsLeftOut = 0): Uint8Array {
		const decoder = this.#decoder;
		try {
			decoder.getEncodedBuffer(payload.length).set(payload);
			decoder.readHeader();
			const info = decoder.getFrameInfo();
			const fits =
				info.width === expected.columns &&
				info.height === expected.rows &&
				info.componentCount === expected.components &&
				info.bitsPerSample === expected.bytesPerSample * 8 &&
				info.isSigned === expected.signed &&
				decoder.getNumDecompositions() >= levelsLeftOut;
			if (!fits) throw new DecodeRefused("the frame is not of the announced size");
			if (levelsLeftOut === 0) decoder.decode();
			else decoder.decodeSubResolution(levelsLeftOut);
		} catch (error) {
			throw error instanceof DecodeRefused ? error : new DecodeRefused("the codestream is damaged");
		}
		const decoded = decoder.getDecodedBuffer();
		if (decoded.length !== expectedBytes(expected, levelsLeftOut))
			throw new DecodeRefused("the frame is not of the announced size");
		return decoded;
	}
}

/** The bytes of the decoded frame without its finest `levelsLeftOut` resolutions. */
export function expectedBytes(expected: Expected, levelsLeftOut = 0): number {
	const rows = Math.ceil(expected.rows / 2 ** levelsLeftOut);
	const columns = Math.ceil(expected.columns / 2 ** levelsLeftOut);
	return rows * columns * expected.components * expected.bytesPerSample;
}

function ignore(): void {
	// The library speaks on the console for every frame; nobody reads it.
}
