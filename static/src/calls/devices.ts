/** Camera and microphone: opened once, ahead of the call, with what to say when that fails. */
import { Store } from "../kit/store.ts";

export type DeviceFault = "blocked" | "busy" | "missing" | "insecure";

export interface DeviceState {
	readonly stream: MediaStream | null;
	readonly camera: DeviceFault | "on" | "off" | "opening";
	readonly microphone: DeviceFault | "on" | "off" | "opening";
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
	readonly state = new Store<DeviceState>({ stream: null, camera: "off", microphone: "off" });
	readonly #source: MediaSource | null;

	constructor(source: MediaSource | null = defaultSource()) {
		this.#source = source;
	}

	/** Opens both; where that fails, whichever works, so that a broken camera does not cost the voice. */
	async open(): Promise<DeviceState> {
		if (this.#source === null) return this.#set({ camera: "insecure", microphone: "insecure" });
		this.#set({ camera: "opening", microphone: "opening" });
		try {
			return this.#have(await this.#source.getUserMedia({ audio: AUDIO, video: VIDEO }));
		} catch {
			return this.#openApart(this.#source);
		}
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

	/** The other camera of a phone, or the next one of a desk; answers the new track. */
	async switchCamera(): Promise<MediaStreamTrack | null> {
		const stream = this.state.value.stream;
		const before = stream?.getVideoTracks()[0];
		if (this.#source === null || stream === null || before === undefined) return null;
		const cameras = (await this.#source.enumerateDevices()).filter((one) => one.kind === "videoinput");
		const at = cameras.findIndex((one) => one.deviceId === before.getSettings().deviceId);
		const next = cameras[(at + 1) % cameras.length];
		if (cameras.length < 2 || next === undefined) return null;
		before.stop();
		const { facingMode: _, ...video } = VIDEO;
		const got = await this.#source.getUserMedia({ video: { ...video, deviceId: { exact: next.deviceId } } });
		const track = got.getVideoTracks()[0] ?? null;
		if (track === null) return null;
		stream.removeTrack(before);
		stream.addTrack(track);
		return track;
	}

	close(): void {
		for (const track of this.state.value.stream?.getTracks() ?? []) track.stop();
		this.state.set({ stream: null, camera: "off", microphone: "off" });
	}

	async #openApart(source: MediaSource): Promise<DeviceState> {
		const open = async (wanted: MediaStreamConstraints): Promise<MediaStream | DeviceFault> => {
			try {
				return await source.getUserMedia(wanted);
			} catch (fault) {
				return faultOf(fault);
			}
		};
		const audio = await open({ audio: AUDIO });
		const video = await open({ video: VIDEO });
		const tracks = [audio, video].flatMap((one) => (typeof one === "string" ? [] : one.getTracks()));
		return this.#set({
			stream: tracks.length > 0 ? new MediaStream(tracks) : null,
			microphone: typeof audio === "string" ? audio : "on",
			camera: typeof video === "string" ? video : "on",
		});
	}

	#have(stream: MediaStream): DeviceState {
		return this.#set({ stream, camera: "on", microphone: "on" });
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
