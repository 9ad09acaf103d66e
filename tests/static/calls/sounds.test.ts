import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { knock, soundTest, tones } from "../../../static/src/calls/sounds.ts";

interface Tone {
	pitch: number;
	from: number;
	to: number;
}

let played: Tone[];
let closed: number;

class FakeAudio {
	currentTime = 10;
	destination = {};
	createGain = () => ({ gain: { value: 0 }, connect: () => undefined });
	createOscillator = () => {
		const tone: Tone = { pitch: 0, from: 0, to: 0 };
		played.push(tone);
		return {
			frequency: {
				set value(pitch: number) {
					tone.pitch = pitch;
				},
			},
			connect: () => undefined,
			start: (at: number) => {
				tone.from = at;
			},
			stop: (at: number) => {
				tone.to = at;
			},
		};
	};
	close = async (): Promise<void> => {
		closed += 1;
	};
}

beforeEach(() => {
	vi.useFakeTimers();
	played = [];
	closed = 0;
});
afterEach(() => {
	vi.useRealTimers();
});

describe("sounds", () => {
	it("are one tone after the other, none over the next, and let the loudspeaker go", () => {
		vi.stubGlobal("AudioContext", FakeAudio);
		tones([400, 500, 600], 0.3, 0.1);
		expect(played.map((one) => one.pitch)).toEqual([400, 500, 600]);
		for (const [at, tone] of played.entries()) {
			expect(tone.to).toBeGreaterThan(tone.from);
			expect(tone.to).toBeLessThanOrEqual(played[at + 1]?.from ?? Infinity);
		}
		const last = Math.max(...played.map((one) => one.to)) - 10;
		vi.advanceTimersByTime(last * 1000 - 1);
		expect(closed).toBe(0);
		vi.advanceTimersByTime(1000);
		expect(closed).toBe(1);
	});

	it("of the test and of a knock can be told apart", () => {
		vi.stubGlobal("AudioContext", FakeAudio);
		soundTest();
		const test = played.splice(0).map((one) => one.pitch);
		knock();
		expect(played.map((one) => one.pitch)).not.toEqual(test);
	});

	it("are none where there is no loudspeaker", () => {
		expect(() => {
			soundTest();
			knock();
		}).not.toThrow();
		expect(played).toEqual([]);
	});
});
