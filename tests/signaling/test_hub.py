"""Rooms of a process over time: seats, resume tokens and memory, with sockets that only write down."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from signaling import caps
from signaling.caps import CloseCode
from signaling.errors import NotAdmitted, RoomFull, Unauthorized
from signaling.hub import Hub, Rules, Session
from signaling.ledger import MemoryLedger
from signaling.metrics import Metrics
from signaling.parts import Media
from signaling.requests import Client, HelloData
from signaling.roles import CLINICIANS, Role
from signaling.tickets import RESUME_SECONDS, mint
from signaling.turn import Relays
from tests.fixtures.clock import HandClock
from tests.fixtures.waiting import eventually

SECRET = SecretStr("0123456789abcdef0123456789abcdef")
ON = Media(audio=True, video=True)


@dataclass
class Pen:
    """A socket that writes down what it is given."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    code: CloseCode | None = None

    def send(self, text: str) -> None:
        self.frames.append(json.loads(text))

    def close(self, code: CloseCode) -> None:
        self.code = self.code or code

    def types(self) -> list[str]:
        return [frame["t"] for frame in self.frames]

    def last(self, t: str) -> dict[str, Any]:
        return next(frame["d"] for frame in reversed(self.frames) if frame["t"] == t)

    @property
    def resume(self) -> str:
        """The newest resume token."""
        found = next(f for f in reversed(self.frames) if f["t"] in {"welcome", "resume"})
        return str(found["d"].get("resume") or found["d"].get("token"))


@dataclass
class House:
    """A hub and people who enter it."""

    hub: Hub
    clock: HandClock

    async def hello(self, pen: Pen, **d: Any) -> Session:
        """Open a seat for a socket."""
        return await self.hub.open(HelloData(client=Client(app="t"), **d), pen)

    async def seat(self, pid: str, role: Role = Role.SPECIALIST, room: str = "r") -> tuple[Session, Pen]:
        """Somebody with a fresh ticket."""
        ticket = mint(
            SECRET,
            room=room,
            participant=pid,
            name=pid,
            role=role,
            can_admit=role in CLINICIANS,
            case_ref="c",
            now=self.clock.now(),
            ttl_seconds=120,
        )
        pen = Pen()
        return await self.hello(pen, token=ticket), pen

    async def inside(self, pid: str, role: Role = Role.SPECIALIST) -> tuple[Session, Pen]:
        """Somebody who has knocked as well."""
        session, pen = await self.seat(pid, role)
        self.hub.apply(session.room, session.room.knock(pid, ON, None, self.clock.now()))
        return session, pen


Make = Callable[..., House]


@pytest.fixture
def make(clock: HandClock) -> Make:
    def house(*, grace: float = 45, drain: float = 120, seats: int = 6, turn: bool = False) -> House:
        rules = Rules(grace_seconds=grace, drain_seconds=drain, participants_max=seats, probe_seconds_max=30)
        urls = ["turn:turn.test:3478"] if turn else []
        relays = Relays(urls=urls, secret=SecretStr("north"), ttl_seconds=600)
        metrics = Metrics(CollectorRegistry())
        hub = Hub(
            rules=rules, secret=SECRET, relays=relays, ledger=MemoryLedger(), clock=clock, metrics=metrics
        )
        return House(hub, clock)

    return house


async def test_what_is_numbered_has_no_gap(make: Make) -> None:
    house = make()
    _, doctor = await house.inside("doctor")
    await house.inside("second")
    await house.inside("patient", Role.PATIENT)
    numbers = [frame["seq"] for frame in doctor.frames if frame["seq"] is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {frame["t"] for frame in doctor.frames if frame["seq"] is None} == {"welcome"}


async def test_the_welcome_tells_what_a_client_must_keep_to(make: Make) -> None:
    _, pen = await make(seats=4, grace=30).seat("doctor")
    welcome = pen.last("welcome")
    assert welcome["limits"] == {
        "message_bytes_max": caps.MESSAGE_BYTES_MAX,
        "messages_per_second": caps.MESSAGES_PER_SECOND,
        "messages_burst": caps.MESSAGES_BURST,
        "participants_max": 4,
        "grace_seconds": 30,
        "probe_seconds_max": 30,
    }
    assert (welcome["pid"], welcome["epoch"], welcome["state"]) == ("doctor", 1, "checking")


async def test_a_resume_token_ends_after_four_hours(make: Make, clock: HandClock) -> None:
    house = make()
    _, pen = await house.inside("doctor")
    clock.advance(RESUME_SECONDS)
    with pytest.raises(Unauthorized):
        await house.hello(Pen(), resume=pen.resume, last_seq=0)


async def test_each_welcome_voids_the_resume_token_before(make: Make) -> None:
    house = make()
    _, first = await house.inside("doctor")
    again = Pen()
    await house.hello(again, resume=first.resume, last_seq=0)
    assert again.resume != first.resume
    with pytest.raises(Unauthorized):
        await house.hello(Pen(), resume=first.resume, last_seq=0)
    await house.hello(Pen(), resume=again.resume, last_seq=0)


async def test_only_the_newest_socket_speaks_for_a_seat(make: Make) -> None:
    house = make()
    old, old_pen = await house.inside("doctor")
    new, new_pen = await house.seat("doctor")
    assert old_pen.code is CloseCode.REPLACED
    assert (house.hub.is_current(old), house.hub.is_current(new)) == (False, True)
    seen = len(old_pen.frames)
    house.hub.drop(old)
    await house.inside("second")
    assert len(old_pen.frames) == seen
    assert new.room.seats["doctor"].here, "the end of the old socket is not the end of the new one"
    assert "peer.joined" in new_pen.types()


async def test_a_participant_has_at_most_three_sockets(make: Make) -> None:
    house = make()
    sessions = [await house.seat("doctor") for _ in range(caps.SOCKETS_PER_PARTICIPANT_MAX)]
    with pytest.raises(RoomFull):
        await house.seat("doctor")
    house.hub.drop(sessions[0][0])
    await house.seat("doctor")


async def test_the_process_has_at_most_so_many_rooms(make: Make) -> None:
    house = make()
    for number in range(caps.ROOMS_MAX):
        await house.seat("doctor", room=f"room-{number}")
    with pytest.raises(RoomFull):
        await house.seat("doctor", room="one-more")
    await house.seat("second", room="room-0")


async def test_a_refused_room_leaves_nothing_behind(make: Make) -> None:
    house = make(seats=1)
    await house.seat("first")
    for number in range(20):
        with pytest.raises(RoomFull):
            await house.seat(f"p{number}")
    assert len(house.hub._channels) == 1
    (room,) = house.hub._rooms.values()
    assert list(room.seats) == ["first"]


async def test_a_room_that_everybody_has_left_is_forgotten_with_its_timers(make: Make) -> None:
    house = make(drain=0.01)
    doctor, _ = await house.inside("doctor")
    patient, patient_pen = await house.inside("patient", Role.PATIENT)
    await house.hub.leave(doctor)
    await house.hub.leave(patient)
    assert patient_pen.code is CloseCode.ROOM_GONE
    await eventually(lambda: not house.hub._rooms)
    assert (house.hub._channels, house.hub._drains) == ({}, {})
    again, _ = await house.seat("doctor")
    assert again.epoch == 1


async def test_a_seat_comes_back_within_its_grace_and_no_timer_then_ends_it(make: Make) -> None:
    house = make(grace=0.05)
    doctor, pen = await house.inside("doctor")
    _, second = await house.inside("second")
    house.hub.drop(doctor)
    assert second.last("peer.updated")["state"] == "reconnecting"
    back = Pen()
    session = await house.hello(back, resume=pen.resume, last_seq=pen.frames[-1]["seq"])
    loop = asyncio.get_running_loop()
    later = loop.time() + 0.1
    await eventually(lambda: loop.time() > later)
    assert "peer.left" not in second.types()
    assert house.hub.is_current(session)


async def test_grace_over_frees_the_seat_for_somebody_else(make: Make) -> None:
    house = make(grace=0.01, seats=2)
    doctor, _ = await house.inside("doctor")
    _, second = await house.inside("second")
    house.hub.drop(doctor)
    with pytest.raises(RoomFull):
        await house.seat("third")
    await eventually(lambda: "peer.left" in second.types())
    await house.seat("third")


async def test_until_when_a_seat_is_kept_is_said_as_a_time(make: Make, clock: HandClock) -> None:
    house = make(grace=45)
    doctor, _ = await house.inside("doctor")
    _, second = await house.inside("second")
    house.hub.drop(doctor)
    until = (clock.now() + timedelta(seconds=45)).isoformat(timespec="milliseconds")
    assert second.last("peer.updated")["grace_until"] == until


async def test_relay_credentials_are_each_for_one_seat_and_only_for_the_admitted(make: Make) -> None:
    house = make(turn=True)
    doctor, doctor_pen = await house.inside("doctor")
    patient, patient_pen = await house.inside("patient", Role.PATIENT)
    with pytest.raises(NotAdmitted):
        house.hub.ice(patient.room, patient.room.seats["patient"])
    assert "credential" not in json.dumps(patient_pen.frames)
    house.hub.apply(doctor.room, doctor.room.admit("doctor", "patient", house.clock.now()))
    users = {pen.last("media.plan")["ice_servers"][0]["username"] for pen in (doctor_pen, patient_pen)}
    assert {user.split(":")[1] for user in users} == {"r.doctor", "r.patient"}


async def test_who_is_sent_back_cannot_read_afterwards_what_was_meant_for_the_room(make: Make) -> None:
    house = make(turn=True)
    doctor, _ = await house.inside("doctor")
    patient, pen = await house.inside("patient", Role.PATIENT)
    house.hub.apply(doctor.room, doctor.room.admit("doctor", "patient", house.clock.now()))
    await house.hub.renew(doctor.room, "patient")
    seen = max(frame["seq"] or 0 for frame in pen.frames)
    house.hub.drop(patient)
    await house.inside("second")
    house.hub.apply(doctor.room, doctor.room.send_back("doctor", "patient", house.clock.now()))
    back = Pen()
    await house.hello(back, resume=pen.resume, last_seq=seen)
    assert not {"media.plan", "room.state", "peer.joined"} & set(back.types())
    assert "credential" not in json.dumps(back.frames)


async def test_somebody_turned_away_gets_a_last_word_and_no_way_back(make: Make) -> None:
    house = make()
    doctor, _ = await house.inside("doctor")
    _, pen = await house.inside("patient", Role.PATIENT)
    house.hub.apply(doctor.room, doctor.room.deny("doctor", "patient", house.clock.now()))
    house.hub.end(doctor.room, "patient")
    await house.hub.renew(doctor.room, "patient")
    assert (pen.last("bye")["reason"], pen.code) == ("denied", CloseCode.FORBIDDEN)
    with pytest.raises(Unauthorized):
        await house.hello(Pen(), resume=pen.resume, last_seq=0)


async def test_the_last_word_is_only_for_those_turned_away(make: Make) -> None:
    house = make()
    session, pen = await house.inside("doctor")
    house.hub.end(session.room, "doctor")
    assert pen.code is None
    assert "bye" not in pen.types()


async def test_after_the_replay_is_lost_the_whole_room_is_told(make: Make) -> None:
    house = make()
    first, pen = await house.inside("doctor")
    second, _ = await house.inside("second")
    house.hub.drop(first)
    for _ in range(caps.REPLAY_MESSAGES_MAX + 1):
        house.hub.apply(second.room, second.room.set_media("second", ON))
    back = Pen()
    await house.hello(back, resume=pen.resume, last_seq=1)
    assert back.last("welcome")["resumed"] is False
    assert back.types()[1:3] == ["room.state", "media.plan"]
    assert len(back.frames) < 10


async def test_a_seat_forgotten_by_a_restart_is_taken_up_again_only_for_the_grace_time(
    make: Make, clock: HandClock
) -> None:
    before = make()
    _, pen = await before.inside("doctor")
    await before.hub.renew(next(iter(before.hub._rooms.values())), "doctor")
    soon, late = make(), make()
    back = Pen()
    await soon.hello(back, resume=pen.resume, last_seq=5)
    assert back.last("welcome")["state"] == "admitted"
    clock.advance(46)
    other = Pen()
    await late.hello(other, resume=pen.resume, last_seq=5)
    assert other.last("welcome")["state"] == "checking"
