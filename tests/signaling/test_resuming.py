"""Dropped sockets, other tabs, restarts: seats, epochs and what was missed."""

import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st
from redis.asyncio import Redis

from signaling import caps
from signaling.hub import Channel
from signaling.roles import Role
from signaling.tickets import JoinTicket
from tests.fixtures.waiting import eventually
from tests.signaling.conftest import House, Json, Person, hello

Opener = Callable[..., Awaitable[House]]

TICKET = JoinTicket(
    room="r",
    participant="p",
    name="n",
    institution="",
    role=Role.PATIENT,
    can_admit=False,
    case_ref="",
    jti="j",
    expires_at=datetime(2026, 3, 2, tzinfo=UTC),
)


def last_resume(person: Person) -> str:
    """The newest resume token a page has."""
    return next(
        str(m["d"]["resume"]) if m["t"] == "welcome" else str(m["d"]["token"])
        for m in reversed(person.told)
        if m["t"] in {"welcome", "resume"}
    )


def last_seq(person: Person) -> int:
    """The newest number a page has seen."""
    return max((m["seq"] or m["d"].get("seq", 0) for m in person.told), default=0)


async def drop(person: Person) -> None:
    """Cut the connection as a network would: no close frame."""
    person.socket.transport.abort()
    await person.closed()


async def test_a_dropped_socket_resumes_with_what_it_missed(house: House) -> None:
    async with house.inside("a") as a, house.inside("b") as b:
        await a.hears(lambda m: m["t"] == "media.plan" and m["d"]["peers"])
        token, seq = last_resume(a), last_seq(a)
        await drop(a)
        away = await b.hears(lambda m: m["t"] == "peer.updated" and m["d"]["state"] == "reconnecting")
        assert away["d"]["grace_until"] is not None
        offer = {"to": {"pid": "a", "epoch": 1}, "pc": "x", "plan_epoch": 1, "sdp": "v=0 missed"}
        await b.ask("sdp.offer", offer)
        async with house.page() as again:
            welcome = await hello(again, resume=token, last_seq=seq)
            assert (welcome["d"]["resumed"], welcome["d"]["epoch"], welcome["d"]["state"]) == (
                True,
                1,
                "admitted",
            )
            missed = await again.hears("sdp.offer")
            assert missed["d"]["sdp"] == "v=0 missed"
            assert missed["d"]["from"] == {"pid": "b", "epoch": 1}
            assert "room.state" not in again.types()
            await b.hears(lambda m: m["t"] == "peer.updated" and m["d"]["state"] == "admitted")
        assert "peer.left" not in b.types()
    assert house.figure("signaling_resume_total", kind="ok") == 1


async def test_a_resume_token_opens_once(house: House) -> None:
    async with house.inside("a") as a:
        token = last_resume(a)
        await drop(a)
    async with house.page() as again:
        await hello(again, resume=token, last_seq=0)
        async with house.page() as thief:
            await thief.say("hello", {"client": {"app": "t"}, "resume": token, "last_seq": 0})
            assert await thief.closed() == 4003
        assert (await again.ask("ping", {"n": 1}))["t"] == "pong"


async def test_a_reloaded_page_has_a_higher_epoch_and_the_others_are_told(house: House) -> None:
    async with house.inside("a") as a, house.inside("b") as b:
        token = last_resume(a)
        async with house.page() as reloaded:
            welcome = await hello(reloaded, resume=token)
            assert (welcome["d"]["epoch"], welcome["d"]["resumed"]) == (2, False)
            await reloaded.hears("room.state")
            assert await a.closed() == 4001
            updated = await b.hears(lambda m: m["t"] == "peer.updated" and m["d"]["epoch"] == 2)
            assert updated["d"]["state"] == "admitted"
            plan = await b.hears(
                lambda m: m["t"] == "media.plan" and [p["epoch"] for p in m["d"]["peers"]] == [2]
            )
            assert plan["d"]["peers"][0] == {"pid": "a", "epoch": 2, "polite": False, "offers": True}
            offer = {"to": {"pid": "a", "epoch": 1}, "pc": "x", "plan_epoch": 1, "sdp": "v=0"}
            assert (await b.ask("sdp.offer", offer))["d"]["code"] == "stale_epoch"


async def test_a_second_tab_replaces_the_first(house: House) -> None:
    async with house.inside("a") as first, house.page() as second:
        welcome = await hello(second, token=house.ticket("a"))
        assert (welcome["d"]["epoch"], welcome["d"]["state"]) == (2, "admitted")
        assert await first.closed() == 4001


async def test_the_seat_is_given_up_after_the_grace_time(open_house: Opener) -> None:
    house = await open_house(grace_seconds=1)
    async with house.inside("a") as a, house.inside("b") as b:
        token, seq = last_resume(a), last_seq(a)
        await drop(a)
        assert (await b.hears("peer.left"))["d"]["reason"] == "grace_over"
        async with house.page() as late:
            welcome = await hello(late, resume=token, last_seq=seq)
            assert (welcome["d"]["state"], welcome["d"]["resumed"]) == ("checking", False)
            assert "media.plan" not in late.types()


async def test_a_patient_sent_back_while_away_does_not_read_the_room_on_resume(house: House) -> None:
    async with house.inside("doctor") as doctor, house.inside("patient", Role.PATIENT) as patient:
        await doctor.ask("lobby.admit", {"pid": "patient"})
        await patient.hears("media.plan")
        await eventually(lambda: "resume" in patient.types() and patient.types().count("resume") > 1)
        token, seq = last_resume(patient), last_seq(patient)
        await drop(patient)
        async with house.inside("second"):
            await doctor.ask("lobby.return", {"pid": "patient"})
            async with house.page() as again:
                await again.say("hello", {"client": {"app": "t"}, "resume": token, "last_seq": seq})
                assert await again.closed() == 4003, "the token of the admitted seat is void"
            async with house.page() as again:
                welcome = await hello(again, token=house.ticket("patient", Role.PATIENT))
                assert welcome["d"]["state"] == "lobby"
                await again.hears("lobby.waiting")
                assert not {"media.plan", "room.state", "peer.joined"} & set(again.types())


async def test_a_page_whose_place_is_unknown_gets_the_whole_room_and_keeps_its_epoch(house: House) -> None:
    async with house.inside("a") as a, house.inside("b"):
        token = last_resume(a)
        await drop(a)
        async with house.page() as again:
            welcome = await hello(again, resume=token, last_seq=10_000)
            assert (welcome["d"]["resumed"], welcome["d"]["epoch"]) == (False, 1)
            await again.hears("room.state")
            await again.hears("media.plan")
    assert house.figure("signaling_resume_total", kind="full") == 1


@given(told=st.integers(0, 600), last_seq=st.integers(0, 700))
def test_a_channel_gives_exactly_what_was_missed_or_nothing(told: int, last_seq: int) -> None:
    channel = Channel(ticket=TICKET)
    for number in range(1, told + 1):
        channel.seq = number
        channel.log.append((number, str(number)))
    kept_from = max(1, told - caps.REPLAY_MESSAGES_MAX + 1)
    missed = channel.missed(last_seq)
    if last_seq > told or last_seq + 1 < kept_from:
        assert missed is None
    else:
        assert missed == [str(number) for number in range(last_seq + 1, told + 1)]


class Restart:
    """A server, and the one that comes after it with the same secrets and Redis."""

    def __init__(self, opener: Opener, redis: Redis | None) -> None:
        self._opener, self._redis = opener, redis

    async def house(self, **signaling: object) -> House:
        """One more server."""
        return await self._opener(redis=self._redis, **signaling)


@pytest.fixture
async def restart(open_house: Opener, redis_url: str) -> object:
    async with contextlib.aclosing(Redis.from_url(redis_url)) as redis:
        yield Restart(open_house, redis)


async def test_after_a_restart_people_take_their_seats_up_again(restart: Restart) -> None:
    before = await restart.house()
    tokens: dict[str, tuple[str, int]] = {}
    async with before.inside("doctor") as doctor, before.inside("patient", Role.PATIENT) as patient:
        await doctor.ask("lobby.admit", {"pid": "patient"})
        await eventually(lambda: patient.types().count("resume") > 1)
        for name, person in (("doctor", doctor), ("patient", patient)):
            tokens[name] = (last_resume(person), last_seq(person))
    after = await restart.house()
    async with after.page() as doctor, after.page() as patient:
        for name, person in (("doctor", doctor), ("patient", patient)):
            token, seq = tokens[name]
            welcome = await hello(person, resume=token, last_seq=seq)
            assert (welcome["d"]["state"], welcome["d"]["epoch"]) == ("admitted", 1)
        plan = await patient.hears("media.plan")
        assert [(p["pid"], p["epoch"]) for p in plan["d"]["peers"]] == [("doctor", 1)]


async def test_after_a_restart_a_used_ticket_and_a_void_token_stay_void(restart: Restart) -> None:
    before = await restart.house()
    ticket = before.ticket("doctor")
    async with before.page() as doctor:
        await hello(doctor, token=ticket)
        await doctor.ask("lobby.knock", {"media": {"audio": True, "video": True}})
        async with before.inside("patient", Role.PATIENT) as patient:
            await doctor.ask("lobby.admit", {"pid": "patient"})
            await eventually(lambda: patient.types().count("resume") > 1)
            kicked = last_resume(patient)
            await doctor.ask("kick", {"pid": "patient"})
            assert await patient.closed() == 4003
    after = await restart.house()
    for d in ({"token": ticket}, {"resume": kicked, "last_seq": 3}):
        async with after.page() as page:
            await page.say("hello", {"client": {"app": "t"}, **d})
            assert await page.closed() == 4003
            assert page.told[0]["d"]["code"] == "unauthorized"


async def test_long_after_a_start_a_forgotten_guest_waits_in_the_lobby(open_house: Opener) -> None:
    house = await open_house(grace_seconds=0)
    async with house.inside("doctor") as doctor, house.inside("patient", Role.PATIENT) as patient:
        await doctor.ask("lobby.admit", {"pid": "patient"})
        await eventually(lambda: patient.types().count("resume") > 1)
        token = last_resume(patient)
    after = await open_house(grace_seconds=0)
    async with after.inside("doctor"), after.page() as patient:
        welcome: Json = await hello(patient, resume=token, last_seq=1)
        assert welcome["d"]["state"] == "checking"
