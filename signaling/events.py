"""The server's half of the wire: everything it may say, as one union on `t`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from signaling.parts import (
    Candidate,
    Description,
    Epoch,
    Event,
    Grade,
    Media,
    Nothing,
    Part,
    PcId,
    Pid,
    PingData,
    Sdp,
    SeatWord,
    To,
    Trickle,
)
from signaling.roles import Role
from signaling.room import RoomState


class Limits(Part):
    """What a client must keep to."""

    message_bytes_max: int
    messages_per_second: float
    messages_burst: int
    participants_max: int
    grace_seconds: float
    probe_seconds_max: float


class WelcomeData(Part):
    """The seat this socket speaks for. `resume` opens it again once, after a dropped socket."""

    pid: Pid
    epoch: Epoch
    role: Role
    name: str
    can_admit: bool
    state: SeatWord
    resume: str
    seq: int
    resumed: bool
    server_time: str
    heartbeat_seconds: float
    limits: Limits


class ResumeData(Part):
    """What opens the seat again, once."""

    token: str


class PeerData(Part):
    """One participant as the others see it. `grace_until` (RFC 3339) says until when a seat is kept."""

    pid: Pid
    epoch: Epoch
    role: Role
    name: str
    institution: str
    state: SeatWord
    media: Media
    grace_until: str | None = None


class RoomData(Part):
    """The room as a whole; it replaces whatever the client knew."""

    room: RoomState
    live_since: str | None
    peers: list[PeerData]


class LeftData(Part):
    """Somebody is gone from the room."""

    pid: Pid
    epoch: Epoch
    reason: Literal["bye", "grace_over", "returned", "kicked"]


class WaitingData(Part):
    """One's own place in the lobby, from 1, and whether a clinician is there."""

    position: int
    clinician_present: bool


class WaiterData(Part):
    """Someone in the lobby."""

    pid: Pid
    name: str
    institution: str
    role: Role
    waiting_since: str
    here: bool
    grade: Grade


class LobbyData(Part):
    """Everyone who waits, longest first."""

    waiting: list[WaiterData]


class IceServer(Part):
    """RTCIceServer (W3C WebRTC 4.2.1)."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class PlanPeer(Part):
    """A connection to have. `polite` and `offers` are this client's part in it."""

    pid: Pid
    epoch: Epoch
    polite: bool
    offers: bool


class PlanData(Part):
    """Which connections to have, and through which relays. Connections not named here are closed."""

    plan_epoch: Epoch
    mode: Literal["mesh"]
    ice_servers: list[IceServer]
    ice_seconds: int
    peers: list[PlanPeer]


class IceData(Part):
    """Fresh relay credentials."""

    ice_servers: list[IceServer]
    ice_seconds: int


class From(Part):
    """The sender, written by the server."""

    pid: Pid
    epoch: Epoch


class DescriptionFrom(Part, populate_by_name=True):
    """A peer's session description."""

    from_: Annotated[From, Field(alias="from")]
    pc: PcId
    plan_epoch: Epoch
    sdp: Sdp


class TrickleFrom(Part, populate_by_name=True):
    """A peer's candidate."""

    from_: Annotated[From, Field(alias="from")]
    pc: PcId
    candidate: Candidate | None


class AnswerData(Part):
    """The pre-call peer's answer and how long it will stay."""

    sdp: Sdp
    seconds: float


class ErrorData(Part):
    """A refusal: a stable code, a sentence for developers."""

    code: str
    msg: str
    retry_after_ms: int | None = None


class ByeData(Part):
    """Why the server ends this seat or socket."""

    reason: Literal["kicked", "denied", "replaced", "room_closed", "left"]


class Welcome(Event):
    """The socket is open."""

    t: Literal["welcome"] = "welcome"
    d: WelcomeData


class Resume(Event):
    """A new resume token; the one before is void."""

    t: Literal["resume"] = "resume"
    d: ResumeData


class Ok(Event):
    """The request was done."""

    t: Literal["ok"] = "ok"
    d: Nothing


class Error(Event):
    """The request was refused."""

    t: Literal["error"] = "error"
    d: ErrorData


class RoomSnapshot(Event):
    """Snapshot for the admitted."""

    t: Literal["room.state"] = "room.state"
    d: RoomData


class PeerJoined(Event):
    """Somebody came in."""

    t: Literal["peer.joined"] = "peer.joined"
    d: PeerData


class PeerUpdated(Event):
    """Something about a participant changed: media, epoch, connection."""

    t: Literal["peer.updated"] = "peer.updated"
    d: PeerData


class PeerLeft(Event):
    """Somebody left."""

    t: Literal["peer.left"] = "peer.left"
    d: LeftData


class LobbyWaiting(Event):
    """You wait."""

    t: Literal["lobby.waiting"] = "lobby.waiting"
    d: WaitingData


class LobbyList(Event):
    """For those who may admit: who waits."""

    t: Literal["lobby.list"] = "lobby.list"
    d: LobbyData


class MediaPlan(Event):
    """For the admitted: which connections to have."""

    t: Literal["media.plan"] = "media.plan"
    d: PlanData


class IceServers(Event):
    """Answer to `ice.refresh`."""

    t: Literal["ice.servers"] = "ice.servers"
    d: IceData


class SdpOfferFrom(Event):
    """A peer's offer."""

    t: Literal["sdp.offer"] = "sdp.offer"
    d: DescriptionFrom


class SdpAnswerFrom(Event):
    """A peer's answer."""

    t: Literal["sdp.answer"] = "sdp.answer"
    d: DescriptionFrom


class IceCandidateFrom(Event):
    """A peer's candidate."""

    t: Literal["ice.candidate"] = "ice.candidate"
    d: TrickleFrom


class ProbeAnswer(Event):
    """Answer to `probe.offer`."""

    t: Literal["probe.answer"] = "probe.answer"
    d: AnswerData


class Pong(Event):
    """Here."""

    t: Literal["pong"] = "pong"
    d: PingData


class ByeFrom(Event):
    """The end of this seat or socket."""

    t: Literal["bye"] = "bye"
    d: ByeData


ServerMessage: TypeAlias = (
    Welcome
    | Resume
    | Ok
    | Error
    | RoomSnapshot
    | PeerJoined
    | PeerUpdated
    | PeerLeft
    | LobbyWaiting
    | LobbyList
    | MediaPlan
    | IceServers
    | SdpOfferFrom
    | SdpAnswerFrom
    | IceCandidateFrom
    | ProbeAnswer
    | Pong
    | ByeFrom
)


def offer_from(sender: To, d: Description) -> SdpOfferFrom:
    """The offer as its receiver gets it."""
    return SdpOfferFrom(d=_described(sender, d))


def answer_from(sender: To, d: Description) -> SdpAnswerFrom:
    """The answer as its receiver gets it."""
    return SdpAnswerFrom(d=_described(sender, d))


def candidate_from(sender: To, d: Trickle) -> IceCandidateFrom:
    """The candidate as its receiver gets it."""
    return IceCandidateFrom(d=TrickleFrom(from_=_from(sender), pc=d.pc, candidate=d.candidate))


def _from(sender: To) -> From:
    return From(pid=sender.pid, epoch=sender.epoch)


def _described(sender: To, d: Description) -> DescriptionFrom:
    return DescriptionFrom(from_=_from(sender), pc=d.pc, plan_epoch=d.plan_epoch, sdp=d.sdp)
