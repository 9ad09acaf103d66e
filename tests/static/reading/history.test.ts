import { describe, expect, it } from "vitest";
import { History } from "../../../static/src/reading/history.ts";
import { figures } from "./studies.ts";

describe("undo and redo", () => {
	it("go through any series of acts, one by one, both ways", () => {
		const random = figures(14);
		for (let round = 0; round < 40; round++) {
			const history = new History<number>();
			const states = [0];
			for (let act = 0; act < 20; act++) {
				const after = Math.floor(random() * 1e6);
				history.push({ before: states.at(-1) ?? 0, after });
				states.push(after);
			}
			for (const state of [...states].reverse().slice(1)) expect(history.undo()).toBe(state);
			expect(history.undo()).toBeNull();
			for (const state of states.slice(1)) expect(history.redo()).toBe(state);
			expect(history.redo()).toBeNull();
		}
	});

	it("forget what was undone once something else was done", () => {
		const history = new History<string>();
		history.push({ before: "a", after: "b" });
		history.undo();
		history.push({ before: "a", after: "c" });
		expect(history.redo()).toBeNull();
		expect(history.undo()).toBe("a");
	});

	it("keep 200 steps", () => {
		const history = new History<number>();
		for (let i = 0; i < 250; i++) history.push({ before: i, after: i + 1 });
		let undone = 0;
		while (history.undo() !== null) undone += 1;
		expect(undone).toBe(200);
	});
});
