/** The sentence of an error code. The dictionaries are fetched beside the page, not before its first paint. */
import { type Locale, locale, localeStore, type Params, say } from "./i18n.ts";
import { reactive } from "./reactive.ts";
import { Store } from "./store.ts";

type Sentences = Readonly<Record<string, string>>;

const loaded = new Store<Readonly<Partial<Record<Locale, Sentences>>>>({});
const current = reactive(loaded);

const LOADERS: Readonly<Record<Locale, () => Promise<{ errors: Sentences }>>> = {
	zh: () => import("./zh.ts"),
	en: () => import("./en.ts"),
};

/** Fetches the sentences of a language once. */
export async function loadErrorTexts(of: Locale): Promise<void> {
	if (loaded.value[of] !== undefined) return;
	const { errors } = await LOADERS[of]();
	loaded.update((known) => ({ ...known, [of]: errors }));
}

/** Keeps the sentences of the language in use at hand. A page that lost its line does without until the next
 * switch of language. */
export function followErrorTexts(): void {
	localeStore.subscribe((of) => {
		loadErrorTexts(of).catch(() => undefined);
	});
}

/** The sentence for people of an error code, in the language in use; null where there is none. */
export function errorSentence(code: string, params: Params = {}): string | null {
	const sentences = current.current[locale()] ?? {};
	const sentence = Object.hasOwn(sentences, code) ? sentences[code] : undefined;
	return sentence === undefined ? null : say(sentence, params);
}
