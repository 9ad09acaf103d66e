/** The marks of a study as a list: key images and measurements, own and others', in the order of the slices. */
import type { Station } from "../station.ts";
import { circled, type Mark, numberOf } from "./mark.ts";
import { measuresOf, type ObjectFacts, placeOf } from "./measuring.ts";
import { withOver } from "./over.ts";
import { reported, type ToolWords } from "./wording.ts";

export interface Row {
	readonly id: string;
	readonly title: string;
	readonly said: string;
	/** From 1. */
	readonly slice: number;
	readonly own: boolean;
	readonly author: string;
}

/** Rows in the order of making, others' after the reader's own; marks whose image is not here are left out. */
export function rowsOf(
	station: Station,
	facts: ObjectFacts,
	own: readonly Mark[],
	others: readonly Mark[],
	words: ToolWords,
): Row[] {
	return [...own, ...others].flatMap((mark) => {
		const place = placeOf(station, mark);
		if (place === null) return [];
		const number = mark.author === null && mark.kind !== "key" ? `${circled(numberOf(own, mark.id))} ` : "";
		const figures = measuresOf(station, facts, mark)?.figures ?? [];
		return [
			{
				id: mark.id,
				title: `${number}${words[`${mark.kind}Kind`]}`,
				said: withOver(reported(mark, figures, words), station, mark),
				slice: place.index + 1,
				own: mark.author === null,
				author: mark.author?.name ?? "",
			},
		];
	});
}
