/** The loaded ranges beside a stack, in percent of its height. */

export interface Span {
	readonly first: number;
	readonly top: number;
	readonly height: number;
}

/** Runs of loaded frames, from the first to the last. */
export function loadedSpans(loaded: ReadonlySet<number>, frames: number): Span[] {
	const spans: Span[] = [];
	let first = -1;
	for (let frame = 0; frame <= frames; frame++) {
		const here = frame < frames && loaded.has(frame);
		if (here && first < 0) first = frame;
		if (here || first < 0) continue;
		spans.push({ first, top: (first / frames) * 100, height: ((frame - first) / frames) * 100 });
		first = -1;
	}
	return spans;
}

/** The frame that a point `y` pixels below the top of a bar of `height` pixels stands for. */
export function frameAt(y: number, height: number, frames: number): number {
	const at = height > 0 ? Math.floor((y / height) * frames) : 0;
	return Math.min(Math.max(at, 0), Math.max(0, frames - 1));
}
