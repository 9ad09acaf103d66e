/** Which lead is drawn where, and which span of time it shows. All lengths are millimetres of paper. */
import { mmOfMs, PULSE_MS } from "./paper.ts";

export const LAYOUTS = ["12x1", "6x2", "3x4+1", "3x4+3", "cabrera"] as const;
export type LayoutId = (typeof LAYOUTS)[number];

export const PAGE_MS = 10_000;
/** Room for the calibration pulse; a multiple of 5, so that seconds fall on heavy lines. */
export const ORIGIN_MM = 15;
export const MARGIN_MM = 5;
const RIGHT_MM = 2;
const PULSE_LEFT_MM = 2;
const PULSE_FOOT_MM = 1.5;
const LABEL_RIGHT_MM = 1.5;

interface Plan {
	/** The leads of each column, from the top; a name with "−" is drawn upside down. */
	readonly columns: readonly (readonly string[])[];
	readonly strips: number;
	readonly pitchMm: number;
	/** The pitch at 20 mm/mV. */
	readonly tallPitchMm: number;
}

const LIMB = ["I", "II", "III", "aVR", "aVL", "aVF"] as const;
const CHEST = ["V1", "V2", "V3", "V4", "V5", "V6"] as const;
const THREE_BY_FOUR = [
	["I", "II", "III"],
	["aVR", "aVL", "aVF"],
	["V1", "V2", "V3"],
	["V4", "V5", "V6"],
] as const;

const PLANS: Readonly<Record<LayoutId, Plan>> = {
	"12x1": { columns: [[...LIMB, ...CHEST]], strips: 0, pitchMm: 15, tallPitchMm: 20 },
	"6x2": { columns: [LIMB, CHEST], strips: 0, pitchMm: 25, tallPitchMm: 35 },
	"3x4+1": { columns: THREE_BY_FOUR, strips: 1, pitchMm: 30, tallPitchMm: 45 },
	"3x4+3": { columns: THREE_BY_FOUR, strips: 3, pitchMm: 25, tallPitchMm: 35 },
	cabrera: {
		columns: [["aVL", "I", "−aVR", "II", "aVF", "III"], CHEST],
		strips: 0,
		pitchMm: 25,
		tallPitchMm: 35,
	},
};
const STRIP_LEADS = ["II", "V1", "V5"] as const;
const TALL_GAIN = 20;

/** One stretch of one lead. `label` is drawn above its beginning. */
export interface Segment {
	readonly lead: string;
	readonly label: string;
	readonly inverted: boolean;
	readonly strip: boolean;
	readonly row: number;
	readonly fromMs: number;
	readonly toMs: number;
}

export interface Page {
	readonly fromMs: number;
	readonly toMs: number;
	readonly speedMmPerS: number;
	readonly gainMmPerMv: number;
	readonly pitchMm: number;
	readonly rows: number;
	readonly segments: readonly Segment[];
	/** Where one column ends and the next begins: gap marks, on the rows that change lead there. */
	readonly gaps: readonly { readonly row: number; readonly ms: number }[];
	readonly widthMm: number;
	readonly heightMm: number;
}

export interface PageRequest {
	readonly layout: LayoutId;
	/** The recorded leads. Those that no layout knows follow below the strips. */
	readonly leads: readonly string[];
	readonly fromMs: number;
	readonly toMs: number;
	readonly speedMmPerS: number;
	readonly gainMmPerMv: number;
	/** For print: another distance of rows. */
	readonly pitchMm?: number;
}

const bare = (name: string): string => name.replace(/^−/, "");

/** The plan without the leads that were not recorded; a recording of few leads is simply a column of them. */
function planFor(layout: LayoutId, leads: readonly string[]): Plan {
	const plan = PLANS[layout];
	const recorded = new Set(leads);
	const wanted = plan.columns.flat().map(bare);
	if (wanted.every((name) => recorded.has(name))) return plan;
	const single = PLANS["12x1"];
	const roomy = leads.length <= 3;
	return {
		...single,
		columns: [[...leads]],
		pitchMm: roomy ? 30 : single.pitchMm,
		tallPitchMm: roomy ? 45 : single.tallPitchMm,
	};
}

/** True where the layout can be shown as it is: all its leads were recorded. */
export function layoutFits(layout: LayoutId, leads: readonly string[]): boolean {
	return planFor(layout, leads) === PLANS[layout];
}

export function pageOf(request: PageRequest): Page {
	const plan = planFor(request.layout, request.leads);
	const perColumn = Math.max(...plan.columns.map((column) => column.length));
	const spanMs = request.toMs - request.fromMs;
	const columnMs = spanMs / plan.columns.length;
	const segments: Segment[] = [];
	plan.columns.forEach((column, at) => {
		column.forEach((name, row) => {
			segments.push({
				lead: bare(name),
				label: name,
				inverted: name !== bare(name),
				strip: false,
				row,
				fromMs: request.fromMs + at * columnMs,
				toMs: request.fromMs + (at + 1) * columnMs,
			});
		});
	});
	const strips = [...stripLeads(plan.strips, request.leads), ...furtherLeads(plan, request.leads)];
	strips.forEach((lead, at) => {
		const row = perColumn + at;
		segments.push({
			lead,
			label: lead,
			inverted: false,
			strip: true,
			row,
			fromMs: request.fromMs,
			toMs: request.toMs,
		});
	});
	const rows = perColumn + strips.length;
	const pitchMm = request.pitchMm ?? (request.gainMmPerMv >= TALL_GAIN ? plan.tallPitchMm : plan.pitchMm);
	return {
		fromMs: request.fromMs,
		toMs: request.toMs,
		speedMmPerS: request.speedMmPerS,
		gainMmPerMv: request.gainMmPerMv,
		pitchMm,
		rows,
		segments,
		gaps: segments
			.filter(({ fromMs }) => fromMs > request.fromMs)
			.map(({ row, fromMs }) => ({ row, ms: fromMs })),
		widthMm: ORIGIN_MM + mmOfMs(spanMs, request.speedMmPerS) + RIGHT_MM,
		heightMm: rows * pitchMm + 2 * MARGIN_MM,
	};
}

function stripLeads(count: number, leads: readonly string[]): string[] {
	return STRIP_LEADS.filter((lead) => leads.includes(lead)).slice(0, count);
}

function furtherLeads(plan: Plan, leads: readonly string[]): string[] {
	const shown = new Set(plan.columns.flat().map(bare));
	return leads.filter((lead) => !shown.has(lead));
}

/** The isoelectric line of a row, two thirds down, on a heavy line of the paper where the pitch allows. */
export function baselineMm(page: Pick<Page, "pitchMm">, row: number): number {
	return MARGIN_MM + row * page.pitchMm + Math.round((page.pitchMm * 2) / 3 / 5) * 5;
}

/** Above the trace and below the row before: where a lead's name stands (its text baseline). */
export function labelMm(page: Pick<Page, "pitchMm">, row: number): number {
	return baselineMm(page, row) - page.pitchMm * 0.45;
}

export const xMmOf = (page: Pick<Page, "fromMs" | "speedMmPerS">, ms: number): number =>
	ORIGIN_MM + mmOfMs(ms - page.fromMs, page.speedMmPerS);

export const labelXMm = (page: Page, segment: Segment): number =>
	xMmOf(page, segment.fromMs) + LABEL_RIGHT_MM;

/** The corners of a row's calibration pulse, 1 mV high and 200 ms wide, in millimetres from its row's
 * baseline (y upwards). It ends where the trace begins. */
export function pulseMm(
	page: Pick<Page, "speedMmPerS" | "gainMmPerMv">,
): readonly (readonly [number, number])[] {
	const width = mmOfMs(PULSE_MS, page.speedMmPerS);
	const left = Math.max(PULSE_LEFT_MM, ORIGIN_MM - 2 * PULSE_FOOT_MM - width - 1);
	const rise = left + PULSE_FOOT_MM;
	return [
		[left, 0],
		[rise, 0],
		[rise, page.gainMmPerMv],
		[rise + width, page.gainMmPerMv],
		[rise + width, 0],
		[rise + width + PULSE_FOOT_MM, 0],
	];
}
