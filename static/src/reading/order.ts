/** In which order the frames of a series are fetched: what the eye sees first, then outward from it. */

export interface FrameRange {
	readonly first: number;
	readonly last: number;
}

/** The order of blocks around the visible frame: those of its nearest neighbours, then outward. */
export function blockOrder(visible: number, frames: number, blockFrames: number): number[] {
	const blocks = Math.ceil(frames / blockFrames);
	const distance = (block: number): number => {
		const first = block * blockFrames;
		const last = Math.min(frames, first + blockFrames) - 1;
		if (visible < first) return first - visible;
		return visible > last ? visible - last : 0;
	};
	return Array.from({ length: blocks }, (_, block) => block).sort(
		(a, b) => distance(a) - distance(b) || b - a,
	);
}

/** What to ask for next: ranges in order of urgency, none that is whole already.
 *
 * A visible frame that is not there is asked for by itself, before its block. `has` tells which frames
 * are there or on their way. Frames further than `reach` from the visible one are not wanted. */
export function wantedRanges(
	visible: number,
	frames: number,
	blockFrames: number,
	has: (frame: number) => boolean,
	reach = Number.POSITIVE_INFINITY,
): FrameRange[] {
	const wanted: FrameRange[] = [];
	const alone = blockFrames > 1 && frames > 1 && !has(visible);
	if (alone) wanted.push({ first: visible, last: visible });
	for (const block of blockOrder(visible, frames, blockFrames)) {
		const first = block * blockFrames;
		const last = Math.min(frames, first + blockFrames) - 1;
		let missing = false;
		const to = Math.min(last, visible + reach);
		for (let frame = Math.max(first, visible - reach); frame <= to && !missing; frame++) {
			missing = !has(frame) && !(alone && frame === visible && last > first);
		}
		if (missing) wanted.push({ first, last });
	}
	return wanted;
}

/** How urgent a frame is, smaller being sooner: its distance from the visible one, ahead before behind. */
export function urgency(frame: number, visible: number): number {
	const distance = frame - visible;
	return distance >= 0 ? 2 * distance : 1 - 2 * distance;
}
