import { describe, expect, it } from "vitest";
import { FrameStore } from "../../../static/src/reading/frame_store.ts";
import type { Series } from "../../../static/src/reading/manifest.ts";
import { frameBytes, sampleBytes, samplesIn } from "../../../static/src/reading/samples.ts";
import { aForm, aFrame, aSeries, figures } from "./studies.ts";

const FRAME_BYTES = 32;

interface Made {
	readonly store: FrameStore;
	readonly evicted: string[];
	readonly dropped: string[];
}

function aStore(bytesMax: number, shared = false): Made {
	const evicted: string[] = [];
	const dropped: string[] = [];
	const store = new FrameStore({
		shared,
		bytesMax,
		onEvicted: (uid) => evicted.push(uid),
		onFrameEvicted: (uid, frame) => dropped.push(`${uid}${frame}`),
	});
	return { store, evicted, dropped };
}

function looking(at: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
	return new Map(Object.entries(at));
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
		store.show(looking({ a: 0 }));
		store.show(looking({ b: 0 }));
		put(store, "b", 1);
		put(store, "b", 2);
		expect(evicted).toEqual(["c"]);
		put(store, "b", 3);
		expect(evicted).toEqual(["c", "a"]);
		expect(store.count("b")).toBe(4);
	});

	it("keeps of a shown series that does not fit what lies about the frame looked at", () => {
		const { store, dropped } = aStore(4 * FRAME_BYTES);
		store.show(looking({ b: 2 }));
		for (let frame = 0; frame < 6; frame++) put(store, "b", frame);
		expect(store.bytes).toBe(4 * FRAME_BYTES);
		expect([...store.loaded("b")].sort()).toEqual([1, 2, 3, 4]);
		expect(dropped).toEqual(["b0", "b5"]);
		store.show(looking({ b: 9 }));
		put(store, "b", 9);
		expect(dropped.at(-1)).toBe("b1");
	});

	it("never exceeds its budget, whatever is shown in whatever order", () => {
		const random = figures(12);
		for (let round = 0; round < 60; round++) {
			const frames = 1 + Math.floor(random() * 40);
			const { store } = aStore((10 + Math.floor(random() * 20)) * FRAME_BYTES, random() < 0.5);
			const all = ["a", "b", "c"].map((uid) => aSeries(frames, { uid }));
			for (let step = 0; step < 60; step++) {
				const shown = all.filter(() => random() < 0.5).slice(0, 2);
				store.show(new Map(shown.map(({ uid }) => [uid, Math.floor(random() * frames)])));
				const series = all[Math.floor(random() * 3)] as Series;
				const frame = Math.floor(random() * frames);
				const target = store.target(series, frame);
				const { buffer, byteOffset } = target ?? { buffer: new ArrayBuffer(FRAME_BYTES), byteOffset: 0 };
				store.put(series.uid, frame, new Uint16Array(buffer, byteOffset, FRAME_BYTES / 2));
				expect(store.bytes).toBeLessThanOrEqual(store.bytesMax);
			}
		}
	});

	it("tells how far from the frame looked at there is room", () => {
		const { store } = aStore(10 * FRAME_BYTES);
		expect(store.reach(aSeries(8, { uid: "a" }))).toBe(Number.POSITIVE_INFINITY);
		expect(store.reach(aSeries(9, { uid: "a" }))).toBe(3);
		store.show(looking({ a: 0, b: 0 }));
		expect(store.reach(aSeries(5, { uid: "a" }))).toBe(1);
		expect(store.reach(aSeries(4, { uid: "a" }))).toBe(Number.POSITIVE_INFINITY);
		expect(aStore(1).store.reach(aSeries(5))).toBe(0);
	});

	it("counts the volume of one pane before it gives room to the other", () => {
		const { store } = aStore(10 * FRAME_BYTES, true);
		const [large, other] = [aSeries(8, { uid: "a" }), aSeries(5, { uid: "b" })];
		store.show(looking({ a: 0, b: 0 }));
		expect(store.target(aSeries(5, { uid: "a" }), 0)).toBeNull();
		store.show(looking({ a: 0 }));
		expect(store.target(large, 0)?.buffer.byteLength).toBe(8 * FRAME_BYTES);
		store.show(looking({ a: 0, b: 0 }));
		expect(store.target(other, 0)).toBeNull();
		expect(store.reach(other)).toBe(0);
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
