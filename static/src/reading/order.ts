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

/** How many blocks' previews the server gives in one answer. */
const PREVIEW_BLOCKS = 4;
/** Previews of frames further away are not fetched: nobody gets there soon. */
const PREVIEWS_ASIDE = 1000;

/** Which previews to ask for, nearest to the visible frame first, in groups of blocks that begin at multiples of
 * so many. `has` tells for which frames there is nothing to ask. What is within `reach` is wanted, up to the
 * ends of its blocks as with whole frames: else each step would ask for one more. */
export function previewRanges(
	visible: number,
	frames: number,
	blockFrames: number,
	has: (frame: number) => boolean,
	reach = Number.POSITIVE_INFINITY,
): FrameRange[] {
	const aside = Math.min(reach, PREVIEWS_ASIDE);
	const blockOf = (frame: number): number => Math.floor(frame / blockFrames);
	const from = blockOf(Math.max(0, visible - aside)) * blockFrames;
	const to = Math.min(frames, (blockOf(visible + aside) + 1) * blockFrames) - 1;
	const group = PREVIEW_BLOCKS * blockFrames;
	const wanted: FrameRange[] = [];
	for (const at of blockOrder(visible, frames, group)) {
		let first = Math.max(at * group, from);
		let last = Math.min((at + 1) * group - 1, to);
		while (first <= last && has(first)) first += 1;
		while (first <= last && has(last)) last -= 1;
		if (first <= last) wanted.push({ first, last });
	}
	return wanted;
}

/** How urgent a frame is, smaller being sooner: its distance from the visible one, ahead before behind. */
export function urgency(frame: number, visible: number): number {
	const distance = frame - visible;
	return distance >= 0 ? 2 * distance : 1 - 2 * distance;
}
