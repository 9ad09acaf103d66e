/** Putting text into text at a place. */

export interface Place {
	readonly start: number;
	readonly end: number;
}

export interface Inserted {
	readonly text: string;
	/** Where the caret stands afterwards. */
	readonly caret: number;
}

/** Replaces what is between start and end; places outside the text are moved to its ends. */
export function inserted(text: string, place: Place, added: string): Inserted {
	const start = Math.min(Math.max(0, place.start), text.length);
	const end = Math.min(Math.max(start, place.end), text.length);
	return { text: text.slice(0, start) + added + text.slice(end), caret: start + added.length };
}
