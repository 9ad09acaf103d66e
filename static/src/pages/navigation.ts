/** Moving between the addresses of this page without loading it again. Links stay real links. */
import { Store } from "../kit/store.ts";

/** Addresses that are HTML pages of their own. */
const OTHER_PAGES = /^\/(read|room|join|api|dicom-web|health)(\/|\?|#|$)/;

export interface Place {
	readonly path: string;
	readonly hash: string;
	/** Grows with every move to another object; a replaced address is the same visit under its lasting name. */
	readonly visit: number;
}

export const place = new Store<Place>({ path: "/", hash: "", visit: 0 });

/** True for an address that this page shows itself. */
export function staysHere(href: string): boolean {
	return href.startsWith("/") && !href.startsWith("//") && !OTHER_PAGES.test(href);
}

function readPlace(visit: number): void {
	place.set({ path: location.pathname, hash: location.hash, visit });
}

export function go(href: string, replace = false): void {
	if (!staysHere(href)) {
		location.assign(href);
		return;
	}
	if (replace) history.replaceState(null, "", href);
	else history.pushState(null, "", href);
	readPlace(place.value.visit + (replace ? 0 : 1));
}

/** The address a click asks for, when this page can show it: a plain left click on a link of ours. */
export function clickedHref(event: MouseEvent): string | null {
	if (event.defaultPrevented || event.button !== 0) return null;
	if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
	const link = event.target instanceof Element ? event.target.closest("a") : null;
	if (link?.target !== "" || link.hasAttribute("download")) return null;
	const href = link.getAttribute("href") ?? "";
	return staysHere(href) ? href : null;
}

/** Follows links and the browser's back button. */
export function followNavigation(): void {
	readPlace(0);
	addEventListener("popstate", () => readPlace(place.value.visit + 1));
	document.addEventListener("click", (event) => {
		const href = clickedHref(event);
		if (href === null) return;
		event.preventDefault();
		go(href);
	});
}
