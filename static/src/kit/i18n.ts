/** The two languages of the interface. Chinese is the language of the texts; English is a complete switch. */
import { reactive } from "./reactive.ts";
import { Store } from "./store.ts";

export type Locale = "zh" | "en";
export type Texts<Key extends string> = Readonly<Record<Locale, Readonly<Record<Key, string>>>>;
export type Params = Readonly<Record<string, string | number>>;

const STORED_AS = "lianzhen.locale";

export const localeStore = new Store<Locale>(storedLocale());
const current = reactive(localeStore);

function storedLocale(): Locale {
	if (typeof localStorage === "undefined") return "zh";
	return localStorage.getItem(STORED_AS) === "en" ? "en" : "zh";
}

/** The language in use; reactive where a template reads it. */
export function locale(): Locale {
	return current.current;
}

/** The BCP 47 tag of a language, for `lang` attributes and for Intl. */
export function languageTag(of: Locale = locale()): string {
	return of === "en" ? "en" : "zh-CN";
}

/** Reads what the server stores for an account ("zh-CN", "en"). Anything unknown is Chinese. */
export function localeFromTag(tag: string | null | undefined): Locale {
	return tag?.toLowerCase().startsWith("en") === true ? "en" : "zh";
}

export function setLocale(next: Locale): void {
	if (typeof localStorage !== "undefined") localStorage.setItem(STORED_AS, next);
	if (typeof document !== "undefined") document.documentElement.lang = languageTag(next);
	localeStore.set(next);
}

/** Fixes both dictionaries to the same keys when they are written, so that a missing text fails to compile. */
export function defineTexts<const Zh extends Readonly<Record<string, string>>>(texts: {
	zh: Zh;
	en: { readonly [Key in keyof Zh]: string };
}): Texts<Extract<keyof Zh, string>> {
	return texts as unknown as Texts<Extract<keyof Zh, string>>;
}

/** The dictionary of the language in use: `t(texts).signIn`. */
export function t<Key extends string>(texts: Texts<Key>): Readonly<Record<Key, string>> {
	return texts[locale()];
}

const PLURAL = /\{(\w+), plural, one \{([^{}]*)\} other \{([^{}]*)\}\}/g;
const NAMED = /\{(\w+)\}/g;

/** Fills a sentence: `{name}` and, for English, `{n, plural, one {# case} other {# cases}}`.
 * A parameter that was not given stays visible as `{name}`, so that it is noticed. */
export function say(sentence: string, params: Params): string {
	return sentence
		.replace(PLURAL, (whole, name: string, one: string, other: string) => {
			const count = params[name];
			if (count === undefined) return whole;
			return (Number(count) === 1 ? one : other).replaceAll("#", String(count));
		})
		.replace(NAMED, (whole, name: string) => {
			const value = params[name];
			return value === undefined ? whole : String(value);
		});
}
