/** What a template does to a report: the normal text of a section, a change of form, what is still missing. */
import type { Fields } from "../kit/merge.ts";
import { type Section, sectionField, sectionOf, TEMPLATE, type Template, textsOf } from "./model.ts";

const CATCH_ALL = "findings";
const BLANK = "＿＿";

export const textOf = (fields: Fields, key: string): string => fields[sectionField(key)] ?? "";

/** True where the section says exactly its normal text. */
export function isNormalText(section: Section, fields: Fields): boolean {
	return section.normal_text !== "" && textOf(fields, section.key) === section.normal_text;
}

/** The normal text may be written only where nobody has written. */
export function mayFill(section: Section, fields: Fields): boolean {
	return section.normal_text !== "" && textOf(fields, section.key).trim() === "";
}

/** The change that writes the normal text into these sections, leaving out what has text. */
export function normalFill(sections: readonly Section[], fields: Fields): Fields {
	return Object.fromEntries(
		sections
			.filter((section) => mayFill(section, fields))
			.map((section) => [sectionField(section.key), section.normal_text]),
	);
}

/** The change that takes a filling back, leaving out what has been written over since. */
export function takenBack(filled: Fields, fields: Fields): Fields {
	return Object.fromEntries(
		Object.entries(filled)
			.filter(([field, text]) => fields[field] === text)
			.map(([field]) => [field, ""]),
	);
}

/** What another form does to the parts that have text, by their keys. */
export interface FormChange {
	/** Their text stays under their key. */
	readonly kept: readonly string[];
	/** The new form lacks them: their text goes to the end of the findings, under its old name. */
	readonly moved: readonly string[];
	/** They hold only the old form's normal text, which goes away. */
	readonly dropped: readonly string[];
}

export function formChange(fields: Fields, from: Template | null, to: Template): FormChange {
	const known = new Set(to.sections.map((section) => section.key));
	const written = Object.entries(textsOf(fields)).filter(([, text]) => text.trim() !== "");
	const keys = written.map(([key]) => key);
	const dropped = keys.filter((key) => {
		const old = sectionIn(from, key);
		return old !== undefined && isNormalText(old, fields);
	});
	const own = keys.filter((key) => !dropped.includes(key));
	return { kept: own.filter((key) => known.has(key)), moved: own.filter((key) => !known.has(key)), dropped };
}

export function sectionIn(template: Template | null, key: string): Section | undefined {
	return template?.sections.find((section) => section.key === key);
}

/** The change to another form, as `formChange` foretells it. */
export function changedForm(
	fields: Fields,
	from: Template | null,
	to: Template,
	nameOf: (section: Section) => string,
): Fields {
	const { moved, dropped } = formChange(fields, from, to);
	const changes: Record<string, string> = { [TEMPLATE]: to.id };
	for (const key of [...moved, ...dropped]) changes[sectionField(key)] = "";
	if (moved.length > 0) {
		const findings = changes[sectionField(CATCH_ALL)] ?? textOf(fields, CATCH_ALL);
		const named = moved.map((key) => {
			const old = sectionIn(from, key);
			return `${old ? nameOf(old) : key}：${textOf(fields, key).trim()}`;
		});
		changes[sectionField(CATCH_ALL)] = [findings, ...named].filter((text) => text.trim() !== "").join("\n");
	}
	return changes;
}

/** The forms for one kind of reading, the one in use first shown as it is even when it has been retired. */
export function formsFor(
	templates: readonly Template[],
	serviceLine: Template["service_line"],
	inUse: string,
): Template[] {
	return templates.filter(
		(one) =>
			one.id === inUse ||
			(one.service_line === serviceLine && one.status !== "retired") ||
			one.id === "general",
	);
}

/** Required sections without text, in the form's order. */
export function emptyRequired(template: Template, fields: Fields): Section[] {
	return template.sections.filter((section) => section.required && textOf(fields, section.key).trim() === "");
}

/** Sections in which a phrase's blank was left open. */
export function withBlanks(template: Template, fields: Fields): Section[] {
	return template.sections.filter((section) => textOf(fields, section.key).includes(BLANK));
}

/** Sections that still say the form's normal text word for word. */
export function untouched(template: Template, fields: Fields): Section[] {
	return template.sections.filter((section) => isNormalText(section, fields));
}

/** The names of the fields that a clash is about, for the comparison. */
export function clashSection(template: Template | null, field: string): Section | null {
	const key = sectionOf(field);
	return template?.sections.find((section) => section.key === key) ?? null;
}

/** What a blank looks like in the text until it is filled. */
export const OPEN_BLANK = BLANK;
