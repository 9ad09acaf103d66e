// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { Problem } from "../../../static/src/api/problem.ts";
import { faultless, idle, sendForm, sendsForm } from "../../../static/src/ui/sending.ts";

describe("a form on its way", () => {
	it("is not sent while something is missing, and says so from then on", async () => {
		const state = idle();
		let sent = 0;
		const count = async (): Promise<void> => {
			sent += 1;
		};
		expect(await sendForm(state, false, count)).toBe(false);
		expect([sent, state]).toEqual([0, { asked: true, busy: false, refusal: "" }]);
		expect(await sendForm(state, true, count)).toBe(true);
		expect(sent).toBe(1);
	});

	it("is sent once, however often it is asked for", async () => {
		const state = idle();
		const ends: (() => void)[] = [];
		const send = () => new Promise<void>((resolve) => ends.push(resolve));
		const first = sendForm(state, true, send);
		expect(state.busy).toBe(true);
		expect(await sendForm(state, true, send)).toBe(false);
		expect(ends).toHaveLength(1);
		ends[0]?.();
		expect(await first).toBe(true);
		expect(state.busy).toBe(false);
	});

	it("says a refusal, and forgets it with the next try", async () => {
		const state = idle();
		const refused = new Problem({ status: 409, code: "x.y", detail: "Taken already." });
		expect(await sendForm(state, true, () => Promise.reject(refused))).toBe(false);
		expect(state).toEqual({ asked: true, busy: false, refusal: "Taken already." });
		const second = sendForm(state, true, async () => expect(state.refusal).toBe(""));
		expect(state.refusal).toBe("");
		expect(await second).toBe(true);
	});

	it("says a refusal in the form's own words where it has some", async () => {
		const state = idle();
		await sendForm(
			state,
			true,
			() => Promise.reject(new Problem({ status: 401, code: "identity.wrong_password" })),
			(problem) => `own words for ${problem.code}`,
		);
		expect(state.refusal).toBe("own words for identity.wrong_password");
	});

	it("says something when whatever was thrown is no problem of ours", async () => {
		const state = idle();
		await sendForm(
			state,
			true,
			() => Promise.reject(new TypeError("Failed to fetch")),
			(one) => one.kind,
		);
		expect(state.refusal).toBe("offline");
		await sendForm(
			state,
			true,
			() => Promise.reject("nonsense"),
			(one) => one.kind,
		);
		expect(state.refusal).toBe("unexpected");
	});
});

describe("Enter", () => {
	function pressed(html: string, given: KeyboardEventInit & { keyCode?: number }): boolean {
		document.body.innerHTML = html;
		const event = new KeyboardEvent("keydown", { bubbles: true, ...given });
		let heard = false;
		const hear = (): void => {
			heard = sendsForm(event);
		};
		document.addEventListener("keydown", hear, { once: true });
		document.body.firstElementChild?.dispatchEvent(event);
		return heard;
	}

	it.each([
		['<input type="text">', true],
		["<input>", true],
		['<input type="password">', true],
		['<input type="tel">', true],
		['<input type="date">', true],
		['<input type="checkbox">', false],
		['<input type="radio">', false],
		["<textarea></textarea>", false],
		["<select></select>", false],
		["<button></button>", false],
	])("in %s sends: %s", (html, sends) => expect(pressed(html, { key: "Enter" })).toBe(sends));

	it("means a choice of characters while a word is being composed", () => {
		expect(pressed("<input>", { key: "Enter", isComposing: true })).toBe(false);
		expect(pressed("<input>", { key: "Enter", keyCode: 229 })).toBe(false);
	});

	it.each(["a", "Escape", "Tab", " "])("is meant, not %j", (key) =>
		expect(pressed("<input>", { key })).toBe(false),
	);
});

it.each([
	[{}, true],
	[{ name: "fieldMissing" }, false],
	[{ name: undefined }, false],
])("a form with the faults %o may go: %s", (faults, free) => expect(faultless(faults)).toBe(free));
