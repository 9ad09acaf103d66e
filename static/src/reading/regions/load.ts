/** The board of segmentations and structure sets of a page. Imported when their list is looked at, never before. */
import type { Station } from "../station.ts";
import type { Toolbox } from "../tools/toolbox.ts";
import { RegionBoard } from "./board.ts";
import { serverRegions } from "./store.ts";

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
	tools.regions.set(made);
	return made;
}
