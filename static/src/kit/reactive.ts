/** Joins a plain store to Svelte's reactivity: reading `current` in a template follows later changes,
 * reading it in a module or a test simply gives the value. */
import { createSubscriber } from "svelte/reactivity";
import type { Readable } from "./store.ts";

export interface Current<T> {
	readonly current: T;
}

export function reactive<T>(store: Readable<T>): Current<T> {
	const follow = createSubscriber((update) => {
		let first = true;
		return store.subscribe(() => {
			if (first) first = false;
			else update();
		});
	});
	return {
		get current(): T {
			follow();
			return store.value;
		},
	};
}
