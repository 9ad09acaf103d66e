"""Floods, silence, slow readers and nonsense: a clear answer or a closed socket, never a fallen server."""

import json
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from config.kernel.errors import AppError
from signaling import caps
from signaling.protocol import parse, request_id
from tests.signaling.conftest import House, Json, hello

Opener = Callable[..., Awaitable[House]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
TYPES = [
    "hello",
    "lobby.knock",
    "lobby.admit",
    "lobby.deny",
    "lobby.return",
    "kick",
    "sdp.offer",
    "sdp.answer",
    "ice.candidate",
    "ice.refresh",
    "media.state",
    "quality.report",
    "probe.offer",
    "ping",
    "bye",
]
messages = st.fixed_dictionaries(
    {"v": st.just(1) | json_values, "t": st.sampled_from(TYPES) | json_values, "d": json_values},
    optional={"id": json_values, "seq": json_values, "from": json_values},
)


@given(st.text() | st.builds(json.dumps, messages) | st.builds(json.dumps, json_values))
@settings(max_examples=1500, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_said_is_a_message_or_an_error_with_a_code(text: str) -> None:
    assert _outcome(text) in {*TYPES, "signaling.bad_message", "signaling.too_large"}
    number = request_id(text)
    assert number is None or len(number) <= 32


def _outcome(text: str) -> str:
    try:
        return parse(text).t
    except AppError as error:
        return error.code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "\x00",
        "[" * 60_000,
        '{"a":' * 10_000,
        '{"v":1,"t":"ping","d":{"n":-1}}',
        '{"v":1,"t":"ping","d":{"n":1},"x":1}',
        '{"v":1,"t":"chat.msg","d":{}}',
        '{"v":1,"t":"ping"}',
        '{"v":1,"t":"ping","d":{"n":NaN}}',
        '{"v":1,"t":"lobby.admit","d":{"pid":""}}',
        '{"v":1,"t":"ping","d":{"n":99999999999999999999999999}}',
    ],
)
async def test_nonsense_is_refused_and_the_socket_goes_on(house: House, text: str) -> None:
    async with house.inside("doctor") as doctor:
        await doctor.socket.send(text)
        refused = await doctor.hears("error")
        assert refused["d"]["code"] == "bad_message"
        assert (await doctor.ask("ping", {"n": 7}))["d"] == {"n": 7}


async def test_a_refusal_names_the_place_and_never_the_value(house: House) -> None:
    async with house.inside("doctor") as doctor:
        await doctor.say("quality.report", {"pid": "p", "rtt_ms": "罗桂兰"}, id="q1")
        refused = await doctor.hears("error")
        assert refused["re"] == "q1"
        assert "rtt_ms" in refused["d"]["msg"]
        assert "罗桂兰" not in refused["d"]["msg"]


async def test_binary_frames_are_refused_and_the_socket_goes_on(house: House) -> None:
    async with house.inside("doctor") as doctor:
        await doctor.socket.send(b"\x00\xff" * 100)
        assert (await doctor.hears("error"))["d"]["code"] == "bad_message"
        assert (await doctor.ask("ping", {"n": 1}))["t"] == "pong"


async def test_a_first_message_in_binary_ends_the_socket(house: House) -> None:
    async with house.page() as page:
        await page.socket.send(b"hello")
        assert await page.closed() == 4003


async def test_a_message_over_the_cap_ends_the_socket(house: House) -> None:
    async with house.inside("doctor") as doctor:
        await doctor.socket.send("x" * (caps.MESSAGE_BYTES_MAX + 1))
        assert await doctor.closed() == 1009
    async with house.inside("doctor") as again:
        assert (await again.ask("ping", {"n": 1}))["t"] == "pong"


@pytest.mark.parametrize("field", ["sdp", "candidate"])
async def test_descriptions_and_candidates_have_their_own_caps(house: House, field: str) -> None:
    to = {"to": {"pid": "b", "epoch": 1}, "pc": "x"}
    too_long: dict[str, tuple[str, Json]] = {
        "sdp": ("sdp.offer", {**to, "plan_epoch": 1, "sdp": "v" * (caps.SDP_CHARACTERS_MAX + 1)}),
        "candidate": (
            "ice.candidate",
            {**to, "candidate": {"candidate": "c" * (caps.CANDIDATE_CHARACTERS_MAX + 1)}},
        ),
    }
    async with house.inside("a") as a, house.inside("b") as b:
        assert (await a.ask(*too_long[field]))["d"]["code"] == "bad_message"
        assert not {"sdp.offer", "ice.candidate"} & set(b.types())


async def test_a_negotiation_has_at_most_forty_candidates(house: House) -> None:
    to = {"to": {"pid": "b", "epoch": 1}, "pc": "x"}
    async with house.inside("a") as a, house.inside("b") as b:
        await a.ask("sdp.offer", {**to, "plan_epoch": 1, "sdp": "v=0"})
        for _ in range(caps.CANDIDATES_PER_NEGOTIATION_MAX):
            assert (await a.ask("ice.candidate", {**to, "candidate": None}))["t"] == "ok"
        assert (await a.ask("ice.candidate", {**to, "candidate": None}))["d"]["code"] == "bad_state"
        await b.ask("ping", {"n": 1})
        assert b.types().count("ice.candidate") == caps.CANDIDATES_PER_NEGOTIATION_MAX


async def test_the_sender_is_written_by_the_server(house: House) -> None:
    async with house.inside("a") as a, house.inside("b") as b:
        forged = {
            "to": {"pid": "b", "epoch": 1},
            "pc": "x",
            "plan_epoch": 1,
            "sdp": "v=0",
            "from": {"pid": "doctor", "epoch": 1},
        }
        assert (await a.ask("sdp.offer", forged))["d"]["code"] == "bad_message"
        del forged["from"]
        assert (await a.ask("sdp.offer", forged))["t"] == "ok"
        assert (await b.hears("sdp.offer"))["d"]["from"] == {"pid": "a", "epoch": 1}


async def test_another_plan_and_oneself_are_refused(house: House) -> None:
    d = {"to": {"pid": "b", "epoch": 1}, "pc": "x", "plan_epoch": 2, "sdp": "v=0"}
    async with house.inside("a") as a, house.inside("b"):
        assert (await a.ask("sdp.offer", d))["d"]["code"] == "stale_plan"
        assert (await a.ask("sdp.offer", {**d, "to": {"pid": "a", "epoch": 1}}))["d"]["code"] == "forbidden"


async def test_a_flood_is_refused_then_closed(house: House) -> None:
    async with house.inside("doctor") as doctor:
        for number in range(caps.MESSAGES_BURST + 200):
            await doctor.say("ping", {"n": number})
            if doctor.socket.close_code:
                break
        assert await doctor.closed() == 4009
        assert "rate_limited" in {m["d"].get("code") for m in doctor.told}
    async with house.inside("doctor") as again:
        assert (await again.ask("ping", {"n": 1}))["t"] == "pong"


async def test_silence_before_hello_ends_the_socket(house: House) -> None:
    async with house.page() as page:
        assert await page.closed() == 4003
        assert page.told == []


async def test_a_reader_that_never_reads_is_given_up_and_others_go_on(house: House) -> None:
    to = {"to": {"pid": "slow", "epoch": 1}, "pc": "x"}
    big = {**to, "plan_epoch": 1, "sdp": "v" * caps.SDP_CHARACTERS_MAX}
    async with house.inside("a") as a, house.page() as slow:
        await hello(slow, token=house.ticket("slow"))
        await slow.ask("lobby.knock", {"media": {"audio": True, "video": True}})
        slow.socket.transport.pause_reading()
        gone = False
        while not gone:
            answer = await a.ask("sdp.offer", big)
            assert answer["t"] == "ok" or answer["d"]["code"] == "rate_limited"
            gone = any(m["t"] == "peer.updated" and m["d"]["state"] == "reconnecting" for m in a.told)
        slow.socket.transport.resume_reading()
        assert await slow.closed() in {4008, 1006}
        assert (await a.ask("ping", {"n": 1}))["t"] == "pong"
