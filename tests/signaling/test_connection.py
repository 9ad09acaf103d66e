"""One socket, from the outside: pace, silence, order, and what it costs others."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from signaling import caps
from signaling.roles import Role
from tests.fixtures.waiting import eventually
from tests.signaling.conftest import ORIGIN, House, hello

Opener = Callable[..., Awaitable[House]]


async def test_answers_come_in_the_order_of_the_questions(house: House) -> None:
    async with house.inside("doctor") as doctor:
        for number in range(40):
            await doctor.say("ping", {"n": number}, id=f"n{number}")
        await doctor.hears(lambda m: m["re"] == "n39")
        answered = [m["d"]["n"] for m in doctor.told if m["t"] == "pong"]
        assert answered == list(range(40))


async def test_a_request_without_an_id_is_done_and_not_answered(house: House) -> None:
    async with house.inside("doctor") as doctor, house.inside("second") as second:
        before = doctor.types().count("ok")
        await doctor.say("media.state", {"audio": False, "video": True})
        told = await second.hears(lambda m: m["t"] == "peer.updated" and m["d"]["pid"] == "doctor")
        assert told["d"]["media"] == {"audio": False, "video": True}
        await doctor.ask("ping", {"n": 1})
        assert doctor.types().count("ok") == before


async def test_a_refused_request_without_an_id_still_says_so(house: House) -> None:
    async with house.inside("doctor") as doctor:
        await doctor.say("lobby.admit", {"pid": "nobody"})
        refused = await doctor.hears("error")
        assert (refused["re"], refused["d"]["code"]) == (None, "no_such_peer")


async def test_hello_is_said_once(house: House) -> None:
    async with house.inside("doctor") as doctor:
        answer = await doctor.ask("hello", {"client": {"app": "t"}, "token": house.ticket("other")})
        assert answer["d"]["code"] == "bad_state"
        assert (await doctor.ask("ping", {"n": 1}))["t"] == "pong"


async def test_the_burst_is_refused_with_when_to_try_again_and_then_goes_on(house: House) -> None:
    async with house.inside("doctor") as doctor:
        for number in range(caps.MESSAGES_BURST + 5):
            await doctor.say("ping", {"n": number}, id=f"n{number}")
        refused = await doctor.hears(lambda m: m["t"] == "error")
        assert refused["d"]["code"] == "rate_limited"
        assert refused["d"]["retry_after_ms"] == 1000
        assert str(refused["re"]).startswith("n")

        async def again() -> bool:
            return bool((await doctor.ask("ping", {"n": 1}))["t"] == "pong")

        assert await eventually(again)


async def test_one_flood_does_not_slow_another_call(house: House) -> None:
    async with house.inside("doctor", room="quiet") as doctor, house.inside("flood", room="loud") as flood:
        for number in range(caps.MESSAGES_BURST + caps.MESSAGES_REFUSED_MAX + 20):
            with contextlib.suppress(Exception):
                await flood.say("ping", {"n": number})
        assert await flood.closed() == 4009
        answered = await asyncio.wait_for(doctor.ask("ping", {"n": 7}), 2)
        assert answered["d"] == {"n": 7}


async def test_a_silent_socket_is_given_up_but_its_seat_is_kept(open_house: Opener) -> None:
    house = await open_house(silence_seconds=0.5)
    async with house.inside("doctor") as doctor, house.inside("second") as second:

        async def away() -> bool:
            await second.say("ping", {"n": 1})
            return any(m["t"] == "peer.updated" and m["d"]["state"] == "reconnecting" for m in second.told)

        await eventually(away)
        assert await doctor.closed() == 4000
        assert "peer.left" not in second.types()


async def test_sockets_that_have_not_said_hello_are_capped_and_those_inside_go_on(house: House) -> None:
    async with house.inside("doctor") as doctor, contextlib.AsyncExitStack() as stack:
        pages = (house.page() for _ in range(caps.PENDING_SOCKETS_MAX))
        waiting = await asyncio.gather(*map(stack.enter_async_context, pages))  # before the first must go
        with pytest.raises(InvalidStatus):
            await connect(house.url, origin=ORIGIN)  # type: ignore[arg-type]
        assert (await doctor.ask("ping", {"n": 1}))["t"] == "pong"
        await hello(waiting[-1], token=house.ticket("second"))
        async with house.page() as free:
            await hello(free, token=house.ticket("third"))


async def test_what_is_over_is_over_whatever_is_still_said(house: House) -> None:
    async with house.inside("doctor") as doctor, house.inside("second") as second:
        await second.say("bye")
        with contextlib.suppress(Exception):
            await second.say("media.state", {"audio": False, "video": False})
        assert await second.closed() == 4004
        await doctor.hears("peer.left")
        await doctor.ask("ping", {"n": 1})
        assert [m["d"] for m in doctor.told if m["t"] == "peer.updated"] == []


async def test_a_replaced_page_can_do_nothing_more(house: House) -> None:
    async with (
        house.inside("doctor") as old,
        house.inside("patient", Role.PATIENT) as patient,
        house.page() as new,
    ):
        await hello(new, token=house.ticket("doctor"))
        with contextlib.suppress(Exception):
            await old.say("lobby.admit", {"pid": "patient"})
        assert await old.closed() == 4001
        await patient.ask("ping", {"n": 1})
        assert "media.plan" not in patient.types()
        assert (await new.ask("lobby.admit", {"pid": "patient"}))["t"] == "ok"


@pytest.mark.parametrize("text", ['{"v":1}', "[]", "", "{" * 5000, '{"v":1,"t":"hello","d":{}}'])
async def test_a_first_message_that_is_no_hello_gets_one_refusal_and_the_end(house: House, text: str) -> None:
    async with house.page() as page:
        await page.socket.send(text)
        assert await page.closed() in {4003, 4010}
        assert page.types() == ["error"]
        assert "token" not in json.dumps(page.told)


async def test_the_seat_of_a_page_that_closes_properly_is_kept_too(house: House) -> None:
    async with house.inside("second") as second:
        async with house.inside("doctor"):
            await second.hears("peer.joined")
        away = await second.hears(lambda m: m["t"] == "peer.updated" and m["d"]["state"] == "reconnecting")
        assert away["d"]["grace_until"] is not None
        assert "peer.left" not in second.types()
