/** What a mark says of what is laid over its image. */
import type { RegionSaid } from "../layer.ts";
import type { Station } from "../station.ts";
import type { Mark } from "./mark.ts";
import { placeOf } from "./measuring.ts";

type Lying = Pick<Mark, "kind" | "points" | "seriesUid" | "sopInstanceUid" | "frameNumber">;

/** What lies over the region that a mark is; null for other marks, and where nothing lies over it. */
export function overRegion(station: Station, mark: Lying): RegionSaid | null {
	const place = placeOf(station, mark);
	return place === null ? null : (station.layer.value?.regionSaid(place.series, place.frame, mark) ?? null);
}

/** A sentence about a mark with the figures of what lies over it, where there are any. */
export function withOver(said: string, station: Station, mark: Lying): string {
	const figures = overRegion(station, mark)?.figures ?? "";
	return [said, figures].filter((part) => part !== "").join(" · ");
}
