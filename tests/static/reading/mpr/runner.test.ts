import { describe, expect, it } from "vitest";
import { BandMaker } from "../../../../static/src/reading/mpr/banding.ts";
import { contentOf, presentIn, sharedBufferOf } from "../../../../static/src/reading/mpr/content.ts";
import type { FromResampler, ToResampler } from "../../../../static/src/reading/mpr/messages.ts";
import { type Content, type Grid, Resampler } from "../../../../static/src/reading/mpr/resample.ts";
import { type ResamplerLike, Runner } from "../../../../static/src/reading/mpr/runner.ts";
import type { Samples } from "../../../../static/src/reading/samples.ts";
import { aForm } from "../studies.ts";
import { aScan, scanned, seriesOf, volumeIn } from "./phantoms.ts";

const series = seriesOf(aScan());
const volume = volumeIn(series);
const apart: Content = scanned(series, volume, (p) => p[0] + 10 * p[1] + 100 * p[2]);
const STRIDE = 40 * 36 * 8;
const GRID: Grid = {
	width: 30,
	height: 50,
	origin: [-12, -10, -3],
	right: [0.7, 0, 0],
	down: [0, 0.4, 0.1],
	normal: [0, -0.2, 0.9],
};
const WISH = { grid: GRID, slab: { mode: "mip", thicknessMm: 0 } } as const;

/** The same samples in one piece of shared memory, as the station lays them. */
function shared(): Content {
	const buffer = new SharedArrayBuffer(STRIDE * volume.frames.length);
	const slices = apart.slices.map((slice, k) => {
		const view = new Float64Array(buffer, STRIDE * (volume.frames[k] as number), 40 * 36);
		view.set(slice as Float64Array);
		return view as Samples;
	});
	return { ...apart, slices };
}

/** A worker that answers in a later turn, by the worker's own module; or breaks. */
class OwnWorker implements ResamplerLike {
	onmessage: ((event: { data: FromResampler }) => void) | null = null;
	onerror: ((event: unknown) => void) | null = null;
	terminated = false;
	readonly heard: ToResampler[] = [];
	#maker: BandMaker | null = null;

	constructor(readonly runs = true) {}

	postMessage(message: ToResampler): void {
		this.heard.push(message);
		if (!this.runs) {
			setImmediate(() => this.onerror?.(new Event("error")));
			return;
		}
		if (message.kind === "volume") this.#maker = new BandMaker(message);
		else setImmediate(() => this.onmessage?.({ data: this.#maker?.answer(message) as FromResampler }));
	}

	terminate(): void {
		this.terminated = true;
	}
}

function aRunner(
	content: () => Content,
	options: { workers?: number; runs?: boolean; strideBytes?: number | null } = {},
) {
	const made: OwnWorker[] = [];
	const breaths = { count: 0 };
	let clock = 0;
	const runner = new Runner({
		volume,
		strideBytes: options.strideBytes === undefined ? STRIDE : options.strideBytes,
		content,
		workers: options.workers ?? 3,
		makeWorker: () => {
			const worker = new OwnWorker(options.runs);
			made.push(worker);
			return worker;
		},
		breathe: async () => {
			breaths.count += 1;
			await new Promise<void>((resolve) => setImmediate(resolve));
		},
		now: () => (clock += 5),
	});
	return { runner, made, breaths };
}

const expected = [...new Resampler(volume, apart).rows(GRID, WISH.slab, 0, GRID.height)];

describe("resampling", () => {
	it("gives the same plane by workers over shared memory as on this thread", async () => {
		const content = shared();
		const abreast = aRunner(() => content);
		expect([...((await abreast.runner.run("axial", WISH)) ?? [])]).toEqual(expected);
		expect(abreast.runner.abreast).toBe(true);
		expect(abreast.made).toHaveLength(3);
		const bands = abreast.made.map(({ heard }) => heard.filter((one) => one.kind === "band").length);
		expect(bands).toEqual([1, 1, 1]);
		const alone = aRunner(() => apart);
		expect([...((await alone.runner.run("axial", WISH)) ?? [])]).toEqual(expected);
		expect(alone.made).toHaveLength(0);
		expect(alone.breaths.count).toBeGreaterThan(2);
	});

	it("starts workers once for a volume and tells them each time what is there", async () => {
		let content = shared();
		const { runner, made } = aRunner(() => content, { workers: 1 });
		await runner.run("axial", WISH);
		content = { ...content, slices: content.slices.map((slice, k) => (k === 9 ? undefined : slice)) };
		const values = (await runner.run("axial", WISH)) ?? [];
		expect(made).toHaveLength(1);
		expect([...values].filter((one) => one === Number.POSITIVE_INFINITY).length).toBeGreaterThan(0);
		expect([...values]).not.toEqual(expected);
	});

	it("starts its workers ahead when it is asked to, and never where nothing is shared", async () => {
		const content = shared();
		const { runner, made } = aRunner(() => content);
		runner.warm();
		expect(made).toHaveLength(3);
		await runner.run("axial", WISH);
		expect(made).toHaveLength(3);
		const alone = aRunner(() => apart);
		alone.runner.warm();
		expect(alone.made).toHaveLength(0);
	});

	it("drops a wish when a newer one comes before it was begun, for that plane only", async () => {
		const content = shared();
		const { runner } = aRunner(() => content);
		const runs = [runner.run("axial", WISH), runner.run("axial", WISH), runner.run("axial", WISH)];
		const other = runner.run("coronal", WISH);
		const [first, second, third] = await Promise.all(runs);
		expect(first).not.toBeNull();
		expect(second).toBeNull();
		expect(third).not.toBeNull();
		expect(await other).not.toBeNull();
	});

	it("goes on on this thread when workers do not run", async () => {
		const content = shared();
		const { runner, made } = aRunner(() => content, { runs: false });
		expect([...((await runner.run("axial", WISH)) ?? [])]).toEqual(expected);
		expect(runner.abreast).toBe(false);
		expect(made.every(({ terminated }) => terminated)).toBe(true);
		expect(await runner.run("sagittal", WISH)).not.toBeNull();
		expect(made).toHaveLength(3);
	});

	it("answers nothing more once it is closed", async () => {
		const content = shared();
		const { runner, made } = aRunner(() => content);
		const run = runner.run("axial", WISH);
		const waiting = runner.run("axial", WISH);
		runner.close();
		expect(await run).toBeNull();
		expect(await waiting).toBeNull();
		expect(await runner.run("axial", WISH)).toBeNull();
		expect(made.every(({ terminated }) => terminated)).toBe(true);
	});

	it("stays on this thread where frames are of many sizes", async () => {
		const content = shared();
		const { runner, made } = aRunner(() => content, { strideBytes: null });
		expect(await runner.run("axial", WISH)).not.toBeNull();
		expect(made).toHaveLength(0);
	});
});

describe("what a volume holds now", () => {
	it("is the station's samples by height, previews and what is not there aside", () => {
		const down = seriesOf(
			aScan({
				positions: [4, 2, 0].map((z) => [0, 0, z] as const),
				form: { rescaleSlope: 2, rescaleIntercept: -9 },
			}),
		);
		const lying = volumeIn(down);
		const samples = [Float64Array.of(1), Float64Array.of(2), undefined];
		const content = contentOf(
			{ samples: (_, index) => samples[index], isPreview: (_, index) => index === 1 },
			down,
			lying,
		);
		expect(content.slices).toEqual([undefined, undefined, samples[0]]);
		expect(content.slopes).toEqual([2, 2, 2]);
		expect(content.intercepts).toEqual([-9, -9, -9]);
		expect([...presentIn(content)]).toEqual([0, 0, 1]);
	});

	it("is shared only where all that is there lies in one piece", () => {
		const content = shared();
		expect(sharedBufferOf(content)).toBe((content.slices[0] as Samples).buffer);
		expect(sharedBufferOf(apart)).toBeNull();
		expect(sharedBufferOf({ ...content, slices: [undefined, ...content.slices] })).not.toBeNull();
		expect(sharedBufferOf({ ...content, slices: [...content.slices, Float64Array.of(1)] })).toBeNull();
		expect(sharedBufferOf({ ...content, slices: [...content.slices, shared().slices[0]] })).toBeNull();
		expect(sharedBufferOf({ ...content, slices: [undefined] })).toBeNull();
	});

	it("is read by a worker as the kind of numbers that the form says", () => {
		const form = aForm({ rows: 2, columns: 2, signed: true, bitsAllocated: 16 });
		const small = seriesOf(
			aScan({ columns: 2, rows: 2, form: { ...form, spacing: { rowMm: 1, columnMm: 1, source: "pixel" } } }),
		);
		const lying = volumeIn(small);
		const buffer = new SharedArrayBuffer(8 * lying.frames.length);
		new Int16Array(buffer).fill(-5);
		const offsets = lying.frames.map((frame) => 8 * frame);
		const ones = lying.frames.map(() => 1);
		const maker = new BandMaker({
			kind: "volume",
			volume: lying,
			buffer,
			offsets,
			form: lying.form,
			slopes: ones,
			intercepts: ones,
		});
		const grid: Grid = {
			width: 1,
			height: 1,
			origin: lying.origin,
			right: [1, 0, 0],
			down: [0, 1, 0],
			normal: [0, 0, 1],
		};
		const present = Uint8Array.from(ones);
		const answer = maker.answer({ kind: "band", job: 4, grid, slab: WISH.slab, from: 0, to: 1, present });
		expect(answer).toMatchObject({ job: 4, from: 0 });
		expect([...answer.values]).toEqual([-4]);
	});
});
