import { describe, expect, it } from "vitest";
import { Line } from "../../../static/src/reading/line.ts";
import { SeriesLoader } from "../../../static/src/reading/loader.ts";
import type { FrameRecord } from "../../../static/src/reading/records.ts";
import { FrameServer, framesOf, settled } from "./frame_server.ts";
import { recordBytes } from "./studies.ts";

function aLoader(frames = 64): {
	server: FrameServer;
	loader: SeriesLoader;
	records: FrameRecord[];
	failures: number[];
	delayed: (() => void)[];
} {
	const server = new FrameServer();
	const records: FrameRecord[] = [];
	const failures: number[] = [];
	const delayed: (() => void)[] = [];
	const loader = new SeriesLoader({
		pack: { url: "/api/packs/p/1/frames/", blockFrames: 16 },
		frames,
		fetch: server.fetch,
		onRecord: (record) => records.push(record),
		onFailure: (status) => failures.push(status),
		later: (run) => delayed.push(run),
	});
	return { server, loader, records, failures, delayed };
}

describe("the loader of a series", () => {
	it("asks for the visible frame alone until the first picture is on screen", async () => {
		const { server, loader, records } = aLoader();
		loader.look(0);
		expect(server.open).toEqual(["0-0"]);
		expect(server.asked[0]?.priority).toBe("high");
		await server.answer("0-0");
		expect(records.map(({ frame }) => frame)).toEqual([0]);
		expect(server.open).toEqual([]);
		loader.firstShown();
		expect(server.open).toEqual(["0-15", "16-31", "32-47"]);
	});

	it("brings every frame once and then rests", async () => {
		const { server, loader, records } = aLoader(40);
		loader.look(20);
		loader.firstShown();
		while (server.open.length > 0) await server.answer(server.open[0] as string);
		expect(records.map(({ frame }) => frame).sort((a, b) => a - b)).toEqual(
			Array.from({ length: 40 }, (_, i) => i),
		);
		expect(records[0]?.frame).toBe(20);
		expect(loader.arrived).toBe(40);
	});

	it("follows the eye: a jump lets the furthest request go", async () => {
		const { server, loader } = aLoader(160);
		loader.firstShown();
		loader.look(0);
		await server.answer("0-0");
		expect(server.open).toEqual(["0-15", "16-31", "32-47"]);
		loader.look(150);
		expect(server.open).toEqual(["16-31", "32-47", "150-150"]);
		await server.answer("150-150");
		expect(server.open).toContain("144-159");
	});

	it("sorts anew when the eye moves within what is under way", async () => {
		const { server, loader } = aLoader(160);
		loader.firstShown();
		loader.look(0);
		await server.answer("0-0");
		loader.look(20);
		await server.answer("0-15");
		expect(server.open).toEqual(["16-31", "32-47", "48-63"]);
	});

	it("reads no further while what came waits to be decoded", async () => {
		const server = new FrameServer();
		const records: number[] = [];
		let decoded = (): void => undefined;
		let waiting: Promise<void> | null = null;
		const loader = new SeriesLoader({
			pack: { url: "/api/packs/p/1/frames/", blockFrames: 3 },
			frames: 3,
			fetch: server.fetch,
			onRecord: ({ frame }) => records.push(frame),
			onFailure: () => undefined,
			decoding: () => waiting,
		});
		loader.firstShown();
		loader.look(0);
		await server.answer("0-0");
		waiting = new Promise((done) => {
			decoded = done;
		});
		const pieces = [0, 1, 2].map((frame) => new Uint8Array(recordBytes(frame, 1, new Uint8Array([frame]))));
		const body = new ReadableStream<Uint8Array>({
			pull: (controller) => {
				const piece = pieces.shift();
				if (piece === undefined) controller.close();
				else controller.enqueue(piece);
			},
		});
		await server.answer("0-2", new Response(body));
		expect(records).toEqual([0]);
		waiting = null;
		decoded();
		await settled();
		expect(records).toEqual([0, 1, 2]);
	});

	it("does not take the time of decoding for that of the line", async () => {
		const server = new FrameServer();
		let at = 0;
		const line = new Line(() => at);
		let waiting: Promise<void> | null = null;
		let decoded = (): void => undefined;
		const loader = new SeriesLoader({
			pack: { url: "/api/packs/p/1/frames/", blockFrames: 1 },
			frames: 2,
			fetch: server.fetch,
			onRecord: () => undefined,
			onFailure: () => undefined,
			decoding: () => waiting,
			line,
		});
		loader.firstShown();
		loader.look(0);
		waiting = new Promise((done) => {
			decoded = done;
		});
		await server.answer("0-0");
		at = 60_000;
		decoded();
		await settled();
		expect(line.secondsFor(1)).toBeNull();
	});

	it("tries again after a failure, later each time, and then says so", async () => {
		const { server, loader, failures, delayed } = aLoader();
		loader.look(0);
		for (let attempt = 0; attempt < 4; attempt++) {
			await server.answer("0-0", new TypeError("network"));
			delayed.shift()?.();
		}
		expect(failures).toEqual([0]);
		expect(server.open).toEqual([]);
		loader.forgive();
		loader.look(0);
		expect(server.open).toEqual(["0-0"]);
		await server.answer("0-0", new TypeError("network"));
		expect(failures).toEqual([0]);
		expect(delayed).toHaveLength(1);
	});

	it("asks again for a frame that was lost after it came, and rests until then", async () => {
		const { server, loader, records } = aLoader(16);
		loader.firstShown();
		loader.look(3);
		await server.answer("3-3");
		loader.missed(3);
		await settled();
		expect(server.open).toEqual([]);
		loader.look(3);
		expect(server.open).toEqual(["3-3", "0-15"]);
		await server.answer("3-3");
		expect(records.map(({ frame }) => frame)).toEqual([3, 3]);
	});

	it("does not repeat what the server refuses", async () => {
		const { server, loader, failures, delayed } = aLoader();
		loader.look(0);
		await server.answer("0-0", new Response("{}", { status: 404 }));
		expect(failures).toEqual([404]);
		expect(delayed).toEqual([]);
	});

	it("keeps what came before a stream broke, and asks for the rest", async () => {
		const { server, loader, records, delayed } = aLoader(16);
		loader.firstShown();
		loader.look(0);
		await server.answer("0-0");
		const whole = new Uint8Array(await framesOf("0-15").arrayBuffer());
		await server.answer("0-15", new Response(whole.slice(0, 60)));
		expect(records.map(({ frame }) => frame)).toEqual([0, 1, 2]);
		delayed.shift()?.();
		await server.answer("0-15");
		expect(records).toHaveLength(16);
	});

	it("takes an answer with a frame missing, or one too many, for a failure", async () => {
		for (const response of [framesOf("0-15", 7), framesOf("0-16")]) {
			const { server, loader, records, delayed } = aLoader(32);
			loader.firstShown();
			loader.look(0);
			await server.answer("0-0");
			await server.answer("0-15", response);
			expect(records.every(({ frame }) => frame <= 15)).toBe(true);
			expect(delayed).toHaveLength(1);
		}
	});

	it("drops everything when it is paused and begins again when it is looked at", async () => {
		const { server, loader } = aLoader();
		loader.firstShown();
		loader.look(0);
		loader.pause();
		await settled();
		expect(server.open).toEqual([]);
		loader.look(33);
		expect(server.open[0]).toBe("33-33");
	});

	it("fetches again what was let go", async () => {
		const { server, loader, records } = aLoader(1);
		loader.look(0);
		await server.answer("0-0");
		loader.forget();
		loader.look(0);
		await server.answer("0-0");
		expect(records).toHaveLength(2);
	});
});
