/** Camera and microphone: opened once, ahead of the call, with what to say when that fails. */
import { Store } from "../kit/store.ts";

export type DeviceFault = "blocked" | "busy" | "missing" | "insecure";

export interface DeviceState {
	readonly stream: MediaStream | null;
	readonly camera: DeviceFault | "on" | "off" | "opening";
	readonly microphone: DeviceFault | "on" | "off" | "opening";
	/** How many cameras there are to choose from. */
	readonly cameras: number;
}

export const VIDEO: MediaTrackConstraints = {
	width: { ideal: 640 },
	height: { ideal: 480 },
	frameRate: { ideal: 24, max: 30 },
	facingMode: "user",
};
export const AUDIO: MediaTrackConstraints = {
	echoCancellation: true,
	noiseSuppression: true,
	autoGainControl: true,
};

/** What is needed of `navigator.mediaDevices`. */
export interface MediaSource {
	getUserMedia(wanted: MediaStreamConstraints): Promise<MediaStream>;
	enumerateDevices(): Promise<MediaDeviceInfo[]>;
}

/** Why a device did not open (Media Capture and Streams, 10.2). */
export function faultOf(thrown: unknown): DeviceFault {
	const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : "";
	if (name === "NotAllowedError" || name === "SecurityError") return "blocked";
	if (name === "NotReadableError" || name === "AbortError") return "busy";
	return "missing";
}

export class Devices {
	readonly state = new Store<DeviceState>({ stream: null, camera: "off", microphone: "off", cameras: 0 });
	readonly #source: MediaSource | null;

	constructor(source: MediaSource | null = defaultSource()) {
		this.#source = source;
	}

	/** Opens what is not open yet: both at once, and where that fails whichever works, so that a broken camera
	 * does not cost the voice. May be tried again; what works is left alone. */
	async open(): Promise<DeviceState> {
		const source = this.#source;
		if (source === null) return this.#set({ camera: "insecure", microphone: "insecure" });
		const [audio, video] = [!this.has("audio"), !this.has("video")];
		if (audio) this.#set({ microphone: "opening" });
		if (video) this.#set({ camera: "opening" });
		if (audio && video) {
			try {
				return this.#have(await source.getUserMedia({ audio: AUDIO, video: VIDEO }));
			} catch {
				// One of the two failed; which one is found out below.
			}
		}
		if (audio) await this.#openOne(source, "microphone", { audio: AUDIO });
		if (video) await this.#openOne(source, "camera", { video: VIDEO });
		return this.#set({});
	}

	/** The microphone or the camera on or off, without closing the device. */
	enable(kind: "audio" | "video", on: boolean): void {
		for (const track of this.state.value.stream?.getTracks() ?? []) {
			if (track.kind === kind) track.enabled = on;
		}
	}

	has(kind: "audio" | "video"): boolean {
		return this.state.value.stream?.getTracks().some((track) => track.kind === kind) === true;
	}

	/** The other camera of a phone, or the next one of a desk; answers the track that is used from now on, null
	 * where there is no other. A camera that does not open gives way to the one before. */
	async switchCamera(): Promise<MediaStreamTrack | null> {
		const stream = this.state.value.stream;
		const before = stream?.getVideoTracks()[0];
		if (this.#source === null || stream === null || before === undefined) return null;
		const cameras = await this.#cameras(this.#source);
		const now = before.getSettings().deviceId;
		const at = cameras.findIndex((one) => one.deviceId === now);
		const next = cameras[(at + 1) % cameras.length];
		if (cameras.length < 2 || next === undefined) return null;
		before.stop();
		stream.removeTrack(before);
		for (const deviceId of [next.deviceId, now ?? ""]) {
			const { facingMode: _, ...video } = VIDEO;
			const got = await this.#openOne(this.#source, "camera", {
				video: { ...video, deviceId: { exact: deviceId } },
			});
			if (got !== null) return got;
		}
		return null;
	}

	close(): void {
		for (const track of this.state.value.stream?.getTracks() ?? []) track.stop();
		this.#set({ stream: null, camera: "off", microphone: "off" });
	}

	/** Opens one device into the stream; null, with the reason in the state, where that fails. */
	async #openOne(
		source: MediaSource,
		which: "camera" | "microphone",
		wanted: MediaStreamConstraints,
	): Promise<MediaStreamTrack | null> {
		try {
			const got = await source.getUserMedia(wanted);
			const [track] = got.getTracks();
			if (track === undefined) return null;
			const stream = this.state.value.stream;
			stream?.addTrack(track);
			this.#watch(track, which);
			this.#set({ stream: stream ?? got, [which]: "on" });
			return track;
		} catch (fault) {
			this.#set({ [which]: faultOf(fault) });
			return null;
		}
	}

	#have(stream: MediaStream): DeviceState {
		for (const track of stream.getTracks())
			this.#watch(track, track.kind === "audio" ? "microphone" : "camera");
		return this.#set({ stream, camera: "on", microphone: "on" });
	}

	/** A device that is pulled out is gone from the stream, and people are told. */
	#watch(track: MediaStreamTrack, which: "camera" | "microphone"): void {
		track.onended = () => {
			this.state.value.stream?.removeTrack(track);
			this.#set({ [which]: "missing" });
		};
		if (this.#source !== null && which === "camera") void this.#count(this.#source);
	}

	async #count(source: MediaSource): Promise<void> {
		const cameras = (await this.#cameras(source)).length;
		if (cameras !== this.state.value.cameras) this.#set({ cameras });
	}

	async #cameras(source: MediaSource): Promise<MediaDeviceInfo[]> {
		return (await source.enumerateDevices()).filter((one) => one.kind === "videoinput");
	}

	#set(change: Partial<DeviceState>): DeviceState {
		this.state.set({ ...this.state.value, ...change });
		return this.state.value;
	}
}

function defaultSource(): MediaSource | null {
	return typeof navigator === "undefined" ? null : (navigator.mediaDevices ?? null);
}

/** Loudness from 0 to 1 of one block of samples (−1…1): root mean square on a scale that suits a bar. */
export function loudness(samples: Float32Array): number {
	let sum = 0;
	for (const sample of samples) sum += sample * sample;
	const rms = Math.sqrt(sum / Math.max(1, samples.length));
	const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
	return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Follows the loudness of a stream's microphone; answers how to stop. */
export function meter(stream: MediaStream, report: (level: number) => void, everyMs = 100): () => void {
	if (stream.getAudioTracks().length === 0) return () => undefined;
	const context = new AudioContext();
	const analyser = context.createAnalyser();
	analyser.fftSize = 512;
	context.createMediaStreamSource(stream).connect(analyser);
	const samples = new Float32Array(analyser.fftSize);
	const timer = setInterval(() => {
		analyser.getFloatTimeDomainData(samples);
		report(loudness(samples));
	}, everyMs);
	return () => {
		clearInterval(timer);
		void context.close();
	};
}
