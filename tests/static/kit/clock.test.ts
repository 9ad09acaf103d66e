import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { learnServerTime, nowEverySecond, secondTicker, serverNow } from "../../../static/src/kit/clock.ts";

const NOW = Date.UTC(2026, 10, 21, 2, 40, 0);

beforeEach(() => {
	vi.useFakeTimers({ now: NOW });
	learnServerTime(new Date(NOW).toUTCString(), NOW);
});
afterEach(() => vi.useRealTimers());

describe("serverNow", () => {
	it("is this computer's time while that agrees with the server's", () => {
		learnServerTime(new Date(NOW + 1000).toUTCString(), NOW);
		expect(serverNow()).toBe(NOW);
	});

	it("follows the server where this computer is two hours slow", () => {
		learnServerTime(new Date(NOW + 7_200_000).toUTCString(), NOW);
		expect(serverNow()).toBe(NOW + 7_200_000);
		vi.advanceTimersByTime(5000);
		expect(serverNow()).toBe(NOW + 7_205_000);
	});

	it("keeps what it knows when an answer has no readable date", () => {
		learnServerTime(new Date(NOW + 60_000).toUTCString(), NOW);
		learnServerTime(null, NOW);
		learnServerTime("tomorrow", NOW);
		expect(serverNow()).toBe(NOW + 60_000);
	});
});

describe("the second ticker", () => {
	it("ticks once a second for all who look, with one timer", () => {
		const first: number[] = [];
		const second: number[] = [];
		const leaveFirst = secondTicker.subscribe((now) => first.push(now));
		const leaveSecond = secondTicker.subscribe((now) => second.push(now));
		expect(vi.getTimerCount()).toBe(1);
		vi.advanceTimersByTime(3000);
		expect(first.slice(-3)).toEqual([NOW + 1000, NOW + 2000, NOW + 3000]);
		expect(second.slice(-3)).toEqual(first.slice(-3));
		leaveFirst();
		leaveSecond();
	});

	it("rests while nobody looks", () => {
		const leave = secondTicker.subscribe(() => undefined);
		leave();
		expect(vi.getTimerCount()).toBe(0);
	});

	it("gives the present time outside of a view", () => {
		vi.advanceTimersByTime(90_000);
		expect(nowEverySecond()).toBe(NOW + 90_000);
	});
});
