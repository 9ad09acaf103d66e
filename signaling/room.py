"""A room and its seats as one pure state machine: no I/O, no clock of its own, no message.

Two tables say everything that can happen. Each method takes facts and the present moment, changes the
room, and answers what changed; `announce` turns that into messages. A seat has two independent facts:
its `state`, and whether its socket is `here` (admitted and not here is what people call reconnecting).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from signaling.caps import SEATS_REMEMBERED_MAX
from signaling.errors import BadState, NoSuchPeer, NotAdmitted, NotAllowed, RoomFull
from signaling.parts import Check, Media
from signaling.roles import Role
from signaling.tickets import JoinTicket


class RoomState(StrEnum):
    """Where a room stands. Draining: no clinician is left, but one may come back."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    LIVE = "live"
    DRAINING = "draining"
    CLOSED = "closed"


class RoomEvent(StrEnum):
    """What moves a room."""

    CLINICIAN_IN = "clinician_in"
    TWO_IN = "two_in"
    ONE_IN = "one_in"
    NO_CLINICIAN = "no_clinician"
    DRAINED = "drained"
    EMPTY = "empty"


class SeatState(StrEnum):
    """Where a participant stands; the last three have no seat any more."""

    CHECKING = "checking"
    LOBBY = "lobby"
    ADMITTED = "admitted"
    LEFT = "left"
    DENIED = "denied"
    KICKED = "kicked"


class SeatEvent(StrEnum):
    """What moves a participant."""

    ARRIVE = "arrive"
    KNOCK_AS_CLINICIAN = "knock_as_clinician"
    KNOCK_AS_GUEST = "knock_as_guest"
    ADMIT = "admit"
    DENY = "deny"
    SEND_BACK = "send_back"
    KICK = "kick"
    LEAVE = "leave"
    GRACE_OVER = "grace_over"
    TAKE_UP_AGAIN = "take_up_again"


ROOMS: Final[dict[tuple[RoomState, RoomEvent], RoomState]] = {
    (RoomState.SCHEDULED, RoomEvent.CLINICIAN_IN): RoomState.OPEN,
    (RoomState.SCHEDULED, RoomEvent.EMPTY): RoomState.CLOSED,
    (RoomState.OPEN, RoomEvent.TWO_IN): RoomState.LIVE,
    (RoomState.OPEN, RoomEvent.NO_CLINICIAN): RoomState.DRAINING,
    (RoomState.LIVE, RoomEvent.ONE_IN): RoomState.OPEN,
    (RoomState.LIVE, RoomEvent.NO_CLINICIAN): RoomState.DRAINING,
    (RoomState.DRAINING, RoomEvent.CLINICIAN_IN): RoomState.OPEN,
    (RoomState.DRAINING, RoomEvent.DRAINED): RoomState.SCHEDULED,
}

SEATS: Final[dict[tuple[SeatState, SeatEvent], SeatState]] = {
    (SeatState.LEFT, SeatEvent.ARRIVE): SeatState.CHECKING,
    (SeatState.LEFT, SeatEvent.TAKE_UP_AGAIN): SeatState.ADMITTED,
    (SeatState.CHECKING, SeatEvent.KNOCK_AS_CLINICIAN): SeatState.ADMITTED,
    (SeatState.CHECKING, SeatEvent.KNOCK_AS_GUEST): SeatState.LOBBY,
    (SeatState.CHECKING, SeatEvent.LEAVE): SeatState.LEFT,
    (SeatState.CHECKING, SeatEvent.GRACE_OVER): SeatState.LEFT,
    (SeatState.LOBBY, SeatEvent.ADMIT): SeatState.ADMITTED,
    (SeatState.LOBBY, SeatEvent.DENY): SeatState.DENIED,
    (SeatState.LOBBY, SeatEvent.LEAVE): SeatState.LEFT,
    (SeatState.LOBBY, SeatEvent.GRACE_OVER): SeatState.LEFT,
    (SeatState.ADMITTED, SeatEvent.SEND_BACK): SeatState.LOBBY,
    (SeatState.ADMITTED, SeatEvent.KICK): SeatState.KICKED,
    (SeatState.ADMITTED, SeatEvent.LEAVE): SeatState.LEFT,
    (SeatState.ADMITTED, SeatEvent.GRACE_OVER): SeatState.LEFT,
}

SEATED: Final = frozenset({SeatState.CHECKING, SeatState.LOBBY, SeatState.ADMITTED})
TURNED_AWAY: Final = frozenset({SeatState.DENIED, SeatState.KICKED})


@dataclass(kw_only=True)
class Seat:
    """One participant. `order` grows with each page, so the later of two is always known."""

    pid: str
    name: str
    institution: str
    role: Role
    can_admit: bool
    state: SeatState = SeatState.LEFT
    here: bool = False
    epoch: int = 0
    order: int = 0
    media: Media = field(default_factory=lambda: Media(audio=False, video=False))
    check: Check | None = None
    knocked_at: datetime | None = None
    away_until: datetime | None = None


class What(StrEnum):
    """What a change is about."""

    ENTERED = "entered"
    UPDATED = "updated"
    RECONNECTED_ANEW = "reconnected_anew"
    OUT = "out"
    LOBBY = "lobby"
    ROOM = "room"


class Out(StrEnum):
    """Why somebody is out of the room."""

    BYE = "bye"
    GRACE_OVER = "grace_over"
    RETURNED = "returned"
    KICKED = "kicked"


@dataclass(frozen=True)
class Change:
    """One fact about what has just happened."""

    what: What
    pid: str = ""
    reason: Out = Out.BYE


class Room:
    """One room. `participants_max` seats can be taken at once."""

    def __init__(self, name: str, participants_max: int) -> None:
        self.name = name
        self.state = RoomState.SCHEDULED
        self.plan_epoch = 1
        self.live_since: datetime | None = None
        self.seats: dict[str, Seat] = {}
        self._participants_max = participants_max
        self._orders = 0

    def admitted(self) -> list[Seat]:
        """Who is in, earliest page first."""
        return sorted(self._in(SeatState.ADMITTED), key=lambda seat: seat.order)

    def waiting(self) -> list[Seat]:
        """Who waits in the lobby, longest first."""
        return sorted(
            self._in(SeatState.LOBBY),
            key=lambda seat: seat.knocked_at.timestamp() if seat.knocked_at else 0.0,
        )

    def admitters(self) -> list[Seat]:
        """Who may know the lobby: those who may admit, already while they check their camera."""
        may_know = {SeatState.CHECKING, SeatState.ADMITTED}
        return [seat for seat in self.seats.values() if seat.can_admit and seat.state in may_know]

    def clinician_in(self) -> bool:
        """True while at least one clinician has a seat in the room, reconnecting or not."""
        return any(seat.role.is_clinician for seat in self._in(SeatState.ADMITTED))

    def seat(self, pid: str) -> Seat:
        """The seat that `pid` has now. Raises NoSuchPeer."""
        found = self.seats.get(pid)
        if found is None or found.state not in SEATED:
            raise NoSuchPeer
        return found

    def arrive(
        self,
        ticket: JoinTicket,
        now: datetime,
        *,
        same_page: bool = False,
        epoch_before: int = 0,
        take_up_again: bool = False,
    ) -> list[Change]:
        """A socket with a valid ticket or resume token.

        `same_page`: the page and its peer connections still live, so the epoch stays; otherwise it
        rises. `epoch_before` is the highest epoch the token knows (this room may have forgotten it).
        `take_up_again` gives a forgotten admitted seat back. Raises NotAllowed for the turned away,
        RoomFull.
        """
        seat = self.seats.get(ticket.participant) or self._new_seat(ticket)
        if seat.state in TURNED_AWAY:
            raise NotAllowed
        was_seated = seat.state in SEATED
        if not was_seated:
            self._make_room()
            self._move(seat, SeatEvent.TAKE_UP_AGAIN if take_up_again else SeatEvent.ARRIVE)
        self.seats[seat.pid] = seat
        seat.name, seat.institution, seat.can_admit = ticket.name, ticket.institution, ticket.can_admit
        seat.here, seat.away_until = True, None
        anew = self._rise(seat, epoch_before, same_page=same_page)
        return self._arrived(seat, now, anew=anew, was_seated=was_seated)

    def drop(self, pid: str, until: datetime) -> list[Change]:
        """Its socket is gone; the seat stays until `until`."""
        seat = self.seat(pid)
        seat.here, seat.away_until = False, until
        if seat.state is SeatState.ADMITTED:
            return [Change(What.UPDATED, pid)]
        return [Change(What.LOBBY)] if seat.state is SeatState.LOBBY else []

    def grace_over(self, pid: str, now: datetime) -> list[Change]:
        """Nobody came back for the seat."""
        seat = self.seat(pid)
        if seat.here:
            raise BadState
        return self._out(seat, SeatEvent.GRACE_OVER, Out.GRACE_OVER, now)

    def leave(self, pid: str, now: datetime) -> list[Change]:
        """They said goodbye."""
        return self._out(self.seat(pid), SeatEvent.LEAVE, Out.BYE, now)

    def knock(self, pid: str, media: Media, check: Check | None, now: datetime) -> list[Change]:
        """Ready to enter: clinicians come in, guests wait. Knocking again only says what is new."""
        seat = self.seat(pid)
        seat.media, seat.check = media, check
        if seat.state is not SeatState.CHECKING:
            return [Change(What.UPDATED, pid) if seat.state is SeatState.ADMITTED else Change(What.LOBBY)]
        guest = not seat.role.is_clinician
        self._move(seat, SeatEvent.KNOCK_AS_GUEST if guest else SeatEvent.KNOCK_AS_CLINICIAN)
        if guest:
            seat.knocked_at = now
            return [Change(What.LOBBY)]
        return [Change(What.ENTERED, pid), *self._settle(now)]

    def admit(self, by: str, pid: str, now: datetime) -> list[Change]:
        """Let someone in from the lobby."""
        self._require_host(by)
        seat = self.seat(pid)
        self._move(seat, SeatEvent.ADMIT)
        return [Change(What.ENTERED, pid), Change(What.LOBBY), *self._settle(now)]

    def deny(self, by: str, pid: str, now: datetime) -> list[Change]:
        """Turn someone in the lobby away for good."""
        self._require_host(by)
        return self._out(self.seat(pid), SeatEvent.DENY, Out.KICKED, now)

    def send_back(self, by: str, pid: str, now: datetime) -> list[Change]:
        """Back to the lobby; only guests can be sent there. Raises NotAllowed for a clinician."""
        self._require_host(by)
        seat = self.seat(pid)
        if seat.role.is_clinician:
            raise NotAllowed
        return self._out(seat, SeatEvent.SEND_BACK, Out.RETURNED, now)

    def kick(self, by: str, pid: str, now: datetime) -> list[Change]:
        """Remove someone for good; nobody removes themselves or another who may admit."""
        self._require_host(by)
        seat = self.seat(pid)
        if seat.can_admit:
            raise NotAllowed
        return self._out(seat, SeatEvent.KICK, Out.KICKED, now)

    def set_media(self, pid: str, media: Media) -> list[Change]:
        """Microphone or camera went on or off. Raises NotAdmitted outside the room."""
        seat = self.require_admitted(pid)
        seat.media = media
        return [Change(What.UPDATED, pid)]

    def drained(self, now: datetime) -> list[Change]:
        """No clinician came back in time: guests wait in the lobby again, nobody is thrown out."""
        self._move_room(RoomEvent.DRAINED)
        changes: list[Change] = []
        for seat in self.admitted():
            self._move(seat, SeatEvent.SEND_BACK)
            seat.knocked_at = now
            changes.append(Change(What.OUT, seat.pid, Out.RETURNED))
        return [*changes, Change(What.LOBBY), Change(What.ROOM), *self._settle(now)]

    def require_admitted(self, pid: str) -> Seat:
        """The seat of somebody who is in the room. Raises NotAdmitted."""
        found = self.seats.get(pid)
        if found is None or found.state is not SeatState.ADMITTED:
            raise NotAdmitted
        return found

    def admitted_peer(self, pid: str) -> Seat:
        """The seat of a target in the room. Raises NoSuchPeer for anybody else, waiting or not."""
        found = self.seats.get(pid)
        if found is None or found.state is not SeatState.ADMITTED:
            raise NoSuchPeer
        return found

    def _in(self, state: SeatState) -> Iterator[Seat]:
        return (seat for seat in self.seats.values() if seat.state is state)

    def _new_seat(self, ticket: JoinTicket) -> Seat:
        return Seat(
            pid=ticket.participant,
            name=ticket.name,
            institution=ticket.institution,
            role=ticket.role,
            can_admit=ticket.can_admit,
        )

    def _make_room(self) -> None:
        taken = sum(1 for seat in self.seats.values() if seat.state in SEATED)
        if taken >= self._participants_max or len(self.seats) >= SEATS_REMEMBERED_MAX:
            raise RoomFull(participants_max=self._participants_max)

    def _require_host(self, by: str) -> None:
        if not self.require_admitted(by).can_admit:
            raise NotAllowed

    def _rise(self, seat: Seat, epoch_before: int, *, same_page: bool) -> bool:
        """Set the epoch; True when peers must build their connections anew."""
        known = max(seat.epoch, epoch_before)
        seat.epoch = known if same_page and known > 0 else known + 1
        anew = not same_page or seat.order == 0
        if anew:
            self._orders += 1
            seat.order = self._orders
        return anew

    def _arrived(self, seat: Seat, now: datetime, *, anew: bool, was_seated: bool) -> list[Change]:
        if seat.state is SeatState.ADMITTED:
            if not was_seated:
                return [Change(What.ENTERED, seat.pid), *self._settle(now)]
            return [Change(What.RECONNECTED_ANEW if anew else What.UPDATED, seat.pid)]
        return [Change(What.LOBBY)] if seat.state is SeatState.LOBBY else []

    def _out(self, seat: Seat, event: SeatEvent, reason: Out, now: datetime) -> list[Change]:
        before = seat.state
        self._move(seat, event)
        if seat.state is SeatState.LOBBY:
            seat.knocked_at = now
        else:
            seat.here, seat.away_until = False, None
        changes = [Change(What.OUT, seat.pid, reason)] if before is SeatState.ADMITTED else []
        if SeatState.LOBBY in {before, seat.state}:
            changes.append(Change(What.LOBBY))
        return [*changes, *self._settle(now)]

    def _move(self, seat: Seat, event: SeatEvent) -> None:
        after = SEATS.get((seat.state, event))
        if after is None:
            raise BadState
        seat.state = after

    def _move_room(self, event: RoomEvent) -> None:
        after = ROOMS.get((self.state, event))
        if after is None:
            raise BadState
        self.state = after

    def _settle(self, now: datetime) -> list[Change]:
        """Let the room follow from who is in it."""
        before = self.state
        while (event := self._due()) is not None:
            self._move_room(event)
        if self.state is RoomState.LIVE and self.live_since is None:
            self.live_since = now
        return [Change(What.ROOM)] if self.state is not before else []

    def _due(self) -> RoomEvent | None:
        """The event that the seats demand in the present state, if any."""
        clinician, count = self.clinician_in(), len(self.admitted())
        match self.state:
            case RoomState.SCHEDULED | RoomState.DRAINING if clinician:
                return RoomEvent.CLINICIAN_IN
            case RoomState.OPEN | RoomState.LIVE if not clinician:
                return RoomEvent.NO_CLINICIAN
            case RoomState.OPEN if count > 1:
                return RoomEvent.TWO_IN
            case RoomState.LIVE if count <= 1:
                return RoomEvent.ONE_IN
            case RoomState.SCHEDULED if not any(seat.state in SEATED for seat in self.seats.values()):
                return RoomEvent.EMPTY
            case _:
                return None
