/** Who resamples: workers over shared memory, else this thread in short pieces. The newest wish of a plane wins. */

import { presentIn, sharedBufferOf } from "./content.ts";
import type { FromResampler, ToResampler } from "./messages.ts";
import type { PlaneName } from "./plane.ts";
import { type Content, type Grid, Resampler, type Slab } from "./resample.ts";
import type { Volume } from "./volume.ts";

export interface Wish {
	readonly grid: Grid;
	readonly slab: Slab;
}

/** The parts of a Worker that are used; tests bring their own. */
export interface ResamplerLike {
	postMessage(message: ToResampler): void;
	onmessage: ((event: { data: FromResampler }) => void) | null;
	onerror: ((event: unknown) => void) | null;
	terminate(): void;
}

export interface RunnerOptions {
	readonly volume: Volume;
	/** From one frame of the series to the next in shared memory (`uniformStride`). */
	readonly strideBytes: number | null;
	/** What is there now; asked for each plane. */
	readonly content: () => Content;
	readonly makeWorker: () => ResamplerLike;
	readonly workers: number;
	/** Lets the page breathe between two pieces of work on this thread. */
	readonly breathe?: () => Promise<void>;
	readonly now?: () => number;
}

type Done = (values: Float32Array<ArrayBuffer> | null) => void;

interface Job {
	readonly id: number;
	readonly plane: PlaneName;
	readonly wish: Wish;
	readonly done: Done;
	readonly values: Float32Array<ArrayBuffer>;
	missing: number;
}

const PIECE_MS = 8;
const ROWS_AT_ONCE = 8;

export class Runner {
	readonly #options: RunnerOptions;
	#workers: ResamplerLike[] = [];
	#shared: SharedArrayBuffer | null = null;
	readonly #running = new Map<PlaneName, Job>();
	readonly #waiting = new Map<PlaneName, Job>();
	#nextId = 1;
	#closed = false;
	/** Workers do not run here: this thread does it all. */
	#alone = false;

	constructor(options: RunnerOptions) {
		this.#options = options;
	}

	/** True while workers do the work. */
	get abreast(): boolean {
		return this.#workers.length > 0;
	}

	/** Starts the workers ahead of the first plane, where the samples are shared. */
	warm(): void {
		this.#ready(this.#options.content());
	}

	/** The values of a plane; null when a newer wish for it came before it was begun. */
	run(plane: PlaneName, wish: Wish): Promise<Float32Array<ArrayBuffer> | null> {
		return new Promise((done) => {
			if (this.#closed) {
				done(null);
				return;
			}
			this.#waiting.get(plane)?.done(null);
			const values = new Float32Array(wish.grid.width * wish.grid.height);
			this.#waiting.set(plane, { id: this.#nextId++, plane, wish, done, values, missing: 0 });
			if (!this.#running.has(plane)) this.#start(plane);
		});
	}

	close(): void {
		this.#closed = true;
		this.#stopWorkers();
		for (const job of [...this.#running.values(), ...this.#waiting.values()]) job.done(null);
		this.#running.clear();
		this.#waiting.clear();
	}

	#start(plane: PlaneName): void {
		const job = this.#waiting.get(plane);
		if (job === undefined) return;
		this.#waiting.delete(plane);
		this.#running.set(plane, job);
		const content = this.#options.content();
		if (this.#ready(content)) this.#share(job, presentIn(content));
		else void this.#here(job, content);
	}

	#finish(job: Job): void {
		if (this.#running.get(job.plane) !== job) return;
		this.#running.delete(job.plane);
		job.done(job.values);
		this.#start(job.plane);
	}

	/** Workers that hold the volume, where its samples are in one shared piece of memory. */
	#ready(content: Content): boolean {
		const buffer = this.#alone ? null : sharedBufferOf(content);
		if (buffer === null) return false;
		if (buffer === this.#shared) return this.#workers.length > 0;
		this.#stopWorkers();
		this.#shared = buffer;
		const { volume, makeWorker, workers, strideBytes } = this.#options;
		if (strideBytes === null) return false;
		const { form } = volume;
		const offsets = volume.frames.map((frame) => frame * strideBytes);
		const { slopes, intercepts } = content;
		this.#workers = Array.from({ length: workers }, () => {
			const worker = makeWorker();
			worker.onmessage = ({ data }) => this.#take(data);
			worker.onerror = () => this.#withoutWorkers();
			worker.postMessage({ kind: "volume", volume, buffer, offsets, form, slopes, intercepts });
			return worker;
		});
		return true;
	}

	#share(job: Job, present: Uint8Array): void {
		const { grid, slab } = job.wish;
		const rows = Math.ceil(grid.height / this.#workers.length);
		for (const [n, worker] of this.#workers.entries()) {
			const from = n * rows;
			const to = Math.min(grid.height, from + rows);
			if (from >= to) continue;
			job.missing += 1;
			worker.postMessage({ kind: "band", job: job.id, grid, slab, from, to, present });
		}
	}

	#take({ job: id, from, values }: FromResampler): void {
		const job = [...this.#running.values()].find((one) => one.id === id);
		if (job === undefined) return;
		job.values.set(values, from * job.wish.grid.width);
		job.missing -= 1;
		if (job.missing === 0) this.#finish(job);
	}

	/** One that does not run will not run later: what it had to do is done here. */
	#withoutWorkers(): void {
		if (this.#alone) return;
		this.#alone = true;
		this.#stopWorkers();
		for (const job of this.#running.values()) void this.#here(job, this.#options.content());
	}

	#stopWorkers(): void {
		for (const worker of this.#workers) {
			worker.onmessage = null;
			worker.onerror = null;
			worker.terminate();
		}
		this.#workers = [];
		this.#shared = null;
	}

	async #here(job: Job, content: Content): Promise<void> {
		const { volume, now = () => performance.now(), breathe = nextTurn } = this.#options;
		const resampler = new Resampler(volume, content);
		const { grid, slab } = job.wish;
		let began = now();
		for (let y = 0; y < grid.height; y += ROWS_AT_ONCE) {
			if (now() - began > PIECE_MS) {
				await breathe();
				if (this.#running.get(job.plane) !== job) return;
				began = now();
			}
			const to = Math.min(grid.height, y + ROWS_AT_ONCE);
			job.values.set(resampler.rows(grid, slab, y, to), y * grid.width);
		}
		this.#finish(job);
	}
}

function nextTurn(): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, 0));
}
