"""Who is told what when a room changes: pure, and the only place that addresses room messages.

The rule it must never break: somebody who is not admitted is told about their own place in the lobby,
and nothing of the room: no peer, no plan, no relay credential.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeAlias

from signaling.events import (
    ByeData,
    ByeFrom,
    IceServer,
    LeftData,
    LobbyData,
    LobbyList,
    LobbyWaiting,
    MediaPlan,
    PeerData,
    PeerJoined,
    PeerLeft,
    PeerUpdated,
    PlanData,
    PlanPeer,
    RoomData,
    RoomSnapshot,
    ServerMessage,
    WaiterData,
    WaitingData,
)
from signaling.parts import SeatWord
from signaling.room import TURNED_AWAY, Change, Room, Seat, SeatState, What

Addressed: TypeAlias = tuple[str, ServerMessage]
IceFor: TypeAlias = Callable[[Seat], tuple[list[IceServer], int]]


def announce(room: Room, changes: Iterable[Change], ice: IceFor) -> list[Addressed]:
    """The messages that tell of `changes`, in order; `ice` makes one seat's relay credentials."""
    addressed: list[Addressed] = []
    for change in changes:
        addressed += _TELL[change.what](room, change, ice)
    return addressed


def snapshot(room: Room, seat: Seat, ice: IceFor) -> list[ServerMessage]:
    """Everything `seat` may know now, for a socket that has nothing yet."""
    messages: list[ServerMessage] = []
    if seat.state is SeatState.ADMITTED:
        messages += [room_state(room), plan(room, seat, ice)]
    elif seat.state is SeatState.LOBBY:
        messages.append(_waiting(room, seat))
    if seat in room.admitters():
        messages.append(_lobby(room))
    return messages


def word(seat: Seat) -> SeatWord:
    """A seat's state as the wire says it."""
    if seat.state is SeatState.ADMITTED and not seat.here:
        return SeatWord.RECONNECTING
    return SeatWord(seat.state.value)


def peer(seat: Seat) -> PeerData:
    """A participant as the others see it."""
    return PeerData(
        pid=seat.pid,
        epoch=seat.epoch,
        role=seat.role,
        name=seat.name,
        institution=seat.institution,
        state=word(seat),
        media=seat.media,
        grace_until=_rfc3339(seat.away_until),
    )


def room_state(room: Room) -> RoomSnapshot:
    """The whole room, for the admitted."""
    return RoomSnapshot(
        d=RoomData(
            room=room.state,
            live_since=_rfc3339(room.live_since),
            peers=[peer(seat) for seat in room.admitted()],
        )
    )


def plan(room: Room, seat: Seat, ice: IceFor) -> MediaPlan:
    """Mesh: one connection to each other admitted seat. The later page is polite, the earlier offers."""
    servers, seconds = ice(seat)
    return MediaPlan(
        d=PlanData(
            plan_epoch=room.plan_epoch,
            mode="mesh",
            ice_servers=servers,
            ice_seconds=seconds,
            peers=[
                PlanPeer(
                    pid=other.pid,
                    epoch=other.epoch,
                    polite=seat.order > other.order,
                    offers=seat.order < other.order,
                )
                for other in room.admitted()
                if other.pid != seat.pid
            ],
        )
    )


def _others(room: Room, pid: str) -> list[Seat]:
    return [seat for seat in room.admitted() if seat.pid != pid]


def _entered(room: Room, change: Change, ice: IceFor) -> list[Addressed]:
    newcomer = room.seats[change.pid]
    told: list[Addressed] = []
    for other in _others(room, change.pid):
        told += [(other.pid, PeerJoined(d=peer(newcomer))), (other.pid, plan(room, other, ice))]
    return told + [(newcomer.pid, message) for message in snapshot(room, newcomer, ice)]


def _updated(room: Room, change: Change, _ice: IceFor) -> list[Addressed]:
    message = PeerUpdated(d=peer(room.seats[change.pid]))
    return [(other.pid, message) for other in _others(room, change.pid)]


def _reconnected_anew(room: Room, change: Change, ice: IceFor) -> list[Addressed]:
    plans: list[Addressed] = [(other.pid, plan(room, other, ice)) for other in _others(room, change.pid)]
    return _updated(room, change, ice) + plans


def _out(room: Room, change: Change, ice: IceFor) -> list[Addressed]:
    gone = room.seats[change.pid]
    message = PeerLeft(d=LeftData(pid=gone.pid, epoch=gone.epoch, reason=change.reason.value))
    told: list[Addressed] = []
    for other in _others(room, change.pid):
        told += [(other.pid, message), (other.pid, plan(room, other, ice))]
    return told


def _lobby_changed(room: Room, _change: Change, _ice: IceFor) -> list[Addressed]:
    listing = _lobby(room)
    told: list[Addressed] = [(host.pid, listing) for host in room.admitters()]
    return told + [(seat.pid, _waiting(room, seat)) for seat in room.waiting()]


def _room_changed(room: Room, _change: Change, _ice: IceFor) -> list[Addressed]:
    message = room_state(room)
    told: list[Addressed] = [(seat.pid, message) for seat in room.admitted()]
    return told + [(seat.pid, _waiting(room, seat)) for seat in room.waiting()]


_TELL: dict[What, Callable[[Room, Change, IceFor], list[Addressed]]] = {
    What.ENTERED: _entered,
    What.UPDATED: _updated,
    What.RECONNECTED_ANEW: _reconnected_anew,
    What.OUT: _out,
    What.LOBBY: _lobby_changed,
    What.ROOM: _room_changed,
}


def farewell(seat: Seat) -> ByeFrom | None:
    """The last word to somebody who has been turned away, else None."""
    if seat.state not in TURNED_AWAY:
        return None
    return ByeFrom(d=ByeData(reason="denied" if seat.state is SeatState.DENIED else "kicked"))


def _waiting(room: Room, seat: Seat) -> LobbyWaiting:
    return LobbyWaiting(
        d=WaitingData(position=room.waiting().index(seat) + 1, clinician_present=room.clinician_in())
    )


def _lobby(room: Room) -> LobbyList:
    return LobbyList(
        d=LobbyData(
            waiting=[
                WaiterData(
                    pid=seat.pid,
                    name=seat.name,
                    institution=seat.institution,
                    role=seat.role,
                    waiting_since=_rfc3339(seat.knocked_at) or "",
                    here=seat.here,
                    grade=seat.check.grade if seat.check else "unknown",
                )
                for seat in room.waiting()
            ]
        )
    )


def _rfc3339(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None
