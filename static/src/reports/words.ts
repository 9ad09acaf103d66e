/** From what the report pane knows to what it says. */
import { asProblem } from "../api/problem.ts";
import { type SaveState, type SaveWord, saveWord } from "../kit/autosave.ts";
import { clockSeconds, clockTime } from "../kit/format.ts";
import { locale, say, t } from "../kit/i18n.ts";
import type { Fields } from "../kit/merge.ts";
import type { Guard } from "../ui/guards.ts";
import { POSITIVE, type Section, TEMPLATE, type Template } from "./model.ts";
import type { Checks, SignFault } from "./signing.ts";
import { clashSection, type FormChange, sectionIn } from "./template.ts";
import { type TextKey, texts } from "./texts.ts";

const BLANK_TEXT: Readonly<Record<string, TextKey>> = {
	side: "blankSide",
	lobe: "blankLobe",
	type: "blankType",
	a: "blankLong",
	b: "blankShort",
	margin: "blankMargin",
	date: "blankDate",
	change: "blankChange",
	pct: "blankPercent",
	shift: "blankShift",
	site: "blankSite",
	vol: "blankVolume",
	mm: "blankSize",
	n: "blankCount",
	v: "blankValue",
	zone: "blankZone",
};

/** The name of a phrase's blank; one that a hospital invented keeps its own. */
export function blankName(name: string): string {
	const key = Object.hasOwn(BLANK_TEXT, name) ? BLANK_TEXT[name] : undefined;
	return key === undefined ? name : t(texts)[key];
}

export const sectionName = (section: Section): string => section.label[locale()];
export const templateName = (template: Template): string => template.name[locale()];

/** Several names in one sentence. */
export function joined(sections: readonly Section[]): string {
	return sections.map(sectionName).join(locale() === "zh" ? "、" : ", ");
}

/** The line beside the tabs; '' when there is nothing to say. */
export function savedLine(state: SaveState): string {
	const said: Readonly<Record<SaveWord, () => string>> = {
		none: () => "",
		saving: () => t(texts).savingNow,
		saved: () => say(t(texts).savedAt, { time: clockSeconds(state.savedAt ?? 0) }),
		keptHere: () => t(texts).keptHere,
		unsaved: () => t(texts).unsavedHere,
		refused: () => say(t(texts).refusedSave, { why: asProblem(state.error).sentence }),
		conflict: () => say(t(texts).clashed, { n: state.clashes.length }),
	};
	return said[saveWord(state)]();
}

export function fieldName(template: Template | null, field: string): string {
	if (field === TEMPLATE) return t(texts).template;
	if (field === POSITIVE) return t(texts).positive;
	const section = clashSection(template, field);
	return section ? sectionName(section) : field;
}

/** What a change of form will do, a sentence for each kind; none where nothing is written. */
export function foretold(change: FormChange | null, from: Template | null, to: Template): string[] {
	if (change === null) return [];
	const what = (keys: readonly string[]): string =>
		joined(keys.map((key) => sectionIn(from, key) ?? sectionIn(to, key)).filter((one) => one !== undefined));
	const place = sectionIn(to, "findings") ?? sectionIn(from, "findings");
	const findings = place ? sectionName(place) : "";
	return [
		change.kept.length > 0 ? say(t(texts).changeKept, { what: what(change.kept) }) : "",
		change.moved.length > 0 ? say(t(texts).changeMoved, { findings, what: what(change.moved) }) : "",
		change.dropped.length > 0 ? say(t(texts).changeDropped, { what: what(change.dropped) }) : "",
	].filter((line) => line !== "");
}

export function positiveWord(fields: Fields): string {
	return fields[POSITIVE] === "yes" ? t(texts).isPositive : t(texts).isNegative;
}

/** The checks as a list: what blocks first, then what is open, what is in order, and what deserves a look. */
export function checkGuards(checks: Checks, fields: Fields): Guard[] {
	const guards: Guard[] = [];
	const add = (key: string, state: Guard["state"], label: string): void => {
		guards.push({ key, state, label });
	};
	if (checks.missing.length > 0)
		add("missing", "failed", say(t(texts).checkMissing, { what: joined(checks.missing) }));
	if (checks.blanks.length > 0)
		add("blanks", "failed", say(t(texts).checkBlanks, { what: joined(checks.blanks) }));
	if (checks.unmarked) add("unmarked", "missing", t(texts).checkUnmarked);
	if (checks.missing.length === 0) add("required", "passed", t(texts).checkRequired);
	if (!checks.unmarked) add("marked", "passed", say(t(texts).checkMarked, { what: positiveWord(fields) }));
	if (checks.normal.length > 0)
		add("normal", "noted", say(t(texts).checkNormal, { what: joined(checks.normal) }));
	return guards;
}

/** What went wrong with a signature, and what is safe. */
export function faultSentence(fault: SignFault): string {
	switch (fault.kind) {
		case "unsaved":
			return t(texts).unsavedFault;
		case "passwordMissing":
			return t(texts).passwordMissing;
		case "wrongPassword":
			return say(t(texts).wrongPassword, { n: fault.tries });
		case "locked":
			return fault.until === ""
				? t(texts).lockedNoTime
				: say(t(texts).locked, { time: clockTime(fault.until) });
		case "changed":
			return t(texts).changedFault;
		case "unknown":
			return t(texts).unknownFault;
		case "refused":
			return say(t(texts).refusedFault, { why: fault.problem.sentence });
	}
}
