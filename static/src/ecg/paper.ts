/** Millimetres are the truth of the paper, pixels follow: x = t · speed · px/mm, y = mV · gain · px/mm. */

export const SPEEDS_MM_PER_S = [12.5, 25, 50] as const;
export const GAINS_MM_PER_MV = [5, 10, 20] as const;
export type Speed = (typeof SPEEDS_MM_PER_S)[number];
export type Gain = (typeof GAINS_MM_PER_MV)[number];

export const PULSE_MV = 1;
export const PULSE_MS = 200;

export interface Scale {
	readonly pxPerMm: number;
	readonly speedMmPerS: number;
	readonly gainMmPerMv: number;
}

export const mmOfMs = (ms: number, speedMmPerS: number): number => (ms * speedMmPerS) / 1000;
export const mmOfMv = (mv: number, gainMmPerMv: number): number => mv * gainMmPerMv;
export const pxOfMs = (ms: number, scale: Scale): number => mmOfMs(ms, scale.speedMmPerS) * scale.pxPerMm;
export const pxOfMv = (mv: number, scale: Scale): number => mmOfMv(mv, scale.gainMmPerMv) * scale.pxPerMm;
export const msOfPx = (px: number, scale: Scale): number => (px / scale.pxPerMm / scale.speedMmPerS) * 1000;

/** The next value of a row of choices; the ends hold. */
export function stepped<T extends number>(choices: readonly T[], value: T, by: 1 | -1): T {
	const at = choices.indexOf(value) + by;
	return choices[Math.min(Math.max(at, 0), choices.length - 1)] ?? value;
}

const BACKING_PX_MAX = 8192;
const BACKING_AREA_MAX = 16_000_000;

/** Device pixels per CSS pixel for a canvas of this size: the screen's, less where the browser could not
 * hold the bitmap. */
export function backingRatio(width: number, height: number, devicePixelRatio: number): number {
	const side = BACKING_PX_MAX / Math.max(width, height, 1);
	const area = Math.sqrt(BACKING_AREA_MAX / Math.max(width * height, 1));
	return Math.min(devicePixelRatio, side, area);
}
