import { describe, expect, it } from "vitest";
import type {
	DecodeMessage,
	Failure,
	FromWorker,
	ToWorker,
} from "../../../../static/src/reading/decode/messages.ts";
import { DecodePool, type WorkerLike } from "../../../../static/src/reading/decode/pool.ts";
import { workersFor } from "../../../../static/src/reading/open.ts";
import type { FrameRecord } from "../../../../static/src/reading/records.ts";
import { aForm } from "../studies.ts";

class HandWorker implements WorkerLike {
	onmessage: ((event: { data: FromWorker }) => void) | null = null;
	onerror: ((event: unknown) => void) | null = null;
	readonly started: string[] = [];
	readonly jobs: DecodeMessage[] = [];
	/** How many buffers were given away with each job. */
	readonly given: number[] = [];
	terminated = false;
	#answered = 0;

	postMessage(message: ToWorker, transfer: Transferable[]): void {
		if (message.kind === "start") this.started.push(message.wasmUrl);
		else this.given[this.jobs.push(message) - 1] = transfer.length;
	}

	terminate(): void {
		this.terminated = true;
	}

	running(): void {
		this.onmessage?.({ data: { kind: "running" } });
	}

	answer(failure: Failure | null = null, samples = 16): void {
		const job = this.jobs[this.#answered++];
		if (job === undefined) throw new Error("no job");
		const bytes =
			job.target !== null || failure !== null ? null : new Uint16Array(samples).fill(job.job).buffer;
		this.onmessage?.({ data: { kind: "decoded", job: job.job, bytes, failure } });
	}
}

function aPool(workers = 1, shared = false): { pool: DecodePool; made: HandWorker[] } {
	const made: HandWorker[] = [];
	const makeWorker = (): WorkerLike => {
		const worker = new HandWorker();
		made.push(worker);
		return worker;
	};
	return { pool: new DecodePool({ makeWorker, workers, wasmUrl: "/codec.wasm", shared }), made };
}

function aRecord(frame: number, bytes = 4): FrameRecord {
	return { frame, encoding: "htj2k", payload: new Uint8Array(bytes), partial: false };
}

const now = (): number => 0;

describe("the decoding workers", () => {
	it("are started with the address of the codec: one ahead, others when there is work for them", () => {
		const { pool, made } = aPool(2);
		pool.warm();
		pool.warm();
		expect(made.map(({ started }) => started)).toEqual([["/codec.wasm"]]);
		for (const frame of [0, 1, 2]) {
			void pool.decode(aRecord(frame), aForm(), null, now);
			expect(made.map(({ jobs }) => jobs.length)).toEqual(frame === 0 ? [1] : [1, 1]);
		}
		expect(made[1]?.started).toEqual(["/codec.wasm"]);
	});

	it("are as many as there is work, not more", () => {
		const { pool, made } = aPool(4);
		for (let frame = 0; frame < 3; frame++) {
			void pool.decode(aRecord(frame), aForm(), null, now);
			made[0]?.answer();
		}
		expect(made).toHaveLength(1);
	});

	it("leave a core to the page where there are more than two", () => {
		expect([1, 2, 3, 4, 16].map(workersFor)).toEqual([1, 2, 2, 3, 4]);
	});

	it("are told what the manifest announced", () => {
		const { pool, made } = aPool();
		void pool.decode(aRecord(0), aForm({ signed: true }), null, now);
		expect(made[0]?.jobs[0]?.expected).toEqual({
			rows: 4,
			columns: 4,
			components: 1,
			bytesPerSample: 2,
			signed: true,
		});
	});

	it("are told to leave out the finest of the beginning of a frame, which is smaller for it", async () => {
		const { pool, made } = aPool();
		const form = aForm({ rows: 13, columns: 16 });
		const whole = pool.decode(aRecord(0), form, null, now);
		expect(made[0]?.jobs[0]?.levelsLeftOut).toBe(0);
		made[0]?.answer(null, 13 * 16);
		expect((await whole).samples).toHaveLength(13 * 16);
		const small = pool.decode({ ...aRecord(0), partial: true }, form, null, now);
		expect(made[0]?.jobs[1]).toMatchObject({ levelsLeftOut: 2, expected: { rows: 13, columns: 16 } });
		made[0]?.answer(null, 4 * 4);
		expect((await small).samples).toHaveLength(4 * 4);
	});

	it("get the most urgent job first, asked anew each time", async () => {
		const { pool, made } = aPool();
		const order: number[] = [];
		let visible = 0;
		for (const frame of [0, 5, 6, 7]) {
			void pool
				.decode(aRecord(frame), aForm(), null, () => Math.abs(frame - visible))
				.then(() => order.push(frame));
		}
		expect(made[0]?.jobs).toHaveLength(1);
		visible = 7;
		for (let done = 0; done < 4; done++) {
			made[0]?.answer();
			await Promise.resolve();
		}
		expect(order).toEqual([0, 7, 6, 5]);
	});

	it("have the next small frame already once they run, a copy of it", () => {
		const { pool, made } = aPool(2);
		for (const frame of [0, 1, 2, 3, 4]) void pool.decode(aRecord(frame), aForm(), null, () => frame);
		expect(made.map(({ jobs }) => jobs.length)).toEqual([1, 1]);
		made[0]?.running();
		made[0]?.answer();
		expect(made.map(({ jobs }) => jobs.length)).toEqual([3, 1]);
		expect(made[0]?.given).toEqual([1, 1, 0]);
	});

	it("are given no memory that is shared with them, and give it back once it is decoded", () => {
		const { pool, made } = aPool(1, true);
		const records = [0, 1].map((frame) => ({ ...aRecord(frame), payload: pool.room(100) }));
		const [first, second] = records.map(({ payload }) => payload.buffer);
		expect(first).toBeInstanceOf(SharedArrayBuffer);
		for (const record of records) void pool.decode(record, aForm(), null, () => record.frame);
		expect(pool.room(100).buffer).not.toBe(first);
		made[0]?.running();
		made[0]?.answer();
		expect(made[0]?.given).toEqual([0, 0]);
		expect(pool.room(100).buffer).toBe(first);
		made[0]?.answer("frame");
		expect(pool.room(100).buffer).toBe(second);
	});

	it("share nothing where memory may not be shared", () => {
		const { pool } = aPool();
		expect(pool.room(100).buffer).toBeInstanceOf(ArrayBuffer);
	});

	it("say when too many frames wait, and when no longer", async () => {
		const { pool, made } = aPool();
		let frame = 0;
		while (pool.decoding() === null) void pool.decode(aRecord(frame++), aForm(), null, now);
		expect(frame).toBeGreaterThan(10);
		const more: string[] = [];
		void pool.decoding()?.then(() => more.push("one"));
		void pool.decoding()?.then(() => more.push("other"));
		await Promise.resolve();
		expect(more).toEqual([]);
		made[0]?.answer();
		await Promise.resolve();
		expect(more).toEqual(["one", "other"]);
		expect(pool.decoding()).toBeNull();
	});

	it.each(["restart", "close"] as const)("keep nobody waiting after a %s", async (way) => {
		const { pool } = aPool();
		while (pool.decoding() === null) void pool.decode(aRecord(0), aForm(), null, now);
		const waiting = pool.decoding();
		pool[way]();
		await expect(waiting).resolves.toBeUndefined();
	});

	it("get large frames one by one", () => {
		const { pool, made } = aPool();
		for (const frame of [0, 1, 2]) void pool.decode(aRecord(frame, 2 ** 20 + 1), aForm(), null, () => frame);
		made[0]?.running();
		made[0]?.answer();
		expect(made[0]?.given).toEqual([1, 1]);
	});

	it("take over what was to follow in one that dies", async () => {
		const { pool, made } = aPool();
		const frames = [0, 1, 2].map((frame) => pool.decode(aRecord(frame), aForm(), null, () => frame));
		made[0]?.running();
		made[0]?.answer();
		made[0]?.onerror?.(new Error("died"));
		expect(made[1]?.jobs).toHaveLength(1);
		made[1]?.answer();
		const failures = (await Promise.all(frames)).map(({ failure }) => failure);
		expect(failures).toEqual([null, "frame", null]);
	});

	it("give typed samples, from the answer or from shared memory", async () => {
		const { pool, made } = aPool();
		const own = pool.decode(aRecord(0), aForm(), null, now);
		made[0]?.answer();
		expect((await own).samples).toBeInstanceOf(Uint16Array);
		const buffer = new SharedArrayBuffer(64);
		const shared = pool.decode(aRecord(1), aForm(), { buffer, byteOffset: 32 }, now);
		made[0]?.answer();
		const { samples } = await shared;
		expect(samples?.buffer).toBe(buffer);
		expect(samples?.byteOffset).toBe(32);
	});

	it.each(["frame", "decoder"] as const)("say what failed: %s", async (failure) => {
		const { pool, made } = aPool();
		const failed = pool.decode(aRecord(0), aForm(), null, now);
		made[0]?.answer(failure);
		expect(await failed).toEqual({ samples: null, failure });
	});

	it("are replaced when they die, and only their frame is lost", async () => {
		const { pool, made } = aPool();
		const lost = pool.decode(aRecord(0), aForm(), null, now);
		const next = pool.decode(aRecord(1), aForm(), null, now);
		made[0]?.running();
		made[0]?.onerror?.(new Error("died"));
		expect((await lost).failure).toBe("frame");
		expect(made[0]?.terminated).toBe(true);
		made[1]?.answer();
		expect((await next).samples).not.toBeNull();
		expect(made).toHaveLength(2);
	});

	it("are not started over and over when their program is not there", async () => {
		const { pool, made } = aPool(2);
		const waiting = [0, 1, 2].map((frame) => pool.decode(aRecord(frame), aForm(), null, now));
		for (const worker of [...made]) worker.onerror?.(new Error("404"));
		expect((await Promise.all(waiting)).map(({ failure }) => failure)).toEqual(
			Array.from({ length: 3 }, () => "decoder"),
		);
		expect(made).toHaveLength(2);
		expect((await pool.decode(aRecord(3), aForm(), null, now)).failure).toBe("decoder");
	});

	it("leave the work to those that run when one does not", async () => {
		const { pool, made } = aPool(2);
		pool.warm();
		made[0]?.onerror?.(new Error("404"));
		const done = pool.decode(aRecord(0), aForm(), null, now);
		made[1]?.answer();
		expect((await done).failure).toBeNull();
	});

	it("begin anew on demand", async () => {
		const { pool, made } = aPool();
		const given = pool.decode(aRecord(0), aForm(), null, now);
		made[0]?.onerror?.(new Error("404"));
		expect((await given).failure).toBe("decoder");
		pool.restart();
		const again = pool.decode(aRecord(0), aForm(), null, now);
		made[1]?.answer();
		expect((await again).samples).not.toBeNull();
	});

	it("hear nothing more of a worker that was given up", async () => {
		const { pool, made } = aPool();
		const first = pool.decode(aRecord(0), aForm(), null, now);
		made[0]?.running();
		made[0]?.onerror?.(new Error("died"));
		expect((await first).failure).toBe("frame");
		const second = pool.decode(aRecord(1), aForm(), null, now);
		made[0]?.onerror?.(new Error("died again"));
		expect(made).toHaveLength(2);
		made[1]?.answer();
		expect((await second).failure).toBeNull();
	});

	it("end with the page, and what waits is answered", async () => {
		const { pool, made } = aPool();
		void pool.decode(aRecord(0), aForm(), null, now);
		const waiting = pool.decode(aRecord(1), aForm(), null, now);
		pool.close();
		expect((await waiting).samples).toBeNull();
		expect(made[0]?.terminated).toBe(true);
	});
});
