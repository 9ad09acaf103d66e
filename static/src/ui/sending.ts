/** A dialog's form on its way to the server: nothing incomplete, nothing twice, and a refusal that is said. */
import { asProblem, type Problem } from "../api/problem.ts";
import { isComposing } from "../kit/keys.ts";

export interface Sending {
	/** It was asked to be sent: from then on the fields say what is wrong with them. */
	asked: boolean;
	busy: boolean;
	/** What the server said against it; '' when nothing. */
	refusal: string;
}

export const idle = (): Sending => ({ asked: false, busy: false, refusal: "" });

/** Sends once; true when it was taken. `state` says all along how it stands. */
export async function sendForm(
	state: Sending,
	complete: boolean,
	send: () => Promise<void>,
	sentence: (problem: Problem) => string = (problem) => problem.sentence,
): Promise<boolean> {
	state.asked = true;
	if (state.busy || !complete) return false;
	state.busy = true;
	state.refusal = "";
	try {
		await send();
		return true;
	} catch (thrown) {
		state.refusal = sentence(asProblem(thrown));
		return false;
	} finally {
		state.busy = false;
	}
}

const LINES = new Set(["text", "password", "tel", "email", "number", "date", "time", "search"]);

/** True for Enter in a field of one line, where it means "send"; never while a word is being composed. */
export function sendsForm(event: KeyboardEvent): boolean {
	if (event.key !== "Enter" || isComposing(event)) return false;
	return event.target instanceof HTMLInputElement && LINES.has(event.target.type);
}

/** True where a form's rules found nothing. */
export const faultless = (faults: object): boolean => Object.keys(faults).length === 0;
