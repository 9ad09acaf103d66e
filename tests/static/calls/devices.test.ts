import { beforeEach, describe, expect, it, vi } from "vitest";
import { Devices, faultOf, loudness, meter } from "../../../static/src/calls/devices.ts";
import { FakeDesk, FakeStream, type FakeTrack, settle } from "./room_floor.ts";

const named = (name: string): Error => Object.assign(new Error(name), { name });

function source(faults: FakeDesk["faults"] = {}, cameras = ["cam-1"]): FakeDesk {
	return Object.assign(new FakeDesk(), { faults, cameras });
}

beforeEach(() => {
	Object.assign(globalThis, { MediaStream: FakeStream });
});

describe("opening", () => {
	it("has both", async () => {
		const devices = new Devices(source());
		expect(await devices.open()).toMatchObject({ camera: "on", microphone: "on" });
	});

	it.each([
		["NotAllowedError", "blocked"],
		["NotReadableError", "busy"],
		["NotFoundError", "missing"],
	])("goes on with the voice when the camera says %s", async (fault, word) => {
		const devices = new Devices(source({ video: fault }));
		expect(await devices.open()).toMatchObject({ camera: word, microphone: "on" });
		expect(devices.has("audio")).toBe(true);
		expect(devices.has("video")).toBe(false);
	});

	it("says so when there is nothing, and when the page is not secure", async () => {
		const nothing = new Devices(source({ audio: "NotFoundError", video: "NotAllowedError" }));
		expect(await nothing.open()).toMatchObject({ stream: null, camera: "blocked", microphone: "missing" });
		expect(await new Devices(null).open()).toMatchObject({ camera: "insecure", microphone: "insecure" });
	});

	it("knows the browser's names", () => {
		expect(faultOf(named("SecurityError"))).toBe("blocked");
		expect(faultOf("odd")).toBe("missing");
	});
});

describe("while it runs", () => {
	it("mutes without closing the device", async () => {
		const devices = new Devices(source());
		const { stream } = await devices.open();
		devices.enable("audio", false);
		const [audio, video] = (stream as unknown as FakeStream).tracks;
		expect([audio?.enabled, video?.enabled, audio?.readyState]).toEqual([false, true, "live"]);
	});

	it("goes to the next camera where there is one", async () => {
		const two = new Devices(source({}, ["cam-1", "cam-2"]));
		await two.open();
		expect((await two.switchCamera()) as unknown as FakeTrack).toMatchObject({ deviceId: "cam-2" });
		const one = new Devices(source());
		await one.open();
		expect(await one.switchCamera()).toBeNull();
	});

	it("stops everything at the end", async () => {
		const devices = new Devices(source());
		const { stream } = await devices.open();
		devices.close();
		expect((stream as unknown as FakeStream).tracks.every((track) => track.readyState === "ended")).toBe(
			true,
		);
		expect(devices.state.value.stream).toBeNull();
	});
});

describe("trying again", () => {
	it("asks only for what is missing and leaves alone what works", async () => {
		const desk = source({ audio: "NotAllowedError" });
		const devices = new Devices(desk);
		await devices.open();
		const stream = devices.state.value.stream;
		desk.faults = {};
		expect(await devices.open()).toMatchObject({ camera: "on", microphone: "on" });
		expect(devices.state.value.stream).toBe(stream);
		expect(Object.keys(desk.asked.at(-1) ?? {})).toEqual(["audio"]);
		expect((stream as unknown as FakeStream).tracks.map((one) => one.kind).sort()).toEqual([
			"audio",
			"video",
		]);
	});

	it("does nothing where everything works", async () => {
		const desk = source();
		const devices = new Devices(desk);
		await devices.open();
		await devices.open();
		expect(desk.asked).toHaveLength(1);
	});

	it("says again what is still wrong", async () => {
		const desk = source({ video: "NotReadableError" });
		const devices = new Devices(desk);
		await devices.open();
		desk.faults = { video: "NotAllowedError" };
		expect(await devices.open()).toMatchObject({ camera: "blocked", microphone: "on" });
	});

	it("opens both again after everything was closed", async () => {
		const devices = new Devices(source());
		await devices.open();
		devices.close();
		expect(await devices.open()).toMatchObject({ camera: "on", microphone: "on" });
		expect(devices.has("audio") && devices.has("video")).toBe(true);
	});
});

describe("a device that is pulled out", () => {
	it.each(["audio", "video"] as const)("%s is gone and people are told; the other goes on", async (kind) => {
		const devices = new Devices(source());
		const { stream } = await devices.open();
		(stream as unknown as FakeStream).tracks.find((one) => one.kind === kind)?.unplug();
		const [pulled, other] =
			kind === "audio" ? (["microphone", "camera"] as const) : (["camera", "microphone"] as const);
		expect(devices.state.value).toMatchObject({ [pulled]: "missing", [other]: "on" });
		expect(devices.has(kind)).toBe(false);
		await devices.open();
		expect(devices.state.value).toMatchObject({ [pulled]: "on", [other]: "on" });
	});
});

describe("the other camera", () => {
	it("that does not open gives way to the one before", async () => {
		const desk = source({}, ["cam-1", "cam-2"]);
		const devices = new Devices(desk);
		await devices.open();
		desk.enumerateDevices = async () =>
			["cam-1", "gone"].map((deviceId) => ({ kind: "videoinput", deviceId })) as never;
		expect((await devices.switchCamera()) as unknown as FakeTrack).toMatchObject({ deviceId: "cam-1" });
		expect(devices.state.value.camera).toBe("on");
	});

	it("and the one before, both gone, leave the voice", async () => {
		const desk = source({}, ["cam-1", "cam-2"]);
		const devices = new Devices(desk);
		await devices.open();
		desk.faults = { video: "NotReadableError" };
		expect(await devices.switchCamera()).toBeNull();
		expect(devices.state.value).toMatchObject({ camera: "busy", microphone: "on" });
		expect(devices.has("audio")).toBe(true);
	});

	it("goes round", async () => {
		const devices = new Devices(source({}, ["a", "b", "c"]));
		await devices.open();
		const seen: string[] = [];
		for (let turn = 0; turn < 4; turn += 1) {
			seen.push(((await devices.switchCamera()) as unknown as FakeTrack).deviceId);
		}
		expect(seen).toEqual(["b", "c", "a", "b"]);
		expect((devices.state.value.stream as unknown as FakeStream).getVideoTracks()).toHaveLength(1);
	});

	it.each([1, 2, 3])("is counted: %s", async (count) => {
		const devices = new Devices(
			source(
				{},
				Array.from({ length: count }, (_, n) => `cam-${n}`),
			),
		);
		await devices.open();
		await settle();
		expect(devices.state.value.cameras).toBe(count);
	});
});

describe("the meter", () => {
	it("reports the loudness of the microphone until it is stopped, and only if there is one", () => {
		vi.useFakeTimers();
		const closed = vi.fn(async () => undefined);
		vi.stubGlobal(
			"AudioContext",
			class {
				createAnalyser = () => ({
					fftSize: 0,
					getFloatTimeDomainData: (into: Float32Array) => into.fill(0.5),
				});
				createMediaStreamSource = () => ({ connect: () => undefined });
				close = closed;
			},
		);
		const levels: number[] = [];
		const desk = new FakeStream([{ kind: "audio" } as FakeTrack]);
		const stop = meter(desk as never, (level) => levels.push(level));
		vi.advanceTimersByTime(300);
		stop();
		vi.advanceTimersByTime(300);
		meter(new FakeStream() as never, () => levels.push(-1));
		vi.advanceTimersByTime(300);
		vi.useRealTimers();
		expect(levels).toEqual([1, 1, 1]);
		expect(closed).toHaveBeenCalledOnce();
	});
});

describe("loudness", () => {
	it("is 0 in silence, rises with the voice and ends at 1", () => {
		const tone = (amplitude: number): Float32Array =>
			Float32Array.from({ length: 512 }, (_, n) => amplitude * Math.sin(n / 3));
		expect(loudness(new Float32Array(512))).toBe(0);
		expect(loudness(tone(0.01))).toBeGreaterThan(0.1);
		expect(loudness(tone(0.1))).toBeGreaterThan(loudness(tone(0.01)));
		expect(loudness(tone(1))).toBe(1);
	});
});
