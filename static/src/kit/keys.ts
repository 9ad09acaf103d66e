/** The keyboard of a page: one registry, safe with Chinese input methods, and the source of the `?` sheet. */

export interface Binding {
	/** A chord such as `Enter`, `Ctrl+Enter`, `ArrowDown`, `F4`, `/`, `Shift+Escape`, `Space`, `N`. */
	readonly keys: string | readonly string[];
	/** What it does, in the language in use; it stands on the shortcut sheet. */
	readonly label: () => string;
	readonly run: (event: KeyboardEvent) => void;
	/** Works while the focus is in a text field, too. Single letters never should. */
	readonly inText?: boolean;
	/** Only asked when the chord matches; false lets other bindings and the browser have the key. */
	readonly when?: () => boolean;
	/** Left out of the shortcut sheet. */
	readonly unlisted?: boolean;
	/** Works above an open dialog as well. */
	readonly always?: boolean;
}

export interface SheetRow {
	readonly keys: readonly string[];
	readonly label: string;
}

/** The parts of a keyboard event this module reads; a DOM KeyboardEvent is one. */
export interface KeyLike {
	readonly key: string;
	readonly keyCode: number;
	readonly ctrlKey: boolean;
	readonly metaKey: boolean;
	readonly altKey: boolean;
	readonly shiftKey: boolean;
	readonly isComposing: boolean;
	readonly target: EventTarget | null;
	readonly defaultPrevented: boolean;
	preventDefault(): void;
}

const COMPOSING_KEY_CODE = 229;
/** Chinese punctuation that an input method gives for the same key. */
const SAME_KEY: Readonly<Record<string, string>> = {
	"、": "/",
	"？": "?",
	"·": "`",
	"，": ",",
	"。": ".",
	"【": "[",
	"】": "]",
	" ": "Space",
};

function keyName(key: string): string {
	const name = SAME_KEY[key] ?? key;
	return name.length === 1 ? name.toUpperCase() : name;
}

/** The chord of an event, written as bindings write it. Shift counts only with letters and named keys. */
export function chordOf(event: KeyLike): string {
	const name = keyName(event.key);
	const shiftMatters = name.length > 1 || /^[A-Z]$/.test(name);
	const marks = [
		event.ctrlKey || event.metaKey ? "Ctrl" : "",
		event.altKey ? "Alt" : "",
		event.shiftKey && shiftMatters ? "Shift" : "",
	];
	return [...marks.filter((mark) => mark !== ""), name].join("+");
}

const TEXT_INPUTS = new Set([
	"text",
	"search",
	"password",
	"email",
	"tel",
	"url",
	"number",
	"date",
	"time",
	"",
]);

interface ElementLike {
	readonly tagName: string;
	readonly isContentEditable?: boolean;
	readonly type?: string;
	getAttribute(name: string): string | null;
}

function asElement(target: EventTarget | null): ElementLike | null {
	return target !== null && "tagName" in target ? (target as unknown as ElementLike) : null;
}

/** True where letters are being written: text inputs, text areas, selects and editable content. */
export function isTextTarget(target: EventTarget | null): boolean {
	const element = asElement(target);
	if (!element) return false;
	if (element.isContentEditable === true) return true;
	const tag = element.tagName.toUpperCase();
	if (tag === "TEXTAREA" || tag === "SELECT") return true;
	return tag === "INPUT" && TEXT_INPUTS.has(element.type ?? "");
}

/** True where Enter and Space already mean "press this". */
function pressesItself(target: EventTarget | null): boolean {
	const element = asElement(target);
	if (!element) return false;
	const tag = element.tagName.toUpperCase();
	if (tag === "BUTTON" || tag === "A" || tag === "SUMMARY" || tag === "INPUT") return true;
	const role = element.getAttribute("role");
	return role === "button" || role === "tab" || role === "option" || role === "radio";
}

export function isComposing(event: Pick<KeyLike, "isComposing" | "keyCode">): boolean {
	return event.isComposing || event.keyCode === COMPOSING_KEY_CODE;
}

interface Bound {
	readonly binding: Binding;
	readonly chords: readonly string[];
	readonly layer: number;
}

export class Keyboard {
	readonly #bound: Bound[] = [];
	#layer = 0;

	/** Adds bindings on the present layer; later ones win. Answers the function that removes them. */
	bind(bindings: readonly Binding[]): () => void {
		const added = bindings.map((binding) => ({
			binding,
			chords: typeof binding.keys === "string" ? [binding.keys] : [...binding.keys],
			layer: this.#layer,
		}));
		this.#bound.push(...added);
		return () => {
			for (const one of added) {
				const at = this.#bound.indexOf(one);
				if (at >= 0) this.#bound.splice(at, 1);
			}
		};
	}

	/** Opens a layer, as a dialog does: keys below it rest until the answered function closes it. */
	openLayer(): () => void {
		this.#layer += 1;
		let open = true;
		return () => {
			if (open) this.#layer -= 1;
			open = false;
		};
	}

	/** Runs the binding for an event, if there is one, and keeps the browser from using the key as well. */
	handle(event: KeyLike): boolean {
		if (event.defaultPrevented || isComposing(event)) return false;
		const chord = chordOf(event);
		const found = this.#find(chord, event.target);
		if (!found) return false;
		event.preventDefault();
		found.run(event as unknown as KeyboardEvent);
		return true;
	}

	#find(chord: string, target: EventTarget | null): Binding | null {
		const inText = isTextTarget(target);
		const pressKey = chord === "Enter" || chord === "Space";
		if (pressKey && !inText && pressesItself(target)) return null;
		for (const { binding, chords, layer } of [...this.#bound].reverse()) {
			if (layer !== this.#layer && binding.always !== true) continue;
			if (!chords.includes(chord) || (inText && binding.inText !== true)) continue;
			if (binding.when === undefined || binding.when()) return binding;
		}
		return null;
	}

	/** What the `?` sheet lists: every binding that is alive now, in the order it was added. */
	sheet(): readonly SheetRow[] {
		return this.#bound
			.filter(({ binding }) => binding.unlisted !== true)
			.map(({ binding, chords }) => ({ keys: chords, label: binding.label() }));
	}

	/** Listens on a window or element; answers the function that stops. */
	listen(target: Pick<Window, "addEventListener" | "removeEventListener">): () => void {
		const onKey = (event: KeyboardEvent): void => {
			this.handle(event);
		};
		target.addEventListener("keydown", onKey);
		return () => target.removeEventListener("keydown", onKey);
	}
}

/** The keyboard of this page. */
export const keyboard = new Keyboard();
