/** The page's side of decoding: a few workers, most urgent first.
 *
 * A worker that runs has its next frame already: it would else stand still until the page has time to hand it one,
 * and the page draws meanwhile. Large frames are handed one by one: nobody is to wait for two of them. */
import type { ImageForm } from "../manifest.ts";
import { PayloadRoom } from "../payload_room.ts";
import { LEVELS_LEFT_OUT } from "../prefix.ts";
import { reduced } from "../preview.ts";
import type { FrameRecord } from "../records.ts";
import { type Samples, sampleBytes, samplesIn } from "../samples.ts";
import type {
	DecodedMessage,
	DecodeMessage,
	Failure,
	FromWorker,
	StartMessage,
	ToWorker,
} from "./messages.ts";

/** The parts of a Worker that are used; tests bring their own. */
export interface WorkerLike {
	postMessage(message: ToWorker, transfer: Transferable[]): void;
	onmessage: ((event: { data: FromWorker }) => void) | null;
	onerror: ((event: unknown) => void) | null;
	terminate(): void;
}

/** Room for the decoded samples in shared memory. */
export interface SharedTarget {
	readonly buffer: SharedArrayBuffer;
	readonly byteOffset: number;
}

/** The samples of a frame, or why there are none. */
export type Decoded =
	| { readonly samples: Samples; readonly failure: null }
	| { readonly samples: null; readonly failure: Failure };

const DAMAGED: Decoded = { samples: null, failure: "frame" };
const NO_DECODER: Decoded = { samples: null, failure: "decoder" };

interface Job {
	readonly id: number;
	readonly record: FrameRecord;
	readonly form: ImageForm;
	readonly target: SharedTarget | null;
	readonly urgency: () => number;
	readonly done: (decoded: Decoded) => void;
}

export interface DecodePoolOptions {
	readonly makeWorker: () => WorkerLike;
	readonly workers: number;
	readonly wasmUrl: string;
	/** Whether memory may be shared with workers; then codestreams are, too. */
	readonly shared?: boolean;
}

interface Seat {
	/** null when it could not even be started: then the seat stays empty until `restart`. */
	worker: WorkerLike | null;
	running: boolean;
	/** The one that is decoded, then the one that follows. */
	readonly jobs: Job[];
}

/** A frame up to this is decoded so soon that a more urgent one may wait behind it. */
const AHEAD_BYTES_MAX = 1024 * 1024;
/** As soon as so many frames wait, no more should come: they would only take memory. */
const WAITING_MAX = 24;

export class DecodePool {
	readonly #options: DecodePoolOptions;
	readonly #seats: Seat[] = [];
	#waiting: Job[] = [];
	readonly #payloads: PayloadRoom | null;
	#drained: (() => void)[] = [];
	#nextId = 1;
	#closed = false;

	constructor(options: DecodePoolOptions) {
		this.#options = options;
		this.#payloads = options.shared === true ? new PayloadRoom() : null;
	}

	/** Room for a codestream; the pool has it back once that is decoded. */
	readonly room = (bytes: number): Uint8Array => this.#payloads?.take(bytes) ?? new Uint8Array(bytes);

	/** Ends when more frames may come; null when they may at once. */
	decoding(): Promise<void> | null {
		if (this.#waiting.length < WAITING_MAX) return null;
		return new Promise((done) => this.#drained.push(done));
	}

	/** Starts a worker ahead of the first frame. The others start when there is work for them: they would only
	 * delay the first picture. */
	warm(): void {
		if (this.#seats.length === 0) this.#seat();
	}

	/** The samples of a record, or why there are none; of the beginning of a frame those of the reduced frame
	 * (preview.ts). `urgency`: smaller is sooner, asked anew whenever a worker
	 * becomes free. */
	decode(
		record: FrameRecord,
		form: ImageForm,
		target: SharedTarget | null,
		urgency: () => number,
	): Promise<Decoded> {
		return new Promise((done) => {
			this.#waiting.push({ id: this.#nextId++, record, form, target, urgency, done });
			this.#grow();
			this.#assign();
		});
	}

	/** Begins again with new workers, after the decoder could not be loaded. */
	restart(): void {
		this.#end();
		this.warm();
	}

	close(): void {
		this.#closed = true;
		this.#end();
	}

	#end(): void {
		const seats = this.#seats.splice(0);
		for (const { worker } of seats) worker?.terminate();
		for (const { jobs } of seats) for (const job of jobs) job.done(NO_DECODER);
		this.#giveUp();
	}

	#giveUp(): void {
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const job of waiting) job.done(NO_DECODER);
		for (const done of this.#drained.splice(0)) done();
	}

	#grow(): void {
		const busy = this.#seats.filter(({ jobs, worker }) => jobs.length > 0 || worker === null).length;
		const wanted = Math.min(this.#options.workers, busy + this.#waiting.length);
		while (this.#seats.length < wanted && !this.#closed) this.#seat();
	}

	#seat(): void {
		if (this.#closed) return;
		const seat: Seat = { worker: null, running: false, jobs: [] };
		this.#start(seat);
		this.#seats.push(seat);
	}

	#start(seat: Seat): void {
		const worker = this.#options.makeWorker();
		worker.onmessage = ({ data }) => {
			seat.running = true;
			if (data.kind === "decoded") this.#answered(seat, data);
		};
		worker.onerror = () => this.#broken(seat);
		const start: StartMessage = { kind: "start", wasmUrl: this.#options.wasmUrl };
		worker.postMessage(start, []);
		seat.worker = worker;
		seat.running = false;
	}

	#assign(): void {
		if (this.#seats.every(({ worker }) => worker === null)) this.#giveUp();
		for (const ahead of [0, 1]) {
			for (const seat of this.#seats) if (seat.jobs.length === ahead) this.#give(seat);
		}
		if (this.#waiting.length < WAITING_MAX) for (const done of this.#drained.splice(0)) done();
	}

	/** Hands a worker the most urgent frame, as its next one only if it runs and the frame is small. */
	#give(seat: Seat): void {
		const next = this.#mostUrgent();
		const job = this.#waiting[next];
		if (seat.worker === null || job === undefined) return;
		const { payload } = job.record;
		const ahead = seat.jobs.length > 0;
		if (ahead && !(seat.running && payload.length <= AHEAD_BYTES_MAX)) return;
		this.#waiting.splice(next, 1);
		seat.jobs.push(job);
		// Of what is to follow a copy is sent, if it is not shared: another worker needs it if this one dies.
		const given = !ahead && payload.buffer instanceof ArrayBuffer ? [payload.buffer] : [];
		seat.worker.postMessage(messageOf(job), given);
	}

	#mostUrgent(): number {
		const ranks = this.#waiting.map((job) => job.urgency());
		return ranks.indexOf(Math.min(...ranks));
	}

	#answered(seat: Seat, data: DecodedMessage): void {
		const job = seat.jobs[0];
		if (job === undefined || job.id !== data.job) return;
		seat.jobs.shift();
		this.#payloads?.giveBack(job.record.payload);
		job.done(data.failure === null ? samplesOf(job, data.bytes) : { samples: null, failure: data.failure });
		this.#assign();
	}

	/** A worker that died takes its frame with it; another one takes its seat, and what was to follow waits again.
	 * One that never ran is not replaced: the next one would not run either. */
	#broken(seat: Seat): void {
		const { running, worker } = seat;
		const [job, ...following] = seat.jobs.splice(0);
		if (worker === null) return;
		worker.onmessage = null;
		worker.onerror = null;
		worker.terminate();
		seat.worker = null;
		this.#waiting.unshift(...following);
		if (running && !this.#closed) this.#start(seat);
		job?.done(running ? DAMAGED : NO_DECODER);
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
		levelsLeftOut: record.partial ? LEVELS_LEFT_OUT : 0,
		expected: {
			rows: form.rows,
			columns: form.columns,
			components: form.samplesPerPixel,
			bytesPerSample: sampleBytes(form),
			signed: form.signed,
		},
	};
}

function samplesOf(job: Job, bytes: ArrayBuffer | null): Decoded {
	const { record, target } = job;
	const form = record.partial ? reduced(job.form) : job.form;
	if (bytes !== null) return { samples: samplesIn(form, bytes), failure: null };
	if (target === null) return DAMAGED;
	return { samples: samplesIn(form, target.buffer, target.byteOffset), failure: null };
}
