import { describe, expect, it } from "vitest";
import { Line } from "../../../static/src/reading/line.ts";
import { SeriesLoader } from "../../../static/src/reading/loader.ts";
import type { FrameRecord } from "../../../static/src/reading/records.ts";
import { FrameServer, framesOf, previewsOf, settled } from "./frame_server.ts";
import { recordBytes } from "./studies.ts";

const BYTES = 10_000;
const FRAMES = 200;

interface Options {
	readonly frames?: number;
	readonly line?: Line;
	readonly reach?: number;
	readonly offered?: boolean;
}

/** A loader with a clock that goes by hand. */
function aLoader({ frames = FRAMES, line, reach, offered = true }: Options = {}) {
	let at = 0;
	const server = new FrameServer();
	const records: FrameRecord[] = [];
	const failures: number[] = [];
	const delayed: (() => void)[] = [];
	const measured = line ?? new Line(() => at);
	const pack = { url: "/api/packs/p/1/frames/", blockFrames: 16 };
	const loader = new SeriesLoader({
		pack: offered ? { ...pack, previewsUrl: "/api/packs/p/1/previews/" } : pack,
		frames,
		fetch: server.fetch,
		line: measured,
		onRecord: (record) => records.push(record),
		onFailure: (status) => failures.push(status),
		later: (run) => delayed.push(run),
		...(reach === undefined ? {} : { reach: () => reach }),
	});
	const pass = (ms: number): void => {
		at += ms;
	};
	return { server, loader, records, failures, delayed, pass, line: measured };
}

type Made = ReturnType<typeof aLoader>;

/** An answer whose bytes come when told. */
function slowly(): {
	response: Response;
	send: (bytes: Uint8Array) => Promise<void>;
	end: () => Promise<void>;
} {
	let stream: ReadableStreamDefaultController<Uint8Array> | null = null;
	const body = new ReadableStream<Uint8Array>({
		start(controller) {
			stream = controller;
		},
	});
	return {
		response: new Response(body),
		send: (bytes) => {
			stream?.enqueue(bytes);
			return settled();
		},
		end: () => {
			stream?.close();
			return settled();
		},
	};
}

function whole(frame: number): Uint8Array {
	return recordBytes(frame, 1, new Uint8Array(BYTES));
}

/** Shows the first picture, then lets frames of the block come, one in each `frameMs`. */
async function begun({ server, loader, pass }: Made, frameMs: number, visible = 0) {
	loader.look(visible);
	await server.answer(`${visible}-${visible}`, new Response(whole(visible).slice()));
	loader.firstShown();
	const first = visible - (visible % 16);
	const block = slowly();
	const range = `${first}-${first + 15}`;
	const [request] = server.asked.filter((one) => one.range === range);
	await server.answer(range, block.response);
	for (let frame = first; frame < first + 4; frame++) {
		pass(frameMs);
		await block.send(whole(frame));
	}
	return { block, signal: request?.signal };
}

/** 10 kB in 240 ms: 200 frames take 48 seconds. */
const THIN_MS = 240;
const FAST_MS = 20;

function partials(records: readonly FrameRecord[]): number[] {
	return records.filter(({ partial }) => partial).map(({ frame }) => frame);
}

describe("the loader of a series on a thin line", () => {
	it("gives up whole frames and fetches previews, nearest first, three requests at a time", async () => {
		const made = aLoader();
		const { signal } = await begun(made, THIN_MS, 100);
		expect(signal?.aborted).toBe(true);
		expect(made.server.open).toEqual(["small 64-127", "small 128-191", "small 0-63"]);
		await made.server.answer("small 64-127");
		expect(made.server.open).toEqual(["small 128-191", "small 0-63", "small 192-199"]);
	});

	it("keeps what came whole, and brings the rest after the previews", async () => {
		const made = aLoader();
		await begun(made, THIN_MS);
		// The verdict needs half a second: three frames of the block had come by then.
		expect(made.loader.arrived).toBe(3);
		while (made.server.open[0]?.startsWith("small ")) await made.server.answer(made.server.open[0]);
		expect(partials(made.records)).toEqual(Array.from({ length: FRAMES - 3 }, (_, i) => i + 3));
		expect(made.server.open).toEqual(["0-15", "16-31", "32-47"]);
		while (made.server.open.length > 0) await made.server.answer(made.server.open[0] as string);
		expect(made.loader.arrived).toBe(FRAMES);
		const wholes = made.records.filter(({ partial }) => !partial).map(({ frame }) => frame);
		expect(wholes.length).toBe(FRAMES);
		expect(new Set(wholes).size).toBe(FRAMES);
	});

	it("does not take what a given-up answer still brings", async () => {
		const made = aLoader();
		const { block } = await begun(made, THIN_MS);
		const before = made.records.length;
		await block.send(whole(5));
		await block.end();
		expect(made.records).toHaveLength(before);
		expect([made.failures, made.delayed]).toEqual([[], []]);
	});

	it("fetches the visible frame before the previews", async () => {
		const made = aLoader();
		await begun(made, THIN_MS);
		made.loader.look(10);
		expect(made.server.open).toEqual(["small 3-63", "small 64-127", "10-10"]);
		await made.server.answer("10-10");
		expect(made.server.open).toHaveLength(3);
		expect(made.server.open.every((range) => range.startsWith("small "))).toBe(true);
	});

	it("follows the eye while previews come: another visible frame takes the place of the last", async () => {
		const made = aLoader();
		await begun(made, THIN_MS);
		for (const frame of [10, 11, 12, 13]) made.loader.look(frame);
		await settled();
		expect(made.server.open.filter((range) => !range.startsWith("small "))).toEqual(["13-13"]);
		expect(made.server.open).toHaveLength(3);
		expect(made.server.open).toContain("small 3-63");
	});

	it("begins anew where the eye jumped to", async () => {
		const made = aLoader({ frames: 1000 });
		await begun(made, THIN_MS);
		made.loader.look(700);
		expect(made.server.open).toEqual(["700-700", "small 640-703", "small 704-767"]);
		await made.server.answer("700-700");
		expect(made.server.open).toEqual(["small 640-703", "small 704-767", "small 576-639"]);
	});

	it("does not begin anew where previews are already", async () => {
		const made = aLoader();
		await begun(made, THIN_MS);
		const next = made.server.open[1] as string;
		await made.server.answer(made.server.open[0] as string);
		made.loader.look(40);
		expect(made.server.open).toContain("40-40");
		expect(made.server.open).toContain(next);
	});

	it("asks for no previews beyond its reach", async () => {
		const made = aLoader({ frames: 5000, reach: 40 });
		await begun(made, THIN_MS, 2560);
		expect(made.server.open).toEqual(["small 2563-2607", "small 2512-2559"]);
	});

	it("asks for no previews that are very far, though there is room for all", async () => {
		const made = aLoader({ frames: 5000 });
		await begun(made, THIN_MS, 2560);
		const asked: string[] = [];
		while (made.server.open[0]?.startsWith("small ")) {
			asked.push(made.server.open[0]);
			await made.server.answer(made.server.open[0]);
		}
		const ends = asked.flatMap((range) => range.replace("small ", "").split("-").map(Number));
		expect(Math.min(...ends)).toBeGreaterThan(2560 - 1000 - 16);
		expect(Math.max(...ends)).toBeLessThan(2560 + 1000 + 16);
	});

	it("does not ask again for frames of which there is no preview", async () => {
		const made = aLoader({ frames: 64 });
		await begun(made, THIN_MS);
		const [range = ""] = made.server.open;
		expect(range).toBe("small 3-63");
		await made.server.answer(range, previewsOf(range, 20));
		expect(partials(made.records)).not.toContain(20);
		expect(made.server.open).toEqual(["0-15", "16-31", "32-47"]);
	});

	it("takes a failure of previews for none of the series, and does without them", async () => {
		for (const failure of [
			new Response("{}", { status: 404 }),
			new TypeError("network"),
			previewsOf("small 0-64"),
			framesOf("3-63"),
		]) {
			const made = aLoader({ frames: 64 });
			await begun(made, THIN_MS);
			await made.server.answer("small 3-63", failure);
			expect([made.failures, made.delayed]).toEqual([[], []]);
			expect(made.server.open).toEqual(["0-15", "16-31", "32-47"]);
			while (made.server.open.length > 0) await made.server.answer(made.server.open[0] as string);
			expect(made.loader.arrived).toBe(64);
		}
	});

	it("asks for previews again when failures are forgiven", async () => {
		const made = aLoader({ frames: 64 });
		await begun(made, THIN_MS);
		await made.server.answer("small 3-63", new TypeError("network"));
		made.loader.look(1);
		expect(made.server.open.some((range) => range.startsWith("small "))).toBe(false);
		made.loader.forgive();
		made.loader.look(1);
		expect(made.server.open).toEqual(["small 3-63"]);
	});

	it("stops when it is paused, and goes on where it was", async () => {
		const made = aLoader();
		await begun(made, THIN_MS);
		await made.server.answer("small 3-63");
		made.loader.pause();
		await settled();
		expect(made.server.open).toEqual([]);
		made.loader.look(0);
		expect(made.server.open).toEqual(["small 64-127", "small 128-191", "small 192-199"]);
	});

	it("lets nothing but the visible frame compete with previews, however few", async () => {
		const made = aLoader({ frames: 64 });
		await begun(made, THIN_MS);
		expect(made.server.open).toEqual(["small 3-63"]);
		made.loader.look(20);
		expect(made.server.open).toEqual(["small 3-63", "20-20"]);
	});

	it("asks for previews again that were forgotten, or let go while it was not shown", async () => {
		const made = aLoader({ frames: 64 });
		await begun(made, THIN_MS);
		await made.server.answer("small 3-63");
		made.loader.previewDropped(30);
		made.loader.look(0);
		expect(made.server.open).toEqual(["0-15", "16-31", "32-47"]);
		made.loader.pause();
		made.loader.previewDropped(31);
		made.loader.look(0);
		expect(made.server.open).toEqual(["small 31-31"]);
		made.loader.forget();
		made.loader.look(0);
		await made.server.answer("0-0");
		expect(made.server.open).toEqual(["small 1-63"]);
	});

	it("asks for the preview again of a frame that came whole and was let go", async () => {
		const made = aLoader({ frames: 64 });
		await begun(made, THIN_MS);
		await made.server.answer("small 3-63");
		made.loader.dropped(2);
		made.loader.look(0);
		expect(made.server.open).toEqual(["small 2-2"]);
	});

	it("is remembered for the next series, whose previews come straight after its first picture", async () => {
		const before = aLoader();
		await begun(before, THIN_MS);
		const next = aLoader({ line: before.line });
		next.loader.firstShown();
		next.loader.look(100);
		expect(next.server.open).toEqual(["100-100"]);
		await next.server.answer("100-100", new Response(whole(100).slice()));
		expect(next.server.open).toEqual(["small 64-127", "small 128-191", "small 0-63"]);
	});

	it("is found out for the next series too, when that one is small", async () => {
		const before = aLoader();
		await begun(before, THIN_MS);
		const next = aLoader({ line: before.line, frames: 20 });
		next.loader.firstShown();
		next.loader.look(0);
		await next.server.answer("0-0", new Response(whole(0).slice()));
		expect(next.server.open).toEqual(["0-15", "16-19"]);
		expect(before.line.thin).toBe(false);
	});
});

describe("the loader of a series where previews are not needed", () => {
	async function allAsked(made: Made): Promise<string[]> {
		const asked: string[] = [];
		while (made.server.open.length > 0) {
			const range = made.server.open[0] as string;
			asked.push(range);
			made.pass(5);
			await made.server.answer(range);
		}
		return asked;
	}

	it("asks for none on a fast line, and for no more than it did", async () => {
		const requests = [true, false].map(async (offered) => {
			const made = aLoader({ offered });
			made.loader.firstShown();
			made.loader.look(100);
			return allAsked(made);
		});
		const [withPreviews, without] = await Promise.all(requests);
		expect(withPreviews).toEqual(without);
		expect(withPreviews).toHaveLength(1 + Math.ceil(FRAMES / 16));
	});

	it("gives nothing up on a line that is fast enough", async () => {
		const made = aLoader();
		const { signal } = await begun(made, FAST_MS);
		expect(signal?.aborted).toBe(false);
		expect(made.server.open).toEqual(["16-31", "32-47"]);
	});

	it("asks for none where there are none, however thin the line", async () => {
		const made = aLoader({ offered: false });
		const { signal } = await begun(made, THIN_MS);
		expect(signal?.aborted).toBe(false);
		expect(made.server.open).toEqual(["16-31", "32-47"]);
	});

	it("asks for none before the first picture is on screen", async () => {
		const made = aLoader();
		made.loader.look(0);
		const first = slowly();
		await made.server.answer("0-0", first.response);
		made.pass(60_000);
		await first.send(whole(0));
		await first.end();
		expect(made.server.open).toEqual([]);
		made.loader.firstShown();
		expect(made.server.open).toEqual(["0-15", "16-31", "32-47"]);
	});
});
