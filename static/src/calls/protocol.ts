/** The signalling wire as TypeScript, kept by hand beside the server's `signaling/protocol.schema.json`.
 * Interfaces carry the server's class names; a test compares every name, field and choice of both. */

export type Role = "applicant" | "specialist" | "coordinator" | "patient" | "family" | "interpreter";
export type SeatWord = "checking" | "lobby" | "admitted" | "reconnecting";
export type RoomState = "scheduled" | "open" | "live" | "draining" | "closed";
export type Grade = "good" | "fair" | "poor" | "unknown";

export interface To {
	pid: string;
	epoch: number;
}

export interface From {
	pid: string;
	epoch: number;
}

export interface Media {
	audio: boolean;
	video: boolean;
}

export interface Check {
	grade: Grade;
	rtt_ms: number | null;
	loss_share: number | null;
	camera: boolean;
	microphone: boolean;
}

export interface Candidate {
	candidate: string;
	sdp_mid: string | null;
	sdp_m_line_index: number | null;
	username_fragment: string | null;
}

export interface Description {
	to: To;
	pc: string;
	plan_epoch: number;
	sdp: string;
}

export interface Trickle {
	to: To;
	pc: string;
	candidate: Candidate | null;
}

export interface Client {
	app: string;
}

export interface HelloData {
	token: string | null;
	resume: string | null;
	last_seq: number | null;
	client: Client;
}

export interface KnockData {
	check: Check | null;
	media: Media;
}

export interface AboutData {
	pid: string;
}

export interface QualityData {
	pid: string;
	rtt_ms: number | null;
	jitter_ms: number | null;
	loss_share: number | null;
	concealed_share: number | null;
	kbps: number | null;
	fps: number | null;
	freeze_ms: number | null;
	pair_type: "host" | "srflx" | "prflx" | "relay" | null;
	first_frame_ms: number | null;
}

export interface OfferData {
	sdp: string;
}

export interface PingData {
	n: number;
}

export type Nothing = Record<string, never>;

/** What a browser may say. */
export interface Requests {
	hello: HelloData;
	"lobby.knock": KnockData;
	"lobby.admit": AboutData;
	"lobby.deny": AboutData;
	"lobby.return": AboutData;
	kick: AboutData;
	"sdp.offer": Description;
	"sdp.answer": Description;
	"ice.candidate": Trickle;
	"ice.refresh": Nothing;
	"media.state": Media;
	"quality.report": QualityData;
	"probe.offer": OfferData;
	ping: PingData;
	bye: Nothing;
}

export interface Limits {
	message_bytes_max: number;
	messages_per_second: number;
	messages_burst: number;
	participants_max: number;
	grace_seconds: number;
	probe_seconds_max: number;
}

export interface WelcomeData {
	pid: string;
	epoch: number;
	role: Role;
	name: string;
	can_admit: boolean;
	state: SeatWord;
	resume: string;
	seq: number;
	resumed: boolean;
	server_time: string;
	heartbeat_seconds: number;
	limits: Limits;
}

export interface ResumeData {
	token: string;
}

export interface PeerData {
	pid: string;
	epoch: number;
	role: Role;
	name: string;
	institution: string;
	state: SeatWord;
	media: Media;
	grace_until: string | null;
}

export interface RoomData {
	room: RoomState;
	live_since: string | null;
	peers: PeerData[];
}

export interface LeftData {
	pid: string;
	epoch: number;
	reason: "bye" | "grace_over" | "returned" | "kicked";
}

export interface WaitingData {
	position: number;
	clinician_present: boolean;
}

export interface WaiterData {
	pid: string;
	name: string;
	institution: string;
	role: Role;
	waiting_since: string;
	here: boolean;
	grade: Grade;
}

export interface LobbyData {
	waiting: WaiterData[];
}

export interface IceServer {
	urls: string[];
	username: string | null;
	credential: string | null;
}

export interface PlanPeer {
	pid: string;
	epoch: number;
	polite: boolean;
	offers: boolean;
}

export interface PlanData {
	plan_epoch: number;
	mode: "mesh";
	ice_servers: IceServer[];
	ice_seconds: number;
	peers: PlanPeer[];
}

export interface IceData {
	ice_servers: IceServer[];
	ice_seconds: number;
}

export interface DescriptionFrom {
	from: From;
	pc: string;
	plan_epoch: number;
	sdp: string;
}

export interface TrickleFrom {
	from: From;
	pc: string;
	candidate: Candidate | null;
}

export interface AnswerData {
	sdp: string;
	seconds: number;
}

export interface ErrorData {
	code: string;
	msg: string;
	retry_after_ms: number | null;
}

export interface ByeData {
	reason: "kicked" | "denied" | "replaced" | "room_closed" | "left";
}

/** What the server may say. */
export interface Events {
	welcome: WelcomeData;
	resume: ResumeData;
	ok: Nothing;
	error: ErrorData;
	"room.state": RoomData;
	"peer.joined": PeerData;
	"peer.updated": PeerData;
	"peer.left": LeftData;
	"lobby.waiting": WaitingData;
	"lobby.list": LobbyData;
	"media.plan": PlanData;
	"ice.servers": IceData;
	"sdp.offer": DescriptionFrom;
	"sdp.answer": DescriptionFrom;
	"ice.candidate": TrickleFrom;
	"probe.answer": AnswerData;
	pong: PingData;
	bye: ByeData;
}

export const VERSION = 1;

export const CLOSE = {
	GOING_AWAY: 4000,
	REPLACED: 4001,
	FORBIDDEN: 4003,
	ROOM_GONE: 4004,
	SLOW_CONSUMER: 4008,
	RATE: 4009,
	PROTOCOL: 4010,
} as const;

type Wrapped<Map> = {
	[T in keyof Map]: { v: 1; t: T; re: string | null; seq: number | null; d: Map[T] };
}[keyof Map];

export type Incoming = Wrapped<Events>;

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads a frame of the server; null when it is not a message (the server's shapes are trusted, its text is not). */
export function readMessage(text: string): Incoming | null {
	let raw: unknown;
	try {
		raw = JSON.parse(text);
	} catch {
		return null;
	}
	if (!isRecord(raw) || raw["v"] !== VERSION || typeof raw["t"] !== "string" || !isRecord(raw["d"]))
		return null;
	return raw as unknown as Incoming;
}
