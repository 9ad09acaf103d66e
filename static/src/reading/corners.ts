/** What stands in the corners of a viewport, and what a screen reader is told of it. Pure. */
import { type Params, say } from "../kit/i18n.ts";
import type { ImageForm, Series, Study, Technique } from "./manifest.ts";
import type { PaneState } from "./pane.ts";
import { isColour } from "./picture.ts";
import { presetNamed } from "./presets.ts";
import { slicePositionMm } from "./space.ts";
import type { TextKey } from "./texts.ts";
import type { Voi } from "./voi.ts";

export type Words = Readonly<Record<TextKey, string>>;

export interface Corners {
	readonly title: string;
	readonly seriesLabel: string;
	readonly place: readonly string[];
	readonly notices: readonly string[];
	readonly origin: readonly string[];
	readonly look: readonly string[];
	readonly technique: string;
	readonly loaded: string;
	readonly complete: boolean;
	readonly label: string;
}

export interface Seen {
	readonly study: Study;
	readonly state: PaneState;
	readonly voi: Voi | null;
	readonly zoomPercent: number;
	readonly loaded: number;
	/** The frame's samples are here. */
	readonly arrived: boolean;
	/** What is seen lacks its finest details. */
	readonly preview: boolean;
	/** Where the millimetres of what is drawn come from; null while nothing is. */
	readonly source: string | null;
	/** The size that was asked for, in words. */
	readonly sizing?: string | null;
	/** How this pane follows the active one; null while it does not. */
	readonly following: string | null;
}

const MINUS = "\u2212";

/** A figure with a true minus sign and no needless digits. */
export function signed(value: number, digits = 0): string {
	const rounded = Number(value.toFixed(digits));
	const shown = Math.abs(rounded).toFixed(digits);
	return rounded < 0 ? `${MINUS}${shown}` : shown;
}

/** `肺窗 1.0 mm`: what a series is called, with its thickness. */
export function seriesTitle(series: Series): string {
	const thickness = series.frames[0]?.form?.sliceThicknessMm;
	const name = series.description || series.bodyPart || series.modality;
	return thickness == null ? name : `${name} ${thickness.toFixed(1)} mm`;
}

export function seriesLabel(series: Series, words: Words): string {
	return series.number === null ? words.seriesUnnumbered : say(words.series, { number: series.number });
}

/** A DICOM date and time as people read them: `2026-05-14 10:31:08`. */
export function dicomDateTime(date: string, time: string): string {
	const day = /^\d{8}$/.test(date) ? `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}` : "";
	const clock = /^\d{6}/.test(time) ? `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4, 6)}` : "";
	return [day, clock].filter((part) => part !== "").join(" ");
}

const DAY_MS = 86_400_000;
const DAYS_SAID_MAX = 730;
const DAYS_IN_MONTH = 30.44;

function dayOf(date: string): number | null {
	if (!/^\d{8}$/.test(date)) return null;
	const at = Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6)));
	return at / DAY_MS;
}

/** How long before: in days up to two years, then in years and months; empty where a date lacks. */
export function agoSaid(earlier: string, now: string, words: Words): string {
	const [then, today] = [dayOf(earlier), dayOf(now)];
	if (then === null || today === null) return "";
	const days = today - then;
	if (days === 0) return words.sameDay;
	if (days <= DAYS_SAID_MAX) return say(words.daysBefore, { days });
	const months = Math.round(days / DAYS_IN_MONTH);
	return say(words.yearsBefore, { years: Math.floor(months / 12), months: months % 12 });
}

/** `既往 2026-05-14 · 191 天前 · 县人民医院`: what an earlier study is called wherever it is shown. */
export function priorSaid(prior: Study, now: Study | null, words: Words): string {
	const day = dicomDateTime(prior.date, "") || words.undated;
	const where = prior.series.find((one) => one.institution !== "")?.institution ?? "";
	return [`${words.prior} ${day}`, agoSaid(prior.date, now?.date ?? "", words), where]
		.filter((part) => part !== "")
		.join(" · ");
}

export function techniqueLine(technique: Technique, words: Words): string {
	const parts: readonly (readonly [TextKey, number | null])[] = [
		["kvp", technique.kvp],
		["tubeCurrent", technique.tubeCurrentMa],
		["repetition", technique.repetitionTimeMs],
		["echo", technique.echoTimeMs],
		["field", technique.fieldStrengthT],
	];
	return parts
		.filter((part): part is readonly [TextKey, number] => part[1] !== null && part[1] > 0)
		.map(([key, value]) => say(words[key], { value: Number(value.toFixed(1)) }))
		.join(" · ");
}

/** What is unusual about the order of a series' frames, in words. */
export function stackNotices(series: Series, words: Words): string[] {
	const { stack, frames } = series;
	const many = frames.length > 1;
	const filmed = frames.some((frame) => frame.video !== undefined);
	const spread = frames.some((frame) => frame.number > 1);
	const notices: [boolean, TextKey, Params][] = [
		[!filmed && many && !stack.byPosition && !spread && series.modality !== "US", "unordered", {}],
		[stack.tiltDegrees !== 0, "tilt", { degrees: Number(stack.tiltDegrees.toFixed(1)) }],
		[stack.missingAfter.length > 0, "missing", { count: stack.missingAfter.length }],
		[stack.spacingVaries && stack.missingAfter.length === 0, "spacingVaries", {}],
		[stack.repeats > 1, "repeats", { count: stack.repeats }],
	];
	return notices.filter(([holds]) => holds).map(([, key, params]) => say(words[key], params));
}

function lookLines(form: ImageForm, seen: Seen, words: Words, series: Series): string[] {
	const lines: string[] = [];
	if (seen.voi !== null && !isColour(form)) {
		const preset = presetNamed(series.modality, seen.voi, series.bodyPart);
		const digits = seen.voi.width < 20 ? 2 : 0;
		const levels = say(words.levels, {
			center: signed(seen.voi.center, digits),
			width: signed(seen.voi.width, digits),
		});
		const figures = seen.voi.table === null ? levels : words.ownTable;
		lines.push(preset === null ? figures : `${words[preset.name]} ${figures}`);
	}
	const stored = form.lossy ? words.lossy : words.lossless;
	const quality = seen.preview ? words.preview : stored;
	lines.push(`${say(words.zoomed, { percent: seen.zoomPercent })} ${quality}`);
	const turned = turnSaid(seen.state.turn, words);
	if (turned !== "") lines.push(turned);
	if (seen.sizing != null) lines.push(seen.sizing);
	if (seen.source !== null) lines.push(seen.source);
	return lines;
}

/** A turned picture says so: left may be right. */
function turnSaid({ quarters, flipped }: PaneState["turn"], words: Words): string {
	const turned = quarters === 0 ? [] : [say(words.turned, { degrees: quarters * 90 })];
	return [...turned, ...(flipped ? [words.flipped] : [])].join(" ");
}

function liveLabel(series: Series, seen: Seen, words: Words): string {
	const params = {
		series: seriesTitle(series),
		slice: seen.state.index + 1,
		slices: series.frames.length,
		center: signed(seen.voi?.center ?? 0),
		width: signed(seen.voi?.width ?? 0),
	};
	if (series.frames[seen.state.index]?.video !== undefined) return say(words.liveVideo, params);
	if (!seen.arrived) return say(words.liveLoading, params);
	return say(seen.voi === null ? words.liveColour : words.live, params);
}

/** How a linked pane follows the active one: in the same space, or so far behind it. */
export function followingSaid(offset: number | null, words: Words): string {
	if (offset === null) return words.linkedHere;
	return say(words.linkedBy, { mm: `${offset > 0 ? "+" : ""}${signed(offset, 1)}` });
}

/** Where and when: what is not known takes no line. */
function originLines(series: Series, study: Study): string[] {
	const made = dicomDateTime(study.date, series.acquisitionTime || study.time);
	return [series.institution, made].filter((line) => line !== "");
}

/** All corner texts of a pane that shows a series; null for an empty one. */
export function cornersOf(seen: Seen, words: Words): Corners | null {
	const { series, index } = seen.state;
	const frame = series?.frames[index];
	if (series == null || frame === undefined) return null;
	const counted = { slice: index + 1, slices: series.frames.length };
	const video = frame.video !== undefined;
	const place = video ? words.video : frame.form?.frameTimeMs != null ? words.frame : words.slice;
	const positionMm = slicePositionMm(frame);
	const { form } = frame;
	const notices = [...(seen.preview ? [words.previewing] : []), ...stackNotices(series, words)];
	return {
		title: seriesTitle(series),
		seriesLabel: seriesLabel(series, words),
		place: [
			say(place, counted),
			...(positionMm === null ? [] : [say(words.position, { mm: signed(positionMm, 1) })]),
			...(seen.following === null ? [] : [seen.following]),
		],
		notices,
		origin: originLines(series, seen.study),
		look: form === null ? [] : lookLines(form, seen, words, series),
		technique: techniqueLine(series.technique, words),
		loaded: video ? "" : say(words.loaded, { loaded: seen.loaded, slices: counted.slices }),
		complete: seen.loaded >= counted.slices,
		label: liveLabel(series, seen, words),
	};
}
