/** Phrases found by the initials of their pinyin, and the blanks in them. */
import type { Phrase } from "./model.ts";
import { OPEN_BLANK } from "./template.ts";

export const SHOWN_MAX = 9;
const BLANKS = /\{([a-z][a-z0-9_]*)\}/g;
const INITIALS_BEFORE = /[a-z]{1,14}$/i;

/** The phrases that answer to what was typed: initials first, then words inside; all when nothing was typed. */
export function matchingPhrases(phrases: readonly Phrase[], typed: string): Phrase[] {
	const wanted = typed.normalize("NFKC").trim().toLowerCase();
	const rank = (phrase: Phrase): number => {
		if (phrase.initials.startsWith(wanted)) return 3;
		if (phrase.initials.includes(wanted)) return 2;
		return phrase.text.toLowerCase().includes(wanted) ? 1 : 0;
	};
	return phrases
		.map((phrase) => ({ phrase, score: wanted === "" ? 1 : rank(phrase) }))
		.filter(({ score }) => score > 0)
		.sort((a, b) => b.score - a.score)
		.map(({ phrase }) => phrase);
}

/** The letters right before the caret: typed initials, which the phrase then replaces. */
export function initialsBefore(text: string, caret: number): string {
	return INITIALS_BEFORE.exec(text.slice(0, caret))?.[0].toLowerCase() ?? "";
}

/** The names of a phrase's blanks, in order, each once. */
export function blanksOf(phrase: Phrase): string[] {
	return [...new Set([...phrase.text.matchAll(BLANKS)].map((match) => match[1] ?? ""))];
}

/** The phrase with its blanks filled; what was left empty stays visible as a blank. */
export function filledPhrase(phrase: Phrase, values: Readonly<Record<string, string>>): string {
	return phrase.text.replaceAll(BLANKS, (_, name: string) => {
		const value = Object.hasOwn(values, name) ? values[name] : undefined;
		return value?.trim() || OPEN_BLANK;
	});
}
