/** How an image lies in its viewport: fitted, then zoomed and moved. Sizes are CSS pixels. */
import type { ImageForm } from "./manifest.ts";
import { type Point, pixelAspect } from "./space.ts";

export interface Size {
	readonly width: number;
	readonly height: number;
}

/** `zoom` 1 is fitted; `panX`, `panY` move the centre of the image from the centre of the viewport. */
export interface View {
	readonly zoom: number;
	readonly panX: number;
	readonly panY: number;
}

export const FITTED: View = { zoom: 1, panX: 0, panY: 0 };
export const ZOOM_MIN = 0.02;
export const ZOOM_MAX = 40;

/** What a picture's size and shape follow from. */
export type Shape = Pick<ImageForm, "rows" | "columns" | "spacing" | "pixelAspect">;

/** From image points to viewport points: x·scaleX + left, y·scaleY + top. */
export interface Placement {
	readonly left: number;
	readonly top: number;
	readonly scaleX: number;
	readonly scaleY: number;
}

export function placement(form: Shape, viewport: Size, view: View): Placement {
	const aspect = pixelAspect(form);
	const fit = Math.min(viewport.width / (form.columns * aspect), viewport.height / form.rows);
	const scaleY = fit * view.zoom;
	const scaleX = scaleY * aspect;
	return {
		scaleX,
		scaleY,
		left: viewport.width / 2 + view.panX - (form.columns * scaleX) / 2,
		top: viewport.height / 2 + view.panY - (form.rows * scaleY) / 2,
	};
}

export function toViewport(point: Point, at: Placement): Point {
	return { x: point.x * at.scaleX + at.left, y: point.y * at.scaleY + at.top };
}

export function toImage(point: Point, at: Placement): Point {
	return { x: (point.x - at.left) / at.scaleX, y: (point.y - at.top) / at.scaleY };
}

/** Zooms by `factor` about a viewport point, which stays where it is. */
export function zoomedAbout(view: View, factor: number, point: Point, viewport: Size): View {
	const zoom = Math.min(ZOOM_MAX, Math.max(ZOOM_MIN, view.zoom * factor));
	const real = zoom / view.zoom;
	const fromCentreX = point.x - viewport.width / 2;
	const fromCentreY = point.y - viewport.height / 2;
	return {
		zoom,
		panX: fromCentreX - (fromCentreX - view.panX) * real,
		panY: fromCentreY - (fromCentreY - view.panY) * real,
	};
}

export function panned(view: View, dx: number, dy: number): View {
	return { ...view, panX: view.panX + dx, panY: view.panY + dy };
}

/** Screen pixels for one image pixel, in percent, as the corner shows it. */
export function zoomPercent(at: Placement): number {
	return Math.round(at.scaleY * 100);
}
