/** One stop of a case's way, with its real time or what it waits for. */
export interface Stage {
	readonly key: string;
	readonly label: string;
	readonly state: "done" | "now" | "next" | "skipped" | "failed";
	/** A time, or who is waited for: 等您 · 今天内. */
	readonly note?: string;
	/** The case came back here: a return arrow instead of a cross. */
	readonly looped?: boolean;
}
