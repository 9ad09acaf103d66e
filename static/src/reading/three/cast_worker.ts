/** A casting worker: holds the cubes of one volume, answers its rows in turn. */
import { type CubesMessage, RowMaker, type RowsAnswer, type RowsMessage } from "./crew.ts";

interface WorkerScope {
	onmessage: ((event: MessageEvent<CubesMessage | RowsMessage>) => void) | null;
	postMessage(message: RowsAnswer, transfer: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;
let maker: RowMaker | null = null;

scope.onmessage = ({ data }) => {
	if (data.kind === "cubes") {
		maker = new RowMaker(data);
		return;
	}
	const answer = maker?.answer(data);
	if (answer !== undefined) scope.postMessage(answer, [answer.pixels.buffer]);
};
