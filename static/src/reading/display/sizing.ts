/** Images as large as they are: one image pixel on one device pixel, or a millimetre for a millimetre. */
import type { ImageForm } from "../manifest.ts";
import type { Pane } from "../pane.ts";
import { pixelAspect } from "../space.ts";
import type { Station } from "../station.ts";
import { type Calibration, calibrationAt } from "../tools/calibration.ts";
import type { ObjectFacts } from "../tools/measuring.ts";
import { placement, type Size, ZOOM_MAX, ZOOM_MIN } from "../view.ts";

export type SizeMode = "pixel" | "true";
/** Why an image cannot be shown so. */
export type Obstacle = "no_image" | "not_square" | "no_spacing" | "no_screen" | "too_far";

/** What of the screen the sizes depend on; `pxPerMm` in CSS pixels, null until somebody calibrated the screen. */
export interface Glass {
	readonly ratio: number;
	readonly pxPerMm: number | null;
}

const SAME = 1e-3;
const EXACT = 1e-9;

/** CSS pixels for an image row in true size. */
function trueScale(
	form: ImageForm,
	{ across, down }: Calibration,
	pxPerMm: number | null,
): number | Obstacle {
	if (across.unit !== "mm" || down.unit !== "mm") return "no_spacing";
	if (Math.abs(across.delta / down.delta / pixelAspect(form) - 1) > SAME) return "not_square";
	return pxPerMm === null ? "no_screen" : down.delta * pxPerMm;
}

/** The zoom at which an image has its size in a viewport. */
export function zoomFor(
	mode: SizeMode,
	form: ImageForm,
	calibration: Calibration,
	viewport: Size,
	glass: Glass,
): number | Obstacle {
	if (mode === "pixel" && Math.abs(pixelAspect(form) - 1) > SAME) return "not_square";
	const scale = mode === "pixel" ? 1 / glass.ratio : trueScale(form, calibration, glass.pxPerMm);
	if (typeof scale === "string") return scale;
	const zoom = scale / placement(form, viewport, { zoom: 1, panX: 0, panY: 0 }).scaleY;
	return zoom < ZOOM_MIN || zoom > ZOOM_MAX ? "too_far" : zoom;
}

interface Held {
	readonly mode: SizeMode;
	/** The zoom that was set; another one in the pane means that somebody zoomed since. */
	readonly zoom: number;
}

export interface SizingOptions {
	readonly facts: () => ObjectFacts;
	readonly glass: () => Glass;
	/** What stands on the image in this size. */
	readonly said: (mode: SizeMode, calibration: Calibration) => string;
}

/** Keeps panes at their size while viewports, frames and screens change; whoever zooms leaves it. */
export class Sizing {
	readonly #station: Station;
	readonly #options: SizingOptions;
	readonly #held = new Map<Pane, Held>();
	readonly #stops: (() => void)[] = [];

	constructor(station: Station, options: SizingOptions) {
		this.#station = station;
		this.#options = options;
		for (const pane of station.panes) {
			pane.resized = () => this.#follow(pane);
			this.#stops.push(pane.state.subscribe(() => this.#follow(pane)));
		}
	}

	close(): void {
		for (const stop of this.#stops) stop();
		for (const pane of this.#station.panes) pane.resized = () => undefined;
	}

	/** Shows the active pane in a size, or fitted when it is shown so already; answers what is in the way. */
	toggle(mode: SizeMode): Obstacle | null {
		const pane = this.#station.activePane;
		if (this.#held.get(pane)?.mode === mode) {
			this.#station.act(() => pane.fit());
			return null;
		}
		const zoom = this.#zoomOf(pane, mode);
		if (typeof zoom === "string") return zoom;
		this.#station.act(() => this.#apply(pane, mode, zoom));
		return null;
	}

	/** The screen may be another one. */
	look(): void {
		for (const pane of this.#held.keys()) this.#follow(pane);
	}

	#calibration(pane: Pane): Calibration | null {
		const { series } = pane.state.value;
		const frame = pane.frame;
		if (series === null || frame?.form == null) return null;
		return calibrationAt(frame.form, this.#options.facts().spacing(series.uid, frame.sopInstanceUid), []);
	}

	#zoomOf(pane: Pane, mode: SizeMode): number | Obstacle {
		const form = pane.frame?.form;
		const calibration = this.#calibration(pane);
		if (form == null || calibration === null) return "no_image";
		return zoomFor(mode, form, calibration, pane.size, this.#options.glass());
	}

	#apply(pane: Pane, mode: SizeMode, zoom: number): void {
		this.#held.set(pane, { mode, zoom });
		const now = pane.state.value.view.zoom;
		if (Math.abs(zoom / now - 1) > EXACT) pane.zoomCentre(zoom / now);
		const calibration = this.#calibration(pane);
		if (calibration === null) return;
		this.#held.set(pane, { mode, zoom: pane.state.value.view.zoom });
		pane.sizing.set({ exact: mode === "pixel", said: () => this.#options.said(mode, calibration) });
	}

	#follow(pane: Pane): void {
		const held = this.#held.get(pane);
		if (held === undefined) return;
		const { view } = pane.state.value;
		const zoom = this.#zoomOf(pane, held.mode);
		if (typeof zoom === "number" && Math.abs(view.zoom / zoom - 1) <= EXACT) return;
		const ours = Math.abs(view.zoom / held.zoom - 1) <= EXACT;
		if (ours && typeof zoom === "number") {
			this.#apply(pane, held.mode, zoom);
			return;
		}
		this.#held.delete(pane);
		pane.sizing.set(null);
	}
}
