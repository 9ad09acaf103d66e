"""A real uvicorn with short deadlines: whoever is slow is let go, whoever is not is served."""

import asyncio
import contextlib
import resource
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeAlias

import httpx
import pytest
import uvicorn
from websockets.asyncio.client import connect

from config.patience import Patience, PatientProtocol, patient_protocol
from tests.contracts.sources import ROOT
from tests.fixtures.waiting import eventually, pace

SHORT = Patience(
    head_seconds=0.5,
    head_bytes_max=2_000,
    headless_max=20,
    window_seconds=0.5,
    window_bytes_min=100,
    write_seconds=0.5,
    connections_max=40,
)
SLOW_PACE = 0.1
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST %s HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n"
LONG_BODY = 32 * 1024 * 1024
Wire: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class App:
    """Says how long a body was; /long answers with a long one; /gate reads only once `gate` is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.disconnected = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._echo(receive, send)
            return
        if scope["path"] == "/gate":
            await self.gate.wait()
        total, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.disconnected += 1
                return
            total, more = total + len(message.get("body", b"")), message.get("more_body", False)
        body = bytes(LONG_BODY) if scope["path"] == "/long" else str(total).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for start in range(0, len(body), 65_536):
            await send(
                {"type": "http.response.body", "body": body[start : start + 65_536], "more_body": True}
            )
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    async def _echo(receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"]})


class Site:
    """A running server, its app and its port."""

    def __init__(self, app: App, port: int, protocol: type[PatientProtocol]) -> None:
        self.app, self.port, self.protocol = app, port, protocol
        self.stack = contextlib.AsyncExitStack()

    async def wire(self, said: bytes = b"") -> Wire:
        """A connection on which something has been said."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.stack.callback(writer.close)
        writer.write(said)
        await writer.drain()
        return reader, writer

    async def answers(self) -> bool:
        """True when an ordinary request is served."""
        async with httpx.AsyncClient() as client:
            return (await client.get(f"http://127.0.0.1:{self.port}/", timeout=2)).text == "0"


@contextlib.asynccontextmanager
async def opened(patience: Patience) -> AsyncIterator[Site]:
    """A site with these deadlines."""
    protocol = patient_protocol(patience)
    app = App()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, http=protocol, ws="websockets-sansio", lifespan="off", log_config=None,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        here = Site(app, int(listener.getsockname()[1]), protocol)
        async with here.stack:
            yield here
        app.gate.set()
        server.should_exit = True
        await running


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site with short deadlines."""
    async with opened(SHORT) as here:
        yield here


async def ended(reader: asyncio.StreamReader, seconds: float = 5) -> bytes:
    """What the server still said before it closed; TimeoutError when it does not close."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), seconds)
    return b""


async def drip(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """Send a piece again and again, slowly, until the other side has had enough; how often."""
    for times in range(200):
        writer.write(piece)
        try:
            await writer.drain()
        except ConnectionError:
            return times
        if writer.transport.is_closing():
            return times
        await pace(SLOW_PACE)
    return 200


async def test_a_head_that_drips_is_not_waited_for(site: Site) -> None:
    """Each byte comes in good time; the head as a whole does not."""
    reader, writer = await site.wire(b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ")
    times = await drip(writer, b"a")
    assert 2 <= times < 30
    assert await ended(reader) == b""
    assert not site.protocol.headless


async def test_a_silent_connection_is_closed(site: Site) -> None:
    reader, _writer = await site.wire()
    assert await ended(reader) == b""


async def test_a_second_request_has_its_deadline_too(site: Site) -> None:
    reader, writer = await site.wire(GET)
    assert (await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 5)).startswith(b"HTTP/1.1 200")
    assert await drip(writer, b"G") < 30
    assert await ended(reader) == b""


async def test_silent_connections_keep_nobody_out() -> None:
    """More than may wait, long before their deadline: the oldest go, and a request is served beside them."""
    async with opened(replace(SHORT, head_seconds=60)) as site:
        wires = [await site.wire(b"GET / HT") for _ in range(SHORT.headless_max + 10)]
        for oldest, _writer in wires[:10]:
            assert await ended(oldest) == b""
        assert len(site.protocol.headless) == SHORT.headless_max
        assert await site.answers()
        assert len(site.protocol.headless) == SHORT.headless_max - 1


async def test_there_are_only_so_many_connections(site: Site) -> None:
    """Held by requests that wait for their answer; the one too many is dropped, not kept waiting."""
    held = [await site.wire(POST % (b"/gate", 0)) for _ in range(SHORT.connections_max)]
    await eventually(lambda: not site.protocol.headless)
    reader, _writer = await site.wire(GET)
    assert await ended(reader) == b""
    site.app.gate.set()
    assert (await asyncio.wait_for(held[0][0].readuntil(b"\r\n"), 5)).startswith(b"HTTP/1.1 200")


async def test_a_head_over_the_limit_is_refused(site: Site) -> None:
    """431 (RFC 6585 5), without waiting for its end."""
    lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 90) for number in range(20))
    reader, writer = await site.wire(b"GET / HTTP/1.1\r\nHost: here\r\n" + lines + b"X-Last: ")
    assert len(lines) < SHORT.head_bytes_max
    writer.write(b"a" * (SHORT.head_bytes_max - len(lines)))
    assert (await ended(reader)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_without_end_is_not_read(site: Site) -> None:
    reader, writer = await site.wire(b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: ")
    with contextlib.suppress(ConnectionError):
        for _ in range(1_000):
            writer.write(b"a" * 10_000)
            await writer.drain()
    await ended(reader, SHORT.head_seconds)
    assert not site.protocol.headless


async def test_a_head_just_below_the_limit_is_taken(site: Site) -> None:
    filling = b"a" * (SHORT.head_bytes_max - len(GET) - len(b"X: \r\n"))
    reader, _writer = await site.wire(GET[:-2] + b"X: " + filling + b"\r\n\r\n")
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)) == b"HTTP/1.1 200 OK\r\n"


async def test_a_body_that_drips_is_not_waited_for(site: Site) -> None:
    reader, writer = await site.wire(POST % (b"/", 10_000))
    assert 2 <= await drip(writer, b"a") < 30
    assert await ended(reader) == b""
    await eventually(lambda: site.app.disconnected == 1)


async def test_a_body_at_the_least_rate_is_taken_whole(site: Site) -> None:
    """Three windows long."""
    reader, writer = await site.wire(POST % (b"/", 1_000))
    for _ in range(20):
        writer.write(b"a" * 50)
        await writer.drain()
        await pace(0.08)
    assert (await asyncio.wait_for(reader.readuntil(b"1000"), 5)).startswith(b"HTTP/1.1 200")


async def test_our_own_slowness_is_nobodys_fault(site: Site) -> None:
    """The app does not read for several windows; the body waits at the peer and is taken then."""
    reader, writer = await site.wire(POST % (b"/gate", LONG_BODY))
    writer.write(bytes(LONG_BODY))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SHORT.window_seconds * 3)
    site.app.gate.set()
    await asyncio.wait_for(reader.readuntil(str(LONG_BODY).encode()), 10)


async def test_a_slow_answer_is_waited_for(site: Site) -> None:
    """No deadline of ours runs while the app works."""
    reader, _writer = await site.wire(POST % (b"/gate", 0))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), SHORT.head_seconds * 3)
    site.app.gate.set()
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n"), 5)) == b"HTTP/1.1 200 OK\r\n"


async def test_whoever_does_not_take_the_answer_is_let_go(site: Site) -> None:
    with socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        peer.connect(("127.0.0.1", site.port))
        peer.sendall(b"GET /long HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        await pace(SHORT.write_seconds * 3)
        peer.settimeout(5)
        taken = 0
        with contextlib.suppress(ConnectionError):
            while piece := peer.recv(65_536):
                taken += len(piece)
        assert 0 < taken < LONG_BODY


async def test_a_websocket_outlives_the_deadlines(site: Site) -> None:
    async with connect(f"ws://127.0.0.1:{site.port}/") as socket_:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket_.recv(), SHORT.head_seconds * 3)
        await socket_.send("still here")
        assert await socket_.recv() == "still here"


@pytest.mark.parametrize(
    "soft,hard,expected", [(256, 1_000, 1_000), (256, 20_000, 8_192), (9_000, 20_000, 9_000)]
)
def test_open_files_are_allowed_as_far_as_the_system_does(soft: int, hard: int, expected: int) -> None:
    code = (
        "import resource as r\n"
        f"r.setrlimit(r.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from config.patience import allow_open_files\n"
        "allow_open_files()\n"
        "print(*r.getrlimit(r.RLIMIT_NOFILE))\n"
    )
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert allowed >= hard, "this machine allows fewer than the test sets"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(expected), str(hard)]
