/** Arrow keys inside a group of choices that is one tab stop: chips, tabs, tool rails. */

const STEP: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The index an arrow, Home or End leads to, going round at the ends; null for any other key. */
export function rovingIndex(key: string, at: number, count: number): number | null {
	if (count === 0) return null;
	if (key === "Home") return 0;
	if (key === "End") return count - 1;
	const step = STEP[key];
	return step === undefined ? null : (at + step + count) % count;
}
