import { afterEach, describe, expect, it, vi } from "vitest";
import { markSeen } from "../../../static/src/pages/marks.ts";

const NEVER_MS = 60_000;

async function isSeen(waiting: Promise<void>): Promise<boolean> {
	const open = Symbol("open");
	const late = new Promise((resolve) => setTimeout(() => resolve(open), 50));
	return (await Promise.race([waiting, late])) !== open;
}

afterEach(() => performance.clearMarks());

describe("a mark of a workspace", () => {
	it("is seen when it is set", async () => {
		const waiting = markSeen(["t:painted"], NEVER_MS);
		expect(await isSeen(waiting)).toBe(false);
		performance.mark("t:painted");
		expect(await isSeen(waiting)).toBe(true);
	});

	it("is seen where it was set before anybody waited", async () => {
		performance.mark("t:early");
		expect(await isSeen(markSeen(["t:early"], NEVER_MS))).toBe(true);
	});

	it("may be any of several, and is no other", async () => {
		const waiting = markSeen(["t:image", "t:ecg"], NEVER_MS);
		performance.mark("t:other");
		performance.measure("t:image", { start: 0, end: 1 });
		expect(await isSeen(waiting)).toBe(false);
		performance.mark("t:ecg");
		expect(await isSeen(waiting)).toBe(true);
	});

	it("is not waited for longer than patience lasts", async () => {
		vi.useFakeTimers();
		let over = false;
		const waiting = markSeen(["t:never"], 1500).then(() => {
			over = true;
		});
		await vi.advanceTimersByTimeAsync(1499);
		expect(over).toBe(false);
		await vi.advanceTimersByTimeAsync(1);
		await waiting;
		expect(over).toBe(true);
		expect(vi.getTimerCount()).toBe(0);
		vi.useRealTimers();
	});

	it("leaves no observer behind once it was seen", async () => {
		const disconnected = vi.spyOn(PerformanceObserver.prototype, "disconnect");
		performance.mark("t:done");
		await markSeen(["t:done"], NEVER_MS);
		expect(disconnected).toHaveBeenCalledTimes(1);
		performance.mark("t:done");
		disconnected.mockRestore();
	});
});
