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

	/** The decoded bytes, little-endian; a view that the next call overwrites. Throws DecodeRefused. */
	decode(payload: Uint8Array, expected: Expected): Uint8Array {
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
				info.isSigned === expected.signed;
			if (!fits) throw new DecodeRefused("the frame is not of the announced size");
			decoder.decode();
		} catch (error) {
			throw error instanceof DecodeRefused ? error : new DecodeRefused("the codestream is damaged");
		}
		const decoded = decoder.getDecodedBuffer();
		const bytes = expected.rows * expected.columns * expected.components * expected.bytesPerSample;
		if (decoded.length !== bytes) throw new DecodeRefused("the frame is not of the announced size");
		return decoded;
	}
}

function ignore(): void {
	// The library speaks on the console for every frame; nobody reads it.
}
