/** One connection to one page of one participant: perfect negotiation as in the W3C's example (WebRTC 1.0,
 * section 10.7). The page is (pid, epoch); `pc` names the attempt, so that what belongs to a dead
 * connection is dropped. To save the first collision, only the side that offers adds its tracks at once;
 * the other adds them when the first offer comes (or by itself, if none comes). */
import type { Candidate } from "./protocol.ts";

/** How long the side that answers waits for the first offer before it offers itself. */
export const FIRST_OFFER_MS = 3000;
/** ICE `disconnected` for this long asks for a restart. */
export const DISCONNECTED_MS = 4000;

export type PeerLine = "connecting" | "connected" | "broken";

/** What leaves a peer, addressed by whoever made it. */
export interface PeerSignals {
	description(pc: string, type: "offer" | "answer", sdp: string): void;
	candidate(pc: string, candidate: Candidate | null): void;
}

export interface PeerOptions {
	readonly polite: boolean;
	readonly offers: boolean;
	readonly tracks: () => readonly { track: MediaStreamTrack; stream: MediaStream }[];
	readonly connect: () => RTCPeerConnection;
	readonly signals: PeerSignals;
	readonly onStream: (stream: MediaStream) => void;
	readonly onLine: (line: PeerLine) => void;
}

export class Peer {
	readonly #options: PeerOptions;
	#polite: boolean;
	#connection: RTCPeerConnection;
	#pc: string;
	#attempt = 0;
	#makingOffer = false;
	#ignoreOffer = false;
	#settingAnswer = false;
	#tracksAdded = false;
	#restarts = 0;
	#closed = false;
	#turn: Promise<void> = Promise.resolve();
	#firstOfferTimer: ReturnType<typeof setTimeout> | undefined;
	#disconnectedTimer: ReturnType<typeof setTimeout> | undefined;

	constructor(options: PeerOptions) {
		this.#options = options;
		this.#polite = options.polite;
		this.#pc = "c0";
		this.#connection = this.#begin();
		if (options.offers) this.#addTracks();
		else this.#firstOfferTimer = setTimeout(() => this.#addTracks(), FIRST_OFFER_MS);
	}

	get connection(): RTCPeerConnection {
		return this.#connection;
	}

	/** The server may have counted pages anew (after a restart): both sides get the new parts. */
	setPolite(polite: boolean): void {
		this.#polite = polite;
	}

	/** A description from the other side, in the order it came. */
	describe(pc: string, type: "offer" | "answer", sdp: string): Promise<void> {
		return this.#inTurn(async () => {
			if (pc !== this.#pc) {
				if (type === "answer") return;
				this.#replace(pc);
			}
			await this.#take({ type, sdp });
		});
	}

	/** A candidate from the other side; null ends a generation. */
	candidate(pc: string, candidate: Candidate | null): Promise<void> {
		return this.#inTurn(async () => {
			if (pc !== this.#pc) return;
			try {
				await this.#connection.addIceCandidate(candidate === null ? undefined : toInit(candidate));
			} catch (fault) {
				if (!this.#ignoreOffer) throw fault;
			}
		});
	}

	/** Sends another track of the same kind, without negotiation where the sender exists. */
	async replaceTrack(kind: string, track: MediaStreamTrack | null): Promise<void> {
		const sender = this.#connection.getSenders().find((one) => one.track?.kind === kind);
		await sender?.replaceTrack(track);
	}

	/** Tracks that opened after the connection began (a camera allowed late) join it, in the place of one of
	 * their kind that has ended, if there is one. */
	addLateTracks(): void {
		if (!this.#tracksAdded || this.#closed) return;
		const senders = this.#connection.getSenders();
		const sending = new Set(senders.map((one) => one.track));
		for (const { track, stream } of this.#options.tracks()) {
			if (sending.has(track)) continue;
			const free = senders.find((one) => one.track?.kind === track.kind && one.track.readyState === "ended");
			if (free === undefined) this.#connection.addTrack(track, stream);
			else void free.replaceTrack(track);
		}
	}

	/** New candidates for a line that no longer carries anything (RFC 8445 2.4); the second time a new connection. */
	repair(): void {
		if (this.#closed) return;
		this.#restarts += 1;
		if (this.#restarts > 1 && this.#options.offers) {
			this.#restarts = 0;
			this.#attempt += 1;
			this.#replace(`c${this.#attempt}`);
			this.#addTracks();
			return;
		}
		this.#connection.restartIce();
	}

	close(): void {
		this.#closed = true;
		this.#endTimers();
		this.#end(this.#connection);
	}

	#begin(): RTCPeerConnection {
		const connection = this.#options.connect();
		const pc = this.#pc;
		connection.onnegotiationneeded = () => void this.#offer(connection, pc);
		connection.onicecandidate = ({ candidate }) => {
			if (candidate !== null) this.#options.signals.candidate(pc, fromInit(candidate.toJSON()));
		};
		connection.ontrack = ({ streams, track }) => {
			this.#options.onStream(streams[0] ?? new MediaStream([track]));
		};
		connection.oniceconnectionstatechange = () => this.#iceChanged(connection);
		return connection;
	}

	#replace(pc: string): void {
		this.#endTimers();
		this.#end(this.#connection);
		this.#pc = pc;
		this.#tracksAdded = false;
		this.#makingOffer = false;
		this.#settingAnswer = false;
		this.#ignoreOffer = false;
		this.#options.onLine("connecting");
		this.#connection = this.#begin();
	}

	#end(connection: RTCPeerConnection): void {
		connection.onnegotiationneeded = null;
		connection.onicecandidate = null;
		connection.ontrack = null;
		connection.oniceconnectionstatechange = null;
		connection.close();
	}

	#addTracks(): void {
		clearTimeout(this.#firstOfferTimer);
		if (this.#tracksAdded || this.#closed) return;
		this.#tracksAdded = true;
		for (const { track, stream } of this.#options.tracks()) this.#connection.addTrack(track, stream);
	}

	async #offer(connection: RTCPeerConnection, pc: string): Promise<void> {
		try {
			this.#makingOffer = true;
			await connection.setLocalDescription();
			this.#send(connection, pc);
		} catch {
			if (connection === this.#connection && !this.#closed) this.#options.onLine("broken");
		} finally {
			if (connection === this.#connection) this.#makingOffer = false;
		}
	}

	async #take(description: { type: "offer" | "answer"; sdp: string }): Promise<void> {
		const connection = this.#connection;
		const ready = !this.#makingOffer && (connection.signalingState === "stable" || this.#settingAnswer);
		const collision = description.type === "offer" && !ready;
		this.#ignoreOffer = !this.#polite && collision;
		if (this.#ignoreOffer) return;
		this.#settingAnswer = description.type === "answer";
		await connection.setRemoteDescription(description);
		this.#settingAnswer = false;
		if (description.type === "answer") return;
		this.#addTracks();
		await connection.setLocalDescription();
		this.#send(connection, this.#pc);
	}

	#send(connection: RTCPeerConnection, pc: string): void {
		const made = connection.localDescription;
		if (made === null || (made.type !== "offer" && made.type !== "answer")) return;
		this.#options.signals.description(pc, made.type, made.sdp);
	}

	#iceChanged(connection: RTCPeerConnection): void {
		clearTimeout(this.#disconnectedTimer);
		const state = connection.iceConnectionState;
		if (state === "connected" || state === "completed") {
			this.#restarts = 0;
			this.#options.onLine("connected");
		} else if (state === "failed") {
			this.#options.onLine("broken");
			this.repair();
		} else if (state === "disconnected") {
			this.#options.onLine("broken");
			this.#disconnectedTimer = setTimeout(() => this.repair(), DISCONNECTED_MS);
		}
	}

	#endTimers(): void {
		clearTimeout(this.#firstOfferTimer);
		clearTimeout(this.#disconnectedTimer);
	}

	/** One thing after the other; a fault of one does not stop the next. */
	#inTurn(work: () => Promise<void>): Promise<void> {
		this.#turn = this.#turn.then(async () => {
			if (this.#closed) return;
			try {
				await work();
			} catch {
				this.#settingAnswer = false;
				if (!this.#closed) this.#options.onLine("broken");
			}
		});
		return this.#turn;
	}
}

function toInit(candidate: Candidate): RTCIceCandidateInit {
	return {
		candidate: candidate.candidate,
		sdpMid: candidate.sdp_mid,
		sdpMLineIndex: candidate.sdp_m_line_index,
		usernameFragment: candidate.username_fragment,
	};
}

function fromInit(candidate: RTCIceCandidateInit): Candidate {
	return {
		candidate: candidate.candidate ?? "",
		sdp_mid: candidate.sdpMid ?? null,
		sdp_m_line_index: candidate.sdpMLineIndex ?? null,
		username_fragment: candidate.usernameFragment ?? null,
	};
}
