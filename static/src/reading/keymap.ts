/** A person's keyboard: a profile, and what they changed of it. Pure. */
export const PROFILES = ["lianzhen", "ohif", "pacs"] as const;
export type ProfileName = (typeof PROFILES)[number];
type Keys = Readonly<Record<string, readonly string[]>>;

/** An act that keys can mean. */
export interface Keyed {
	/** What a person's keyboard map refers to; never changes. */
	readonly id: string;
	readonly keys: string | readonly string[];
}

export interface Keymap {
	readonly profile: ProfileName;
	/** Chords by command, where they differ from the profile's; none for an act without a key. */
	readonly keys: Keys;
}

export const DEFAULT_KEYMAP: Keymap = { profile: "lianzhen", keys: {} };

/** What the profiles change of the commands' own keys. */
const CHANGES: Readonly<Record<ProfileName, Keys>> = {
	lianzhen: {},
	// platform/core/src/defaults/hotkeyBindings.js of OHIF.
	ohif: {
		"turn.right": ["R"],
		"turn.left": ["L"],
		"tool.length": ["Shift+L"],
		"tool.zoom": ["Z"],
		"mark.remove": ["Delete", "Backspace"],
	},
	pacs: {
		"tool.scroll": ["Q"],
		marks: ["Shift+Q"],
		"tool.length": ["D"],
		"tool.probe": ["Shift+D"],
		"tool.rectangle": ["R"],
		"turn.right": ["."],
		"turn.left": [","],
		"stage.next": ["Alt+PageDown"],
		"stage.previous": ["Alt+PageUp"],
	},
};

/** Chords that the browser, the report or the page needs. */
const RESERVED = new Set(["F2", "F4", "F5", "F8", "F9", "F11", "F12", "Tab", "Shift+Tab", "?", "Ctrl+Enter"]);
const BROWSER = /^Ctrl\+(Shift\+)?[CNTVWX]$/;

export function isReserved(chord: string): boolean {
	return RESERVED.has(chord) || BROWSER.test(chord);
}

function listed(keys: Keyed["keys"]): readonly string[] {
	return typeof keys === "string" ? [keys] : keys;
}

/** The chords of a command under a keymap. */
export function keysOf(command: Keyed, map: Keymap): readonly string[] {
	return map.keys[command.id] ?? CHANGES[map.profile][command.id] ?? listed(command.keys);
}

/** The commands with a person's keys; those without a key cannot be pressed. */
export function mapped<One extends Keyed>(commands: readonly One[], map: Keymap): One[] {
	return commands.map((one) => ({ ...one, keys: keysOf(one, map) })).filter(({ keys }) => keys.length > 0);
}

/** The act that has a chord already; null when it is free. */
export function holderOf<One extends Keyed>(
	commands: readonly One[],
	map: Keymap,
	command: Keyed,
	chord: string,
): One | null {
	const others = commands.filter((one) => one.id !== command.id);
	return others.find((one) => keysOf(one, map).includes(chord)) ?? null;
}

/** The keymap in which a command has this chord alone. */
export function rebound(map: Keymap, id: string, chords: readonly string[]): Keymap {
	return { ...map, keys: { ...map.keys, [id]: chords } };
}

/** What the server keeps for the person, read with care: another client may have written it. */
export function parseKeymap(value: unknown): Keymap {
	if (typeof value !== "object" || value === null) return DEFAULT_KEYMAP;
	const { profile, keys } = value as { profile?: unknown; keys?: unknown };
	const known = PROFILES.find((one) => one === profile) ?? DEFAULT_KEYMAP.profile;
	if (typeof keys !== "object" || keys === null) return { profile: known, keys: {} };
	const good = Object.entries(keys).filter(
		(entry): entry is [string, string[]] =>
			Array.isArray(entry[1]) && entry[1].every((chord) => typeof chord === "string" && !isReserved(chord)),
	);
	return { profile: known, keys: Object.fromEntries(good) };
}
