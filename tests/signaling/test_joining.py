"""Tickets, origin, lobby and admission over real sockets."""

import asyncio
import contextlib
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from config.kernel.clock import SystemClock
from signaling.roles import Role
from signaling.tickets import mint
from tests.fixtures.waiting import eventually
from tests.signaling.conftest import KNOCK, ORIGIN, House, Json, hello

ROOM_SECRETS = {
    "room.state",
    "peer.joined",
    "peer.updated",
    "peer.left",
    "media.plan",
    "ice.servers",
    "lobby.list",
    "sdp.offer",
    "sdp.answer",
    "ice.candidate",
}
TURN = {"turn_urls": ["turn:turn.test:3478?transport=udp"]}


@pytest.mark.parametrize("origin", ["http://evil.test", "null", "https://clinic.test", None])
async def test_another_origin_is_refused_before_the_socket_opens(house: House, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(house.url, origin=origin):  # type: ignore[arg-type]
            pass
    assert refused.value.response.status_code == 403


async def test_a_clinician_enters_at_once_and_the_patient_waits(house: House) -> None:
    async with house.inside("doctor") as doctor:
        state = await doctor.hears("room.state")
        assert [p["pid"] for p in state["d"]["peers"]] == ["doctor"]
        async with house.inside("patient", Role.PATIENT, name="罗桂兰") as patient:
            waiting = await patient.hears("lobby.waiting")
            assert waiting["d"] == {"position": 1, "clinician_present": True}
            listed = await doctor.hears(lambda m: m["t"] == "lobby.list" and m["d"]["waiting"])
            assert [w["name"] for w in listed["d"]["waiting"]] == ["罗桂兰"]
            assert (await doctor.ask("lobby.admit", {"pid": "patient"}))["t"] == "ok"
            plan = await patient.hears("media.plan")
            assert [p["pid"] for p in plan["d"]["peers"]] == ["doctor"]
            joined = await doctor.hears("peer.joined")
            assert (joined["d"]["pid"], joined["d"]["name"]) == ("patient", "罗桂兰")


async def test_both_sides_of_a_pair_agree_who_offers(house: House) -> None:
    async with house.inside("a") as a, house.inside("b") as b:
        plan_b = (await b.hears("media.plan"))["d"]["peers"]
        plan_a = (await a.hears(lambda m: m["t"] == "media.plan" and m["d"]["peers"]))["d"]["peers"]
        assert (plan_a[0]["offers"], plan_a[0]["polite"]) == (True, False)
        assert (plan_b[0]["offers"], plan_b[0]["polite"]) == (False, True)


async def test_the_lobby_hears_nothing_of_the_room(house_with_turn: House) -> None:
    house = house_with_turn
    async with house.inside("doctor") as doctor, house.inside("patient", Role.PATIENT) as patient:
        async with house.inside("other") as other:
            await other.say("media.state", {"audio": False, "video": True})
            await doctor.hears("peer.updated")
            for t, d in _attempts("doctor"):
                answer = await patient.ask(t, d)
                assert (answer["t"], answer["d"]["code"]) == ("error", "not_admitted"), t
        await doctor.hears(lambda m: m["t"] == "peer.updated" and m["d"]["state"] == "reconnecting")
        assert not ROOM_SECRETS & set(patient.types())
        assert "credential" not in str(patient.told)


async def test_admission_brings_relay_credentials_and_return_ends_them(house_with_turn: House) -> None:
    house = house_with_turn
    async with house.inside("doctor") as doctor, house.inside("patient", Role.PATIENT) as patient:
        await doctor.ask("lobby.admit", {"pid": "patient"})
        plan = await patient.hears("media.plan")
        assert plan["d"]["ice_servers"][0]["urls"] == TURN["turn_urls"]
        assert (await patient.ask("ice.refresh"))["t"] == "ice.servers"
        assert (await doctor.ask("lobby.return", {"pid": "patient"}))["t"] == "ok"
        left = await doctor.hears("peer.left")
        assert (left["d"]["pid"], left["d"]["reason"]) == ("patient", "returned")
        assert (await patient.ask("ice.refresh"))["d"]["code"] == "not_admitted"


async def test_only_those_who_may_admit_do(house: House) -> None:
    async with (
        house.inside("doctor"),
        house.inside("nurse", can_admit=False) as nurse,
        house.inside("patient", Role.PATIENT) as patient,
    ):
        for t in ("lobby.admit", "lobby.deny", "kick"):
            assert (await nurse.ask(t, {"pid": "patient"}))["d"]["code"] == "forbidden"
        assert (await patient.ask("lobby.admit", {"pid": "patient"}))["d"]["code"] == "not_admitted"
        assert "media.plan" not in patient.types()


async def test_someone_turned_away_cannot_come_back(house: House) -> None:
    async with house.inside("doctor") as doctor:
        async with house.inside("patient", Role.PATIENT) as patient:
            await doctor.ask("lobby.deny", {"pid": "patient"})
            assert (await patient.hears("bye"))["d"]["reason"] == "denied"
            assert await patient.closed() == 4003
            resume = (await patient.hears("welcome"))["d"]["resume"]
        for key, token in (("token", house.ticket("patient", Role.PATIENT)), ("resume", resume)):
            async with house.page() as again:
                await again.say("hello", {"client": {"app": "t"}, key: token})
                assert await again.closed() == 4003
                assert again.types() == ["error"]


async def test_a_doctor_in_the_pre_call_page_sees_who_waits_but_nothing_else(house: House) -> None:
    async with house.inside("patient", Role.PATIENT), house.joined("doctor") as doctor:
        listed = await doctor.hears(lambda m: m["t"] == "lobby.list" and m["d"]["waiting"])
        assert listed["d"]["waiting"][0]["pid"] == "patient"
        assert (await doctor.ask("lobby.admit", {"pid": "patient"}))["d"]["code"] == "not_admitted"
        assert not {"room.state", "media.plan"} & set(doctor.types())


def _attempts(target: str) -> Iterator[tuple[str, Json]]:
    to = {"pid": target, "epoch": 1}
    yield "sdp.offer", {"to": to, "pc": "x", "plan_epoch": 1, "sdp": "v=0"}
    yield "sdp.answer", {"to": to, "pc": "x", "plan_epoch": 1, "sdp": "v=0"}
    yield "ice.candidate", {"to": to, "pc": "x", "candidate": None}
    yield "ice.refresh", {}
    yield "media.state", {"audio": True, "video": True}
    yield "lobby.admit", {"pid": "patient"}
    yield "kick", {"pid": target}
    yield "quality.report", {"pid": target, "rtt_ms": 1}


def _bad_tickets(house: House) -> dict[str, str]:
    now, good = SystemClock().now(), house.ticket("x")
    head, body, signature = good.split(".")
    other = mint(
        type(house.secret)("another-secret-of-the-same-length"),
        room="room-1",
        participant="x",
        name="x",
        role=Role.SPECIALIST,
        can_admit=True,
        case_ref="",
        now=now,
        ttl_seconds=60,
    )
    return {
        "expired": mint(
            house.secret,
            room="room-1",
            participant="x",
            name="x",
            role=Role.SPECIALIST,
            can_admit=True,
            case_ref="",
            now=now.replace(year=now.year - 1),
            ttl_seconds=60,
        ),
        "another secret": other,
        "cut": good[:-6],
        "empty signature": f"{head}.{body}.",
        "swapped body": f"{head}.{other.split('.')[1]}.{signature}",
        "none algorithm": f"eyJhbGciOiJub25lIn0.{body}.",
        "rubbish": "a.b.c",
        "empty": "",
    }


@pytest.mark.parametrize(
    "fault",
    [
        "expired",
        "another secret",
        "cut",
        "empty signature",
        "swapped body",
        "none algorithm",
        "rubbish",
        "empty",
    ],
)
async def test_a_bad_ticket_gets_nothing(house: House, fault: str) -> None:
    async with house.inside("doctor"), house.page() as stranger:
        await stranger.say("hello", {"client": {"app": "t"}, "token": _bad_tickets(house)[fault]})
        assert await stranger.closed() == 4003
        assert [(m["t"], m["d"]["code"]) for m in stranger.told] == [("error", "unauthorized")]


async def test_a_used_ticket_gets_what_a_forged_one_gets(house: House) -> None:
    token = house.ticket("doctor")
    async with house.page() as first:
        await hello(first, token=token)
        async with house.page() as second:
            await second.say("hello", {"client": {"app": "t"}, "token": token})
            assert await second.closed() == 4003
            assert [(m["t"], m["d"]["code"]) for m in second.told] == [("error", "unauthorized")]
        assert (await first.ask("ping", {"n": 1}))["t"] == "pong"


async def test_of_many_who_use_one_ticket_at_once_one_gets_in(house: House) -> None:
    token = house.ticket("doctor")
    async with contextlib.AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(house.page()) for _ in range(8)]
        await asyncio.gather(*(p.say("hello", {"client": {"app": "t"}, "token": token}) for p in pages))
        await eventually(lambda: all(p.told for p in pages))
        assert sorted(p.told[0]["t"] for p in pages) == ["error"] * 7 + ["welcome"]


async def test_a_resume_token_is_no_ticket_and_a_ticket_no_resume_token(house: House) -> None:
    async with house.page() as page:
        resume = (await hello(page, token=house.ticket("doctor")))["d"]["resume"]
        for d in (
            {"token": resume},
            {"resume": house.ticket("other")},
            {},
            {"token": resume, "resume": resume},
        ):
            async with house.page() as stranger:
                await stranger.say("hello", {"client": {"app": "t"}, **d})
                assert await stranger.closed() == 4003


async def test_the_first_message_must_be_hello(house: House) -> None:
    async with house.page() as page:
        await page.say("lobby.knock", KNOCK)
        assert await page.closed() == 4003
        assert page.told[0]["d"]["code"] == "unauthorized"


async def test_another_version_is_told_so(house: House) -> None:
    async with house.page() as page:
        await page.socket.send('{"v":2,"t":"hello","d":{"client":{"app":"t"}}}')
        assert await page.closed() == 4010


async def test_a_full_room_says_so(open_house: object) -> None:
    house: House = await open_house(participants_max=2)  # type: ignore[operator]
    async with house.inside("a"), house.inside("b"), house.page() as third:
        await third.say("hello", {"client": {"app": "t"}, "token": house.ticket("c")})
        assert await third.closed() == 4003
        assert third.told[0]["d"]["code"] == "room_full"


async def test_rooms_know_nothing_of_each_other(house: House) -> None:
    async with house.inside("a", room="one") as a, house.inside("b", room="two") as b:
        offer = {"to": {"pid": "b", "epoch": 1}, "pc": "x", "plan_epoch": 1, "sdp": "v=0"}
        assert (await a.ask("sdp.offer", offer))["d"]["code"] == "no_such_peer"
        assert (await a.ask("kick", {"pid": "b"}))["d"]["code"] == "no_such_peer"
        assert "sdp.offer" not in b.types()


async def test_leaving_tells_the_others_and_closes_the_way_back(house: House) -> None:
    async with house.inside("a") as a, house.inside("b") as b:
        await b.say("bye")
        assert (await b.hears("bye"))["d"]["reason"] == "left"
        assert await b.closed() == 4004
        assert (await a.hears("peer.left"))["d"]["reason"] == "bye"
        token = next(m["d"]["token"] for m in reversed(b.told) if m["t"] == "resume")
        async with house.page() as again:
            await again.say("hello", {"client": {"app": "t"}, "resume": token})
            assert await again.closed() == 4003


async def test_without_a_clinician_the_patient_waits_again(open_house: object) -> None:
    house: House = await open_house(drain_seconds=0.05)  # type: ignore[operator]
    async with house.inside("patient", Role.PATIENT) as patient:
        async with house.inside("doctor") as doctor:
            await doctor.ask("lobby.admit", {"pid": "patient"})
            await patient.hears("media.plan")
            seen = len(patient.told)
            await doctor.say("bye")
        await patient.hears(lambda m: m in patient.told[seen:] and m["t"] == "lobby.waiting")
        assert (await patient.ask("ice.refresh"))["d"]["code"] == "not_admitted"


@pytest.fixture
async def house_with_turn(open_house: object) -> House:
    opened: House = await open_house(**TURN)  # type: ignore[operator]
    return opened


def test_the_origin_used_here_is_not_the_server_itself() -> None:
    assert "127.0.0.1" not in ORIGIN
