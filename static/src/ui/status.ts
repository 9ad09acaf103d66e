/** The icon and tone of a case's status. The word comes from the dictionaries. */
import type { statusWords } from "../kit/words.ts";
import type { IconName } from "./icons.ts";

export type Tone = "ink-2" | "accent" | "blue" | "violet" | "green" | "orange" | "ink-3" | "red";
export type StatusKey = keyof (typeof statusWords)["zh"];

export interface StatusFace {
	readonly icon: IconName;
	readonly tone: Tone;
}

export const statusFaces: Readonly<Record<StatusKey, StatusFace>> = {
	draft: { icon: "pen", tone: "ink-2" },
	submitted: { icon: "inbox", tone: "ink-2" },
	accepted: { icon: "inbox", tone: "ink-2" },
	assigned: { icon: "user", tone: "accent" },
	reporting: { icon: "pen", tone: "accent" },
	signed: { icon: "shield", tone: "green" },
	closed: { icon: "checkDouble", tone: "green" },
	returned: { icon: "return", tone: "orange" },
	withdrawn: { icon: "strike", tone: "ink-3" },
	declined: { icon: "crossCircle", tone: "ink-3" },
};

export function isStatus(status: string): status is StatusKey {
	return Object.hasOwn(statusFaces, status);
}
