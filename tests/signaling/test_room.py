"""The room as a pure machine: whatever happens in whatever order, the promises hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from config.kernel.errors import AppError
from signaling.announce import announce, snapshot
from signaling.errors import BadState, NotAdmitted, NotAllowed, RoomFull
from signaling.events import (
    IceServer,
    IceServers,
    LobbyWaiting,
    MediaPlan,
    PeerJoined,
    PeerLeft,
    PeerUpdated,
    RoomSnapshot as Snapshot,
    ServerMessage,
)
from signaling.parts import Check, Media
from signaling.roles import CLINICIANS, Role
from signaling.room import ROOMS, SEATED, SEATS, Change, Room, RoomState, Seat, SeatEvent, SeatState
from signaling.tickets import JoinTicket

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ROOM_ONLY = (Snapshot, PeerJoined, PeerUpdated, PeerLeft, MediaPlan, IceServers)
PEOPLE = {
    "d1": Role.SPECIALIST,
    "d2": Role.APPLICANT,
    "d3": Role.COORDINATOR,
    "p1": Role.PATIENT,
    "p2": Role.FAMILY,
    "p3": Role.INTERPRETER,
}
pids = st.sampled_from(sorted(PEOPLE))
ON = Media(audio=True, video=True)


def ticket(pid: str, *, can_admit: bool | None = None) -> JoinTicket:
    role = PEOPLE[pid]
    return JoinTicket(
        room="r",
        participant=pid,
        name=pid,
        institution="县医院",
        role=role,
        can_admit=role in CLINICIANS if can_admit is None else can_admit,
        case_ref="",
        jti=pid,
        expires_at=NOW,
    )


def relay(seat: Seat) -> tuple[list[IceServer], int]:
    return [IceServer(urls=["turn:x"], username=seat.pid, credential="secret")], 600


@dataclass
class Heard:
    """A message, to whom, and where they stood when it was sent."""

    pid: str
    state: SeatState
    message: ServerMessage


class AnyCall(RuleBasedStateMachine):
    """Everything that can happen to a room, in any order."""

    @initialize(seats=st.integers(2, 6))
    def start(self, seats: int) -> None:
        self.room = Room("r", seats)
        self.seats_max = seats
        self.heard: list[Heard] = []
        self.epochs: dict[str, int] = {}
        self.turned_away: set[str] = set()

    def tell(self, changes: list[Change]) -> None:
        for pid, message in announce(self.room, changes, relay):
            self.heard.append(Heard(pid, self.room.seats[pid].state, message))
        for seat in self.room.seats.values():
            if seat.state in {SeatState.DENIED, SeatState.KICKED}:
                self.turned_away.add(seat.pid)

    @rule(pid=pids, same_page=st.booleans(), before=st.integers(0, 5), again=st.booleans())
    def arrive(self, pid: str, same_page: bool, before: int, again: bool) -> None:
        try:
            changes = self.room.arrive(
                ticket(pid),
                NOW,
                same_page=same_page,
                epoch_before=before,
                take_up_again=again and pid not in self.room.seats,
            )
        except NotAllowed:
            assert pid in self.turned_away
        except RoomFull:
            assert sum(s.state in SEATED for s in self.room.seats.values()) >= self.seats_max
        else:
            assert pid not in self.turned_away
            assert self.room.seats[pid].epoch >= max(1, before)
            for message in snapshot(self.room, self.room.seats[pid], relay):
                self.heard.append(Heard(pid, self.room.seats[pid].state, message))
            self.tell(changes)

    @rule(act=st.sampled_from(["knock", "leave", "drop", "grace_over", "set_media"]), pid=pids)
    def alone(self, act: str, pid: str) -> None:
        calls = {
            "knock": lambda: self.room.knock(pid, ON, None, NOW),
            "leave": lambda: self.room.leave(pid, NOW),
            "drop": lambda: self.room.drop(pid, NOW + timedelta(seconds=45)),
            "grace_over": lambda: self.room.grace_over(pid, NOW),
            "set_media": lambda: self.room.set_media(pid, ON),
        }
        try:
            self.tell(calls[act]())
        except AppError:
            return

    @rule(act=st.sampled_from(["admit", "deny", "send_back", "kick"]), by=pids, pid=pids)
    def host(self, act: str, by: str, pid: str) -> None:
        host = self.room.seats.get(by)
        allowed = host is not None and host.can_admit and host.state is SeatState.ADMITTED
        calls = {
            "admit": self.room.admit,
            "deny": self.room.deny,
            "send_back": self.room.send_back,
            "kick": self.room.kick,
        }
        try:
            self.tell(calls[act](by, pid, NOW))
        except AppError:
            return
        assert allowed

    @rule()
    def drained(self) -> None:
        try:
            self.tell(self.room.drained(NOW))
        except BadState:
            assert self.room.state is not RoomState.DRAINING

    @invariant()
    def nothing_of_the_room_reaches_anybody_outside_it(self) -> None:
        for heard in self.heard:
            if heard.state is not SeatState.ADMITTED:
                assert not isinstance(heard.message, ROOM_ONLY), heard
                assert "secret" not in heard.message.model_dump_json()
        self.heard.clear()

    @invariant()
    def epochs_only_rise(self) -> None:
        for pid, seat in self.room.seats.items():
            assert seat.epoch >= self.epochs.get(pid, 0)
            self.epochs[pid] = seat.epoch

    @invariant()
    def a_room_without_a_clinician_is_not_open(self) -> None:
        if self.room.state in {RoomState.OPEN, RoomState.LIVE}:
            assert self.room.clinician_in()
            assert (len(self.room.admitted()) > 1) == (self.room.state is RoomState.LIVE)

    @invariant()
    def pages_are_in_one_order(self) -> None:
        orders = [seat.order for seat in self.room.seats.values()]
        assert len(set(orders)) == len(orders)

    @invariant()
    def each_pair_has_one_who_offers(self) -> None:
        plans = {seat.pid: _peers(self.room, seat) for seat in self.room.admitted()}
        for pid, peers in plans.items():
            for other, (polite, offers) in peers.items():
                assert polite != plans[other][pid][0]
                assert offers != plans[other][pid][1]


def _peers(room: Room, seat: Seat) -> dict[str, tuple[bool, bool]]:
    plan = next(m for m in snapshot(room, seat, relay) if isinstance(m, MediaPlan))
    return {peer.pid: (peer.polite, peer.offers) for peer in plan.d.peers}


AnyCall.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyCall = AnyCall.TestCase


def a_room(*admitted: str) -> Room:
    room = Room("r", 6)
    for pid in ("d1", *(p for p in admitted if p != "d1")):
        room.arrive(ticket(pid), NOW)
        room.knock(pid, ON, None, NOW)
        if PEOPLE[pid] not in CLINICIANS:
            room.admit("d1", pid, NOW)
    return room


@given(state=st.sampled_from(SeatState), event=st.sampled_from(SeatEvent))
def test_only_an_arrival_gives_a_seat_and_nobody_turned_away_moves(
    state: SeatState, event: SeatEvent
) -> None:
    after = SEATS.get((state, event))
    if state in {SeatState.DENIED, SeatState.KICKED}:
        assert after is None
    if after is SeatState.ADMITTED:
        assert event in {SeatEvent.KNOCK_AS_CLINICIAN, SeatEvent.ADMIT, SeatEvent.TAKE_UP_AGAIN}
    if after in SEATED and state not in SEATED:
        assert event in {SeatEvent.ARRIVE, SeatEvent.TAKE_UP_AGAIN}


def test_a_closed_room_is_the_end() -> None:
    assert not [key for key in ROOMS if key[0] is RoomState.CLOSED]


def test_a_room_goes_from_scheduled_to_closed() -> None:
    room = Room("r", 6)
    states: list[RoomState] = []
    steps: tuple[Callable[[], object], ...] = (
        lambda: room.arrive(ticket("p1"), NOW) + room.knock("p1", ON, None, NOW),
        lambda: room.arrive(ticket("d1"), NOW) + room.knock("d1", ON, None, NOW),
        lambda: room.admit("d1", "p1", NOW),
        lambda: room.leave("d1", NOW),
        lambda: room.drained(NOW),
        lambda: room.leave("p1", NOW),
    )
    for step in steps:
        step()
        states.append(room.state)
    assert states == [
        RoomState.SCHEDULED,
        RoomState.OPEN,
        RoomState.LIVE,
        RoomState.DRAINING,
        RoomState.SCHEDULED,
        RoomState.CLOSED,
    ]
    assert room.live_since == NOW


def test_guests_wait_again_when_the_room_has_drained() -> None:
    room = a_room("p1")
    room.leave("d1", NOW)
    told = announce(room, room.drained(NOW), relay)
    assert room.seats["p1"].state is SeatState.LOBBY
    assert {type(message) for pid, message in told if pid == "p1"} == {LobbyWaiting}


def test_the_lobby_is_first_come_first_served() -> None:
    room = a_room()
    for minutes, pid in enumerate(("p2", "p1", "p3")):
        room.arrive(ticket(pid), NOW)
        room.knock(
            pid, ON, Check(grade="good", camera=True, microphone=True), NOW + timedelta(minutes=minutes)
        )
    positions = {
        pid: message.d.position
        for pid, message in announce(room, room.set_media("d1", ON), relay)
        if isinstance(message, LobbyWaiting)
    }
    assert positions == {}
    assert [seat.pid for seat in room.waiting()] == ["p2", "p1", "p3"]
    told = announce(room, room.admit("d1", "p2", NOW), relay)
    assert {p: m.d.position for p, m in told if isinstance(m, LobbyWaiting)} == {"p1": 1, "p3": 2}


def test_a_dropped_guest_keeps_the_place_and_may_be_admitted_meanwhile() -> None:
    room = a_room()
    room.arrive(ticket("p1"), NOW)
    room.knock("p1", ON, None, NOW)
    room.drop("p1", NOW + timedelta(seconds=45))
    room.admit("d1", "p1", NOW)
    assert room.seats["p1"].state is SeatState.ADMITTED
    room.arrive(ticket("p1"), NOW, same_page=True)
    assert room.seats["p1"].epoch == 1


@pytest.mark.parametrize("act", ["send_back", "kick"])
def test_one_who_may_admit_cannot_be_removed_by_another(act: str) -> None:
    room = a_room("d2")
    with pytest.raises(NotAllowed):
        getattr(room, act)("d1", "d2", NOW)


def test_grace_is_only_over_for_the_absent() -> None:
    room = a_room()
    with pytest.raises(BadState):
        room.grace_over("d1", NOW)


def test_media_belongs_to_the_room() -> None:
    room = Room("r", 6)
    room.arrive(ticket("p1"), NOW)
    with pytest.raises(NotAdmitted):
        room.set_media("p1", ON)


def test_knocking_again_changes_nothing_but_what_is_said() -> None:
    room = a_room("p1")
    before = {pid: (seat.state, seat.epoch, seat.order) for pid, seat in room.seats.items()}
    room.knock("p1", Media(audio=False, video=False), None, NOW)
    assert {pid: (seat.state, seat.epoch, seat.order) for pid, seat in room.seats.items()} == before
    assert room.seats["p1"].media == Media(audio=False, video=False)
