/** Window presets by key, for the modalities in which the numbers mean something. */
import type { Voi } from "./voi.ts";

export type PresetName = "softTissue" | "lung" | "liver" | "bone" | "brain" | "mediastinum";

export interface Preset {
	readonly key: string;
	readonly name: PresetName;
	readonly center: number;
	readonly width: number;
}

/** Hounsfield windows; keys and figures are the convention of CT stations. */
const CT_PRESETS: readonly Preset[] = [
	{ key: "1", name: "softTissue", center: 40, width: 400 },
	{ key: "2", name: "lung", center: -600, width: 1500 },
	{ key: "3", name: "liver", center: 90, width: 150 },
	{ key: "4", name: "bone", center: 480, width: 2500 },
	{ key: "5", name: "brain", center: 40, width: 80 },
	{ key: "6", name: "mediastinum", center: 40, width: 350 },
];

/** The presets that make sense for a modality: only CT has absolute units. */
export function presetsFor(modality: string): readonly Preset[] {
	return modality === "CT" ? CT_PRESETS : [];
}

export function presetVoi(preset: Preset): Voi {
	return { center: preset.center, width: preset.width, function: "LINEAR", table: null };
}

/** The preset that a window is, if it is one. */
export function presetNamed(modality: string, voi: Voi): Preset | null {
	if (voi.table !== null) return null;
	return presetsFor(modality).find((one) => one.center === voi.center && one.width === voi.width) ?? null;
}
