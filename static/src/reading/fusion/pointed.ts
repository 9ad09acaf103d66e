/** What the images say under a pointer: the value of the image and of the PET over it. */
import { signed } from "../corners.ts";
import type { Pane } from "../pane.ts";
import { projectionOf } from "../projection.ts";
import type { Point } from "../space.ts";
import type { Station } from "../station.ts";
import { valueUnit } from "../tools/figures.ts";
import { patientOf } from "../tools/spatial.ts";
import { rescaled } from "../voi.ts";

/** The value of the pixel at a point of the pane's image with its unit; empty where there is none. */
function imageValue(station: Station, pane: Pane, { x, y }: Point): string {
	const { series, index } = pane.state.value;
	const form = pane.frame?.form;
	if (series === null || form == null || station.isPreview(series, index)) return "";
	const [column, row] = [Math.floor(x), Math.floor(y)];
	if (column < 0 || row < 0 || column >= form.columns || row >= form.rows) return "";
	const stored = station.samples(series, index)?.[row * form.columns + column];
	if (stored === undefined) return "";
	const digits = Number.isInteger(form.rescaleSlope) ? 0 : 2;
	return `${signed(rescaled(stored, form), digits)} ${valueUnit(form, series.modality)}`.trimEnd();
}

/** Both values at a point of the viewport; empty where there are none. */
export function pointedSaid(station: Station, pane: Pane, seen: Point): string {
	const point = projectionOf(pane)?.toImage(seen);
	const { series } = pane.state.value;
	if (point === undefined || pane.frame === null || series === null) return "";
	const place = patientOf(point, pane.frame);
	const over = place === null ? null : (station.layer.value?.valueSaid(series, place) ?? null);
	return [imageValue(station, pane, point), over ?? ""].filter((part) => part !== "").join(" · ");
}
