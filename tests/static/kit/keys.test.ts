import { beforeEach, describe, expect, it } from "vitest";
import {
	type Binding,
	chordOf,
	isComposing,
	isTextTarget,
	Keyboard,
	type KeyLike,
} from "../../../static/src/kit/keys.ts";

interface Element {
	tagName: string;
	type?: string;
	isContentEditable?: boolean;
	role?: string;
}

const target = (element: Element): EventTarget =>
	({
		...element,
		getAttribute: (name: string) => (name === "role" ? (element.role ?? null) : null),
	}) as unknown as EventTarget;

interface Pressed extends KeyLike {
	prevented: boolean;
}

function press(key: string, given: Partial<KeyLike> & { on?: Element } = {}): Pressed {
	const { on, ...rest } = given;
	const event = {
		key,
		keyCode: 0,
		ctrlKey: false,
		metaKey: false,
		altKey: false,
		shiftKey: false,
		isComposing: false,
		defaultPrevented: false,
		target: on ? target(on) : null,
		...rest,
		prevented: false,
		preventDefault() {
			event.prevented = true;
		},
	};
	return event;
}

let keyboard: Keyboard;
let ran: string[];

const binding = (keys: string | string[], name: string, more: Partial<Binding> = {}): Binding => ({
	keys,
	label: () => name,
	run: () => {
		ran.push(name);
	},
	...more,
});

beforeEach(() => {
	keyboard = new Keyboard();
	ran = [];
});

describe("chordOf", () => {
	it.each([
		[press("n"), "N"],
		[press("N", { shiftKey: true }), "Shift+N"],
		[press("Enter"), "Enter"],
		[press("Enter", { ctrlKey: true }), "Ctrl+Enter"],
		[press("Enter", { metaKey: true }), "Ctrl+Enter"],
		[press("ArrowLeft", { altKey: true }), "Alt+ArrowLeft"],
		[press("Escape", { shiftKey: true }), "Shift+Escape"],
		[press(" "), "Space"],
		[press("?", { shiftKey: true }), "?"],
		[press("？", { shiftKey: true }), "?"],
		[press("、"), "/"],
		[press("F4"), "F4"],
		[press("z", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z"],
	])("writes a key as bindings do", (event, chord) => {
		expect(chordOf(event)).toBe(chord);
	});
});

describe("isTextTarget", () => {
	it.each([
		[{ tagName: "INPUT", type: "text" }, true],
		[{ tagName: "input", type: "search" }, true],
		[{ tagName: "INPUT" }, true],
		[{ tagName: "INPUT", type: "checkbox" }, false],
		[{ tagName: "TEXTAREA" }, true],
		[{ tagName: "SELECT" }, true],
		[{ tagName: "DIV", isContentEditable: true }, true],
		[{ tagName: "TR" }, false],
	])("of %o is %s", (element, expected) => {
		expect(isTextTarget(target(element))).toBe(expected);
	});

	it("is false for no element at all", () => {
		expect(isTextTarget(null)).toBe(false);
	});
});

describe("Chinese input", () => {
	it("is left alone while a word is being composed", () => {
		keyboard.bind([binding("N", "next"), binding("Enter", "open", { inText: true })]);
		expect(keyboard.handle(press("n", { isComposing: true }))).toBe(false);
		expect(keyboard.handle(press("Process", { keyCode: 229 }))).toBe(false);
		expect(keyboard.handle(press("Enter", { isComposing: true, on: { tagName: "TEXTAREA" } }))).toBe(false);
		expect(ran).toEqual([]);
	});

	it("is recognised by either sign", () => {
		expect(isComposing({ isComposing: true, keyCode: 0 })).toBe(true);
		expect(isComposing({ isComposing: false, keyCode: 229 })).toBe(true);
		expect(isComposing({ isComposing: false, keyCode: 78 })).toBe(false);
	});
});

describe("Keyboard", () => {
	it("runs a binding and keeps the key from the browser", () => {
		keyboard.bind([binding("N", "new")]);
		const event = press("n");
		expect(keyboard.handle(event)).toBe(true);
		expect(event.prevented).toBe(true);
		expect(ran).toEqual(["new"]);
	});

	it("leaves other keys and browser chords alone", () => {
		keyboard.bind([binding("N", "new")]);
		for (const event of [press("m"), press("n", { ctrlKey: true }), press("t", { ctrlKey: true })]) {
			expect(keyboard.handle(event)).toBe(false);
			expect(event.prevented).toBe(false);
		}
	});

	it("takes each of several chords", () => {
		keyboard.bind([binding(["ArrowDown", "J"], "down")]);
		keyboard.handle(press("ArrowDown"));
		keyboard.handle(press("j"));
		expect(ran).toEqual(["down", "down"]);
	});

	it("does not take single keys from text, unless told", () => {
		keyboard.bind([binding("N", "new"), binding("F4", "next", { inText: true })]);
		const on = { tagName: "TEXTAREA" };
		expect(keyboard.handle(press("n", { on }))).toBe(false);
		expect(keyboard.handle(press("F4", { on }))).toBe(true);
		expect(ran).toEqual(["next"]);
	});

	it.each([{ tagName: "BUTTON" }, { tagName: "A" }, { tagName: "DIV", role: "tab" }, { tagName: "SUMMARY" }])(
		"leaves Enter and Space to %o",
		(on) => {
			keyboard.bind([binding("Enter", "open"), binding("Space", "preview"), binding("N", "new")]);
			expect(keyboard.handle(press("Enter", { on }))).toBe(false);
			expect(keyboard.handle(press(" ", { on }))).toBe(false);
			expect(keyboard.handle(press("n", { on }))).toBe(true);
		},
	);

	it("takes Enter on a table row", () => {
		keyboard.bind([binding("Enter", "open")]);
		expect(keyboard.handle(press("Enter", { on: { tagName: "TR" } }))).toBe(true);
	});

	it("asks the later binding first, and the earlier where that one declines", () => {
		let willing = true;
		keyboard.bind([binding("Escape", "page")]);
		keyboard.bind([binding("Escape", "panel", { when: () => willing })]);
		keyboard.handle(press("Escape"));
		willing = false;
		keyboard.handle(press("Escape"));
		expect(ran).toEqual(["panel", "page"]);
	});

	it("forgets a binding that was taken back, once", () => {
		const unbind = keyboard.bind([binding("N", "new")]);
		const keep = keyboard.bind([binding("N", "newer")]);
		keep();
		keep();
		keyboard.handle(press("n"));
		unbind();
		keyboard.handle(press("n"));
		expect(ran).toEqual(["new"]);
	});

	it("does nothing with an event that was dealt with already", () => {
		keyboard.bind([binding("N", "new")]);
		expect(keyboard.handle(press("n", { defaultPrevented: true }))).toBe(false);
	});

	it("rests under an open dialog, but for what is always wanted", () => {
		keyboard.bind([binding("N", "new"), binding("F9", "critical", { always: true })]);
		const close = keyboard.openLayer();
		keyboard.bind([binding("Escape", "close dialog")]);
		keyboard.handle(press("n"));
		keyboard.handle(press("F9"));
		keyboard.handle(press("Escape"));
		close();
		close();
		keyboard.handle(press("n"));
		expect(ran).toEqual(["critical", "close dialog", "new"]);
	});

	it("lists what is alive on its sheet", () => {
		keyboard.bind([binding("N", "显示新任务"), binding("ArrowUp", "x", { unlisted: true })]);
		const unbind = keyboard.bind([binding(["ArrowDown", "J"], "选择")]);
		expect(keyboard.sheet()).toEqual([
			{ keys: ["N"], label: "显示新任务" },
			{ keys: ["ArrowDown", "J"], label: "选择" },
		]);
		unbind();
		expect(keyboard.sheet()).toHaveLength(1);
	});

	it("listens on a window until told to stop", () => {
		const page = new EventTarget();
		keyboard.bind([binding("N", "new")]);
		const stop = keyboard.listen(page as unknown as Window);
		const event = Object.assign(new Event("keydown", { cancelable: true }), { key: "n", keyCode: 78 });
		page.dispatchEvent(event);
		expect(ran).toEqual(["new"]);
		expect(event.defaultPrevented).toBe(true);
		stop();
		page.dispatchEvent(Object.assign(new Event("keydown"), { key: "n", keyCode: 78 }));
		expect(ran).toEqual(["new"]);
	});
});
