/** One call as a page has it: socket, connections, devices and what is shown, wired together. Views read
 * `state` and call the methods; they hold no rule of their own. */
import { Store } from "../kit/store.ts";
import { Devices } from "./devices.ts";
import { markFirstFrame, markJoin, onNextFrame } from "./frames.ts";
import { Mesh } from "./mesh.ts";
import { checkLine, type LineCheck, UNKNOWN_LINE } from "./precheck.ts";
import { CLOSE, type Incoming, type Media } from "./protocol.ts";
import {
	between,
	type Counters,
	FRESH_LINE,
	follow,
	type Line,
	readCounters,
	reportOf,
	UNWATCHED,
	type Watch,
	watch,
} from "./quality.ts";
import { type CallEvent, type CallState, EMPTY, type Ended, reduce } from "./room.ts";
import { SignalSocket } from "./socket.ts";

const MEASURE_MS = 1000;
const REPORT_EVERY = 5;

/** What opens a room: the answer of the consult server. */
export interface Entry {
	readonly ticket: string;
	readonly signalingUrl: string;
	readonly roomId: string;
}

export interface CallOptions {
	readonly entry: Entry;
	readonly devices?: Devices;
	/** Asks for another ticket when this one is spent (only where that is allowed). */
	readonly renew?: () => Promise<string>;
}

interface Measured {
	watch: Watch;
	line: Line;
	/** At the last report to the server. */
	reported: Counters | null;
	/** A second ago. */
	last: Counters | null;
	seconds: number;
}

/** The address of the socket; a path or an http(s) address belongs to this page's origin scheme. */
export function socketUrl(given: string, page: string): string {
	const url = new URL(given, page);
	if (url.protocol === "http:") url.protocol = "ws:";
	if (url.protocol === "https:") url.protocol = "wss:";
	return url.href;
}

const ENDED_BY_CODE: Readonly<Record<number, Ended>> = {
	[CLOSE.REPLACED]: "replaced",
	[CLOSE.ROOM_GONE]: "room_closed",
	[CLOSE.PROTOCOL]: "version",
};

/** Why the page is at its end, from the close code and the last refusal. */
export function endedBy(code: number, lastError: string | null): Ended | null {
	if (code === 1000) return null;
	if (lastError === "room_full") return "full";
	return ENDED_BY_CODE[code] ?? "refused";
}

export class Call {
	readonly state = new Store<CallState>(EMPTY);
	readonly devices: Devices;
	readonly #socket: SignalSocket;
	readonly #mesh: Mesh;
	readonly #streams = new Map<string, MediaStream>();
	readonly #screens = new Map<string, Set<HTMLVideoElement>>();
	readonly #owners = new WeakMap<HTMLVideoElement, symbol>();
	readonly #measured = new Map<string, Measured>();
	#line: LineCheck = UNKNOWN_LINE;
	#firstFrameMs: number | null = null;
	#measuring: ReturnType<typeof setInterval> | undefined;
	#refresh: ReturnType<typeof setTimeout> | undefined;
	#endings: (() => void)[] = [];

	constructor(options: CallOptions) {
		const { entry, renew } = options;
		this.devices = options.devices ?? new Devices();
		this.#socket = new SignalSocket({
			url: socketUrl(entry.signalingUrl, location.href),
			ticket: entry.ticket,
			onMessage: (message) => this.#said(message),
			...(renew === undefined ? {} : { renewTicket: renew }),
		});
		this.#mesh = new Mesh({
			send: (t, d) => this.#socket.send(t, d),
			local: () => this.devices.state.value.stream,
			onStream: (pid, stream) => this.#show(pid, stream),
			onLine: (pid, line) => this.#happened({ t: "line", pid, line }),
		});
		this.#endings.push(
			this.#socket.link.subscribe(({ state, code }) => {
				const ended = state === "closed" ? endedBy(code, this.#socket.lastError) : null;
				this.#happened({ t: "link", link: state, ended, atMs: Date.now() });
				if (state === "closed") this.#end();
			}),
			this.devices.state.subscribe(({ camera, microphone, stream, cameras }) => {
				this.#happened({ t: "devices", camera, microphone, cameras });
				this.#show("self", stream);
				if (stream === null) return;
				this.#obeyButtons();
				this.#mesh.addLateTracks();
				this.#tellMedia();
			}),
		);
	}

	/** Opens the socket ahead of the call, so that entering takes one message. */
	connect(): void {
		this.#socket.start();
	}

	/** Measures the line to the centre; also what the hosts see of somebody who waits. */
	async checkLine(): Promise<LineCheck> {
		this.#line = await checkLine(async (sdp) => {
			const answer = await this.#socket.request<"probe.offer", "probe.answer">("probe.offer", { sdp });
			return answer.sdp;
		});
		return this.#line;
	}

	/** Asks to enter: clinicians are in, guests wait to be let in. */
	async enter(): Promise<void> {
		markJoin();
		const { grade, rttMs, lossShare } = this.#line;
		await this.#socket.request("lobby.knock", {
			media: this.#sends(),
			check: {
				grade,
				rtt_ms: rttMs,
				loss_share: lossShare,
				camera: this.devices.has("video"),
				microphone: this.devices.has("audio"),
			},
		});
	}

	admit(pid: string): Promise<unknown> {
		return this.#socket.request("lobby.admit", { pid });
	}

	deny(pid: string): Promise<unknown> {
		return this.#socket.request("lobby.deny", { pid });
	}

	sendBack(pid: string): Promise<unknown> {
		return this.#socket.request("lobby.return", { pid });
	}

	setAudio(on: boolean): void {
		this.#setMedia({ ...this.state.value.media, audio: on });
	}

	setVideo(on: boolean): void {
		this.#setMedia({ ...this.state.value.media, video: on });
	}

	async switchCamera(): Promise<void> {
		const track = await this.devices.switchCamera();
		if (track === null) return;
		await this.#mesh.replaceTrack("video", track);
		this.#show("self", this.devices.state.value.stream);
	}

	/** Says goodbye and ends everything. */
	leave(): void {
		this.#socket.send("bye", {});
		this.#happened({ t: "link", link: "closed", ended: "left", atMs: Date.now() });
		this.#end();
		this.#socket.stop();
	}

	/** Ends this page's part without giving up the seat (the page is being closed or left). */
	dispose(): void {
		for (const end of this.#endings) end();
		this.#endings = [];
		this.#end();
		this.#socket.stop();
	}

	/** Keeps a participant's picture ("self" for one's own) on a video element; answers how to stop. */
	show(video: HTMLVideoElement, pid: string): () => void {
		const screens = this.#screens.get(pid) ?? new Set();
		this.#screens.set(pid, screens.add(video));
		const owner = Symbol(pid);
		this.#owners.set(video, owner);
		video.srcObject = this.#streams.get(pid) ?? null;
		const unwatch = pid === "self" ? () => undefined : onNextFrame(video, () => this.#framed(pid));
		return () => {
			unwatch();
			// A view may attach anew before it lets go of the old: only the last one clears the element.
			if (this.#owners.get(video) !== owner) return;
			screens.delete(video);
			video.srcObject = null;
		};
	}

	// What is heard.

	#said(message: Incoming): void {
		this.#happened({ t: "said", message });
		switch (message.t) {
			case "media.plan":
				this.#mesh.follow(message.d);
				this.#refreshIn(message.d.ice_servers.length > 0 ? message.d.ice_seconds : 0);
				this.#startMeasuring();
				break;
			case "sdp.offer":
				this.#mesh.describe("offer", message.d);
				break;
			case "sdp.answer":
				this.#mesh.describe("answer", message.d);
				break;
			case "ice.candidate":
				this.#mesh.trickle(message.d);
				break;
			default:
				this.#outsideOrIn(message);
		}
	}

	/** Out of the room: every connection ends. Forgotten by the server: knock again. */
	#outsideOrIn(message: Incoming): void {
		if (message.t === "lobby.waiting" || message.t === "bye") this.#mesh.close();
		if (message.t !== "welcome") return;
		if (message.d.state === "admitted") {
			if (!message.d.resumed) this.#mesh.awaitReturns();
			return;
		}
		this.#mesh.close();
		if (message.d.state === "checking" && this.state.value.entered) void this.enter().catch(() => undefined);
	}

	#happened(event: CallEvent): void {
		this.state.update((state) => reduce(state, event));
	}

	#show(pid: string, stream: MediaStream | null): void {
		if (stream === null) this.#streams.delete(pid);
		else this.#streams.set(pid, stream);
		if (stream === null) this.#measured.delete(pid);
		for (const video of this.#screens.get(pid) ?? []) {
			if (video.srcObject !== stream) video.srcObject = stream;
		}
	}

	#framed(pid: string): void {
		this.#happened({ t: "showing", pid, showing: true });
		this.#firstFrameMs = markFirstFrame() ?? this.#firstFrameMs;
	}

	// What is sent.

	/** What this page sends: what is wanted and there. */
	#sends(): Media {
		const { audio, video } = this.state.value.media;
		return { audio: audio && this.devices.has("audio"), video: video && this.devices.has("video") };
	}

	#setMedia(media: Media): void {
		this.#happened({ t: "media", media });
		this.#obeyButtons();
		this.#tellMedia();
	}

	/** A device that opens later must not speak or show while its button says off. */
	#obeyButtons(): void {
		const { audio, video } = this.state.value.media;
		this.devices.enable("audio", audio);
		this.devices.enable("video", video);
	}

	#tellMedia(): void {
		if (this.state.value.me?.seat === "admitted") this.#socket.send("media.state", this.#sends());
	}

	/** Relay credentials are renewed well before they end. */
	#refreshIn(seconds: number): void {
		clearTimeout(this.#refresh);
		if (seconds <= 0) return;
		this.#refresh = setTimeout(() => {
			void this.#socket.request<"ice.refresh", "ice.servers">("ice.refresh", {}).then(
				(fresh) => {
					this.#mesh.useServers(fresh.ice_servers);
					this.#refreshIn(fresh.ice_seconds);
				},
				() => this.#refreshIn(seconds),
			);
		}, seconds * 800);
	}

	// How it goes.

	#startMeasuring(): void {
		this.#measuring ??= setInterval(() => void this.#measure(), MEASURE_MS);
	}

	async #measure(): Promise<void> {
		for (const [pid, connection] of this.#mesh.connections()) {
			const stats = [...(await connection.getStats()).values()] as Record<string, unknown>[];
			this.#judge(pid, readCounters(stats, performance.now()));
		}
	}

	#judge(pid: string, counters: Counters): void {
		const peer = this.state.value.peers.find((one) => one.pid === pid);
		if (peer === undefined || peer.line !== "connected") return;
		const known = this.#measured.get(pid) ?? freshMeasure();
		const judged = watch(known.watch, counters, peer.media);
		if (judged.repair && peer.state === "admitted") this.#mesh.repair(pid);
		const line = known.last === null ? known.line : follow(known.line, between(known.last, counters));
		if (line.grade !== peer.grade) this.#happened({ t: "grade", pid, grade: line.grade });
		const seconds = known.seconds + 1;
		const due = seconds % REPORT_EVERY === 0;
		if (due && known.reported !== null) {
			this.#socket.send(
				"quality.report",
				reportOf(pid, between(known.reported, counters), this.#firstFrameMs),
			);
			this.#firstFrameMs = null;
		}
		const reported = due || known.reported === null ? counters : known.reported;
		this.#measured.set(pid, { watch: judged.watch, line, reported, last: counters, seconds });
	}

	#end(): void {
		clearInterval(this.#measuring);
		clearTimeout(this.#refresh);
		this.#measuring = undefined;
		this.#mesh.close();
		this.devices.close();
	}
}

function freshMeasure(): Measured {
	return { watch: UNWATCHED, line: FRESH_LINE, reported: null, last: null, seconds: 0 };
}
