/** Puts a page's root component into its HTML file: base styles, language, keyboard. */
import { type Component, mount } from "svelte";
import { followErrorTexts } from "../kit/errors.ts";
import { languageTag } from "../kit/i18n.ts";
import { keyboard } from "../kit/keys.ts";
import "./tokens.css";
import "./base.css";

export type Theme = "desk" | "reading";

/** The theme follows the workspace, never the clock or the operating system. */
export function setTheme(theme: Theme): void {
	if (theme === "reading") document.documentElement.dataset.theme = "reading";
	else delete document.documentElement.dataset.theme;
}

export function startPage<Props extends Record<string, unknown>>(root: Component<Props>, props: Props): void {
	const target = document.querySelector("#app");
	if (!target) throw new Error("the page has no #app element");
	document.documentElement.lang = languageTag();
	followErrorTexts();
	keyboard.listen(window);
	mount(root, { target, props });
}
