/** Who may be given a case, and why somebody may not. */
import { say, t } from "../../kit/i18n.ts";
import type { ComboOption } from "../../ui/combobox.ts";
import type { Reader } from "../worklist/calls.ts";
import type { ConsultRow } from "../worklist/rows.ts";
import { texts } from "./texts.ts";

/** Why this reader cannot be given the case; null when they can. */
export function whyNot(reader: Reader, row: ConsultRow): string | null {
	if (!reader.service_lines.includes(row.service_line)) {
		return say(t(texts).otherLine, { line: t(texts)[row.service_line] });
	}
	return row.specialist?.account_id === reader.account_id ? t(texts).alreadyTheirs : null;
}

function note(reader: Reader, load: number): string {
	return [reader.title, reader.department, say(t(texts).load, { n: load })]
		.filter((one) => one !== "")
		.join(" · ");
}

/** The readers as a combobox lists them: those who may come first, the least loaded of them on top. */
export function readerOptions(
	readers: readonly Reader[],
	row: ConsultRow,
	load: ReadonlyMap<string, number>,
): ComboOption[] {
	return readers
		.map((reader) => ({ reader, blocked: whyNot(reader, row), cases: load.get(reader.account_id) ?? 0 }))
		.sort((a, b) => Number(a.blocked !== null) - Number(b.blocked !== null) || a.cases - b.cases)
		.map(({ reader, blocked, cases }) => ({
			value: reader.account_id,
			label: reader.name,
			note: note(reader, cases),
			...(blocked === null ? {} : { blocked }),
		}));
}
