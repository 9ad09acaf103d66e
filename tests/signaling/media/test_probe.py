"""The pre-call peer, asked by a real aiortc client over the real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from signaling.caps import PROBE_MESSAGE_BYTES_MAX
from signaling.errors import BadMessage, MediaUnavailable
from signaling.media.probe import Probes, check_offer, without_candidates
from signaling.roles import Role
from tests.fixtures.waiting import eventually
from tests.signaling.conftest import House, Person

Opener = Callable[..., Awaitable[House]]


@contextlib.asynccontextmanager
async def a_client() -> AsyncIterator[tuple[RTCPeerConnection, RTCDataChannel, list[str | bytes]]]:
    """A peer connection with an unordered channel, and what comes back on it."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    channel = connection.createDataChannel("echo", ordered=False, maxRetransmits=0)
    back: list[str | bytes] = []
    channel.on("message", back.append)
    await connection.setLocalDescription(await connection.createOffer())
    try:
        yield connection, channel, back
    finally:
        await connection.close()


async def ask(person: Person, connection: RTCPeerConnection) -> None:
    """Let the server answer the client's offer."""
    answer = await person.ask("probe.offer", {"sdp": connection.localDescription.sdp})
    assert answer["t"] == "probe.answer", answer
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer["d"]["sdp"], type="answer"))


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.PATIENT])
async def test_what_is_sent_comes_back(house: House, role: Role) -> None:
    async with house.joined("someone", role) as person, a_client() as (connection, channel, back):
        await ask(person, connection)
        await eventually(lambda: channel.readyState == "open")
        for number in range(20):
            channel.send(f"{number}")
        channel.send(b"\x00" * PROBE_MESSAGE_BYTES_MAX)
        await eventually(lambda: len(back) == 21)
        assert {str(n) for n in range(20)} < set(back)


async def test_a_message_over_the_cap_does_not_come_back(house: House) -> None:
    async with house.joined("someone") as person, a_client() as (connection, channel, back):
        await ask(person, connection)
        await eventually(lambda: channel.readyState == "open")
        channel.send(b"\x00" * (PROBE_MESSAGE_BYTES_MAX + 1))
        channel.send("after")
        await eventually(lambda: "after" in back)
        assert back == ["after"]


async def test_the_peer_goes_when_its_time_is_over(open_house: Opener) -> None:
    house = await open_house(probe_seconds_max=1)
    async with house.joined("someone") as person, a_client() as (connection, channel, _):
        await ask(person, connection)
        await eventually(lambda: channel.readyState == "open")
        await eventually(lambda: house.figure("signaling_probes_total", outcome="done") == 1)
        async with a_client() as (second, second_channel, _):
            await ask(person, second)
            await eventually(lambda: second_channel.readyState == "open")


async def test_the_peer_goes_with_the_socket(house: House) -> None:
    before = len(asyncio.all_tasks())
    async with house.joined("someone") as person, a_client() as (connection, channel, _):
        await ask(person, connection)
        await eventually(lambda: channel.readyState == "open")
    await eventually(lambda: len(asyncio.all_tasks()) <= before)


async def test_one_check_at_a_time(house: House) -> None:
    async with house.joined("someone") as person, a_client() as (connection, _, _):
        await ask(person, connection)
        again = await person.ask("probe.offer", {"sdp": connection.localDescription.sdp})
        assert again["d"]["code"] == "bad_state"


async def test_without_a_ticket_there_is_no_check(house: House) -> None:
    async with house.page() as page, a_client() as (connection, _, _):
        await page.say("probe.offer", {"sdp": connection.localDescription.sdp})
        assert await page.closed() == 4003
        assert page.types() == ["error"]


@pytest.mark.parametrize(
    "sdp",
    [
        "v=0",
        "rubbish",
        "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" * 2,
    ],
)
async def test_any_other_offer_is_refused_and_the_socket_goes_on(house: House, sdp: str) -> None:
    async with house.joined("someone") as person:
        assert (await person.ask("probe.offer", {"sdp": sdp}))["d"]["code"] in {"bad_message", "internal"}
        assert (await person.ask("ping", {"n": 1}))["t"] == "pong"


def test_an_offer_has_one_data_channel_line() -> None:
    check_offer("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n")
    for media in ("audio", "video"):
        with pytest.raises(BadMessage):
            check_offer(f"v=0\r\nm=application 9 X y\r\nm={media} 9 UDP/TLS/RTP/SAVPF 0\r\n")


async def test_the_peer_never_learns_an_address_from_the_offer() -> None:
    async with a_client() as (connection, _, _):
        sdp = connection.localDescription.sdp
        assert "a=candidate:" in sdp
        bare = without_candidates(
            sdp.replace(
                "a=candidate:", "a=candidate:1 1 udp 1 169.254.169.254 80 typ host\r\na=candidate:", 1
            )
        )
        assert "a=candidate" not in bare
        assert "169.254" not in bare
        assert "end-of-candidates" not in bare
        assert "a=ice-ufrag" in bare


async def test_the_number_of_peers_is_capped_and_each_is_given_back(house: House) -> None:
    probes = Probes(seconds_max=30)
    async with contextlib.AsyncExitStack() as stack:
        running = []
        for _ in range(8):
            connection, _, _ = await stack.enter_async_context(a_client())
            answers: asyncio.Queue[str] = asyncio.Queue()
            offer = connection.localDescription.sdp
            running.append(asyncio.create_task(probes.run(offer, answers.put_nowait)))
            await asyncio.wait_for(answers.get(), 10)
        connection, _, _ = await stack.enter_async_context(a_client())
        with pytest.raises(MediaUnavailable):
            await probes.run(connection.localDescription.sdp, lambda _sdp: None)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with pytest.raises(BadMessage):
            await probes.run("v=0", lambda _sdp: None)
