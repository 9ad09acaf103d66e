/** F6 goes from region to region of the workspace: series, tools, images, report. */

const FOCUSABLE = 'button:not([tabindex="-1"]), [href], input, select, textarea, [tabindex="0"]';

/** The first thing to focus in the region after the one that has the focus. */
export function nextRegion(workspace: HTMLElement): HTMLElement | null {
	const regions = [...workspace.querySelectorAll<HTMLElement>("[data-region]")];
	const at = regions.findIndex((one) => one.contains(workspace.ownerDocument.activeElement));
	for (let step = 1; step <= regions.length; step++) {
		const found = regions[(at + step) % regions.length]?.querySelector<HTMLElement>(FOCUSABLE);
		if (found != null) return found;
	}
	return null;
}
