import { beforeEach, describe, expect, it } from "vitest";
import { UNDO_WINDOW_MS, UndoBox } from "../../../static/src/kit/undo.ts";

/** Time in the test's hand. */
class Later {
	readonly waiting: { run: () => void; delayMs: number; stopped: boolean }[] = [];

	readonly later = (run: () => void, delayMs: number) => {
		const one = { run, delayMs, stopped: false };
		this.waiting.push(one);
		return () => {
			one.stopped = true;
		};
	};

	pass(): void {
		for (const one of this.waiting.splice(0)) if (!one.stopped) one.run();
	}
}

let time: Later;
let box: UndoBox;
let done: string[];

const hold = (name: string): void =>
	box.hold(
		{ key: name, said: `已退回${name}` },
		() => done.push(`commit ${name}`),
		() => done.push(`back ${name}`),
	);

beforeEach(() => {
	time = new Later();
	box = new UndoBox(time.later);
	done = [];
});

describe("UndoBox", () => {
	it("holds an act back for eight seconds, then does it", () => {
		hold("龙潭");
		expect(box.pending.value).toEqual({ key: "龙潭", said: "已退回龙潭" });
		expect(done).toEqual([]);
		expect(time.waiting[0]?.delayMs).toBe(UNDO_WINDOW_MS);
		time.pass();
		expect(done).toEqual(["commit 龙潭"]);
		expect(box.pending.value).toBeNull();
	});

	it("takes it back", () => {
		hold("龙潭");
		expect(box.undo()).toBe(true);
		expect(done).toEqual(["back 龙潭"]);
		time.pass();
		expect(done).toEqual(["back 龙潭"]);
	});

	it("says when there is nothing to take back", () => {
		expect(box.undo()).toBe(false);
	});

	it("does the first act when a second comes", () => {
		hold("龙潭");
		hold("白鹤");
		expect(done).toEqual(["commit 龙潭"]);
		expect(box.pending.value?.key).toBe("白鹤");
		time.pass();
		expect(done).toEqual(["commit 龙潭", "commit 白鹤"]);
	});

	it("does it now when the page is left, once", () => {
		hold("龙潭");
		box.flush();
		box.flush();
		time.pass();
		expect(done).toEqual(["commit 龙潭"]);
	});
});
