import { describe, expect, it } from "vitest";
import { Machine, type Transitions } from "../../../static/src/kit/fsm.ts";

type State = "closed" | "opening" | "open";
type Event = "open" | "opened" | "close";

const TABLE: Transitions<State, Event> = {
	closed: { open: "opening" },
	opening: { opened: "open", close: "closed" },
	open: { close: "closed" },
};

describe("Machine", () => {
	it("moves along its table", () => {
		const door = new Machine<State, Event>(TABLE, "closed");
		expect(door.send("open")).toBe(true);
		expect(door.value).toBe("opening");
		expect(door.send("opened")).toBe(true);
		expect(door.value).toBe("open");
	});

	it("refuses an event that has no entry, and stays", () => {
		const door = new Machine<State, Event>(TABLE, "closed");
		expect(door.can("opened")).toBe(false);
		expect(door.send("opened")).toBe(false);
		expect(door.value).toBe("closed");
	});

	it("says beforehand what is possible", () => {
		const door = new Machine<State, Event>(TABLE, "opening");
		expect((["open", "opened", "close"] as const).filter((event) => door.can(event))).toEqual([
			"opened",
			"close",
		]);
	});

	it("tells its states to subscribers, refusals not", () => {
		const door = new Machine<State, Event>(TABLE, "closed");
		const heard: State[] = [];
		const leave = door.subscribe((state) => heard.push(state));
		door.send("close");
		door.send("open");
		door.send("close");
		leave();
		door.send("open");
		expect(heard).toEqual(["closed", "opening", "closed"]);
	});

	it("never leaves the states of the table, whatever is sent", () => {
		const events: Event[] = ["open", "opened", "close"];
		const door = new Machine<State, Event>(TABLE, "closed");
		let seed = 7;
		for (let step = 0; step < 500; step += 1) {
			seed = (seed * 1103515245 + 12345) % 2 ** 31;
			const event = events[seed % 3] as Event;
			const before = door.value;
			const moved = door.send(event);
			expect(door.value).toBe(moved ? TABLE[before][event] : before);
		}
	});
});
