import { describe, expect, it } from "vitest";
import { PayloadRoom } from "../../../static/src/reading/payload_room.ts";

const MIB = 1024 * 1024;

describe("the room for compressed frames", () => {
	it("is shared memory of the size that was asked for", () => {
		for (const bytes of [0, 1, 65_536, 150_001]) {
			const taken = new PayloadRoom().take(bytes);
			expect(taken.buffer).toBeInstanceOf(SharedArrayBuffer);
			expect(taken).toHaveLength(bytes);
		}
	});

	it("is used again once it was given back, and not before", () => {
		const room = new PayloadRoom();
		const first = room.take(150_000);
		const second = room.take(150_000);
		expect(second.buffer).not.toBe(first.buffer);
		room.giveBack(first);
		const third = room.take(140_000);
		expect(third.buffer).toBe(first.buffer);
		expect(third).toHaveLength(140_000);
		expect(room.take(140_000).buffer).not.toBe(first.buffer);
	});

	it("is given to one at a time, also when it was given back twice", () => {
		const room = new PayloadRoom();
		const taken = room.take(10);
		room.giveBack(taken);
		room.giveBack(taken);
		expect(room.take(10).buffer).toBe(taken.buffer);
		expect(room.take(10).buffer).not.toBe(taken.buffer);
	});

	it("of a large frame is not spent on a small one, nor a small one's on a large frame", () => {
		const room = new PayloadRoom();
		const [small, large] = [room.take(1000), room.take(4 * MIB)];
		room.giveBack(small);
		room.giveBack(large);
		expect(room.take(MIB).buffer).not.toBe(large.buffer);
		expect(room.take(100_000).buffer).not.toBe(small.buffer);
	});

	it("is not kept without end", () => {
		const room = new PayloadRoom();
		const taken = Array.from({ length: 5 }, () => room.take(4 * MIB));
		for (const one of taken) room.giveBack(one);
		const again = taken.map(() => room.take(4 * MIB).buffer);
		expect(again.filter((buffer) => taken.some((one) => one.buffer === buffer))).toHaveLength(4);
	});

	it("does not take in memory of others", () => {
		const room = new PayloadRoom();
		room.giveBack(new Uint8Array(100));
		expect(room.take(100).buffer).toBeInstanceOf(SharedArrayBuffer);
	});
});
