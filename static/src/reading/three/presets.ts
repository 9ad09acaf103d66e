/** How values become light: opacity for each millimetre and colour by value, or the brightest value alone. Pure. */
import type { Series } from "../manifest.ts";

export const PRESETS = ["bone", "vessel", "soft", "mip"] as const;
export type PresetName = (typeof PRESETS)[number];

/** At a value (HU, or rescaled) so much opacity for each millimetre, 0 to 1, and this colour, 0 to 255. */
export interface Stop {
	readonly value: number;
	readonly opacity: number;
	readonly colour: readonly [number, number, number];
}

export type Look =
	| { readonly kind: "composite"; readonly stops: readonly Stop[] }
	| { readonly kind: "mip"; readonly low: number; readonly high: number };

function stop(value: number, opacity: number, ...colour: [number, number, number]): Stop {
	return { value, opacity, colour };
}

/** For Hounsfield units. */
const CT: Readonly<Record<PresetName, Look>> = {
	bone: {
		kind: "composite",
		stops: [
			stop(160, 0, 150, 95, 70),
			stop(280, 0.12, 200, 160, 120),
			stop(500, 0.5, 238, 222, 190),
			stop(1400, 0.9, 255, 252, 240),
		],
	},
	vessel: {
		kind: "composite",
		stops: [
			stop(110, 0, 120, 20, 15),
			stop(180, 0.2, 190, 45, 30),
			stop(320, 0.5, 232, 120, 85),
			stop(600, 0.6, 240, 220, 190),
			stop(1400, 0.8, 255, 250, 240),
		],
	},
	soft: {
		kind: "composite",
		stops: [
			stop(-220, 0, 180, 120, 90),
			stop(-120, 0.05, 214, 166, 120),
			stop(-20, 0.12, 214, 130, 105),
			stop(60, 0.3, 196, 96, 80),
			stop(250, 0.6, 236, 210, 180),
			stop(1000, 0.9, 255, 250, 240),
		],
	},
	mip: { kind: "mip", low: -50, high: 650 },
};

/** From the lower to the upper end of the object's own window: MR has no unit of its own. */
function byWindow(low: number, high: number): Partial<Record<PresetName, Look>> {
	const at = (share: number): number => low + (high - low) * share;
	return {
		soft: {
			kind: "composite",
			stops: [
				stop(at(0.15), 0, 60, 60, 60),
				stop(at(0.4), 0.06, 150, 140, 130),
				stop(at(0.8), 0.3, 225, 215, 200),
				stop(at(1.2), 0.6, 255, 250, 245),
			],
		},
		mip: { kind: "mip", low, high },
	};
}

/** The presets that there are for a series: those of HU for CT, by its window for others. */
export function presetsOf(
	{ modality }: Pick<Series, "modality">,
	window: { readonly center: number; readonly width: number },
): Partial<Readonly<Record<PresetName, Look>>> {
	if (modality === "CT") return CT;
	return byWindow(window.center - window.width / 2, window.center + window.width / 2);
}

/** Look-up by value in steps of four: what a step through a value adds. */
export interface Table {
	/** Opacity of one step, 0 to 1. */
	readonly opacity: Float32Array;
	/** Red, green, blue in turns. */
	readonly colour: Uint8Array;
	/** How many entries up to each are not clear: a range of values is clear where it does not grow. */
	readonly seen: Uint32Array;
}

export const SHIFT = 2;
const OFFSET = 32_768;
const ENTRIES = 65_536 >> SHIFT;

export function entryOf(value: number): number {
	return (value + OFFSET) >> SHIFT;
}

/** Between two stops in proportion; below the first nothing, above the last what that has. */
export function blended(stops: readonly Stop[], value: number): Stop {
	const upper = stops.findIndex((one) => one.value > value);
	const last = stops.at(-1) ?? stop(0, 0, 0, 0, 0);
	if (upper === 0) return { ...(stops[0] ?? last), opacity: 0 };
	const [a, b] = [stops[upper - 1], stops[upper]];
	if (a === undefined || b === undefined) return last;
	const t = (value - a.value) / (b.value - a.value);
	const mixed = (from: number, to: number): number => from + (to - from) * t;
	return stop(
		value,
		mixed(a.opacity, b.opacity),
		mixed(a.colour[0], b.colour[0]),
		mixed(a.colour[1], b.colour[1]),
		mixed(a.colour[2], b.colour[2]),
	);
}

/** The table of a composite for steps of `stepMm`; values in it are `scale` times as large. */
export function tableOf(stops: readonly Stop[], stepMm: number, scale: number): Table {
	const opacity = new Float32Array(ENTRIES);
	const colour = new Uint8Array(3 * ENTRIES);
	const seen = new Uint32Array(ENTRIES);
	for (let entry = 0, count = 0; entry < ENTRIES; entry++) {
		const at = blended(stops, ((entry << SHIFT) - OFFSET) / scale);
		// What one millimetre lets through, a longer step lets through that often.
		opacity[entry] = 1 - (1 - at.opacity) ** stepMm;
		colour.set(at.colour, 3 * entry);
		count += at.opacity > 0 ? 1 : 0;
		seen[entry] = count;
	}
	return { opacity, colour, seen };
}
