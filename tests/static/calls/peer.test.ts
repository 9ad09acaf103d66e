import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FIRST_OFFER_MS, Peer, type PeerLine } from "../../../static/src/calls/peer.ts";

/** The part of RTCPeerConnection that negotiation needs, with its state machine (WebRTC 1.0, 4.3.2) and the
 * implicit rollback of setRemoteDescription. What it sends is the list of its tracks. */
class FakeConnection {
	signalingState: RTCSignalingState = "stable";
	iceConnectionState: RTCIceConnectionState = "new";
	localDescription: RTCSessionDescriptionInit | null = null;
	remoteDescription: RTCSessionDescriptionInit | null = null;
	onnegotiationneeded: (() => void) | null = null;
	onicecandidate: unknown = null;
	ontrack: unknown = null;
	oniceconnectionstatechange: (() => void) | null = null;
	tracks: string[] = [];
	candidates: unknown[] = [];
	closed = false;
	restarts = 0;
	rollbacks = 0;
	#needed = false;

	getSenders(): { track: string }[] {
		return this.tracks.map((track) => ({ track }));
	}
	addTrack(track: string): void {
		this.tracks.push(track);
		this.#need();
	}
	restartIce(): void {
		this.restarts += 1;
		this.#need();
	}
	async setLocalDescription(): Promise<void> {
		await Promise.resolve();
		const answering = this.signalingState === "have-remote-offer";
		this.localDescription = { type: answering ? "answer" : "offer", sdp: this.tracks.join(",") };
		this.signalingState = answering ? "stable" : "have-local-offer";
		this.#needed = false;
	}
	async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
		await Promise.resolve();
		if (description.type === "offer" && this.signalingState === "have-local-offer") {
			this.rollbacks += 1;
			this.#needed = true;
		}
		if (description.type === "answer" && this.signalingState !== "have-local-offer") {
			throw new Error("InvalidStateError");
		}
		this.remoteDescription = description;
		this.signalingState = description.type === "offer" ? "have-remote-offer" : "stable";
		if (this.signalingState === "stable") this.#fire();
	}
	async addIceCandidate(candidate: unknown): Promise<void> {
		if (this.remoteDescription === null) throw new Error("InvalidStateError");
		this.candidates.push(candidate);
	}
	close(): void {
		this.closed = true;
	}
	ice(state: RTCIceConnectionState): void {
		this.iceConnectionState = state;
		this.oniceconnectionstatechange?.();
	}
	#need(): void {
		this.#needed = true;
		this.#fire();
	}
	#fire(): void {
		queueMicrotask(() => {
			if (!this.#needed || this.signalingState !== "stable" || this.closed) return;
			this.#needed = false;
			this.onnegotiationneeded?.();
		});
	}
}

interface Side {
	peer: Peer;
	made: FakeConnection[];
	lines: PeerLine[];
	sent: string[];
}

interface Post {
	from: "a" | "b";
	deliver: () => Promise<void>;
}

/** Two peers and the post between them, which a test delivers as it likes. */
function pair(
	posts: Post[],
	polite: "a" | "b" = "b",
	offers: "a" | "b" | "both" = "a",
): { a: Side; b: Side } {
	const sides = {} as { a: Side; b: Side };
	const build = (me: "a" | "b", other: "a" | "b"): Side => {
		const side: Side = { made: [], lines: [], sent: [] } as unknown as Side;
		side.peer = new Peer({
			polite: polite === me,
			offers: offers === "both" || offers === me,
			tracks: () => [{ track: `${me}-audio`, stream: null }] as never,
			connect: () => {
				const connection = new FakeConnection();
				side.made.push(connection);
				return connection as never;
			},
			signals: {
				description: (pc, type, sdp) => {
					side.sent.push(`${type}:${pc}`);
					posts.push({ from: me, deliver: () => sides[other].peer.describe(pc, type, sdp) });
				},
				candidate: () => undefined,
			},
			onStream: () => undefined,
			onLine: (line) => side.lines.push(line),
		});
		return side;
	};
	sides.a = build("a", "b");
	sides.b = build("b", "a");
	return sides;
}

async function settle(): Promise<void> {
	for (let n = 0; n < 20; n += 1) await Promise.resolve();
}

async function deliverAll(posts: Post[]): Promise<void> {
	for (;;) {
		await settle();
		const post = posts.shift();
		if (post === undefined) return;
		await post.deliver();
	}
}

/** The oldest letter of one side: letters of the same side never overtake each other. */
function takeFirst(posts: Post[], from: "a" | "b"): Post | undefined {
	const at = posts.findIndex((post) => post.from === from);
	return at < 0 ? undefined : posts.splice(at, 1)[0];
}

/** Numbers that look random and are the same in every run. */
function generator(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
		return Math.floor(state / 65_536) % below;
	};
}

const last = (side: Side): FakeConnection => {
	const found = side.made.at(-1);
	if (found === undefined) throw new Error("no connection");
	return found;
};

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

describe("perfect negotiation", () => {
	it("needs one offer and one answer when only one side offers", async () => {
		const posts: Post[] = [];
		const { a, b } = pair(posts);
		await deliverAll(posts);
		expect([...a.sent, ...b.sent]).toEqual(["offer:c0", "answer:c0"]);
		expect(last(a).remoteDescription?.sdp).toBe("b-audio");
		expect(last(b).remoteDescription?.sdp).toBe("a-audio");
	});

	it.each(["a", "b"] as const)("resolves a collision, %s polite", async (polite) => {
		const posts: Post[] = [];
		const { a, b } = pair(posts, polite, "both");
		await settle();
		expect(posts).toHaveLength(2);
		await deliverAll(posts);
		for (const side of [a, b]) expect(last(side).signalingState).toBe("stable");
		expect(last(a).remoteDescription?.sdp).toBe("b-audio");
		expect(last(b).remoteDescription?.sdp).toBe("a-audio");
		const [gentle, firm] = polite === "a" ? [a, b] : [b, a];
		expect(last(gentle).rollbacks).toBe(1);
		expect(last(firm).rollbacks).toBe(0);
	});

	it.each(Array.from({ length: 200 }, (_, seed) => seed + 1))(
		"resolves collisions in whatever order the post arrives, seed %i",
		async (seed) => {
			const random = generator(seed);
			const posts: Post[] = [];
			const { a, b } = pair(posts, seed % 2 === 0 ? "a" : "b", "both");
			for (let step = 0; step < 30; step += 1) {
				await settle();
				for (const side of [a, b]) if (random(5) === 0) last(side).restartIce();
				await settle();
				await takeFirst(posts, random(2) === 0 ? "a" : "b")?.deliver();
			}
			await deliverAll(posts);
			expect([last(a).signalingState, last(b).signalingState]).toEqual(["stable", "stable"]);
			expect([...a.lines, ...b.lines]).not.toContain("broken");
		},
	);

	it("offers by itself when the first offer does not come", async () => {
		const posts: Post[] = [];
		const { b } = pair(posts, "b", "a");
		posts.length = 0;
		await settle();
		posts.length = 0;
		await vi.advanceTimersByTimeAsync(FIRST_OFFER_MS);
		await settle();
		expect(b.sent).toEqual(["offer:c0"]);
	});

	it("drops what belongs to another attempt", async () => {
		const posts: Post[] = [];
		const { a } = pair(posts);
		await deliverAll(posts);
		await a.peer.describe("c7", "answer", "x");
		await a.peer.candidate("c7", null);
		expect(last(a).candidates).toEqual([]);
		expect(a.made).toHaveLength(1);
	});

	it("begins anew when the other side has", async () => {
		const posts: Post[] = [];
		const { b } = pair(posts);
		await deliverAll(posts);
		await b.peer.describe("c1", "offer", "a-audio,a-video");
		expect(b.made).toHaveLength(2);
		expect(b.made[0]?.closed).toBe(true);
		expect(b.sent.at(-1)).toBe("answer:c1");
	});
});

describe("a line that breaks", () => {
	it("is restarted when it fails, and replaced by the side that offers when that does not help", async () => {
		const posts: Post[] = [];
		const { a } = pair(posts);
		await deliverAll(posts);
		last(a).ice("connected");
		last(a).ice("failed");
		expect(last(a).restarts).toBe(1);
		last(a).ice("failed");
		await settle();
		expect(a.made).toHaveLength(2);
		expect(a.sent.at(-1)).toBe("offer:c1");
		expect(a.lines).toContain("broken");
	});

	it("is given four seconds when it only wavers", async () => {
		const posts: Post[] = [];
		const { a } = pair(posts);
		await deliverAll(posts);
		last(a).ice("disconnected");
		await vi.advanceTimersByTimeAsync(3900);
		expect(last(a).restarts).toBe(0);
		await vi.advanceTimersByTimeAsync(200);
		expect(last(a).restarts).toBe(1);
	});

	it("is left alone once it is mended or closed", async () => {
		const posts: Post[] = [];
		const { a, b } = pair(posts);
		await deliverAll(posts);
		last(a).ice("disconnected");
		last(a).ice("connected");
		b.peer.close();
		b.peer.repair();
		await vi.advanceTimersByTimeAsync(10_000);
		expect(last(a).restarts).toBe(0);
		expect(last(b).restarts).toBe(0);
		expect(last(b).closed).toBe(true);
	});

	it("takes tracks that opened late", async () => {
		const posts: Post[] = [];
		const { a } = pair(posts);
		await deliverAll(posts);
		last(a).tracks.length = 0;
		a.peer.addLateTracks();
		a.peer.addLateTracks();
		expect(last(a).tracks).toEqual(["a-audio"]);
	});
});
