/** What a template does to a report: the normal text of a section, a change of form, what is still missing. */
import type { Fields } from "../kit/merge.ts";
import { type Section, sectionField, sectionOf, TEMPLATE, type Template, textsOf } from "./model.ts";

const CATCH_ALL = "findings";
const BLANK = "＿＿";

export const textOf = (fields: Fields, key: string): string => fields[sectionField(key)] ?? "";

/** True where the section says exactly its normal text: filled by the button and never touched. */
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

/** The change to another form. Texts stay under their key; text whose section the new form lacks goes to the
 * end of the findings under its old name; untouched normal text of the old form goes away. */
export function changedForm(
	fields: Fields,
	from: Template | null,
	to: Template,
	nameOf: (section: Section) => string,
): Fields {
	const known = new Set(to.sections.map((section) => section.key));
	const changes: Record<string, string> = { [TEMPLATE]: to.id };
	const homeless: string[] = [];
	for (const [key, text] of Object.entries(textsOf(fields))) {
		const old = from?.sections.find((section) => section.key === key);
		if (old && isNormalText(old, fields)) changes[sectionField(key)] = "";
		else if (!known.has(key) && text.trim() !== "") {
			homeless.push(`${old ? nameOf(old) : key}：${text.trim()}`);
			changes[sectionField(key)] = "";
		}
	}
	if (homeless.length > 0) {
		const findings = changes[sectionField(CATCH_ALL)] ?? textOf(fields, CATCH_ALL);
		changes[sectionField(CATCH_ALL)] = [findings, ...homeless]
			.filter((text) => text.trim() !== "")
			.join("\n");
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
