/** The page's side of decoding: a few workers, one job at a time each, most urgent first. */
import type { ImageForm } from "../manifest.ts";
import type { FrameRecord } from "../records.ts";
import { type Samples, sampleBytes, samplesIn } from "../samples.ts";
import type { DecodedMessage, DecodeMessage, StartMessage, ToWorker } from "./messages.ts";

/** The parts of a Worker that are used; tests bring their own. */
export interface WorkerLike {
	postMessage(message: ToWorker, transfer: Transferable[]): void;
	onmessage: ((event: { data: DecodedMessage }) => void) | null;
	onerror: ((event: unknown) => void) | null;
	terminate(): void;
}

/** Room for the decoded samples in shared memory. */
export interface SharedTarget {
	readonly buffer: SharedArrayBuffer;
	readonly byteOffset: number;
}

interface Job {
	readonly id: number;
	readonly record: FrameRecord;
	readonly form: ImageForm;
	readonly target: SharedTarget | null;
	readonly urgency: () => number;
	readonly done: (samples: Samples | null) => void;
}

export interface DecodePoolOptions {
	readonly makeWorker: () => WorkerLike;
	readonly workers: number;
	readonly wasmUrl: string;
}

interface Seat {
	worker: WorkerLike;
	job: Job | null;
}

export class DecodePool {
	readonly #options: DecodePoolOptions;
	readonly #seats: Seat[] = [];
	#waiting: Job[] = [];
	#nextId = 1;
	#closed = false;

	constructor(options: DecodePoolOptions) {
		this.#options = options;
	}

	/** Starts the workers ahead of the first frame. */
	warm(): void {
		while (this.#seats.length < this.#options.workers && !this.#closed) {
			const seat: Seat = { worker: this.#started(), job: null };
			this.#listen(seat);
			this.#seats.push(seat);
		}
	}

	/** The samples of a record; null when it cannot be decoded. `urgency`: smaller is sooner, asked anew
	 * whenever a worker becomes free. */
	decode(
		record: FrameRecord,
		form: ImageForm,
		target: SharedTarget | null,
		urgency: () => number,
	): Promise<Samples | null> {
		this.warm();
		return new Promise((done) => {
			this.#waiting.push({ id: this.#nextId++, record, form, target, urgency, done });
			this.#assign();
		});
	}

	close(): void {
		this.#closed = true;
		for (const { worker } of this.#seats) worker.terminate();
		for (const job of this.#waiting) job.done(null);
		this.#waiting = [];
		this.#seats.length = 0;
	}

	#started(): WorkerLike {
		const worker = this.#options.makeWorker();
		const start: StartMessage = { kind: "start", wasmUrl: this.#options.wasmUrl };
		worker.postMessage(start, []);
		return worker;
	}

	#listen(seat: Seat): void {
		seat.worker.onmessage = ({ data }) => this.#answered(seat, data);
		seat.worker.onerror = () => this.#broken(seat);
	}

	#assign(): void {
		for (const seat of this.#seats) {
			if (seat.job !== null || this.#waiting.length === 0) continue;
			const job = this.#takeMostUrgent();
			seat.job = job;
			seat.worker.postMessage(messageOf(job), [job.record.payload.buffer]);
		}
	}

	#takeMostUrgent(): Job {
		const ranks = this.#waiting.map((job) => job.urgency());
		const best = ranks.indexOf(Math.min(...ranks));
		return this.#waiting.splice(Math.max(0, best), 1)[0] as Job;
	}

	#answered(seat: Seat, data: DecodedMessage): void {
		const job = seat.job;
		if (job === null || job.id !== data.job) return;
		seat.job = null;
		job.done(data.failed ? null : samplesOf(job, data.bytes));
		this.#assign();
	}

	/** A worker that died takes its frame with it; another one takes its seat. */
	#broken(seat: Seat): void {
		seat.job?.done(null);
		seat.job = null;
		seat.worker.terminate();
		if (this.#closed) return;
		seat.worker = this.#started();
		this.#listen(seat);
		this.#assign();
	}
}

function messageOf(job: Job): DecodeMessage {
	const { form, record } = job;
	return {
		kind: "decode",
		job: job.id,
		encoding: record.encoding,
		payload: record.payload,
		target: job.target,
		expected: {
			rows: form.rows,
			columns: form.columns,
			components: form.samplesPerPixel,
			bytesPerSample: sampleBytes(form),
			signed: form.signed,
		},
	};
}

function samplesOf(job: Job, bytes: ArrayBuffer | null): Samples | null {
	if (bytes !== null) return samplesIn(job.form, bytes);
	return job.target === null ? null : samplesIn(job.form, job.target.buffer, job.target.byteOffset);
}
