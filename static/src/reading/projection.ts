/** From points of an image to points on the screen and back, however the picture is placed and turned. */
import type { Pane } from "./pane.ts";
import type { Point } from "./space.ts";
import { canvasPoint, seenPoint } from "./turn.ts";
import { placement, toImage, toViewport } from "./view.ts";

export interface Projection {
	toSeen(point: Point): Point;
	toImage(seen: Point): Point;
}

/** How the pane shows its frame now; null where it shows none. */
export function projectionOf(pane: Pane): Projection | null {
	const form = pane.frame?.form;
	if (form == null) return null;
	const { size } = pane;
	const { turn, view } = pane.state.value;
	const at = placement(form, size, view);
	return {
		toSeen: (point) => seenPoint(toViewport(point, at), size, turn),
		toImage: (seen) => toImage(canvasPoint(seen, size, turn), at),
	};
}
