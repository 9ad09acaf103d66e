import { beforeEach, describe, expect, it } from "vitest";
import { Devices, faultOf, loudness, type MediaSource } from "../../../static/src/calls/devices.ts";

class FakeTrack {
	enabled = true;
	stopped = false;
	constructor(
		readonly kind: string,
		readonly deviceId = "cam-1",
	) {}
	stop(): void {
		this.stopped = true;
	}
	getSettings(): { deviceId: string } {
		return { deviceId: this.deviceId };
	}
}

class FakeStream {
	constructor(readonly tracks: FakeTrack[] = []) {}
	getTracks(): FakeTrack[] {
		return this.tracks;
	}
	getVideoTracks(): FakeTrack[] {
		return this.tracks.filter((one) => one.kind === "video");
	}
	getAudioTracks(): FakeTrack[] {
		return this.tracks.filter((one) => one.kind === "audio");
	}
	removeTrack(track: FakeTrack): void {
		this.tracks.splice(this.tracks.indexOf(track), 1);
	}
	addTrack(track: FakeTrack): void {
		this.tracks.push(track);
	}
}

const named = (name: string): Error => Object.assign(new Error(name), { name });

function source(faults: { audio?: string; video?: string } = {}, cameras = ["cam-1"]): MediaSource {
	return {
		getUserMedia: async (wanted) => {
			const tracks: FakeTrack[] = [];
			for (const kind of ["audio", "video"] as const) {
				const asked = wanted[kind];
				if (asked === undefined) continue;
				const fault = faults[kind];
				if (fault !== undefined) throw named(fault);
				const exact =
					typeof asked === "object" ? (asked.deviceId as { exact: string } | undefined)?.exact : undefined;
				tracks.push(new FakeTrack(kind, exact ?? "cam-1"));
			}
			return new FakeStream(tracks) as never;
		},
		enumerateDevices: async () => cameras.map((deviceId) => ({ kind: "videoinput", deviceId })) as never,
	};
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
		expect([audio?.enabled, video?.enabled, audio?.stopped]).toEqual([false, true, false]);
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
		expect((stream as unknown as FakeStream).tracks.every((track) => track.stopped)).toBe(true);
		expect(devices.state.value.stream).toBeNull();
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
