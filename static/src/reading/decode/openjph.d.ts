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
