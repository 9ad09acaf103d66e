/** A report as one flat record of fields, so that it saves and merges field by field. */
import type { components } from "../api/schema.gen.ts";
import type { Kept } from "../kit/autosave.ts";
import type { Fields } from "../kit/merge.ts";
import { fieldsOfLinks, linksOf } from "./measurements.ts";

export type Report = components["schemas"]["ReportOut"];
export type Consult = components["schemas"]["ConsultOut"];
export type Template = components["schemas"]["ReportTemplate"];
export type Section = components["schemas"]["TemplateSection"];
export type Phrase = components["schemas"]["Phrase"];
type DraftIn = components["schemas"]["DraftIn"];

export const TEMPLATE = "template";
export const POSITIVE = "positive";
const SECTION = "section.";

export type Positive = "yes" | "no" | "";

export const sectionField = (key: string): string => SECTION + key;
/** The section a field is the text of; null for the other fields. */
export const sectionOf = (field: string): string | null =>
	field.startsWith(SECTION) ? field.slice(SECTION.length) : null;

function positiveOf(value: boolean | null): Positive {
	if (value === null) return "";
	return value ? "yes" : "no";
}

export function fieldsOf(report: Report): Fields {
	const texts = Object.entries(report.sections).map(([key, text]) => [sectionField(key), text]);
	return {
		[TEMPLATE]: report.template_id,
		[POSITIVE]: positiveOf(report.positive),
		...Object.fromEntries(texts),
		...fieldsOfLinks(report.measurements),
	};
}

export function keptOf(report: Report): Kept {
	return { version: report.version, fields: fieldsOf(report), savedAt: report.saved_at };
}

/** The sections' texts by key. */
export function textsOf(fields: Fields): Record<string, string> {
	const texts: Record<string, string> = {};
	for (const [field, text] of Object.entries(fields)) {
		const key = sectionOf(field);
		if (key !== null) texts[key] = text;
	}
	return texts;
}

/** What a save sends. */
export function draftOf(fields: Fields): DraftIn {
	const positive = fields[POSITIVE] ?? "";
	const sections = textsOf(fields);
	return {
		template_id: fields[TEMPLATE] ?? "",
		sections,
		measurements: linksOf(fields, sections),
		positive: positive === "" ? null : positive === "yes",
	};
}
