/** What this page knows of the room: a pure reducer over what the server says and what happens here. */
import type { DeviceFault } from "./devices.ts";
import type { PeerLine } from "./peer.ts";
import type {
	ByeData,
	Incoming,
	LeftData,
	Media,
	PeerData,
	RoomState,
	SeatWord,
	WaiterData,
} from "./protocol.ts";
import type { LineGrade } from "./quality.ts";
import type { LinkState } from "./socket.ts";

export type Ended = ByeData["reason"] | "refused" | "full" | "version";

export interface Me {
	readonly pid: string;
	readonly name: string;
	readonly epoch: number;
	readonly canAdmit: boolean;
	readonly seat: SeatWord;
}

export interface PeerView extends PeerData {
	readonly line: PeerLine;
	readonly grade: LineGrade;
	readonly showing: boolean;
}

export interface Departure {
	readonly name: string;
	readonly reason: LeftData["reason"];
}

export interface CallState {
	readonly link: LinkState;
	readonly me: Me | null;
	readonly room: RoomState;
	readonly liveSince: string | null;
	readonly peers: readonly PeerView[];
	readonly waiting: readonly WaiterData[];
	readonly position: number | null;
	readonly clinicianPresent: boolean;
	readonly media: Media;
	readonly camera: DeviceFault | "on" | "off" | "opening";
	readonly microphone: DeviceFault | "on" | "off" | "opening";
	readonly cameras: number;
	readonly ended: Ended | null;
	readonly lastDeparture: Departure | null;
	readonly graceSeconds: number;
	/** Since when this page has no socket, by its own clock; null while it has one. */
	readonly lostAtMs: number | null;
	/** This seat has been in the room, so a reconnect returns to it by itself. */
	readonly entered: boolean;
}

export const EMPTY: CallState = {
	link: "idle",
	me: null,
	room: "scheduled",
	liveSince: null,
	peers: [],
	waiting: [],
	position: null,
	clinicianPresent: false,
	media: { audio: true, video: true },
	camera: "off",
	microphone: "off",
	cameras: 0,
	ended: null,
	lastDeparture: null,
	graceSeconds: 45,
	lostAtMs: null,
	entered: false,
};

export type CallEvent =
	| { readonly t: "said"; readonly message: Incoming }
	| { readonly t: "link"; readonly link: LinkState; readonly ended: Ended | null; readonly atMs: number }
	| {
			readonly t: "devices";
			readonly camera: CallState["camera"];
			readonly microphone: CallState["microphone"];
			readonly cameras: number;
	  }
	| { readonly t: "media"; readonly media: Media }
	| { readonly t: "line"; readonly pid: string; readonly line: PeerLine }
	| { readonly t: "grade"; readonly pid: string; readonly grade: LineGrade }
	| { readonly t: "showing"; readonly pid: string; readonly showing: boolean };

export function reduce(state: CallState, event: CallEvent): CallState {
	switch (event.t) {
		case "said":
			return said(state, event.message);
		case "link":
			return {
				...state,
				link: event.link,
				ended: state.ended ?? event.ended,
				lostAtMs: event.link === "lost" ? (state.lostAtMs ?? event.atMs) : null,
			};
		case "devices":
			return { ...state, camera: event.camera, microphone: event.microphone, cameras: event.cameras };
		case "media":
			return { ...state, media: event.media };
		case "line":
			return onPeer(state, event.pid, { line: event.line });
		case "grade":
			return onPeer(state, event.pid, { grade: event.grade });
		case "showing":
			return onPeer(state, event.pid, { showing: event.showing });
	}
}

type Said = { [T in Incoming["t"]]?: (state: CallState, d: Extract<Incoming, { t: T }>["d"]) => CallState };

const SAID: Said = {
	welcome: (state, d) => {
		const me = { pid: d.pid, name: d.name, epoch: d.epoch, canAdmit: d.can_admit, seat: d.state };
		const next = { ...state, me, graceSeconds: d.limits.grace_seconds };
		return d.state === "admitted" ? next : outside(next);
	},
	"room.state": (state, d) => ({
		...state,
		...seated(state, "admitted"),
		room: d.room,
		liveSince: d.live_since,
		position: null,
		entered: true,
		peers: d.peers.filter((peer) => peer.pid !== state.me?.pid).map((peer) => view(state, peer)),
	}),
	"peer.joined": (state, d) => put(state, d),
	"peer.updated": (state, d) => put(state, d),
	"peer.left": (state, d) => ({
		...state,
		peers: state.peers.filter((peer) => peer.pid !== d.pid),
		lastDeparture: { name: nameOf(state, d.pid), reason: d.reason },
	}),
	"lobby.waiting": (state, d) => ({
		...outside({ ...state, ...seated(state, "lobby") }),
		position: d.position,
		clinicianPresent: d.clinician_present,
	}),
	"lobby.list": (state, d) => ({ ...state, waiting: d.waiting }),
	bye: (state, d) => ({ ...outside(state), ended: d.reason }),
};

function said(state: CallState, message: Incoming): CallState {
	const how = SAID[message.t] as ((state: CallState, d: Incoming["d"]) => CallState) | undefined;
	return how === undefined ? state : how(state, message.d);
}

function seated(state: CallState, seat: SeatWord): Pick<CallState, "me"> {
	return { me: state.me === null ? null : { ...state.me, seat } };
}

/** Whoever is not in the room knows nobody in it. */
function outside(state: CallState): CallState {
	return { ...state, peers: [], liveSince: null };
}

function nameOf(state: CallState, pid: string): string {
	return state.peers.find((peer) => peer.pid === pid)?.name ?? "";
}

function view(state: CallState, peer: PeerData): PeerView {
	const known = state.peers.find((one) => one.pid === peer.pid && one.epoch === peer.epoch);
	const fresh = { line: "connecting", grade: "good", showing: false } as const;
	return { ...fresh, ...known, ...peer };
}

function put(state: CallState, peer: PeerData): CallState {
	const next = view(state, peer);
	const known = state.peers.some((one) => one.pid === peer.pid);
	return {
		...state,
		peers: known ? state.peers.map((one) => (one.pid === peer.pid ? next : one)) : [...state.peers, next],
	};
}

function onPeer(state: CallState, pid: string, change: Partial<PeerView>): CallState {
	return { ...state, peers: state.peers.map((peer) => (peer.pid === pid ? { ...peer, ...change } : peer)) };
}

export type PeerWords = "reconnecting" | "connecting" | "broken" | "voiceOnly" | "poor" | "fair" | "good";

/** The one thing worth saying about a participant's line. */
export function lineWords(peer: PeerView): PeerWords {
	if (peer.state === "reconnecting") return "reconnecting";
	if (peer.line !== "connected") return peer.line;
	if (peer.grade !== "good") return peer.grade;
	return peer.media.video ? "good" : "voiceOnly";
}

/** Whole seconds until a kept seat is given up; never negative. */
export function secondsLeft(until: string | null, nowMs: number): number {
	return until === null ? 0 : Math.max(0, Math.ceil((Date.parse(until) - nowMs) / 1000));
}

/** Whole seconds that one's own seat is still kept while reconnecting. */
export function ownSecondsLeft(state: CallState, nowMs: number): number {
	if (state.lostAtMs === null) return state.graceSeconds;
	const gone = Math.max(0, nowMs - state.lostAtMs) / 1000;
	return Math.max(0, Math.ceil(state.graceSeconds - gone));
}

export type Phase = "before" | "waiting" | "inside" | "ended";

/** Which page a person sees. */
export function phaseOf(state: CallState): Phase {
	if (state.ended !== null) return "ended";
	if (state.me?.seat === "lobby") return "waiting";
	return state.me?.seat === "admitted" || state.entered ? "inside" : "before";
}

/** How long the call has been going on; null before two people have met. */
export function callSpanMs(state: CallState, nowMs: number): number | null {
	return state.liveSince === null ? null : Math.max(0, nowMs - Date.parse(state.liveSince));
}
