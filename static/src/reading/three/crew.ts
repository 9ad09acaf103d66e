/** Who casts: workers that share the cubes, else this thread in short pieces. The newest wish wins. */
import { Caster, type View } from "./cast.ts";
import type { Look } from "./presets.ts";
import type { Voxels } from "./voxels.ts";

export interface CubesMessage {
	readonly kind: "cubes";
	readonly voxels: Voxels;
	readonly scale: number;
}

export interface RowsMessage {
	readonly kind: "rows";
	readonly job: number;
	readonly view: View;
	readonly look: Look;
	readonly from: number;
	readonly to: number;
}

export interface RowsAnswer {
	readonly job: number;
	readonly from: number;
	readonly pixels: Uint32Array<ArrayBuffer>;
}

/** The parts of a Worker that are used; tests bring their own. */
export interface CasterLike {
	postMessage(message: CubesMessage | RowsMessage): void;
	onmessage: ((event: { data: RowsAnswer }) => void) | null;
	onerror: ((event: unknown) => void) | null;
	terminate(): void;
}

export interface CrewOptions {
	readonly voxels: Voxels;
	readonly scale: number;
	readonly makeWorker: () => CasterLike;
	/** How many; several only where they share memory. */
	readonly workers: number;
	/** Lets the page breathe between two pieces of work on this thread. */
	readonly breathe: () => Promise<void>;
	readonly now: () => number;
}

export interface Wish {
	readonly view: View;
	readonly look: Look;
}

type Picture = Uint32Array<ArrayBuffer>;

interface Job extends Wish {
	readonly id: number;
	readonly done: (picture: Picture | null) => void;
	readonly pixels: Picture;
	missing: number;
}

const PIECE_MS = 8;
const ROWS_AT_ONCE = 4;

export class Crew {
	readonly #options: CrewOptions;
	#workers: CasterLike[];
	#alone: Caster | null = null;
	#running: Job | null = null;
	#waiting: Job | null = null;
	#nextId = 1;
	#closed = false;

	constructor(options: CrewOptions) {
		this.#options = options;
		const { voxels, scale, makeWorker, workers } = options;
		this.#workers = Array.from({ length: workers }, () => {
			const worker = makeWorker();
			worker.onmessage = ({ data }) => this.#take(data);
			worker.onerror = () => this.#withoutWorkers();
			worker.postMessage({ kind: "cubes", voxels, scale });
			return worker;
		});
	}

	/** A picture; null when a newer wish came before it was begun. */
	run(wish: Wish): Promise<Picture | null> {
		return new Promise((done) => {
			if (this.#closed) {
				done(null);
				return;
			}
			this.#waiting?.done(null);
			const pixels = new Uint32Array(wish.view.width * wish.view.height);
			this.#waiting = { ...wish, id: this.#nextId++, done, pixels, missing: 0 };
			if (this.#running === null) this.#start();
		});
	}

	close(): void {
		this.#closed = true;
		this.#stop();
		for (const job of [this.#running, this.#waiting]) job?.done(null);
		this.#running = null;
		this.#waiting = null;
	}

	#start(): void {
		const job = this.#waiting;
		this.#waiting = null;
		this.#running = job;
		if (job === null) return;
		if (this.#workers.length === 0) void this.#here(job);
		else this.#share(job);
	}

	#share(job: Job): void {
		const { view, look, id } = job;
		const rows = Math.ceil(view.height / this.#workers.length);
		for (const [n, worker] of this.#workers.entries()) {
			const [from, to] = [n * rows, Math.min(view.height, (n + 1) * rows)];
			if (from >= to) continue;
			job.missing += 1;
			worker.postMessage({ kind: "rows", job: id, view, look, from, to });
		}
	}

	#take({ job: id, from, pixels }: RowsAnswer): void {
		const job = this.#running;
		if (job === null || job.id !== id) return;
		job.pixels.set(pixels, from * job.view.width);
		job.missing -= 1;
		if (job.missing === 0) this.#finish(job);
	}

	#finish(job: Job): void {
		this.#running = null;
		job.done(job.pixels);
		this.#start();
	}

	#stop(): void {
		for (const worker of this.#workers) {
			worker.onmessage = null;
			worker.onerror = null;
			worker.terminate();
		}
		this.#workers = [];
	}

	/** One that does not run will not run later: what it had to do is done here. */
	#withoutWorkers(): void {
		this.#stop();
		if (this.#running !== null) void this.#here(this.#running);
	}

	async #here(job: Job): Promise<void> {
		const { voxels, scale, breathe, now } = this.#options;
		this.#alone ??= new Caster(voxels, scale);
		const { view, look } = job;
		let began = now();
		for (let y = 0; y < view.height; y += ROWS_AT_ONCE) {
			if (now() - began > PIECE_MS) {
				await breathe();
				if (this.#running !== job) return;
				began = now();
			}
			const to = Math.min(view.height, y + ROWS_AT_ONCE);
			job.pixels.set(this.#alone.rows(view, look, y, to), y * view.width);
		}
		this.#finish(job);
	}
}

/** The worker's side: keeps the cubes, answers rows. */
export class RowMaker {
	readonly #caster: Caster;

	constructor({ voxels, scale }: CubesMessage) {
		this.#caster = new Caster(voxels, scale);
	}

	answer({ job, view, look, from, to }: RowsMessage): RowsAnswer {
		return { job, from, pixels: this.#caster.rows(view, look, from, to) };
	}
}
