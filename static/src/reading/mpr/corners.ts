/** What stands in the corners of a reconstructed plane: always that it is one. Pure. */
import { say } from "../../kit/i18n.ts";
import { type Corners, seriesLabel, seriesTitle, signed, type Words } from "../corners.ts";
import type { Series, Study, Vector } from "../manifest.ts";
import { presetNamed } from "../presets.ts";
import { dot } from "../space.ts";
import type { MprState } from "./mpr.ts";
import { HOME, isOblique, type PlaneName } from "./plane.ts";
import type { Slab } from "./resample.ts";
import type { MprWords } from "./texts.ts";
import type { Volume } from "./volume.ts";

export interface PlaneSeen {
	readonly study: Study;
	readonly series: Series;
	readonly volume: Volume;
	readonly state: MprState;
	readonly name: PlaneName;
	readonly perMm: number;
	/** How many slices of the volume are there, and how many never will be. */
	readonly loaded: number;
	readonly refused: number;
}

const DEGREES = 180 / Math.PI;
/** A position grows to the left, to the back, to the head, as DICOM's coordinates do. */
const POSITIVE: Readonly<Record<PlaneName, Vector>> = {
	axial: [0, 0, 1],
	coronal: [0, 1, 0],
	sagittal: [1, 0, 0],
};

export function slabSaid({ mode, thicknessMm }: Slab, words: MprWords): string {
	return thicknessMm > 0 ? say(words.slabOf, { mode: words[mode], mm: thicknessMm }) : words.planeAlone;
}

export function placeSaid(state: MprState, name: PlaneName, words: MprWords): string {
	const plane = state.planes[name];
	const home = HOME[name];
	if (!isOblique(name, plane)) {
		return say(words.place, { mm: signed(dot(state.cross, POSITIVE[name]), 1) });
	}
	const cosine = Math.min(1, Math.max(-1, dot(plane.normal, home.normal)));
	return say(words.oblique, { degrees: Math.round(Math.acos(cosine) * DEGREES) });
}

/** What is unusual about the volume, as the station says it of the series. */
export function volumeNotices(seen: PlaneSeen, words: MprWords, station: Words): string[] {
	const { volume, series, loaded, refused } = seen;
	const { stack, frames } = series;
	const notices: [boolean, string][] = [
		[stack.tiltDegrees !== 0, say(station.tilt, { degrees: Number(stack.tiltDegrees.toFixed(1)) })],
		[volume.gaps > 0, say(words.gaps, { count: volume.gaps })],
		[stack.spacingVaries && volume.gaps === 0, station.spacingVaries],
		[
			volume.frames.length < frames.length,
			say(words.pass, { used: volume.frames.length, all: frames.length }),
		],
		[loaded + refused >= volume.frames.length && refused > 0, say(words.holes, { count: refused })],
	];
	return notices.filter(([holds]) => holds).map(([, said]) => said);
}

/** `over`: what is said of what lies over the plane. */
export function planeCorners(
	seen: PlaneSeen,
	words: MprWords,
	station: Words,
	over: readonly string[] = [],
): Corners {
	const { state, series, name, volume, loaded } = seen;
	const { voi } = state;
	const preset = presetNamed(series.modality, voi, series.bodyPart);
	const digits = voi.width < 20 ? 2 : 0;
	const figures = { center: signed(voi.center, digits), width: signed(voi.width, digits) };
	const levels = voi.table === null ? say(station.levels, figures) : station.ownTable;
	const place = placeSaid(state, name, words);
	return {
		title: `${words[name]} ${words.reconstructed}`,
		seriesLabel: seriesLabel(series, station),
		place: [place, slabSaid(state.slab, words)],
		notices: [...over, ...volumeNotices(seen, words, station)],
		origin: [say(words.ofSeries, { series: seriesTitle(series) }), words.resampled],
		look: [
			preset === null ? levels : `${station[preset.name]} ${levels}`,
			say(station.zoomed, { percent: Math.round(seen.perMm * (volume.form.spacing?.rowMm ?? 1) * 100) }),
		],
		technique: "",
		loaded: say(station.loaded, { loaded, slices: volume.frames.length }),
		complete: loaded >= volume.frames.length,
		label: say(words.live, { plane: words[name], place, ...figures }),
	};
}
