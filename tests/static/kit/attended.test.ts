import { describe, expect, it } from "vitest";
import { ATTENDED_MS, type Attention, whileAttended } from "../../../static/src/kit/attended.ts";

class Person implements Attention {
	ms = 1_000;
	seen = true;
	use: () => void = () => undefined;
	tick: () => void = () => undefined;
	stopped = 0;
	readonly now = (): number => this.ms;
	readonly visible = (): boolean => this.seen;
	readonly onUse = (used: () => void): (() => void) => {
		this.use = used;
		return () => {
			this.stopped += 1;
		};
	};
	readonly repeat = (run: () => void): (() => void) => {
		this.tick = run;
		return () => {
			this.stopped += 1;
		};
	};

	pass(ms: number): void {
		this.ms += ms;
		this.tick();
	}
}

function followed(person: Person): { readonly runs: () => number; readonly stop: () => void } {
	let runs = 0;
	const stop = whileAttended(
		() => {
			runs += 1;
		},
		2_000,
		person,
	);
	return { runs: () => runs, stop };
}

describe("asking while somebody is there", () => {
	it("begins at once and goes on with the time", () => {
		const person = new Person();
		const { runs } = followed(person);
		expect(runs()).toBe(1);
		person.pass(2_000);
		person.pass(2_000);
		expect(runs()).toBe(3);
	});

	it("falls silent when nobody has used the page for a while, so that the sign-in may end", () => {
		const person = new Person();
		const { runs } = followed(person);
		person.pass(ATTENDED_MS - 1);
		expect(runs()).toBe(2);
		for (let n = 0; n < 100; n += 1) person.pass(2_000);
		expect(runs()).toBe(2);
	});

	it("speaks again with the first use, and not with every one", () => {
		const person = new Person();
		const { runs } = followed(person);
		person.ms += ATTENDED_MS * 2;
		person.use();
		person.use();
		expect(runs()).toBe(2);
		person.pass(2_000);
		expect(runs()).toBe(3);
	});

	it("asks nothing for a page that nobody sees", () => {
		const person = new Person();
		const { runs } = followed(person);
		person.seen = false;
		person.pass(2_000);
		person.ms += 60_000;
		person.use();
		expect(runs()).toBe(1);
		person.seen = true;
		person.pass(2_000);
		expect(runs()).toBe(2);
	});

	it("stops for good", () => {
		const person = new Person();
		const { stop } = followed(person);
		stop();
		expect(person.stopped).toBe(2);
	});
});
