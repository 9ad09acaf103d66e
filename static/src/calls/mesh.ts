/** All connections of this page: exactly those the server's plan names, each for one page of one participant. */
import { Peer, type PeerLine } from "./peer.ts";
import type {
	Candidate,
	DescriptionFrom,
	IceServer,
	PlanData,
	PlanPeer,
	Requests,
	TrickleFrom,
} from "./protocol.ts";

export interface MeshOptions {
	readonly send: <T extends "sdp.offer" | "sdp.answer" | "ice.candidate">(t: T, d: Requests[T]) => void;
	readonly local: () => MediaStream | null;
	readonly onStream: (pid: string, stream: MediaStream | null) => void;
	readonly onLine: (pid: string, line: PeerLine) => void;
	readonly connect?: (configuration: RTCConfiguration) => RTCPeerConnection;
}

interface Known {
	readonly epoch: number;
	readonly peer: Peer;
}

/** How long a server that has just been started may not know yet who is still there. */
export const RETURN_MS = 10_000;

export class Mesh {
	readonly #options: MeshOptions;
	readonly #peers = new Map<string, Known>();
	#planned: readonly PlanPeer[] = [];
	#returning: ReturnType<typeof setTimeout> | undefined;
	#planEpoch = 0;
	#servers: RTCIceServer[] = [];

	constructor(options: MeshOptions) {
		this.#options = options;
	}

	/** Makes the connections what the plan says: new ones begin, others end, known ones go on untouched. */
	follow(plan: PlanData): void {
		this.#planEpoch = plan.plan_epoch;
		this.useServers(plan.ice_servers);
		this.#planned = plan.peers;
		this.#endTheUnplanned();
		for (const peer of plan.peers) {
			const known = this.#peers.get(peer.pid);
			if (known === undefined) this.#peers.set(peer.pid, { epoch: peer.epoch, peer: this.#make(peer) });
			else known.peer.setPolite(peer.polite);
		}
	}

	/**
	 * The server has forgotten the room and everybody comes back to it one by one: until RETURN_MS have
	 * passed, whoever the plan does not name yet keeps the connection, which needs no server to go on.
	 */
	awaitReturns(): void {
		clearTimeout(this.#returning);
		this.#returning = setTimeout(() => {
			this.#returning = undefined;
			this.#endTheUnplanned();
		}, RETURN_MS);
	}

	#endTheUnplanned(): void {
		const wanted = new Map(this.#planned.map((peer) => [peer.pid, peer.epoch]));
		for (const [pid, { epoch }] of [...this.#peers]) {
			const absent = !wanted.has(pid);
			if (absent ? this.#returning === undefined : wanted.get(pid) !== epoch) this.#drop(pid);
		}
	}

	/** Fresh relay credentials, also for the connections that exist. */
	useServers(servers: readonly IceServer[]): void {
		this.#servers = servers.map(toRtc);
		for (const { peer } of this.#peers.values()) {
			peer.connection.setConfiguration({ ...peer.connection.getConfiguration(), iceServers: this.#servers });
		}
	}

	describe(type: "offer" | "answer", d: DescriptionFrom): void {
		const known = this.#peers.get(d.from.pid);
		if (known?.epoch === d.from.epoch) void known.peer.describe(d.pc, type, d.sdp);
	}

	trickle(d: TrickleFrom): void {
		const known = this.#peers.get(d.from.pid);
		if (known?.epoch === d.from.epoch) void known.peer.candidate(d.pc, d.candidate);
	}

	addLateTracks(): void {
		for (const { peer } of this.#peers.values()) peer.addLateTracks();
	}

	async replaceTrack(kind: string, track: MediaStreamTrack | null): Promise<void> {
		await Promise.all([...this.#peers.values()].map(({ peer }) => peer.replaceTrack(kind, track)));
	}

	repair(pid: string): void {
		this.#peers.get(pid)?.peer.repair();
	}

	/** The connections to measure. */
	connections(): ReadonlyMap<string, RTCPeerConnection> {
		return new Map([...this.#peers].map(([pid, { peer }]) => [pid, peer.connection]));
	}

	close(): void {
		clearTimeout(this.#returning);
		this.#returning = undefined;
		for (const pid of [...this.#peers.keys()]) this.#drop(pid);
	}

	#drop(pid: string): void {
		this.#peers.get(pid)?.peer.close();
		this.#peers.delete(pid);
		this.#options.onStream(pid, null);
	}

	#make(planned: PlanPeer): Peer {
		const { send, local, onStream, onLine } = this.#options;
		const connect = this.#options.connect ?? ((given: RTCConfiguration) => new RTCPeerConnection(given));
		const to = { pid: planned.pid, epoch: planned.epoch };
		return new Peer({
			polite: planned.polite,
			offers: planned.offers,
			connect: () => connect({ iceServers: this.#servers, bundlePolicy: "max-bundle" }),
			tracks: () => tracksOf(local()),
			signals: {
				description: (pc, type, sdp) => send(`sdp.${type}`, { to, pc, plan_epoch: this.#planEpoch, sdp }),
				candidate: (pc, candidate: Candidate | null) => send("ice.candidate", { to, pc, candidate }),
			},
			onStream: (stream) => onStream(planned.pid, stream),
			onLine: (line) => onLine(planned.pid, line),
		});
	}
}

function tracksOf(stream: MediaStream | null): { track: MediaStreamTrack; stream: MediaStream }[] {
	return stream === null ? [] : stream.getTracks().map((track) => ({ track, stream }));
}

function toRtc(server: IceServer): RTCIceServer {
	if (server.username === null || server.credential === null) return { urls: server.urls };
	return { urls: server.urls, username: server.username, credential: server.credential };
}
