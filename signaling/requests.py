"""The browser's half of the wire: everything it may say, as one union on `t`."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from signaling.parts import (
    Check,
    Description,
    Media,
    Ms,
    Nothing,
    Part,
    Pid,
    PingData,
    Request,
    Sdp,
    Share,
    Trickle,
)


class Client(Part):
    """What is speaking: a program's name and version, nothing about the person."""

    app: Annotated[str, Field(max_length=64)]


class HelloData(Part):
    """A ticket, or a resume token. `last_seq` says that the page and its peer connections still live."""

    token: Annotated[str, Field(max_length=4096)] | None = None
    resume: Annotated[str, Field(max_length=4096)] | None = None
    last_seq: Annotated[int, Field(ge=0)] | None = None
    client: Client


class KnockData(Part):
    """Ask to enter; clinicians go in, guests to the lobby."""

    check: Check | None = None
    media: Media


class AboutData(Part):
    """Another participant."""

    pid: Pid


class QualityData(Part):
    """How the line has been in the last seconds, seen by the browser."""

    pid: Pid
    rtt_ms: Ms | None = None
    jitter_ms: Ms | None = None
    loss_share: Share | None = None
    concealed_share: Share | None = None
    kbps: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    fps: Annotated[float, Field(ge=0, le=240)] | None = None
    freeze_ms: Ms | None = None
    pair_type: Literal["host", "srflx", "prflx", "relay"] | None = None
    first_frame_ms: Ms | None = None


class OfferData(Part):
    """A session description for the pre-call peer."""

    sdp: Sdp


class Hello(Request):
    """First message of a socket, within 5 seconds."""

    t: Literal["hello"] = "hello"
    d: HelloData


class LobbyKnock(Request):
    """Ready to enter."""

    t: Literal["lobby.knock"] = "lobby.knock"
    d: KnockData


class LobbyAdmit(Request):
    """Let someone in."""

    t: Literal["lobby.admit"] = "lobby.admit"
    d: AboutData


class LobbyDeny(Request):
    """Turn someone away for good."""

    t: Literal["lobby.deny"] = "lobby.deny"
    d: AboutData


class LobbyReturn(Request):
    """Send a guest back to the lobby."""

    t: Literal["lobby.return"] = "lobby.return"
    d: AboutData


class Kick(Request):
    """Remove someone for good."""

    t: Literal["kick"] = "kick"
    d: AboutData


class SdpOffer(Request):
    """An offer for a peer."""

    t: Literal["sdp.offer"] = "sdp.offer"
    d: Description


class SdpAnswer(Request):
    """An answer for a peer."""

    t: Literal["sdp.answer"] = "sdp.answer"
    d: Description


class IceCandidate(Request):
    """A candidate for a peer."""

    t: Literal["ice.candidate"] = "ice.candidate"
    d: Trickle


class IceRefresh(Request):
    """Ask for fresh relay credentials."""

    t: Literal["ice.refresh"] = "ice.refresh"
    d: Nothing


class MediaState(Request):
    """Microphone and camera on or off."""

    t: Literal["media.state"] = "media.state"
    d: Media


class QualityReport(Request):
    """Figures of one peer connection, every 5 seconds."""

    t: Literal["quality.report"] = "quality.report"
    d: QualityData


class ProbeOffer(Request):
    """Start the pre-call check."""

    t: Literal["probe.offer"] = "probe.offer"
    d: OfferData


class Ping(Request):
    """Is the server there."""

    t: Literal["ping"] = "ping"
    d: PingData


class Bye(Request):
    """Leaving."""

    t: Literal["bye"] = "bye"
    d: Nothing


ClientMessage: TypeAlias = (
    Hello
    | LobbyKnock
    | LobbyAdmit
    | LobbyDeny
    | LobbyReturn
    | Kick
    | SdpOffer
    | SdpAnswer
    | IceCandidate
    | IceRefresh
    | MediaState
    | QualityReport
    | ProbeOffer
    | Ping
    | Bye
)
