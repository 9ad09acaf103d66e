import { describe, expect, it } from "vitest";
import { type Prepared, Preparing, type VideoState } from "../../../../static/src/reading/video/preparing.ts";
import { aRendition } from "./renditions.ts";

const READY: VideoState = { state: "ready", progress: 1, reason: null, rendition: aRendition() };

function preparing(progress: number): VideoState {
	return { state: "preparing", progress, reason: null, rendition: null };
}

/** A server that answers one thing after the other, and a clock that is turned by hand. */
function aScene(answers: (VideoState | Error)[], plays = true) {
	const waits: number[] = [];
	const seen: Prepared[] = [];
	let next: (() => void) | null = null;
	let asked = 0;
	const made = new Preparing({
		ask: async () => {
			const answer = answers[Math.min(asked++, answers.length - 1)] as VideoState | Error;
			if (answer instanceof Error) throw answer;
			return answer;
		},
		canPlay: () => plays,
		later: (run, ms) => {
			waits.push(ms);
			next = run;
			return () => {
				next = null;
			};
		},
	});
	made.state.subscribe((state) => seen.push(state));
	const settle = async (): Promise<void> => {
		for (let i = 0; i < 5; i++) await Promise.resolve();
	};
	const turn = async (): Promise<boolean> => {
		await settle();
		const run = next;
		next = null;
		run?.();
		await settle();
		return run !== null;
	};
	return { made, seen, waits, settle, turn, asked: () => asked };
}

describe("a video that is prepared", () => {
	it("is asked for until it is ready, and its progress told", async () => {
		const { made, seen, turn } = aScene([preparing(0), preparing(0.4), READY]);
		made.open();
		while (await turn());
		expect(seen.map((one) => (one.kind === "preparing" ? one.progress : one.kind))).toEqual([
			0,
			0,
			0.4,
			"ready",
		]);
		expect(made.state.value).toEqual({ kind: "ready", rendition: aRendition() });
	});

	it("is asked for less often the longer it takes", async () => {
		const { made, waits, turn } = aScene([preparing(0)]);
		made.open();
		for (let i = 0; i < 9; i++) await turn();
		expect(waits[0]).toBe(250);
		expect(waits.every((wait, i) => i === 0 || wait >= (waits[i - 1] as number))).toBe(true);
		expect(waits.at(-1)).toBe(2000);
	});

	it("says why it will never be played", async () => {
		const { made, settle } = aScene([
			{ state: "refused", progress: 0, reason: "video.too_long", rendition: null },
		]);
		made.open();
		await settle();
		expect(made.state.value).toEqual({ kind: "refused", reason: "video.too_long" });
	});

	it("is not given to a browser that does not play its coding", async () => {
		const { made, settle } = aScene([READY], false);
		made.open();
		await settle();
		expect(made.state.value).toEqual({ kind: "unplayable", mediaType: 'video/webm; codecs="vp9"' });
	});

	it("is not playable either when the browser gives up on it, and on nothing else", async () => {
		const { made, settle } = aScene([READY]);
		made.broke();
		expect(made.state.value.kind).toBe("preparing");
		made.open();
		await settle();
		made.broke();
		expect(made.state.value.kind).toBe("unplayable");
	});

	it("is asked for again after the line was down", async () => {
		const down = new Error("down");
		const { made, settle, asked } = aScene([down, READY]);
		made.open();
		await settle();
		expect(made.state.value).toEqual({ kind: "failed", problem: down });
		expect(asked()).toBe(1);
		made.open();
		await settle();
		expect(made.state.value.kind).toBe("ready");
	});

	it("is asked for no more once it is closed", async () => {
		const { made, turn, settle, asked } = aScene([preparing(0.1)]);
		made.open();
		await settle();
		made.close();
		expect(await turn()).toBe(false);
		expect(asked()).toBe(1);
		made.open();
		made.close();
		await settle();
		expect(made.state.value).toEqual({ kind: "preparing", progress: 0 });
	});
});
