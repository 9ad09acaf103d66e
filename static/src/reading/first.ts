/** The first picture, painted before the page around it is there: the frame of a pane on a bare canvas. */
import { PaneCanvas } from "./draw.ts";
import { markFirstImage } from "./open.ts";
import type { Station } from "./station.ts";

const RATIO_MAX = 2;

/** Paints the first pane on `canvas` as soon as its frame is there, then calls `onDone` once: also when there will be
 * no picture, or none before `patienceMs`. A frame that comes later is painted all the same. */
export function paintFirst(
	station: Station,
	canvas: HTMLCanvasElement,
	patienceMs: number,
	onDone: () => void,
): void {
	const [pane] = station.panes;
	if (pane === undefined) return;
	const picture = new PaneCanvas(canvas);
	const stops: (() => void)[] = [];
	let isDone = false;
	const done = (): void => {
		if (isDone) return;
		isDone = true;
		clearTimeout(timer);
		onDone();
	};
	const stop = (): void => {
		for (const one of stops.splice(0)) one();
	};
	const look = (): void => {
		const { series, index } = pane.state.value;
		if (!canvas.isConnected) stop();
		else if (series !== null && station.samples(series, index) !== undefined) paint();
		else if (series !== null && station.problemOf(series, index) !== null) done();
	};
	const paint = (): void => {
		pane.size = { width: Math.max(1, canvas.clientWidth), height: Math.max(1, canvas.clientHeight) };
		if (!picture.draw(station, pane, Math.min(RATIO_MAX, devicePixelRatio || 1))) return;
		stop();
		const shown = (): void => {
			markFirstImage(station);
			done();
		};
		// The frame that is being made now shows it: the next one begins after it was presented. A tab in the
		// background makes no frames.
		if (document.hidden) shown();
		else requestAnimationFrame(() => requestAnimationFrame(shown));
	};
	const timer = setTimeout(done, patienceMs);
	stops.push(
		station.arrival.subscribe(look),
		station.status.subscribe((status) => {
			if (status === "empty" || status === "failed") done();
		}),
	);
}
