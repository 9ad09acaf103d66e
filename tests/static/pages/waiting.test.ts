import { describe, expect, it } from "vitest";
import { railOf } from "../../../static/src/pages/rails.ts";
import { followWaiting, waitingAside } from "../../../static/src/pages/waiting.ts";

const turn = (): Promise<void> => new Promise((resolve) => queueMicrotask(() => queueMicrotask(resolve)));

class Ticks {
	run: () => void = () => undefined;
	stopped = false;
	readonly every = (run: () => void): (() => void) => {
		run();
		this.run = run;
		return () => {
			this.stopped = true;
		};
	};
}

describe("how many objects wait", () => {
	it("is asked at once and again with every tick", async () => {
		const ticks = new Ticks();
		let count = 3;
		const stop = followWaiting("administrator", () => Promise.resolve(count), ticks.every);
		await turn();
		expect(waitingAside.value).toBe(3);
		count = 4;
		ticks.run();
		await turn();
		expect(waitingAside.value).toBe(4);
		stop();
		expect(ticks.stopped).toBe(true);
	});

	it("stays when a question fails, and is not told after the end", async () => {
		const ticks = new Ticks();
		let answer: () => Promise<number> = () => Promise.resolve(2);
		const stop = followWaiting("technician", () => answer(), ticks.every);
		await turn();
		answer = () => Promise.reject(new Error("away"));
		ticks.run();
		await turn();
		expect(waitingAside.value).toBe(2);
		let tell: (count: number) => void = () => undefined;
		answer = () => new Promise((resolve) => (tell = resolve));
		ticks.run();
		stop();
		tell(9);
		await turn();
		expect(waitingAside.value).toBe(2);
	});

	it.each(["applicant", "specialist", "coordinator", "auditor"] as const)("is not asked for %s", async (role) => {
		const ticks = new Ticks();
		let asked = 0;
		followWaiting(
			role,
			() => {
				asked += 1;
				return Promise.resolve(5);
			},
			ticks.every,
		)();
		await turn();
		expect([asked, waitingAside.value]).toEqual([0, 0]);
	});

	it("stands at the entry of those who decide", () => {
		for (const role of ["administrator", "technician"] as const) {
			const [entry] = railOf(role, 7).filter((one) => one.key === "quarantine");
			expect(entry).toMatchObject({ count: 7, href: "/admin/quarantine" });
			expect(railOf(role, 7).filter((one) => one.count !== undefined)).toHaveLength(1);
		}
		expect(railOf("specialist", 7).some((one) => one.count !== undefined)).toBe(false);
	});
});
