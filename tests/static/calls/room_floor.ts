/** What a page of a call stands on, in small: devices, connections and a signalling server that says what a test
 * tells it to say. */
import type {
	Events,
	PeerData,
	PlanData,
	PlanPeer,
	WelcomeData,
} from "../../../static/src/calls/protocol.ts";

export class FakeTrack {
	enabled = true;
	readyState: "live" | "ended" = "live";
	onended: (() => void) | null = null;
	constructor(
		readonly kind: "audio" | "video",
		readonly deviceId = `${kind}-1`,
	) {}
	stop(): void {
		this.readyState = "ended";
	}
	/** Somebody pulls the plug. */
	unplug(): void {
		this.readyState = "ended";
		this.onended?.();
	}
	getSettings(): { deviceId: string } {
		return { deviceId: this.deviceId };
	}
}

export class FakeStream {
	constructor(readonly tracks: FakeTrack[] = []) {}
	getTracks(): FakeTrack[] {
		return [...this.tracks];
	}
	getVideoTracks(): FakeTrack[] {
		return this.tracks.filter((one) => one.kind === "video");
	}
	getAudioTracks(): FakeTrack[] {
		return this.tracks.filter((one) => one.kind === "audio");
	}
	removeTrack(track: FakeTrack): void {
		const at = this.tracks.indexOf(track);
		if (at >= 0) this.tracks.splice(at, 1);
	}
	addTrack(track: FakeTrack): void {
		this.tracks.push(track);
	}
}

/** A desk's devices; `faults` may be changed while it is used, as people allow and plug in. */
export class FakeDesk {
	faults: { audio?: string; video?: string } = {};
	cameras = ["video-1"];
	readonly asked: MediaStreamConstraints[] = [];

	getUserMedia = async (wanted: MediaStreamConstraints): Promise<MediaStream> => {
		this.asked.push(wanted);
		const tracks: FakeTrack[] = [];
		for (const kind of ["audio", "video"] as const) {
			const asked = wanted[kind];
			if (asked === undefined) continue;
			const fault = this.faults[kind];
			if (fault !== undefined) throw Object.assign(new Error(fault), { name: fault });
			const exact =
				typeof asked === "object" ? (asked.deviceId as { exact: string } | undefined)?.exact : undefined;
			if (exact !== undefined && !this.cameras.includes(exact)) {
				throw Object.assign(new Error(exact), { name: "OverconstrainedError" });
			}
			tracks.push(new FakeTrack(kind, exact ?? (kind === "video" ? this.cameras[0] : undefined)));
		}
		return new FakeStream(tracks) as never;
	};
	enumerateDevices = async (): Promise<MediaDeviceInfo[]> =>
		this.cameras.map((deviceId) => ({ kind: "videoinput", deviceId })) as never;
}

type Handler<Event> = ((event: Event) => void) | null;

/** A connection that negotiates in one step and tells the test what was done with it. */
export class FakeConnection {
	static made: FakeConnection[] = [];
	signalingState = "stable";
	iceConnectionState = "new";
	localDescription: RTCSessionDescriptionInit | null = null;
	readonly heard: RTCSessionDescriptionInit[] = [];
	readonly candidates: unknown[] = [];
	readonly senders: { track: FakeTrack | null; replaceTrack: (track: FakeTrack | null) => Promise<void> }[] =
		[];
	stats: Record<string, unknown>[] = [];
	closed = false;
	restarts = 0;
	#needed = false;
	onnegotiationneeded: Handler<void> = null;
	onicecandidate: Handler<{ candidate: { toJSON: () => RTCIceCandidateInit } | null }> = null;
	ontrack: Handler<{ streams: FakeStream[]; track: FakeTrack }> = null;
	oniceconnectionstatechange: Handler<void> = null;

	constructor(public configuration: RTCConfiguration) {
		FakeConnection.made.push(this);
	}
	static get last(): FakeConnection {
		const found = FakeConnection.made.at(-1);
		if (found === undefined) throw new Error("no connection was made");
		return found;
	}
	getConfiguration(): RTCConfiguration {
		return this.configuration;
	}
	setConfiguration(configuration: RTCConfiguration): void {
		this.configuration = configuration;
	}
	getSenders(): FakeConnection["senders"] {
		return this.senders;
	}
	getStats = async (): Promise<Map<string, unknown>> =>
		new Map(this.stats.map((one, at) => [String(at), one]));
	addTrack(track: FakeTrack): void {
		const sender = {
			track: track as FakeTrack | null,
			replaceTrack: async (next: FakeTrack | null) => {
				sender.track = next;
			},
		};
		this.senders.push(sender);
		this.#needed = true;
		queueMicrotask(() => {
			if (!this.#needed || this.signalingState !== "stable") return;
			this.#needed = false;
			this.onnegotiationneeded?.();
		});
	}
	restartIce(): void {
		this.restarts += 1;
	}
	async setLocalDescription(): Promise<void> {
		const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
		this.signalingState = type === "answer" ? "stable" : "have-local-offer";
		this.#needed = false;
		this.localDescription = { type, sdp: `${type} of ${this.senders.length}` };
	}
	async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
		this.heard.push(description);
		this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
	}
	async addIceCandidate(candidate: unknown): Promise<void> {
		this.candidates.push(candidate);
	}
	close(): void {
		this.closed = true;
	}
	/** The kinds of what is sent. */
	kinds(): string[] {
		return this.senders.flatMap(({ track }) => (track === null ? [] : [track.kind]));
	}
	ice(state: string): void {
		this.iceConnectionState = state;
		this.oniceconnectionstatechange?.();
	}
	/** The other side's picture and voice begin. */
	arrive(stream: FakeStream): void {
		this.ontrack?.({ streams: [stream], track: new FakeTrack("video") });
	}
}

interface Sent {
	readonly t: string;
	readonly d: Record<string, unknown>;
	readonly id: string | null;
}

/** The server's end of each socket that a page opens. */
export class FakeServer {
	static sockets: FakeServer[] = [];
	readonly sent: Sent[] = [];
	closedWith: number | null = null;
	onopen: Handler<void> = null;
	onmessage: Handler<{ data: unknown }> = null;
	onclose: Handler<{ code: number }> = null;
	#seq = 0;

	constructor(readonly url: string) {
		FakeServer.sockets.push(this);
	}
	static get last(): FakeServer {
		const found = FakeServer.sockets.at(-1);
		if (found === undefined) throw new Error("no socket was opened");
		return found;
	}
	send(text: string): void {
		this.sent.push(JSON.parse(text) as Sent);
	}
	close(code = 1000): void {
		this.closedWith = code;
	}
	of(t: string): Sent[] {
		return this.sent.filter((one) => one.t === t);
	}
	/** A numbered message, or an answer to the last request of type `to`. */
	say<T extends keyof Events>(t: T, d: Events[T], to?: string): void {
		const re = to === undefined ? null : (this.of(to).at(-1)?.id ?? null);
		this.#seq += to === undefined && t !== "welcome" ? 1 : 0;
		const seq = to === undefined && t !== "welcome" ? this.#seq : null;
		this.onmessage?.({ data: JSON.stringify({ v: 1, t, re, seq, d }) });
	}
	open(welcome: Partial<WelcomeData> = {}): void {
		this.onopen?.();
		this.say("welcome", { ...WELCOME, ...welcome });
	}
	drop(code = 1006): void {
		this.onclose?.({ code });
	}
}

export const WELCOME: WelcomeData = {
	pid: "me",
	epoch: 1,
	role: "specialist",
	name: "江临川",
	can_admit: true,
	state: "checking",
	resume: "resume-1",
	seq: 0,
	resumed: false,
	server_time: "2026-03-02T01:30:00.000+00:00",
	heartbeat_seconds: 5,
	limits: {
		message_bytes_max: 65_536,
		messages_per_second: 30,
		messages_burst: 60,
		participants_max: 6,
		grace_seconds: 45,
		probe_seconds_max: 30,
	},
};

export const peer = (pid: string, change: Partial<PeerData> = {}): PeerData => ({
	pid,
	epoch: 1,
	role: "applicant",
	name: `${pid}某`,
	institution: "龙潭镇中心卫生院",
	state: "admitted",
	media: { audio: true, video: true },
	grace_until: null,
	...change,
});

export const plan = (peers: Partial<PlanPeer>[], change: Partial<PlanData> = {}): PlanData => ({
	plan_epoch: 1,
	mode: "mesh",
	ice_servers: [],
	ice_seconds: 600,
	peers: peers.map((one) => ({ pid: "d2", epoch: 1, polite: false, offers: true, ...one })),
	...change,
});

/** Lets promises that are already settled run. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

/** User Timing over the time that a test lets pass. */
export class FakeTiming {
	#marks: { name: string; startTime: number }[] = [];
	now = (): number => Date.now();
	mark = (name: string): { name: string; startTime: number } => {
		const mark = { name, startTime: this.now() };
		this.#marks.push(mark);
		return mark;
	};
	clearMarks = (name: string): void => {
		this.#marks = this.#marks.filter((one) => one.name !== name);
	};
	getEntriesByName = (name: string): { name: string; startTime: number }[] =>
		this.#marks.filter((one) => one.name === name);
}
