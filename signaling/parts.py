"""Pieces that messages of both directions are made of."""

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from signaling.caps import CANDIDATE_CHARACTERS_MAX, SDP_CHARACTERS_MAX


class SeatWord(StrEnum):
    """Where a participant stands, in the words of the wire."""

    CHECKING = "checking"
    LOBBY = "lobby"
    ADMITTED = "admitted"
    RECONNECTING = "reconnecting"


Pid: TypeAlias = Annotated[str, Field(min_length=1, max_length=64)]
PcId: TypeAlias = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
Sdp: TypeAlias = Annotated[str, Field(min_length=1, max_length=SDP_CHARACTERS_MAX)]
Epoch: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Ms: TypeAlias = Annotated[float, Field(ge=0, le=600_000)]
Grade: TypeAlias = Literal["good", "fair", "poor", "unknown"]


class Part(BaseModel):
    """A piece of a message. Unknown fields are refused, so that a typing error is noticed at once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Envelope(Part):
    """What surrounds every message. `re` answers the request that carried this `id`."""

    v: Literal[1] = 1


class Request(Envelope):
    """Browser to server; with an `id` it is answered by `ok`, `error` or a message with `re`."""

    id: Annotated[str, Field(min_length=1, max_length=32)] | None = None


class Event(Envelope):
    """Server to browser. `seq` counts what a participant must not miss; a resume asks from the last one."""

    re: str | None = None
    seq: int | None = None


class Nothing(Part):
    """No facts."""


class To(Part):
    """A peer's connection: the participant and the epoch of its page."""

    pid: Pid
    epoch: Epoch


class Media(Part):
    """What a participant sends at the moment."""

    audio: bool
    video: bool


class Check(Part):
    """A pre-call check in figures: round trip, share of packets lost, grade of the line."""

    grade: Grade
    rtt_ms: Ms | None = None
    loss_share: Share | None = None
    camera: bool
    microphone: bool


class Candidate(Part):
    """RTCIceCandidateInit (W3C WebRTC 4.8.1); an empty `candidate` ends a generation."""

    candidate: Annotated[str, Field(max_length=CANDIDATE_CHARACTERS_MAX)]
    sdp_mid: Annotated[str, Field(max_length=32)] | None = None
    sdp_m_line_index: Annotated[int, Field(ge=0, le=32)] | None = None
    username_fragment: Annotated[str, Field(max_length=256)] | None = None


class Description(Part):
    """A session description for one peer connection between two participants."""

    to: To
    pc: PcId
    plan_epoch: Epoch
    sdp: Sdp


class Trickle(Part):
    """One candidate for one peer connection; null says that there will be no more."""

    to: To
    pc: PcId
    candidate: Candidate | None


class PingData(Part):
    """Any number the sender wants back, such as its clock in milliseconds."""

    n: Annotated[int, Field(ge=0, le=2**53)]
