/** Two people changed the same text: what both kept, what one changed, and what both changed differently. */
export type Fields = Readonly<Record<string, string>>;

/** A field that both sides changed, each in another way. Nothing of either is thrown away. */
export interface Clash {
	readonly key: string;
	readonly mine: string;
	readonly theirs: string;
}

export interface Merge {
	/** Everything, with my own text where both changed it. */
	readonly fields: Fields;
	readonly clashes: readonly Clash[];
	/** Keys taken over from the other side. */
	readonly taken: readonly string[];
}

const at = (fields: Fields, key: string): string => fields[key] ?? "";

/** The keys whose text differs; a missing key counts as empty. */
export function changedKeys(before: Fields, after: Fields): string[] {
	const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
	return [...keys].filter((key) => at(before, key) !== at(after, key));
}

/** Joins my text with theirs, both grown from `base`, field by field. */
export function threeWay(base: Fields, mine: Fields, theirs: Fields): Merge {
	const keys = new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)]);
	const fields: Record<string, string> = {};
	const clashes: Clash[] = [];
	const taken: string[] = [];
	for (const key of keys) {
		const [was, my, their] = [at(base, key), at(mine, key), at(theirs, key)];
		const iChanged = my !== was && my !== their;
		fields[key] = iChanged ? my : their;
		if (iChanged && their !== was) clashes.push({ key, mine: my, theirs: their });
		if (!iChanged && their !== was && my !== their) taken.push(key);
	}
	return { fields, clashes, taken };
}

export type Choice = "mine" | "theirs" | "both";

/** The text that settles a clash. Both: mine first, theirs in a paragraph of its own. */
export function settled(clash: Clash, choice: Choice): string {
	if (choice === "both") return [clash.mine, clash.theirs].filter((text) => text.trim() !== "").join("\n");
	return choice === "mine" ? clash.mine : clash.theirs;
}
