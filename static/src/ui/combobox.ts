/** Matching of a combobox over a list in hand: by Chinese text, full pinyin, initials or number. */

export interface ComboOption {
	readonly value: string;
	readonly label: string;
	/** Second line or right end: 胸腹影像 · 审核. */
	readonly note?: string;
	/** More words it answers to: pinyin, initials, sign-in name. */
	readonly also?: string;
	/** Why it cannot be chosen. */
	readonly blocked?: string;
}

const folded = (text: string): string => text.normalize("NFKC").toLowerCase().replaceAll(/[\s·]/g, "");

/** The options that answer to what was typed, those that begin with it first. */
export function matching(options: readonly ComboOption[], typed: string): readonly ComboOption[] {
	const wanted = folded(typed);
	if (wanted === "") return options;
	const score = (option: ComboOption): number => {
		const places = [option.label, ...(option.also?.split(" ") ?? [])].map(folded);
		if (places.some((place) => place.startsWith(wanted))) return 2;
		return places.some((place) => place.includes(wanted)) ? 1 : 0;
	};
	return options
		.map((option) => ({ option, rank: score(option) }))
		.filter(({ rank }) => rank > 0)
		.sort((a, b) => b.rank - a.rank)
		.map(({ option }) => option);
}
