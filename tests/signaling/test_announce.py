"""Who is told what: each change, for everybody in a room with one of each kind."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from signaling.announce import announce, farewell, snapshot, word
from signaling.events import IceServer, LobbyList, MediaPlan, PeerUpdated, RoomSnapshot, ServerMessage
from signaling.parts import Check, Media, SeatWord
from signaling.roles import CLINICIANS, Role
from signaling.room import Change, Out, Room, RoomState, Seat, SeatState, What
from signaling.tickets import JoinTicket

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ON = Media(audio=True, video=True)


def ticket(pid: str, role: Role, *, can_admit: bool | None = None) -> JoinTicket:
    return JoinTicket(
        room="r",
        participant=pid,
        name=f"{pid}某",
        institution="县医院",
        role=role,
        can_admit=role in CLINICIANS if can_admit is None else can_admit,
        case_ref="",
        jti=pid,
        expires_at=NOW,
    )


def relay(seat: Seat) -> tuple[list[IceServer], int]:
    return [IceServer(urls=["turn:t"], username=f"1:r.{seat.pid}", credential="secret")], 600


def a_full_room() -> Room:
    """A host, a doctor without the right to admit, an admitted guest, one in the lobby, one at the door."""
    room = Room("r", 6)
    for pid, role, may in (
        ("host", Role.SPECIALIST, True),
        ("nurse", Role.APPLICANT, False),
        ("guest", Role.PATIENT, False),
        ("waits", Role.FAMILY, False),
        ("door", Role.COORDINATOR, True),
    ):
        room.arrive(ticket(pid, role, can_admit=may), NOW)
        if pid != "door":
            room.knock(pid, ON, None, NOW)
    room.admit("host", "guest", NOW)
    return room


def told(room: Room, *changes: Change) -> dict[str, list[str]]:
    """The types of what each is told, in order."""
    heard: dict[str, list[str]] = {}
    for pid, message in announce(room, changes, relay):
        heard.setdefault(pid, []).append(message.t)
    return heard


TABLE = [
    (Change(What.UPDATED, "guest"), {"host": ["peer.updated"], "nurse": ["peer.updated"]}),
    (
        Change(What.RECONNECTED_ANEW, "guest"),
        {"host": ["peer.updated", "media.plan"], "nurse": ["peer.updated", "media.plan"]},
    ),
    (
        Change(What.ENTERED, "guest"),
        {
            "host": ["peer.joined", "media.plan"],
            "nurse": ["peer.joined", "media.plan"],
            "guest": ["room.state", "media.plan"],
        },
    ),
    (
        Change(What.ENTERED, "host"),
        {
            "nurse": ["peer.joined", "media.plan"],
            "guest": ["peer.joined", "media.plan"],
            "host": ["room.state", "media.plan", "lobby.list"],
        },
    ),
    (Change(What.LOBBY), {"host": ["lobby.list"], "door": ["lobby.list"], "waits": ["lobby.waiting"]}),
    (
        Change(What.ROOM),
        {
            "host": ["room.state"],
            "nurse": ["room.state"],
            "guest": ["room.state"],
            "waits": ["lobby.waiting"],
        },
    ),
]


@pytest.mark.parametrize("change,wanted", TABLE, ids=lambda v: v.what if isinstance(v, Change) else "")
def test_each_change_is_told_to_those_it_concerns_and_to_no_other(
    change: Change, wanted: dict[str, list[str]]
) -> None:
    assert told(a_full_room(), change) == wanted


def test_who_is_out_is_told_to_the_others_with_the_reason() -> None:
    room = a_full_room()
    room.kick("host", "guest", NOW)
    messages = announce(room, [Change(What.OUT, "guest", Out.KICKED)], relay)
    assert {pid for pid, _ in messages} == {"host", "nurse"}
    left = [message.d for _, message in messages if message.t == "peer.left"]
    assert [(d.pid, d.epoch, d.reason) for d in left] == [("guest", 1, "kicked")] * 2
    plans = [message for _, message in messages if isinstance(message, MediaPlan)]
    assert all("guest" not in {peer.pid for peer in plan.d.peers} for plan in plans)


def snapshot_types(room: Room, pid: str) -> list[str]:
    return [message.t for message in snapshot(room, room.seats[pid], relay)]


@pytest.mark.parametrize(
    "pid,wanted",
    [
        ("host", ["room.state", "media.plan", "lobby.list"]),
        ("nurse", ["room.state", "media.plan"]),
        ("guest", ["room.state", "media.plan"]),
        ("waits", ["lobby.waiting"]),
        ("door", ["lobby.list"]),
    ],
)
def test_a_fresh_page_is_told_all_that_its_seat_may_know(pid: str, wanted: list[str]) -> None:
    assert snapshot_types(a_full_room(), pid) == wanted


@pytest.mark.parametrize("pid", ["waits", "door"])
def test_outside_the_room_there_is_no_credential_and_nobody_admitted_by_name(pid: str) -> None:
    room = a_full_room()
    said = json.dumps([m.model_dump(mode="json") for m in snapshot(room, room.seats[pid], relay)])
    assert "secret" not in said
    for inside in ("host", "nurse", "guest"):
        assert f'"{inside}"' not in said


def plan_of(room: Room, pid: str) -> MediaPlan:
    return next(m for m in snapshot(room, room.seats[pid], relay) if isinstance(m, MediaPlan))


def test_the_later_page_is_polite_and_the_earlier_offers() -> None:
    room = a_full_room()
    order = ["host", "nurse", "guest"]
    for at, pid in enumerate(order):
        parts = {peer.pid: (peer.polite, peer.offers) for peer in plan_of(room, pid).d.peers}
        assert parts == {other: (at > place, at < place) for place, other in enumerate(order) if other != pid}


def test_a_reloaded_page_becomes_the_latest() -> None:
    room = a_full_room()
    room.arrive(ticket("host", Role.SPECIALIST), NOW)
    assert {(p.pid, p.polite, p.offers) for p in plan_of(room, "host").d.peers} == {
        ("nurse", True, False),
        ("guest", True, False),
    }
    assert {p.pid: p.epoch for p in plan_of(room, "guest").d.peers} == {"host": 2, "nurse": 1}


def test_each_plan_has_the_credential_of_its_own_seat() -> None:
    room = a_full_room()
    for pid in ("host", "nurse", "guest"):
        (server,) = plan_of(room, pid).d.ice_servers
        assert server.username == f"1:r.{pid}"


def test_the_waiting_list_says_who_since_when_and_how_the_line_is() -> None:
    room = a_full_room()
    room.knock("waits", ON, Check(grade="poor", camera=True, microphone=False), NOW)
    room.drop("waits", NOW + timedelta(seconds=45))
    listing = next(m for m in snapshot(room, room.seats["host"], relay) if isinstance(m, LobbyList))
    (waiter,) = listing.d.waiting
    assert waiter.model_dump(mode="json") == {
        "pid": "waits",
        "name": "waits某",
        "institution": "县医院",
        "role": "family",
        "waiting_since": "2026-03-02T01:30:00.000+00:00",
        "here": False,
        "grade": "poor",
    }


def test_who_is_away_is_said_to_be_reconnecting_until_when() -> None:
    room = a_full_room()
    until = NOW + timedelta(seconds=45)
    changes = room.drop("guest", until)
    messages: list[ServerMessage] = [m for pid, m in announce(room, changes, relay) if pid == "host"]
    (update,) = messages
    assert isinstance(update, PeerUpdated)
    assert update.d.state is SeatWord.RECONNECTING
    assert update.d.grace_until == until.isoformat(timespec="milliseconds")


@pytest.mark.parametrize(
    "state,here,said",
    [
        (SeatState.CHECKING, True, SeatWord.CHECKING),
        (SeatState.CHECKING, False, SeatWord.CHECKING),
        (SeatState.LOBBY, False, SeatWord.LOBBY),
        (SeatState.ADMITTED, True, SeatWord.ADMITTED),
        (SeatState.ADMITTED, False, SeatWord.RECONNECTING),
    ],
)
def test_a_seat_is_said_in_one_word(state: SeatState, here: bool, said: SeatWord) -> None:
    seat = Seat(pid="p", name="n", institution="", role=Role.PATIENT, can_admit=False, state=state, here=here)
    assert word(seat) is said


@pytest.mark.parametrize("state", list(SeatState))
def test_a_farewell_is_for_those_turned_away(state: SeatState) -> None:
    seat = Seat(pid="p", name="n", institution="", role=Role.PATIENT, can_admit=False, state=state)
    last = farewell(seat)
    wanted = {SeatState.DENIED: "denied", SeatState.KICKED: "kicked"}.get(state)
    assert (last.d.reason if last else None) == wanted


def test_the_room_says_since_when_it_is_live() -> None:
    room = a_full_room()
    state = next(m for m in snapshot(room, room.seats["guest"], relay) if isinstance(m, RoomSnapshot))
    assert (state.d.room, state.d.live_since) == (RoomState.LIVE, "2026-03-02T01:30:00.000+00:00")
    assert [peer.pid for peer in state.d.peers] == ["host", "nurse", "guest"]
