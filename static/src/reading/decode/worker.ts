/** A decoding worker: takes records one after the other, keeps one decoder. */
import { decodeRecord } from "./decoder.ts";
import { Htj2k } from "./htj2k.ts";
import type { DecodedMessage, DecodeMessage, ToWorker } from "./messages.ts";

interface WorkerScope {
	onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
	postMessage(message: DecodedMessage, transfer: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
let opened: Promise<Htj2k> | null = null;
let queue: Promise<void> = Promise.resolve();

async function answer(message: DecodeMessage): Promise<void> {
	try {
		if (opened === null) throw new Error("not started");
		const bytes = await decodeRecord(message, await opened);
		scope.postMessage({ job: message.job, bytes, failed: false }, bytes === null ? [] : [bytes]);
	} catch {
		// Whatever was wrong, the page says that this frame cannot be shown and goes on.
		scope.postMessage({ job: message.job, bytes: null, failed: true }, []);
	}
}

scope.onmessage = ({ data }) => {
	if (data.kind === "start") {
		opened ??= Htj2k.open({ locateFile: () => data.wasmUrl });
		return;
	}
	queue = queue.then(() => answer(data));
};
