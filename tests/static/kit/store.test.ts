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

describe("a value that changes while it is being told", () => {
	it("reaches everybody as it is at last, whoever stands before or after the one that changed it", () => {
		const store = new Store(0);
		const last: Record<string, number> = {};
		const heard: number[] = [];
		store.subscribe((value) => {
			last.before = value;
		});
		store.subscribe((value) => {
			if (value === 1) store.set(2);
		});
		store.subscribe((value) => {
			last.after = value;
			heard.push(value);
		});
		store.set(1);
		expect(store.value).toBe(2);
		expect(last).toEqual({ before: 2, after: 2 });
		expect(heard).toEqual([0, 2]);
	});

	it("and back again is still the last word", () => {
		const store = new Store("a");
		const heard: string[] = [];
		store.subscribe((value) => {
			if (value === "b") store.set("a");
		});
		store.subscribe((value) => heard.push(value));
		store.set("b");
		expect(heard.at(-1)).toBe(store.value);
	});

	it("is not told to who left meanwhile", () => {
		const store = new Store(0);
		const heard: number[] = [];
		let leave = (): void => undefined;
		store.subscribe((value) => {
			if (value === 1) leave();
		});
		leave = store.subscribe((value) => heard.push(value));
		store.set(1);
		expect(heard).toEqual([0]);
	});

	it("is told at once to who comes meanwhile, and once", () => {
		const store = new Store(0);
		const heard: number[] = [];
		let come = true;
		store.subscribe((value) => {
			if (value !== 1 || !come) return;
			come = false;
			store.subscribe((late) => heard.push(late));
		});
		store.set(1);
		expect(heard).toEqual([1]);
		store.set(2);
		expect(heard).toEqual([1, 2]);
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
