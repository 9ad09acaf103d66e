/** A decoding worker: takes records one after the other, keeps one decoder. */
import { decodeRecord } from "./decoder.ts";
import { DecoderMissing, Htj2k } from "./htj2k.ts";
import type { DecodeMessage, Failure, FromWorker, ToWorker } from "./messages.ts";

interface WorkerScope {
	onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
	postMessage(message: FromWorker, transfer: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
let opened: Promise<Htj2k> = Promise.reject(new DecoderMissing("not started"));
opened.catch(ignore);
let queue: Promise<void> = Promise.resolve();

function ignore(): void {
	// Whoever asks for the decoder hears why there is none; nobody has asked yet.
}

async function answer(message: DecodeMessage): Promise<void> {
	const { job } = message;
	try {
		const bytes = await decodeRecord(message, () => opened);
		scope.postMessage({ kind: "decoded", job, bytes, failure: null }, bytes === null ? [] : [bytes]);
	} catch (error) {
		// Whatever was wrong, the page says what cannot be shown and goes on.
		const failure: Failure = error instanceof DecoderMissing ? "decoder" : "frame";
		scope.postMessage({ kind: "decoded", job, bytes: null, failure }, []);
	}
}

scope.onmessage = ({ data }) => {
	if (data.kind === "start") {
		opened = Htj2k.open({ locateFile: () => data.wasmUrl });
		opened.catch(ignore);
		scope.postMessage({ kind: "running" }, []);
		return;
	}
	queue = queue.then(() => answer(data));
};
