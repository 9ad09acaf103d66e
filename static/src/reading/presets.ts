/** Window presets by key, for the modalities in which the numbers mean something, and by body part. */
import type { Voi } from "./voi.ts";

export type PresetName =
	| "softTissue"
	| "lung"
	| "liver"
	| "bone"
	| "brain"
	| "mediastinum"
	| "vessels"
	| "spineWindow"
	| "fullRange"
	| "subdural"
	| "stroke"
	| "temporalBone";

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
const BODY: readonly Preset[] = [
	{ key: "7", name: "vessels", center: 300, width: 600 },
	{ key: "8", name: "spineWindow", center: 50, width: 250 },
	{ key: "9", name: "fullRange", center: 1024, width: 4096 },
];
const HEAD: readonly Preset[] = [
	{ key: "7", name: "subdural", center: 80, width: 200 },
	{ key: "8", name: "stroke", center: 40, width: 40 },
	{ key: "9", name: "temporalBone", center: 600, width: 2800 },
];
const HEAD_PARTS = /HEAD|BRAIN|SKULL|ORBIT|IAC|SINUS|EAR|FACE/;

export const PRESET_KEYS: readonly string[] = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** The presets that make sense for a series: only CT has absolute units; the last three go by body part. */
export function presetsFor(modality: string, bodyPart = ""): readonly Preset[] {
	if (modality !== "CT") return [];
	return [...CT_PRESETS, ...(HEAD_PARTS.test(bodyPart.toUpperCase()) ? HEAD : BODY)];
}

export function presetVoi(preset: Preset): Voi {
	return { center: preset.center, width: preset.width, function: "LINEAR", table: null };
}

/** The preset that a window is, if it is one. */
export function presetNamed(modality: string, voi: Voi, bodyPart = ""): Preset | null {
	if (voi.table !== null) return null;
	const presets = presetsFor(modality, bodyPart);
	return presets.find((one) => one.center === voi.center && one.width === voi.width) ?? null;
}
