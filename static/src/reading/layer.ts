/** What is laid over the images in their planes. Types alone: what draws it is fetched when it is asked for. */
import type { Frame, Series, Vector } from "./manifest.ts";
import type { PlaneName } from "./mpr/plane.ts";
import type { Wish } from "./mpr/runner.ts";
import type { Pane } from "./pane.ts";
import type { Mark } from "./tools/mark.ts";

/** Where a picture lies on its canvas, in CSS pixels. */
export interface Box {
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
}

/** The labels of a plane's points, of each segmentation that is shown by SOP Instance UID. */
export type PlaneLabels = readonly { readonly uid: string; readonly numbers: Uint32Array<ArrayBuffer> }[];

/** Segmentations over reconstructed planes. A new object whenever planes are to be drawn again. */
export interface LabelLayer {
	/** Another number whenever the labels of a plane are others than before. */
	readonly version: number;
	/** Null when a newer wish for the plane came before it was begun: what was asked for is drawn by then. */
	values(series: Series, name: PlaneName, wish: Wish): Promise<PlaneLabels | null>;
	draw(context: CanvasRenderingContext2D, name: PlaneName, wish: Wish, labels: PlaneLabels, box: Box): void;
	/** What has to be said over the planes of a series; null where nothing has. */
	said(series: Series): string | null;
}

/** What a region says of what lies over it: its figures where there are any, and what has to be said of them. */
export interface RegionSaid {
	readonly figures: string | null;
	readonly note: string;
}

/** A new object whenever panes are to be drawn again. */
export interface Layer {
	/** Another number whenever the values of a plane are others than before. */
	readonly version: number;
	/** Draws over the frame of a pane, which lies in `box`. */
	draw(context: CanvasRenderingContext2D, pane: Pane, box: Box): void;
	/** The values over a reconstructed plane of a series; null where nothing lies over it. */
	values(series: Series, name: PlaneName, wish: Wish): Promise<Float32Array<ArrayBuffer> | null>;
	/** Draws such values over the plane, which lies in `box`. */
	drawValues(
		context: CanvasRenderingContext2D,
		name: PlaneName,
		wish: Wish,
		values: Float32Array,
		box: Box,
	): void;
	/** What has to be said over a series while the layer is on; null where nothing has. */
	said(series: Series): string | null;
	/** The value that lies over a place of a series, with its unit; null where there is none. */
	valueSaid(series: Series, place: Vector): string | null;
	/** What lies over a region of a frame; null for marks that are no region, and where nothing lies over it. */
	regionSaid(series: Series, frame: Frame, mark: Pick<Mark, "kind" | "points">): RegionSaid | null;
}
