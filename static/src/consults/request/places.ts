/** Where a field stands on the page, and how to get there. */
import { FIELDS, type FieldKey, type PartKey } from "./form.ts";

const CONTROL = "input:not([type=hidden]), textarea, select, button";

/** The attribute a part marks its field with: `<div data-field="question">`. */
export function placeOf(root: ParentNode, field: FieldKey): HTMLElement | null {
	return root.querySelector<HTMLElement>(`[data-field="${field}"]`);
}

/** Shows a field and puts the focus into its control. */
export function goToField(root: ParentNode, field: FieldKey): void {
	const place = placeOf(root, field);
	if (!place) return;
	place.scrollIntoView({ block: "center" });
	const control = place.matches(CONTROL) ? place : place.querySelector<HTMLElement>(CONTROL);
	control?.focus({ preventScroll: true });
}

/** The first field of a part, in the form's order. */
export function firstFieldOf(part: PartKey, partOf: (field: FieldKey) => PartKey): FieldKey | undefined {
	return FIELDS.find((field) => partOf(field) === part);
}
