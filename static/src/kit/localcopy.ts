/** Text that could not be sent, kept on this computer until it can. It is encrypted (AES-GCM, W3C Web
 * Cryptography) with a key that lives in the tab's session storage only and dies at sign-out, so that a shared
 * ward PC has nothing for the next person to read. */
import type { LocalText } from "./autosave.ts";
import type { Fields } from "./merge.ts";

const KEY_NAME = "lianzhen.localKey";
const OWNER_NAME = "lianzhen.localKeyOf";
const PREFIX = "lianzhen.unsent.";
const IV_BYTES = 12;
const CHARACTERS_MAX = 1_000_000;

export interface Storages {
	/** Dies with the tab; holds the key. */
	readonly session: Pick<Storage, "getItem" | "setItem" | "removeItem">;
	/** Survives the tab; holds the encrypted text. */
	readonly local: Pick<Storage, "getItem" | "setItem" | "removeItem">;
	/** Missing where the page is not in a secure context. */
	readonly subtle: SubtleCrypto | undefined;
}

/** False between a sign-out and the next sign-in: a form that is being closed keeps nothing then. */
let open = true;

function ofBrowser(): Storages {
	return { session: sessionStorage, local: localStorage, subtle: globalThis.crypto.subtle };
}

const toBase64 = (bytes: Uint8Array): string =>
	btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
	Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

async function keyOf(storages: Storages, make: boolean): Promise<CryptoKey | null> {
	const { session, subtle } = storages;
	if (!subtle || !open) return null;
	let stored = session.getItem(KEY_NAME);
	if (stored === null) {
		if (!make) return null;
		stored = toBase64(crypto.getRandomValues(new Uint8Array(32)));
		session.setItem(KEY_NAME, stored);
	}
	return subtle.importKey("raw", fromBase64(stored), "AES-GCM", false, ["encrypt", "decrypt"]);
}

function isFields(value: unknown): value is Fields {
	if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
	return Object.values(value).every((one) => typeof one === "string");
}

function readText(json: string): LocalText | null {
	const value: unknown = JSON.parse(json);
	if (typeof value !== "object" || value === null) return null;
	const { base, mine } = value as Record<string, unknown>;
	return isFields(base) && isFields(mine) ? { base, mine } : null;
}

/** The kept text of one form, `name` being its kind and id. */
export class LocalCopy {
	readonly #name: string;
	readonly #storages: Storages;

	constructor(name: string, storages: Storages = ofBrowser()) {
		this.#name = PREFIX + name;
		this.#storages = storages;
	}

	/** Keeps the text; false where this computer cannot (no secure context, storage full or off). */
	async keep(text: LocalText): Promise<boolean> {
		const json = JSON.stringify(text);
		if (json.length > CHARACTERS_MAX) return false;
		try {
			const key = await keyOf(this.#storages, true);
			if (key === null || !this.#storages.subtle) return false;
			const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
			const sealed = await this.#storages.subtle.encrypt(
				{ name: "AES-GCM", iv },
				key,
				new TextEncoder().encode(json),
			);
			this.#storages.local.setItem(this.#name, `${toBase64(iv)}.${toBase64(new Uint8Array(sealed))}`);
			return true;
		} catch {
			return false;
		}
	}

	/** The kept text, or null: none, or one that this session has no key for (it is removed). */
	async take(): Promise<LocalText | null> {
		try {
			const [iv, sealed] = this.#storages.local.getItem(this.#name)?.split(".") ?? [];
			if (!iv || !sealed) return null;
			const key = await keyOf(this.#storages, false);
			if (key === null || !this.#storages.subtle) throw new Error("no key");
			const opened = await this.#storages.subtle.decrypt(
				{ name: "AES-GCM", iv: fromBase64(iv) },
				key,
				fromBase64(sealed),
			);
			return readText(new TextDecoder().decode(opened));
		} catch {
			this.drop();
			return null;
		}
	}

	drop(): void {
		this.#storages.local.removeItem(this.#name);
	}
}

type Names = Pick<Storage, "removeItem" | "key" | "length">;

/** Part of signing out: the key is gone, and so is every kept text, also that of other tabs. */
export function forgetLocalKey(
	session: Pick<Storage, "removeItem"> = sessionStorage,
	local: Names = localStorage,
): void {
	open = false;
	session.removeItem(KEY_NAME);
	session.removeItem(OWNER_NAME);
	const names = Array.from({ length: local.length }, (_, at) => local.key(at));
	for (const name of names) if (name?.startsWith(PREFIX)) local.removeItem(name);
}

/** Part of signing in: whoever comes next at a shared computer gets a key of their own. */
export function ownLocalKey(
	accountId: string,
	session: Pick<Storage, "getItem" | "setItem" | "removeItem"> = sessionStorage,
): void {
	if (session.getItem(OWNER_NAME) !== accountId) session.removeItem(KEY_NAME);
	session.setItem(OWNER_NAME, accountId);
	open = true;
}
