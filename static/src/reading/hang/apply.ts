/** Puts an arrangement on the screen. */
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import type { Arrangement, Placed } from "./arrange.ts";

/** Pushes a picture that fills the height against a side: by half of what is free beside it. */
function push(pane: Pane, toward: Placed["toward"]): void {
	const form = pane.frame?.form;
	if (toward === null || form == null) return;
	pane.fit();
	const free = pane.size.width - pane.size.height * (form.columns / form.rows);
	if (free > 0) pane.pan(toward === "left" ? -free / 2 : free / 2, 0);
}

function fill(station: Station, pane: Pane, placed: Placed | null): void {
	const series = placed === null ? undefined : station.series(placed.seriesUid);
	if (placed === null || series === undefined) {
		pane.clear();
		return;
	}
	pane.show(series);
	if (placed.window !== null) pane.setVoi({ ...placed.window, function: "LINEAR", table: null });
	pane.setInvert(placed.invert);
}

export interface Hands {
	/** Brings a prior's pane to the place that the first one shows. */
	align(pane: Pane): void;
	/** Links the panes as they stand. */
	link(): void;
	/** Runs something once the panes have their new sizes. */
	laid(run: () => void): void;
}

/** Shows an arrangement. */
export function apply(station: Station, arrangement: Arrangement, hands: Hands): void {
	const { panes, layout, linked } = arrangement;
	station.linked.set(false);
	for (const [i, placed] of panes.entries()) {
		const pane = station.panes[i];
		if (pane !== undefined) fill(station, pane, placed);
	}
	station.active.set(0);
	station.setLayout(layout, false);
	for (const pane of station.visible.slice(1)) if (station.priorIn(pane) !== null) hands.align(pane);
	if (linked && panes.length > 1) hands.link();
	if (panes.some((one) => one !== null && one.toward !== null)) {
		hands.laid(() => {
			for (const [i, placed] of panes.entries()) {
				const pane = station.panes[i];
				if (pane !== undefined && placed !== null) push(pane, placed.toward);
			}
		});
	}
}
