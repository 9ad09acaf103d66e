/** A precondition as a list shows it: its plain meaning, the facts used, and whether it is met. */
/** `noted` asks for a look and stands in nobody's way. */
export type GuardState = "passed" | "missing" | "failed" | "overridden" | "noted";

export interface Guard {
	readonly key: string;
	readonly state: GuardState;
	/** The plain meaning: 知情同意. */
	readonly label: string;
	/** The facts used: 本人签署 10:38. */
	readonly facts?: string;
	readonly aside?: string;
}

/** How many still stand in the way. */
export function openGuards(guards: readonly Guard[]): number {
	return guards.filter((guard) => guard.state === "missing" || guard.state === "failed").length;
}
