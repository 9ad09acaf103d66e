/** The board of segmentations and structure sets of a page. Imported when their list is looked at, never before. */
import { t } from "../../kit/i18n.ts";
import type { Station } from "../station.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { RegionBoard } from "./board.ts";
import { LabelPlanes } from "./planes.ts";
import { serverRegions } from "./store.ts";
import { regionTexts } from "./texts.ts";

/** The one board of these tools: what was shown stays shown when the list is closed and opened again. */
export function boardOf(
	station: Station,
	tools: Pick<Toolbox, "regions" | "outlined" | "facts">,
): RegionBoard {
	const known = tools.regions.value;
	if (known !== null) return known;
	const made = new RegionBoard(
		station,
		() => tools.facts.value,
		serverRegions(station.study.value?.uid ?? ""),
		() => tools.outlined.update((times) => times + 1),
	);
	const planes = new LabelPlanes({
		station,
		board: made,
		reference: ({ uid, frames: [first] }) =>
			tools.facts.value.frameOfReference(uid, first?.sopInstanceUid ?? ""),
		words: () => t(regionTexts),
		makeCanvas: () => document.createElement("canvas"),
		breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
		now: () => performance.now(),
	});
	made.looks.subscribe(() => planes.follow());
	tools.regions.set(made);
	return made;
}
