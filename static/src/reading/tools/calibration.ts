/** What a pixel is worth where a mark lies, and who says so (PS3.3 10.7, C.8.5.5, C.8.11.3). Pure. */
import type { ImageForm } from "../manifest.ts";
import type { Point } from "../space.ts";

export type CalibrationSource = "pixel" | "imager" | "magnified" | "ultrasound" | "nominal" | "none";
/** Units a mark can have: millimetres, seconds, centimetres in a second …; pixels where nothing is known. */
export type Unit = "mm" | "px" | "s" | "cm/s" | "Hz" | "%" | "dB" | "°";

export interface Axis {
	/** Units for one pixel. */
	readonly delta: number;
	readonly unit: Unit;
}

export interface Calibration {
	readonly across: Axis;
	readonly down: Axis;
	readonly source: CalibrationSource;
	/** Both axes are lengths: angles and areas mean something, and distances may be slanted. */
	readonly planar: boolean;
}

/** A calibrated part of an ultrasound picture, as the object states it. */
export interface Region {
	readonly spatialFormat: number;
	readonly flags: number;
	readonly minX: number;
	readonly minY: number;
	readonly maxX: number;
	readonly maxY: number;
	readonly unitsX: number;
	readonly unitsY: number;
	readonly deltaX: number;
	readonly deltaY: number;
}

/** What an object says of its calibration besides the spacing of the manifest. */
export interface SpacingFacts {
	readonly magnification: number | null;
	readonly nominal: readonly [number, number] | null;
	readonly regions: readonly Region[];
}

export const NO_FACTS: SpacingFacts = { magnification: null, nominal: null, regions: [] };

const PIXELS: Axis = { delta: 1, unit: "px" };
export const UNCALIBRATED: Calibration = { across: PIXELS, down: PIXELS, source: "none", planar: true };

/** Physical units of regions (0018,6024): codes to our units and how many of them one is worth. */
const UNITS: Readonly<Record<number, readonly [Unit, number]>> = {
	1: ["%", 1],
	2: ["dB", 1],
	3: ["mm", 10],
	4: ["s", 1],
	5: ["Hz", 1],
	7: ["cm/s", 1],
	12: ["°", 1],
};
const GRAPHICS = 5;
const LOW_PRIORITY = 1;

function inside(region: Region, { x, y }: Point): boolean {
	return x >= region.minX && x <= region.maxX + 1 && y >= region.minY && y <= region.maxY + 1;
}

/** The region that holds all the points, those of high priority first; null where there is none. */
export function regionOf(regions: readonly Region[], points: readonly Point[]): Region | null {
	const holding = regions.filter((one) => points.every((point) => inside(one, point)));
	return holding.find((one) => (one.flags & LOW_PRIORITY) === 0) ?? holding[0] ?? null;
}

function axis(units: number, delta: number): Axis | null {
	const known = UNITS[units];
	const size = Math.abs(delta);
	return known === undefined || !(size > 0) || !Number.isFinite(size)
		? null
		: { unit: known[0], delta: size * known[1] };
}

function ultrasound(region: Region | null): Calibration {
	if (region === null || region.spatialFormat === GRAPHICS) return UNCALIBRATED;
	const across = axis(region.unitsX, region.deltaX);
	const down = axis(region.unitsY, region.deltaY);
	if (across === null || down === null) return UNCALIBRATED;
	return { across, down, source: "ultrasound", planar: across.unit === "mm" && down.unit === "mm" };
}

function millimetres(columnMm: number, rowMm: number, source: CalibrationSource): Calibration {
	return {
		across: { delta: columnMm, unit: "mm" },
		down: { delta: rowMm, unit: "mm" },
		source,
		planar: true,
	};
}

/** The calibration that holds for a mark at these points of an image. */
export function calibrationAt(form: ImageForm, facts: SpacingFacts, points: readonly Point[]): Calibration {
	if (facts.regions.length > 0) return ultrasound(regionOf(facts.regions, points));
	const { spacing } = form;
	if (spacing === null) {
		return facts.nominal === null ? UNCALIBRATED : millimetres(facts.nominal[1], facts.nominal[0], "nominal");
	}
	const { columnMm, rowMm, source } = spacing;
	if (source !== "imager") return millimetres(columnMm, rowMm, source);
	const by = facts.magnification ?? 0;
	return by > 0 ? millimetres(columnMm / by, rowMm / by, "magnified") : millimetres(columnMm, rowMm, source);
}
