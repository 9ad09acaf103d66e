/** A resampling worker: holds one volume, answers its bands in turn. */
import { BandMaker } from "./banding.ts";
import type { FromResampler, ToResampler } from "./messages.ts";

interface WorkerScope {
	onmessage: ((event: MessageEvent<ToResampler>) => void) | null;
	postMessage(message: FromResampler, transfer: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
let maker: BandMaker | null = null;

scope.onmessage = ({ data }) => {
	if (data.kind === "volume") {
		maker = new BandMaker(data);
		return;
	}
	const answer = maker?.answer(data);
	if (answer !== undefined) scope.postMessage(answer, [answer.values.buffer]);
};
