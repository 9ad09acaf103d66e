import { describe, expect, it } from "vitest";
import { reduced } from "../../../static/src/reading/preview.ts";
import { PreviewStore } from "../../../static/src/reading/preview_store.ts";
import { aForm } from "./studies.ts";

const form = aForm({ rows: 16, columns: 8 });
const small = reduced(form);
const BYTES = 4 * 2 * 2;

function aStore(previews = 100): { store: PreviewStore; dropped: string[] } {
	const dropped: string[] = [];
	const store = new PreviewStore({
		bytesMax: previews * BYTES,
		enlargedMax: 2,
		onDropped: (uid, frame) => dropped.push(`${uid}/${frame}`),
	});
	return { store, dropped };
}

function put(store: PreviewStore, uid: string, frame: number): void {
	store.put(uid, frame, { samples: new Uint16Array(8).fill(frame), form: small });
}

describe("previews in memory", () => {
	it("come in the size of the frame, the same each time while they are remembered", () => {
		const { store } = aStore();
		for (const frame of [1, 2, 3]) put(store, "a", frame);
		const one = store.get("a", 1, form);
		expect(one).toEqual(new Uint16Array(128).fill(1));
		store.get("a", 2, form);
		expect(store.get("a", 1, form)).toBe(one);
		store.get("a", 3, form);
		expect(store.get("a", 1, form)).toBe(one);
		store.get("a", 2, form);
		store.get("a", 3, form);
		expect(store.get("a", 1, form)).not.toBe(one);
		expect(store.get("a", 1, form)).toEqual(one);
	});

	it("are there until they are let go, one by one or with their series", () => {
		const { store } = aStore();
		for (const frame of [1, 2]) put(store, "a", frame);
		put(store, "b", 1);
		expect([store.has("a", 1), store.has("b", 2), store.bytes]).toEqual([true, false, 3 * BYTES]);
		store.delete("a", 1);
		store.delete("a", 1);
		expect([store.get("a", 1, form), store.has("a", 2), store.bytes]).toEqual([undefined, true, 2 * BYTES]);
		store.forget("a");
		expect([store.has("a", 2), store.has("b", 1), store.bytes]).toEqual([false, true, BYTES]);
	});

	it("take the place of an earlier one, also in what is remembered", () => {
		const { store } = aStore();
		put(store, "a", 1);
		store.get("a", 1, form);
		store.put("a", 1, { samples: new Uint16Array(8).fill(9), form: small });
		expect(store.get("a", 1, form)?.[0]).toBe(9);
		expect(store.bytes).toBe(BYTES);
	});

	it("go, the oldest first, when there are too many", () => {
		const { store, dropped } = aStore(3);
		put(store, "a", 7);
		for (const frame of [1, 2, 3, 4]) put(store, "b", frame);
		expect(dropped).toEqual(["a/7", "b/1"]);
		expect([store.has("a", 7), store.has("b", 1), store.has("b", 2)]).toEqual([false, false, true]);
		expect(store.bytes).toBe(3 * BYTES);
	});
});
