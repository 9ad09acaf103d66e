import { describe, expect, it } from "vitest";
import { reactive } from "../../../static/src/kit/reactive.ts";
import { Store } from "../../../static/src/kit/store.ts";

describe("Store", () => {
	it("tells a new subscriber the present value at once", () => {
		const store = new Store(7);
		const heard: number[] = [];
		store.subscribe((value) => heard.push(value));
		expect(heard).toEqual([7]);
	});

	it("tells every change, and nothing when the value stays", () => {
		const store = new Store("a");
		const heard: string[] = [];
		store.subscribe((value) => heard.push(value));
		store.set("b");
		store.set("b");
		store.update((value) => `${value}c`);
		expect(heard).toEqual(["a", "b", "bc"]);
		expect(store.value).toBe("bc");
	});

	it("treats NaN as the same value", () => {
		const store = new Store(Number.NaN);
		let told = 0;
		store.subscribe(() => {
			told += 1;
		});
		store.set(Number.NaN);
		expect(told).toBe(1);
	});

	it("is silent to those who left", () => {
		const store = new Store(1);
		const heard: number[] = [];
		const leave = store.subscribe((value) => heard.push(value));
		leave();
		store.set(2);
		expect(heard).toEqual([1]);
	});

	it("lets a subscriber leave while it is being told", () => {
		const store = new Store(0);
		const heard: string[] = [];
		const leave = store.subscribe((value) => {
			heard.push(`first ${value}`);
			if (value === 1) leave();
		});
		store.subscribe((value) => heard.push(`second ${value}`));
		store.set(1);
		store.set(2);
		expect(heard).toEqual(["first 0", "second 0", "first 1", "second 1", "second 2"]);
	});
});

describe("reactive", () => {
	it("gives the store's value outside of any view", () => {
		const store = new Store({ n: 1 });
		const current = reactive(store);
		expect(current.current.n).toBe(1);
		store.set({ n: 2 });
		expect(current.current.n).toBe(2);
	});
});
