import { describe, expect, it } from "vitest";
import { FrameStore } from "../../../static/src/reading/frame_store.ts";
import { frameBytes, sampleBytes, samplesIn } from "../../../static/src/reading/samples.ts";
import { aForm, aFrame, aSeries } from "./studies.ts";

const FRAME_BYTES = 32;

function aStore(bytesMax: number, shared = false): { store: FrameStore; evicted: string[] } {
	const evicted: string[] = [];
	const store = new FrameStore({ shared, bytesMax, onEvicted: (uid) => evicted.push(uid) });
	return { store, evicted };
}

function put(store: FrameStore, uid: string, frame: number): void {
	store.put(uid, frame, new Uint16Array(FRAME_BYTES / 2).fill(frame));
}

describe("the store of frames", () => {
	it("gives back what was put, by series and frame", () => {
		const { store } = aStore(10_000);
		put(store, "a", 3);
		expect(store.get("a", 3)?.[0]).toBe(3);
		expect(store.get("a", 2)).toBeUndefined();
		expect(store.get("b", 3)).toBeUndefined();
		expect([...store.loaded("a")]).toEqual([3]);
		expect(store.count("a")).toBe(1);
		expect(store.bytes).toBe(FRAME_BYTES);
	});

	it("lets the series go that was shown longest ago, never one that is shown", () => {
		const { store, evicted } = aStore(4 * FRAME_BYTES);
		for (const uid of ["a", "b", "c"]) put(store, uid, 0);
		store.show(["a"]);
		store.show(["b"]);
		put(store, "b", 1);
		put(store, "b", 2);
		expect(evicted).toEqual(["c"]);
		put(store, "b", 3);
		expect(evicted).toEqual(["c", "a"]);
		put(store, "b", 4);
		put(store, "b", 5);
		expect(evicted).toEqual(["c", "a"]);
		expect(store.count("b")).toBe(6);
	});

	it("puts a whole series into one shared volume", () => {
		const { store } = aStore(10_000, true);
		const series = aSeries(3);
		const targets = [0, 1, 2].map((frame) => store.target(series, frame));
		expect(targets.map((one) => one?.byteOffset)).toEqual([0, 32, 64]);
		expect(new Set(targets.map((one) => one?.buffer)).size).toBe(1);
		expect(targets[0]?.buffer).toBeInstanceOf(SharedArrayBuffer);
		expect(targets[0]?.buffer.byteLength).toBe(96);
		store.put(series.uid, 1, new Uint16Array(targets[1]?.buffer as SharedArrayBuffer, 32, 16));
		expect(store.bytes).toBe(96);
	});

	it("rounds frames of odd size up, so that every view is aligned", () => {
		const { store } = aStore(10_000, true);
		const form = aForm({ rows: 3, columns: 3, bitsAllocated: 16 });
		const series = aSeries(4, {}, form);
		for (let frame = 0; frame < 4; frame++) {
			const target = store.target(series, frame);
			expect((target?.byteOffset ?? 1) % 8).toBe(0);
			expect(samplesIn(form, target?.buffer as SharedArrayBuffer, target?.byteOffset)).toHaveLength(9);
		}
	});

	it("shares nothing where the page may not, where sizes differ, or where it would not fit", () => {
		expect(aStore(10_000).store.target(aSeries(2), 0)).toBeNull();
		expect(aStore(40, true).store.target(aSeries(2), 0)).toBeNull();
		const mixed = aSeries(2, { frames: [aFrame(0), aFrame(1, aForm({ rows: 8 }))] });
		expect(aStore(10_000, true).store.target(mixed, 0)).toBeNull();
		const broken = aSeries(2, { frames: [aFrame(0), aFrame(1, null)] });
		expect(aStore(10_000, true).store.target(broken, 0)).toBeNull();
	});
});

describe("typed views of samples", () => {
	it("follow depth, sign and kind", () => {
		const buffer = new ArrayBuffer(256);
		const kinds = [
			[{ bitsAllocated: 1 }, Uint8Array],
			[{ bitsAllocated: 8 }, Uint8Array],
			[{ bitsAllocated: 8, signed: true }, Int8Array],
			[{ bitsAllocated: 16 }, Uint16Array],
			[{ bitsAllocated: 16, signed: true }, Int16Array],
			[{ bitsAllocated: 32 }, Uint32Array],
			[{ bitsAllocated: 32, signed: true }, Int32Array],
			[{ bitsAllocated: 32, floating: true }, Float32Array],
			[{ bitsAllocated: 64, floating: true }, Float64Array],
		] as const;
		for (const [change, kind] of kinds) {
			const form = aForm(change);
			expect(samplesIn(form, buffer)).toBeInstanceOf(kind);
			expect(samplesIn(form, buffer)).toHaveLength(16);
			expect(frameBytes(form)).toBe(16 * sampleBytes(form));
			expect(samplesIn(form, buffer).byteLength).toBe(frameBytes(form));
		}
	});
});
