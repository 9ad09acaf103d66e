import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nextIsReady } from "../../../static/src/reading/cine.ts";
import { cycleOverlays, setPreset, toggleLayout, togglePlay } from "../../../static/src/reading/commands.ts";
import { expectedBytes } from "../../../static/src/reading/decode/htj2k.ts";
import type { FromWorker, ToWorker } from "../../../static/src/reading/decode/messages.ts";
import { DecodePool, type WorkerLike } from "../../../static/src/reading/decode/pool.ts";
import { Line } from "../../../static/src/reading/line.ts";
import { imageSeries, type Series, type Study } from "../../../static/src/reading/manifest.ts";
import { openingProblem } from "../../../static/src/reading/problem.ts";
import { Station } from "../../../static/src/reading/station.ts";
import { aLargeStream, recordBytes, wireForm, wireManifest, wireSeries } from "./studies.ts";
import { aMark } from "./tools/marks.ts";

/** A worker that answers at once: every sample of a frame is the first byte of its payload. */
class EchoWorker implements WorkerLike {
	onmessage: ((event: { data: FromWorker }) => void) | null = null;
	onerror: ((event: unknown) => void) | null = null;
	terminated = false;

	/** Without a codec, every frame meets a decoder that did not load. `held`: where the answers to beginnings of
	 * frames wait. */
	constructor(
		readonly codec: () => boolean = () => true,
		readonly held: (() => void)[] | null = null,
	) {}

	postMessage(message: ToWorker): void {
		if (message.kind === "start") return;
		const size = expectedBytes(message.expected, message.levelsLeftOut);
		const bytes = new Uint8Array(size).fill(message.payload[0] ?? 0).buffer;
		const failure = !this.codec()
			? "decoder"
			: message.payload.length === 1 && message.payload[0] === 255
				? "frame"
				: null;
		const { job } = message;
		const answer = (): void =>
			this.onmessage?.({ data: { kind: "decoded", job, bytes: failure === null ? bytes : null, failure } });
		if (this.held !== null && message.levelsLeftOut > 0) this.held.push(answer);
		else queueMicrotask(answer);
	}

	terminate(): void {
		this.terminated = true;
	}
}

interface Options {
	readonly manifest?: unknown;
	readonly status?: number;
	readonly payloadOf?: (frame: number) => { encoding: number; payload: Uint8Array };
	readonly codec?: () => boolean;
	readonly bytesMax?: number;
	/** What a request for frames meets instead of its answer. */
	readonly meets?: (url: string) => Promise<Response> | null;
	readonly line?: Line;
	/** Takes the answers to beginnings of frames; a second worker goes on. */
	readonly held?: (() => void)[];
}

async function settled(): Promise<void> {
	for (let turn = 0; turn < 100; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

function aStation(options: Options = {}) {
	const { manifest = wireManifest(5), status = 200, payloadOf, codec, meets, bytesMax = 1e6 } = options;
	const asked: string[] = [];
	const loaded: string[] = [];
	const seen: string[] = [];
	const workers: EchoWorker[] = [];
	const fetch = async (url: string): Promise<Response> => {
		asked.push(url);
		if (!url.startsWith("/api/packs/")) return new Response(JSON.stringify(manifest), { status });
		const met = meets?.(url);
		if (met) return met;
		const [first = 0, last = 0] = (url.split("/").at(-1) ?? "").split("-").map(Number);
		const parts: Uint8Array<ArrayBuffer>[] = [];
		for (let frame = first; frame <= last; frame++) {
			const usual = url.includes("/previews/")
				? { encoding: 4, payload: Uint8Array.of(frame + 100) }
				: { encoding: 1, payload: Uint8Array.of(frame) };
			const { encoding, payload } = payloadOf?.(frame) ?? usual;
			parts.push(new Uint8Array(recordBytes(frame, encoding, payload)));
		}
		return new Response(new Blob(parts));
	};
	const makeWorker = (): WorkerLike => {
		const worker = new EchoWorker(codec, options.held);
		workers.push(worker);
		return worker;
	};
	const station = new Station({
		studyInstanceUid: "1.2",
		fetch,
		pool: new DecodePool({ makeWorker, workers: options.held ? 2 : 1, wasmUrl: "/x.wasm" }),
		shared: false,
		bytesMax,
		onSeriesSeen: (uid) => seen.push(uid),
		onSeriesLoaded: (uid) => loaded.push(uid),
		...(options.line === undefined ? {} : { line: options.line }),
	});
	return { station, asked, loaded, seen, workers };
}

async function until(done: () => boolean): Promise<void> {
	for (let turn = 0; turn < 500 && !done(); turn++)
		await new Promise<void>((resolve) => setImmediate(resolve));
	expect(done()).toBe(true);
}

function twoSeries(): unknown {
	const other = {
		...wireSeries(2),
		series_instance_uid: "1.2.4",
		pack: { ...packOf(), url: "/api/packs/q/1.2/frames/" },
	};
	return { ...wireManifest(5), series: [wireSeries(5), other] };
}

/** A line over which a byte takes ten seconds. */
function aThinLine(): Line {
	let at = 0;
	const line = new Line(() => at);
	line.busy();
	at = 10_000;
	line.came(1);
	line.idle();
	return line;
}

/** One series of which the server has previews, and another one of two large frames. */
function withPreviews(): unknown {
	const own = wireSeries(5);
	const pack = { ...(own.pack as object), previews_url: "/api/packs/p/1.2/previews/" };
	const large = {
		...wireSeries(2),
		series_instance_uid: "1.2.4",
		forms: [{ ...wireForm(), rows: 40, columns: 40 }],
		pack: { ...packOf(), url: "/api/packs/q/1.2/frames/" },
	};
	return { ...wireManifest(5), series: [{ ...own, pack }, large] };
}

/** Whole frames but the first one do not come. */
function onlyPreviews(url: string): Promise<Response> | null {
	return url.includes("/packs/p/") && url.includes("/frames/") && !url.endsWith("/2-2")
		? new Promise<Response>(() => undefined)
		: null;
}

function packOf(): object {
	return { pack_id: "q", block_frames: 2 };
}

describe("the station", () => {
	it("opens a study, shows the middle of the volume and brings the rest", async () => {
		const { station, asked, loaded } = aStation();
		await station.open();
		expect(station.status.value).toBe("open");
		const series = station.activePane.state.value.series;
		expect(series?.uid).toBe("1.2.3");
		if (series == null) return;
		await until(() => station.samples(series, 2) !== undefined);
		expect(asked[0]).toBe("/api/studies/1.2/manifest");
		expect(asked[1]).toBe("/api/packs/p/1.2/frames/2-2");
		station.presented();
		await until(() => loaded.length > 0);
		expect(loaded).toEqual(["1.2.3"]);
		expect(station.loadedCount(series)).toBe(5);
		expect(station.samples(series, 4)?.[0]).toBe(0x0404);
		expect([...station.loadedFrames(series)].sort()).toEqual([0, 1, 2, 3, 4]);
	});

	it("shows the beginning of a large frame until all of it is there", async () => {
		const record = recordBytes(0, 1, aLargeStream());
		const more: (() => void)[] = [];
		const body = new ReadableStream<Uint8Array>({
			start(stream) {
				stream.enqueue(record.subarray(0, 200_000));
				more.push(() => {
					stream.enqueue(record.subarray(200_000));
					stream.close();
				});
			},
		});
		const { station } = aStation({
			manifest: wireManifest(1),
			meets: () => Promise.resolve(new Response(body)),
		});
		await station.open();
		const series = station.activePane.state.value.series as Series;
		await until(() => station.isPreview(series, 0));
		expect(station.samples(series, 0)).toHaveLength(4);
		expect([station.loadedCount(series), station.loadedFrames(series).size]).toEqual([0, 0]);
		const before = station.samples(series, 0);
		for (const send of more) send();
		await until(() => station.loadedCount(series) === 1);
		expect(station.isPreview(series, 0)).toBe(false);
		expect(station.samples(series, 0)).not.toBe(before);
		station.close();
	});

	it("does not put the beginning of a frame in the place of the whole one that was quicker", async () => {
		const record = recordBytes(0, 1, aLargeStream());
		const body = new ReadableStream<Uint8Array>({
			start(stream) {
				stream.enqueue(record.subarray(0, 200_000));
				stream.enqueue(record.subarray(200_000));
				stream.close();
			},
		});
		const held: (() => void)[] = [];
		const meets = () => Promise.resolve(new Response(body));
		const { station } = aStation({ manifest: wireManifest(1), meets, held });
		await station.open();
		const series = station.activePane.state.value.series as Series;
		await until(() => station.loadedCount(series) === 1);
		expect(held).toHaveLength(1);
		const whole = station.samples(series, 0);
		for (const answer of held) answer();
		await settled();
		expect(station.isPreview(series, 0)).toBe(false);
		expect(station.samples(series, 0)).toBe(whole);
		station.close();
	});

	it("shows previews of a whole series over a thin line, in the size of its frames", async () => {
		const { station, asked, loaded, seen } = aStation({
			manifest: withPreviews(),
			meets: onlyPreviews,
			line: aThinLine(),
		});
		await station.open();
		const series = station.activePane.state.value.series as Series;
		await until(() => station.samples(series, 2) !== undefined);
		expect(asked.slice(1)).toEqual(["/api/packs/p/1.2/frames/2-2"]);
		station.presented();
		await until(() => seen.length > 0);
		expect(asked[2]).toBe("/api/packs/p/1.2/previews/0-4");
		expect([seen, loaded, station.loadedCount(series)]).toEqual([["1.2.3"], [], 1]);
		expect([0, 1, 2, 3, 4].map((frame) => station.isPreview(series, frame))).toEqual([
			true,
			true,
			false,
			true,
			true,
		]);
		const samples = station.samples(series, 4);
		expect(samples).toEqual(new Uint16Array(4).fill(104 * 257));
		expect(station.samples(series, 4)).toBe(samples);
		expect(station.shows(series, 4)).toBe(true);
		station.close();
	});

	it("has whole frames in the place of previews in the end", async () => {
		const { station, loaded, seen } = aStation({ manifest: withPreviews(), line: aThinLine() });
		await station.open();
		const series = station.activePane.state.value.series as Series;
		await until(() => station.samples(series, 2) !== undefined);
		station.presented();
		await until(() => loaded.length > 0);
		expect([seen, loaded]).toEqual([["1.2.3"], ["1.2.3"]]);
		expect([0, 1, 2, 3, 4].filter((frame) => station.isPreview(series, frame))).toEqual([]);
		expect(station.samples(series, 4)).toEqual(new Uint16Array(4).fill(4 * 257));
		station.close();
	});

	it("lets the previews of a series go with it", async () => {
		const { station, seen } = aStation({
			manifest: withPreviews(),
			meets: onlyPreviews,
			line: aThinLine(),
			bytesMax: 3205,
		});
		await station.open();
		station.showSeries("1.2.3");
		const [series, large] = imageSeries(station.study.value as Study) as [Series, Series];
		await until(() => station.loadedCount(series) === 1);
		station.presented();
		await until(() => seen.includes("1.2.3"));
		expect(station.isPreview(series, 4)).toBe(true);
		station.showSeries("1.2.4");
		await until(() => station.loadedCount(large) === 1);
		expect([station.loadedCount(series), station.isPreview(series, 4)]).toEqual([0, false]);
		expect(station.samples(series, 4)).toBeUndefined();
		station.close();
	});

	it("keeps of a long series what lies about the slice that is looked at, and fetches again what it let go", async () => {
		const { station, asked } = aStation({ manifest: wireManifest(40), bytesMax: 100 });
		await station.open();
		const series = station.activePane.state.value.series as Series;
		station.presented();
		await until(() => station.loadedCount(series) >= 9);
		await settled();
		const near = [...station.loadedFrames(series)].sort((a, b) => a - b);
		expect(near.length).toBeLessThanOrEqual(12);
		expect(near).toEqual(expect.arrayContaining([17, 18, 19, 20, 21, 22, 23]));
		const requests = asked.length;
		await settled();
		expect(asked).toHaveLength(requests);
		station.activePane.goTo(2);
		await until(() => station.samples(series, 2) !== undefined && station.samples(series, 4) !== undefined);
		expect(station.loadedCount(series)).toBeLessThanOrEqual(12);
		station.activePane.goTo(20);
		await until(() => station.samples(series, 20) !== undefined && station.samples(series, 22) !== undefined);
		station.close();
	});

	it("draws over a frame what its object draws, unless texts and drawings are hidden", async () => {
		const drawn = new Uint8Array(deflateSync(Uint8Array.of(0b1001)));
		const records = [recordBytes(0, 3, drawn), recordBytes(0, 1, Uint8Array.of(9))];
		const { station } = aStation({
			manifest: wireManifest(1),
			meets: () => Promise.resolve(new Response(new Blob(records.map((one) => new Uint8Array(one))))),
		});
		await station.open();
		const series = station.activePane.state.value.series as Series;
		await until(() => station.drawingOver(series, 0) !== null && station.loadedCount(series) === 1);
		expect([...(station.drawingOver(series, 0) ?? [])]).toEqual([0b1001]);
		station.overlays.set("none");
		expect(station.drawingOver(series, 0)).toBeNull();
		station.close();
	});

	it("says why a frame cannot be shown and counts it as settled", async () => {
		const broken = (frame: number) =>
			frame === 1
				? { encoding: 0, payload: new TextEncoder().encode("pixels.truncated") }
				: { encoding: 1, payload: Uint8Array.of(frame === 2 ? 255 : frame) };
		const { station, loaded } = aStation({ payloadOf: broken });
		await station.open();
		station.presented();
		await until(() => loaded.length > 0);
		const series = station.activePane.state.value.series;
		if (series == null) return;
		expect([0, 1, 2].map((frame) => station.problemOf(series, frame))).toEqual([
			null,
			"pixels.truncated",
			"pixels.undecodable",
		]);
		expect(station.loadedCount(series)).toBe(3);
	});

	it("tells of its progress a few times a second, and at once when all is there", async () => {
		const { station, loaded } = aStation();
		const heard: number[] = [];
		station.progress.subscribe((times) => heard.push(times));
		await station.open();
		station.presented();
		await until(() => loaded.length > 0);
		const series = station.activePane.state.value.series as Series;
		expect([heard.length, station.loadedCount(series)]).toEqual([2, 5]);
		station.close();
	});

	it("says what the server refuses, and opens at the next try", async () => {
		const { station } = aStation({ manifest: { code: "dicom.study_not_found" }, status: 404 });
		await station.open();
		expect(station.status.value).toBe("failed");
		expect(openingProblem(station.problem.value).code).toBe("dicom.study_not_found");
		const offline = aStation();
		const failing = new Station({
			studyInstanceUid: "1.2",
			fetch: () => Promise.reject(new TypeError("network")),
			pool: new DecodePool({ makeWorker: () => new EchoWorker(), workers: 1, wasmUrl: "" }),
			shared: false,
			bytesMax: 1e6,
		});
		await failing.open();
		expect(openingProblem(failing.problem.value).kind).toBe("offline");
		offline.station.close();
	});

	it("says that nothing can be decoded without the codec, and shows all when it is there again", async () => {
		let there = false;
		const { station, loaded, workers } = aStation({ codec: () => there });
		await station.open();
		await until(() => station.loadFailure.value !== null);
		expect(station.loadFailure.value).toBe("decoder");
		const series = station.activePane.state.value.series;
		if (series == null) return;
		expect(station.problemOf(series, 2)).toBeNull();
		there = true;
		station.retry();
		expect(workers.map(({ terminated }) => terminated)).toEqual([true, false]);
		await until(() => station.samples(series, 2) !== undefined);
		station.presented();
		await until(() => loaded.length > 0);
		expect(station.loadFailure.value).toBeNull();
		expect(station.loadedCount(series)).toBe(5);
	});

	it.each([
		[404, "outdated"],
		[403, "refused"],
	] as const)("tells a refusal of frames (%d) from a line that is down", async (code, expected) => {
		const { station } = aStation({ meets: () => Promise.resolve(new Response("{}", { status: code })) });
		await station.open();
		await until(() => station.loadFailure.value !== null);
		expect(station.loadFailure.value).toBe(expected);
	});

	it("loads what is missing when the line is back, and only what is shown", async () => {
		let line = true;
		const meets = () => (line ? null : Promise.resolve(new Response("{}", { status: 403 })));
		const { station, asked, loaded } = aStation({ manifest: twoSeries(), meets });
		await station.open();
		const first = station.activePane.state.value.series;
		if (first == null) return;
		await until(() => station.samples(first, 2) !== undefined);
		line = false;
		station.showNextSeries(1);
		await until(() => station.loadFailure.value === "refused");
		line = true;
		const before = asked.length;
		station.presented();
		station.retry();
		await until(() => loaded.includes("1.2.4"));
		expect(station.loadFailure.value).toBeNull();
		expect(asked.slice(before).every((url) => url.includes("/packs/q/"))).toBe(true);
		expect(station.samples(first, 2)).toBeDefined();
	});

	it("refuses a manifest it does not understand", async () => {
		const { station } = aStation({ manifest: { hello: 1 } });
		await station.open();
		expect(station.status.value).toBe("failed");
	});

	it("says when there is nothing to see", async () => {
		const { station } = aStation({ manifest: { ...wireManifest(), series: [] } });
		await station.open();
		expect(station.status.value).toBe("empty");
	});

	it("loads only what is shown, and the other series when it is", async () => {
		const { station, asked, loaded } = aStation({ manifest: twoSeries() });
		await station.open();
		station.presented();
		await until(() => loaded.includes("1.2.3"));
		expect(asked.some((url) => url.includes("/packs/q/"))).toBe(false);
		expect(station.showNextSeries(1)).toBe(true);
		await until(() => loaded.includes("1.2.4"));
		expect(station.showNextSeries(1)).toBe(false);
		expect(station.showNextSeries(-1)).toBe(true);
		expect(station.activePane.state.value.series?.uid).toBe("1.2.3");
	});

	it("shows two panes, the second with another series", async () => {
		const { station } = aStation({ manifest: twoSeries() });
		await station.open();
		toggleLayout(station);
		expect(station.visible.map((pane) => pane.state.value.series?.uid)).toEqual(["1.2.3", "1.2.4"]);
		station.active.set(1);
		station.activePane.scroll(1);
		expect(station.visible.map((pane) => pane.state.value.index)).toEqual([2, 1]);
		station.setLayout("1x1");
		expect(station.active.value).toBe(0);
	});

	it("finds the frame of a mark again, and chooses it", async () => {
		const { station } = aStation();
		await station.open();
		const pane = station.activePane;
		const uid = pane.state.value.series?.frames[3]?.sopInstanceUid ?? "";
		const [own, other] = [aMark({ sopInstanceUid: uid }), aMark({ id: "b", sopInstanceUid: uid })];
		station.marks.set([own]);
		station.others.set([other]);
		for (const { id } of [own, other]) {
			pane.goTo(0);
			expect(station.goToMark(id)).toBe(true);
			expect([pane.state.value.index, station.selected.value]).toEqual([3, id]);
		}
		expect(station.goToMark("gone")).toBe(false);
	});

	it("undoes the look of a series only while it is shown", async () => {
		const { station } = aStation({
			manifest: {
				...wireManifest(3),
				series: [wireSeries(3), { ...wireSeries(2), series_instance_uid: "b" }],
			},
		});
		await station.open();
		const pane = station.activePane;
		station.act(() => pane.toggleInvert());
		station.showSeries("b");
		station.undo();
		expect([pane.state.value.series?.uid, pane.state.value.invert]).toEqual(["b", false]);
		station.showSeries("1.2.3");
		expect(pane.state.value.invert).toBe(true);
		station.act(() => pane.scroll(1));
		station.undo();
		expect(pane.state.value.index).toBe(2);
	});

	it("takes presets only where the numbers mean something", async () => {
		const { station } = aStation();
		await station.open();
		setPreset(station, "2");
		expect(station.activePane.state.value.chosenVoi).toMatchObject({ center: -600, width: 1500 });
		setPreset(station, "0");
		expect(station.activePane.state.value.chosenVoi?.center).toBe(-600);
		const mr = aStation({ manifest: { ...wireManifest(), series: [{ ...wireSeries(), modality: "MR" }] } });
		await mr.station.open();
		setPreset(mr.station, "2");
		expect(mr.station.activePane.state.value.chosenVoi).toBeNull();
	});

	it("plays only what is there", async () => {
		const { station } = aStation();
		await station.open();
		const pane = station.activePane;
		expect(nextIsReady(station, pane)).toBe(false);
		station.presented();
		await until(() => nextIsReady(station, pane));
		togglePlay(station);
		expect(pane.state.value.playing).toBe(true);
		togglePlay(station);
		expect(pane.state.value.playing).toBe(false);
	});

	it("goes round the corner texts", () => {
		const { station } = aStation();
		const seen = [0, 1, 2].map(() => {
			cycleOverlays(station);
			return station.overlays.value;
		});
		expect(seen).toEqual(["minimal", "none", "all"]);
	});

	it("ends its workers when it closes", async () => {
		const { station, workers } = aStation();
		await station.open();
		await until(() => workers.length > 0);
		station.close();
		expect(workers.every((one) => one.terminated)).toBe(true);
	});
});
