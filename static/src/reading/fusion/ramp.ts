/** Values of a PET to colours that are laid over an image: palette, window, opacity. Pure. */
import { ENTRIES, hotIron } from "./hot_iron.ts";

/** `low` and `high` bound the colours, in the unit in which the values are shown; `opacity` is 0 to 1. */
export interface Look {
	readonly low: number;
	readonly high: number;
	readonly opacity: number;
}

/** From this share of the window on a colour has its whole opacity; below it fades, so that where there is no
 * uptake the image stands as it is. */
export const WHOLE_FROM = 0.25;
const OPAQUE = 255;
const NOTHING = 0;

/** How opaque a share of the window is, 0 to 1. */
export function opacityAt(share: number, opacity: number): number {
	return opacity * Math.min(1, Math.max(0, share) / WHOLE_FROM);
}

/** The pixel of each entry of the palette as the four bytes of ImageData, read little-endian. */
export function rampOf(opacity: number): Uint32Array {
	return Uint32Array.from({ length: ENTRIES }, (_, entry) => {
		const [red, green, blue] = hotIron(entry);
		const alpha = Math.round(opacityAt(entry / (ENTRIES - 1), opacity) * OPAQUE);
		return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
	});
}

/** Paints values, `factor` times as large as given; what is not there or not above `low` stays clear. */
export function paintOver(values: Float32Array, factor: number, look: Look, target: Uint32Array): void {
	const ramp = rampOf(look.opacity);
	const top = ENTRIES - 1;
	const perEntry = top / Math.max(look.high - look.low, Number.EPSILON);
	for (let i = 0; i < target.length; i++) {
		const at = ((values[i] as number) * factor - look.low) * perEntry;
		// Infinities stand for what no slice tells.
		if (!(at > 0) || at === Number.POSITIVE_INFINITY) target[i] = NOTHING;
		else target[i] = ramp[at >= top ? top : (at + 0.5) | 0] as number;
	}
}
