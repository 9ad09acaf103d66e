/** From what was measured of a screen to the table that makes its greys follow the GSDF (PS3.14). Pure. */
import { jndOfLuminance, luminanceOfJnd } from "./gsdf.ts";

/** How the screen turns driving levels into light by itself: by a power of 2.2, by the GSDF (a medical screen that
 * calibrates itself), or as it was measured. */
export type Response = "gamma" | "gsdf" | "measured";

/** A driving level, 0 to 255, and its luminance in cd/m². */
export type CurvePoint = readonly [level: number, candelas: number];

/** Luminances in cd/m², of black and white in a dark room, and of the room's light that the glass reflects. */
export interface Luminances {
	readonly minimum: number;
	readonly maximum: number;
	readonly ambient: number;
	readonly response: Response;
	/** At least three points from level 0 to level 255, where the response was measured. */
	readonly curve: readonly CurvePoint[];
}

export type LuminanceFault = "not_a_number" | "order" | "too_bright" | "curve";

export const LEVEL_MAX = 255;
export const STEPS = 1024;
const GAMMA = 2.2;
const CANDELAS_MAX = 3993;
const POINTS_MIN = 3;
const POINTS_MAX = 64;

function isCurve(curve: readonly CurvePoint[]): boolean {
	if (curve.length < POINTS_MIN || curve.length > POINTS_MAX) return false;
	const ends = curve[0]?.[0] === 0 && curve.at(-1)?.[0] === LEVEL_MAX;
	return (
		ends &&
		curve.every(([level, candelas], i) => {
			const before = curve[i - 1];
			return (
				Number.isInteger(level) && candelas > 0 && (!before || (before[0] < level && before[1] < candelas))
			);
		})
	);
}

/** What speaks against the figures; null when a screen can be like that. */
export function faultOf({ minimum, maximum, ambient, response, curve }: Luminances): LuminanceFault | null {
	if (![minimum, maximum, ambient].every((one) => Number.isFinite(one) && one >= 0)) return "not_a_number";
	if (minimum >= maximum) return "order";
	if (maximum + ambient > CANDELAS_MAX) return "too_bright";
	return response === "measured" && !isCurve(curve) ? "curve" : null;
}

/** The measured curve between its points: along the logarithm, as the eye sees it. */
function onCurve(curve: readonly CurvePoint[], level: number): number {
	const at = Math.max(
		1,
		curve.findIndex(([one]) => one >= level),
	);
	const [from, to] = [curve[at - 1] as CurvePoint, curve[at] as CurvePoint];
	const share = (level - from[0]) / (to[0] - from[0]);
	return from[1] * (to[1] / from[1]) ** share;
}

/** What reaches the eye at a driving level: the screen's light and the room's. */
export function seenAt(measured: Luminances, level: number): number {
	const { minimum, maximum, ambient, response, curve } = measured;
	const share = level / LEVEL_MAX;
	if (response === "measured") return onCurve(curve, level) + ambient;
	if (response === "gamma") return minimum + (maximum - minimum) * share ** GAMMA + ambient;
	const [low, high] = [jndOfLuminance(minimum + ambient), jndOfLuminance(maximum + ambient)];
	return luminanceOfJnd(low + (high - low) * share);
}

/** The driving level of each of `steps` presentation values, spaced evenly in JNDs (PS3.14 7.2). */
export function displayTable(measured: Luminances, steps = STEPS): Uint8Array {
	const levels = Array.from({ length: LEVEL_MAX + 1 }, (_, level) => jndOfLuminance(seenAt(measured, level)));
	const low = levels[0] as number;
	const high = levels[LEVEL_MAX] as number;
	const table = new Uint8Array(steps);
	let at = 0;
	for (let step = 0; step < steps; step++) {
		const wanted = low + ((high - low) * step) / (steps - 1);
		while (
			at < LEVEL_MAX &&
			Math.abs((levels[at + 1] as number) - wanted) <= Math.abs((levels[at] as number) - wanted)
		)
			at++;
		table[step] = at;
	}
	return table;
}

/** How many different greys the table leaves. */
export function greysOf(table: Uint8Array): number {
	return new Set(table).size;
}

/** The just noticeable differences between black and white as seen. */
export function jndsOf(measured: Luminances): number {
	return jndOfLuminance(seenAt(measured, LEVEL_MAX)) - jndOfLuminance(seenAt(measured, 0));
}

/** White over black as seen, in the room's light. */
export function contrastOf(measured: Luminances): number {
	return seenAt(measured, LEVEL_MAX) / seenAt(measured, 0);
}
