/** The moment people wait for: the first decoded remote frame, marked for everyone who measures. */
export const MARK_CLICK = "lianzhen:call-join-click";
export const MARK_FIRST_FRAME = "lianzhen:call-first-frame";

/** The click that asks to enter. */
export function markJoin(): void {
	performance.clearMarks(MARK_CLICK);
	performance.clearMarks(MARK_FIRST_FRAME);
	performance.mark(MARK_CLICK);
}

/** Marks the first frame once; answers the time since the click in milliseconds, null if it was marked before
 * or nobody clicked. */
export function markFirstFrame(): number | null {
	if (performance.getEntriesByName(MARK_FIRST_FRAME).length > 0) return null;
	const click = performance.getEntriesByName(MARK_CLICK).at(-1);
	const mark = performance.mark(MARK_FIRST_FRAME);
	return click === undefined ? null : mark.startTime - click.startTime;
}

/** Calls back at the next decoded frame of a video element. */
export function onNextFrame(video: HTMLVideoElement, run: () => void): () => void {
	const handle = video.requestVideoFrameCallback(run);
	return () => video.cancelVideoFrameCallback(handle);
}
