import { describe, expect, it } from "vitest";
import { beforeLeaving, readyToLeave } from "../../../static/src/kit/leaving.ts";

describe("leaving a page with forms on it", () => {
	it("is free where there is no form", async () => expect(await readyToLeave()).toBe(true));

	it("waits for every form, and asks a closed one no more", async () => {
		const asked: string[] = [];
		const form = (name: string, saves: boolean) =>
			beforeLeaving(async () => {
				asked.push(name);
				return saves;
			});
		const offA = form("a", true);
		const offB = form("b", false);
		expect(await readyToLeave()).toBe(false);
		offB();
		expect(await readyToLeave()).toBe(true);
		offA();
		await readyToLeave();
		expect(asked).toEqual(["a", "b", "a"]);
	});
});
