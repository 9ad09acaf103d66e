/** What is filed of a reader's marks: the versions, words and figures that they see, and how they look. Pure. */
import type { Locale } from "../../kit/i18n.ts";
import type { Pane } from "../pane.ts";
import type { Station } from "../station.ts";
import type { Mark } from "../tools/mark.ts";
import { circled, numberOf } from "../tools/mark.ts";
import { measuresOf, type ObjectFacts } from "../tools/measuring.ts";
import { lines, type ToolWords } from "../tools/wording.ts";
import type { Filing, FilingIn } from "./told.ts";

type Look = FilingIn["looks"][number];

function saidBeside(station: Station, facts: ObjectFacts, words: ToolWords, mark: Mark): string[] {
	if (mark.kind === "key") return mark.text === "" ? [] : [mark.text];
	const said = lines(mark, measuresOf(station, facts, mark)?.figures ?? [], words);
	const number = circled(numberOf(station.marks.value, mark.id));
	return said.length === 0 ? [number] : said.map((line, i) => (i === 0 ? `${number} ${line}` : line));
}

function lookOf(station: Station, pane: Pane): Look | null {
	const { series, index, invert, turn } = pane.state.value;
	const form = pane.frame?.form;
	if (series === null || form == null) return null;
	const voi = pane.voiFor(form, station.samples(series, index), !station.isPreview(series, index));
	const window = voi.table === null && form.samplesPerPixel === 1 && form.palette === null;
	return {
		series_instance_uid: series.uid,
		center: window ? voi.center : null,
		width: window ? voi.width : null,
		inverted: invert,
		quarters: turn.quarters,
		flipped: turn.flipped,
	};
}

/** All own marks as they stand on the screen. A series that several panes show is filed as the first shows it. */
export function filingOf(
	station: Station,
	facts: ObjectFacts,
	words: ToolWords,
	versions: ReadonlyMap<string, number>,
	language: Locale,
): FilingIn {
	const looks = new Map<string, Look>();
	for (const pane of station.visible) {
		const look = lookOf(station, pane);
		if (look !== null && !looks.has(look.series_instance_uid)) looks.set(look.series_instance_uid, look);
	}
	return {
		language,
		marks: station.marks.value.flatMap((mark) => {
			const version = versions.get(mark.id);
			if (version === undefined) return [];
			const figures = measuresOf(station, facts, mark)?.figures ?? [];
			return [
				{
					annotation_id: mark.id,
					version,
					lines: saidBeside(station, facts, words, mark),
					figures: figures.map(({ name, value, unit }) => ({ name, value, unit })),
				},
			];
		}),
		looks: [...looks.values()],
	};
}

export interface Counts {
	readonly key_objects: number;
	readonly presentation: number;
	readonly measurements: number;
}

/** How many objects of each kind a filing has. */
export function countsOf({ objects }: Pick<Filing, "objects">): Counts {
	const of = (kind: Filing["objects"][number]["kind"]): number =>
		objects.filter((one) => one.kind === kind).length;
	return {
		key_objects: of("key_objects"),
		presentation: of("presentation"),
		measurements: of("measurements"),
	};
}
