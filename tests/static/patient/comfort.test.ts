import { beforeEach, describe, expect, it, vi } from "vitest";
import { chime, keepAwake, readAloud, telephone } from "../../../static/src/patient/comfort.ts";

interface Lock {
	released: boolean;
	release: () => Promise<void>;
}

let locks: Lock[];
let listeners: Set<() => void>;
let visibility: "visible" | "hidden";

beforeEach(() => {
	locks = [];
	listeners = new Set();
	visibility = "visible";
	vi.stubGlobal("document", {
		get visibilityState() {
			return visibility;
		},
		addEventListener: (_name: string, run: () => void) => listeners.add(run),
		removeEventListener: (_name: string, run: () => void) => listeners.delete(run),
	});
});

function phone(request: () => Promise<Lock>): void {
	vi.stubGlobal("navigator", { wakeLock: { request } });
}

async function lock(): Promise<Lock> {
	const made: Lock = {
		released: false,
		release: async () => {
			made.released = true;
		},
	};
	locks.push(made);
	return made;
}

const settled = async (): Promise<void> => {
	for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
};

describe("the screen", () => {
	it("stays lit, also after the page was out of sight, until it may sleep", async () => {
		phone(lock);
		const sleep = keepAwake();
		await settled();
		visibility = "hidden";
		for (const run of listeners) run();
		visibility = "visible";
		for (const run of listeners) run();
		await settled();
		expect(locks).toHaveLength(2);
		sleep();
		expect(locks.at(-1)?.released).toBe(true);
		expect(listeners.size).toBe(0);
	});

	it("that may sleep before the phone has answered is let go as soon as it does", async () => {
		let answer: (got: Lock) => void = () => undefined;
		phone(() => new Promise((resolve) => (answer = resolve)));
		const sleep = keepAwake();
		sleep();
		answer(await lock());
		await settled();
		expect(locks[0]?.released).toBe(true);
	});

	it("of a phone that cannot, or will not, is no fault", async () => {
		phone(async () => Promise.reject(new Error("low battery")));
		const sleep = keepAwake();
		await settled();
		expect(sleep).not.toThrow();
		vi.stubGlobal("navigator", {});
		expect(keepAwake()).not.toThrow();
	});
});

describe("reading aloud", () => {
	it("says the sentence slowly, in its language, and only the last one asked for", () => {
		const said: { text: string; lang: string; rate: number }[] = [];
		const cancel = vi.fn();
		vi.stubGlobal("speechSynthesis", { speak: (one: never) => said.push(one), cancel });
		vi.stubGlobal(
			"SpeechSynthesisUtterance",
			class {
				lang = "";
				rate = 1;
				constructor(readonly text: string) {}
			},
		);
		expect(readAloud("让许诺医师看我的检查", "zh-CN")).toBe(true);
		expect(said).toEqual([{ text: "让许诺医师看我的检查", lang: "zh-CN", rate: 0.9 }]);
		expect(cancel).toHaveBeenCalledOnce();
	});

	it("is not possible on a phone without a voice", () => expect(readAloud("x", "zh-CN")).toBe(false));
});

describe("the sound when the doctor is there", () => {
	it("rises, and is none without a loudspeaker", () => {
		vi.useFakeTimers();
		expect(chime).not.toThrow();
		const pitches: number[] = [];
		const closed = vi.fn(async () => undefined);
		vi.stubGlobal(
			"AudioContext",
			class {
				currentTime = 0;
				destination = {};
				createGain = () => ({ gain: { value: 0 }, connect: () => undefined });
				createOscillator = () => ({
					frequency: {
						set value(pitch: number) {
							pitches.push(pitch);
						},
					},
					connect: () => undefined,
					start: () => undefined,
					stop: () => undefined,
				});
				close = closed;
			},
		);
		chime();
		vi.advanceTimersByTime(1000);
		vi.useRealTimers();
		expect(pitches).toEqual([...pitches].sort((a, b) => a - b));
		expect(pitches).toHaveLength(2);
		expect(closed).toHaveBeenCalledOnce();
	});
});

describe("a telephone number", () => {
	it.each([
		["0770-555 0101", "tel:07705550101"],
		["+86 (770) 1200", "tel:+867701200"],
		["19900009004", "tel:19900009004"],
	])("%s is dialled as %s", (number, dialled) => expect(telephone(number)).toBe(dialled));
});
