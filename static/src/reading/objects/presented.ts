/** How a presentation state wants a frame to be looked at (PS3.4 N.2, PS3.3 C.10.4, C.10.6, C.11). Pure. */
import type { components } from "../../api/schema.gen.ts";
import type { Frame, ImageForm, Lut } from "../manifest.ts";
import type { Look } from "../pane.ts";
import { pixelAspect } from "../space.ts";
import { canvasSize, type Turn } from "../turn.ts";
import { FITTED, type Size, type View, ZOOM_MAX, ZOOM_MIN } from "../view.ts";
import { rescaled, share, type Voi } from "../voi.ts";
import { type Area, isFor, type Presentation } from "./told.ts";

type WireLut = components["schemas"]["Lut"];
type WireVoi = components["schemas"]["Voi"];

const TABLE_BITS = 16;
const TOP = 2 ** TABLE_BITS - 1;
const TABLE_MAX = 65_536;

export function lutOf(wire: WireLut): Lut {
	const bytes = Uint8Array.from(atob(wire.entries), (letter) => letter.charCodeAt(0));
	const view = new DataView(bytes.buffer);
	const entries = Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
	return { firstMapped: wire.first_mapped, bits: wire.bits, entries };
}

function looked(lut: Lut, value: number): number {
	const at = Math.min(Math.max(Math.trunc(value) - lut.firstMapped, 0), lut.entries.length - 1);
	return lut.entries[at] ?? 0;
}

/** The share of full brightness that a state gives to a stored value, before it is turned upside down. */
function chain(state: Presentation, voi: WireVoi | undefined): (stored: number) => number {
	const modality = state.modality_lut === null ? null : lutOf(state.modality_lut);
	const table = voi?.lut == null ? null : lutOf(voi.lut);
	const last = state.presentation_lut === null ? null : lutOf(state.presentation_lut);
	const window =
		voi?.center == null || voi.width == null
			? null
			: { center: voi.center, width: voi.width, function: voi.function };
	return (stored) => {
		const value =
			modality === null ? stored * state.rescale_slope + state.rescale_intercept : looked(modality, stored);
		let part: number;
		if (table !== null) part = looked(table, value) / (2 ** table.bits - 1);
		else if (window !== null) part = share(value, window);
		else part = value / (2 ** (modality?.bits ?? TABLE_BITS) - 1);
		if (last === null) return part;
		const at = last.firstMapped + Math.round(part * (last.entries.length - 1));
		return looked(last, at) / (2 ** last.bits - 1);
	};
}

/** A table over rescaled values that does what a chain does with the stored values behind them. */
function tableOver(form: ImageForm, shade: (stored: number) => number): Lut | null {
	const half = 2 ** (form.bitsStored - 1);
	const [low, high] = form.signed ? [-half, half - 1] : [0, 2 * half - 1];
	if (form.modalityLut !== null || form.rescaleSlope !== 1 || !Number.isInteger(form.rescaleIntercept))
		return null;
	const count = high - low + 1;
	if (count > TABLE_MAX) return null;
	const entries = Uint16Array.from({ length: count }, (_, i) =>
		Math.round(Math.min(1, Math.max(0, shade(low + i))) * TOP),
	);
	return { firstMapped: rescaled(low, form), bits: TABLE_BITS, entries };
}

/** The state's window for a frame in the frame's own rescaled values; null where it has none. */
export function voiOf(state: Presentation, frame: Frame): Voi | null {
	const { form } = frame;
	if (form === null || state.colour) return null;
	const voi = state.voi.find((one) => isFor(one.images, state, frame));
	if (state.modality_lut !== null || state.presentation_lut !== null || voi?.lut != null) {
		const table = tableOver(form, chain(state, voi));
		return table === null ? null : { center: 0, width: 1, function: "LINEAR", table };
	}
	if (voi?.center == null || voi.width == null || form.modalityLut !== null) return null;
	// Both speak of stored values, each in units of its own rescale.
	const ratio = form.rescaleSlope / state.rescale_slope;
	return {
		center: (voi.center - state.rescale_intercept) * ratio + form.rescaleIntercept,
		width: Math.abs(voi.width * ratio),
		function: voi.function,
		table: null,
	};
}

/** The state turns, then flips; a pane flips, then turns. */
export function turnOf({ quarters, flipped }: Pick<Presentation, "quarters" | "flipped">): Turn {
	const turned = (flipped ? 4 - quarters : quarters) % 4;
	return { quarters: turned as Turn["quarters"], flipped };
}

/** The displayed area in points of the image, whichever way round its corners are. */
export function boxOf({ top_left: [x, y], bottom_right: [toX, toY] }: Area) {
	return {
		left: Math.min(x, toX) - 1,
		top: Math.min(y, toY) - 1,
		right: Math.max(x, toX),
		bottom: Math.max(y, toY),
	};
}

/** Shows the area as large as it fits on a canvas. */
export function viewOf(area: Area, form: ImageForm, canvas: Size): View {
	const { left, top, right, bottom } = boxOf(area);
	const aspect = pixelAspect(form);
	const [width, height] = [right - left, bottom - top];
	if (!(width > 0 && height > 0)) return FITTED;
	const fitted = (columns: number, rows: number): number =>
		Math.min(canvas.width / (columns * aspect), canvas.height / rows);
	const whole = fitted(form.columns, form.rows);
	const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, fitted(width, height) / whole));
	const scale = whole * zoom;
	return {
		zoom,
		panX: (form.columns / 2 - (left + right) / 2) * scale * aspect + 0,
		panY: (form.rows / 2 - (top + bottom) / 2) * scale + 0,
	};
}

export function areaOf(state: Presentation, frame: Frame): Area | undefined {
	return state.areas.find((one) => isFor(one.images, state, frame));
}

/** How a pane looks at its frame when a state is applied. `canvas` is the pane's present canvas, laid out by `now`. */
export function lookOf(state: Presentation, frame: Frame, canvas: Size, now: Look): Look {
	const { form } = frame;
	const turn = turnOf(state);
	const area = areaOf(state, frame);
	const room = canvasSize(canvasSize(canvas, now.turn), turn);
	return {
		series: now.series,
		chosenVoi: voiOf(state, frame) ?? now.chosenVoi,
		invert: form === null || state.colour ? now.invert : state.inverse !== form.inverse,
		turn,
		view: form === null || area === undefined ? FITTED : viewOf(area, form, room),
	};
}
