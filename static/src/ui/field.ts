/** What a field tells the control inside it: its id, whether it is wrong, and which texts describe it. */
import { getContext, setContext } from "svelte";

export interface FieldContext {
	readonly id: string;
	readonly invalid: boolean;
	readonly required: boolean;
	readonly describedBy: string | undefined;
}

const KEY = Symbol("field");

export function provideField(field: FieldContext): void {
	setContext(KEY, field);
}

/** The field around a control; a control that stands alone brings its own label. */
export function useField(): FieldContext | undefined {
	return getContext<FieldContext | undefined>(KEY);
}
