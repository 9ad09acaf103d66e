import { describe, expect, it } from "vitest";
import { Playback, type Screen } from "../../../../static/src/reading/video/playback.ts";
import { aRendition } from "./renditions.ts";

class FakeScreen implements Screen {
	currentTime = 0;
	seeking = false;
	paused = true;
	playbackRate = 1;
	loop = false;
	muted = false;
	refuses = false;
	async play(): Promise<void> {
		if (this.refuses) throw new Error("NotAllowedError");
		this.paused = false;
	}
	pause(): void {
		this.paused = true;
	}
}

function aFilm(frames = 100) {
	const screen = new FakeScreen();
	let rests = 0;
	const film = new Playback(screen, aRendition({ frames }), () => {
		rests += 1;
	});
	return { screen, film, rests: () => rests, frame: () => film.state.value.frame };
}

describe("a video in a pane", () => {
	it("begins again after its end and makes no sound, until that is wanted otherwise", () => {
		const { screen, film } = aFilm();
		expect([screen.loop, screen.muted, screen.playbackRate]).toEqual([true, true, 1]);
		film.toggleLoop();
		film.toggleSound();
		film.setSpeed(0.25);
		expect([screen.loop, screen.muted, screen.playbackRate]).toEqual([false, false, 0.25]);
		expect(film.state.value).toEqual({ frame: 0, speed: 0.25, loop: false, muted: false });
	});

	it("goes frame by frame, at rest, to the middle of each", () => {
		const { screen, film, rests, frame } = aFilm();
		expect(film.step(1)).toBe(true);
		expect(screen.currentTime).toBeCloseTo(0.06);
		expect(film.step(3)).toBe(true);
		expect(film.step(-1)).toBe(true);
		expect([frame(), rests()]).toEqual([3, 3]);
		expect(screen.currentTime).toBeCloseTo(0.14);
	});

	it("counts steps from where it will be, not from where it still is", () => {
		const { screen, film, frame } = aFilm();
		screen.seeking = true;
		for (let i = 0; i < 5; i++) {
			film.step(1);
			film.shows(0);
		}
		expect(frame()).toBe(5);
		screen.seeking = false;
		film.shows(0.2);
		expect(frame()).toBe(5);
	});

	it("has ends, and says that there is nothing beyond", () => {
		const { film, frame } = aFilm(10);
		expect(film.step(-1)).toBe(false);
		film.toEnd(true);
		expect(frame()).toBe(9);
		expect(film.step(1)).toBe(false);
		expect(film.step(-99)).toBe(true);
		expect(frame()).toBe(0);
		film.goTo(4);
		film.toEnd(false);
		expect(frame()).toBe(0);
	});

	it("plays from where it rests, and from the beginning when it is at its end", async () => {
		const { screen, film, frame } = aFilm(10);
		film.goTo(4);
		film.play();
		expect([frame(), screen.paused]).toEqual([4, false]);
		film.pause();
		film.toEnd(true);
		film.play();
		expect([frame(), screen.paused]).toEqual([0, false]);
	});

	it("rests when the browser does not let it play", async () => {
		const { screen, film, rests } = aFilm();
		screen.refuses = true;
		film.play();
		await Promise.resolve();
		await Promise.resolve();
		expect(rests()).toBe(1);
	});

	it("tells nobody when nothing changes", () => {
		const { film } = aFilm();
		let told = 0;
		film.state.subscribe(() => {
			told += 1;
		});
		film.shows(0.01);
		film.setSpeed(1);
		expect(told).toBe(1);
		film.shows(0.05);
		expect(told).toBe(2);
	});
});
