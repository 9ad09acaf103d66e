declare module "@cornerstonejs/codec-openjph" {
	export interface FrameInfo {
		width: number;
		height: number;
		bitsPerSample: number;
		componentCount: number;
		isSigned: boolean;
	}

	export interface HTJ2KDecoder {
		getEncodedBuffer(bytes: number): Uint8Array;
		getDecodedBuffer(): Uint8Array;
		readHeader(): void;
		decode(): void;
		/** Leaves out the finest `level` decompositions; does not mind when there are fewer. The frame's facts stay
		 * those of all of it. */
		decodeSubResolution(level: number): void;
		getNumDecompositions(): number;
		getFrameInfo(): FrameInfo;
		delete(): void;
	}

	export interface OpenJphModule {
		HTJ2KDecoder: new () => HTJ2KDecoder;
	}

	export interface OpenJphOptions {
		locateFile?: (name: string) => string;
		wasmBinary?: ArrayBuffer;
		print?: (line: string) => void;
		printErr?: (line: string) => void;
	}

	export default function OpenJph(options?: OpenJphOptions): Promise<OpenJphModule>;
}
