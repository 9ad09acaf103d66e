"""A line between a browser and a server: it counts what each request brings, and is as thin as one wants."""

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

REQUEST = re.compile(rb"^(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (\S+) HTTP/1\.1\r\n")
PIECE_BYTES = 16 * 1024
PIECES_WAITING = 64
See: TypeAlias = Callable[[bytes], None]
"""Is shown each piece that passes."""


@dataclass
class CountedLine:
    """`mbit_per_s` is shared by all connections in each direction, 0 for no limit; the delay is one way's."""

    target_port: int
    mbit_per_s: float = 0.0
    round_trip_ms: float = 0.0
    port: int = 0
    requests: int = 0
    bytes_of: Counter[str] = field(default_factory=Counter)
    asked_at: dict[str, float] = field(default_factory=dict)
    """When each path was asked for first, seconds since the epoch."""
    _free_at: dict[str, float] = field(default_factory=dict)

    def forget(self) -> None:
        """Count from now on."""
        self.requests, self.bytes_of, self.asked_at = 0, Counter(), {}

    def bytes_matching(self, part: str, before: float) -> int:
        """Bytes of the answers to requests whose path has `part` in it, asked for by then (epoch seconds)."""
        asked = (path for path, at in self.asked_at.items() if part in path and at <= before)
        return sum(self.bytes_of[path] for path in asked)

    async def serve(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        """One connection."""
        loop = asyncio.get_running_loop()
        await _moment(loop, loop.time() + self.round_trip_ms / 1000)
        server, to_server = await asyncio.open_connection("127.0.0.1", self.target_port)
        asked = {"path": ""}

        def up(piece: bytes) -> None:
            found = REQUEST.match(piece)
            if found:
                asked["path"] = found[1].decode("latin-1")
                self.asked_at.setdefault(asked["path"], time.time())
                self.requests += 1

        def down(piece: bytes) -> None:
            self.bytes_of[asked["path"]] += len(piece)

        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry(browser, to_server, "up", up))
                both.create_task(self._carry(server, to_browser, "down", down))
        finally:
            for end in (to_server, to_browser):
                end.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str, see: See
    ) -> None:
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(PIECES_WAITING)
        loop = asyncio.get_running_loop()

        async def deliver() -> None:
            piece = b"-"
            while piece:
                due, piece = await waiting.get()
                await _moment(loop, due)
                sink.write(piece)
                await sink.drain()
            sink.close()

        async with asyncio.TaskGroup() as tasks:
            delivering = tasks.create_task(deliver())
            with suppress(OSError):
                while not delivering.done() and (piece := await source.read(PIECE_BYTES)):
                    see(piece)
                    await waiting.put((self._due(way, len(piece), loop.time()), piece))
            await waiting.put((0.0, b""))

    def _due(self, way: str, count: int, now: float) -> float:
        """When a piece may arrive at the other end."""
        if self.mbit_per_s:
            free_at = max(now, self._free_at.get(way, 0.0)) + count / (self.mbit_per_s * 125_000)
            self._free_at[way] = now = free_at
        return now + self.round_trip_ms / 2000


async def _moment(loop: asyncio.AbstractEventLoop, when: float) -> None:
    """Return at `when`: the delay of the line is what it is for."""
    arrived = loop.create_future()
    timer = loop.call_at(when, lambda: None if arrived.done() else arrived.set_result(None))
    try:
        await arrived
    finally:
        timer.cancel()


@contextmanager
def counted_line(
    target_port: int, mbit_per_s: float = 0.0, round_trip_ms: float = 0.0
) -> Iterator[CountedLine]:
    """A line to a port of this machine, until the block ends."""
    line = CountedLine(target_port, mbit_per_s, round_trip_ms)
    loop, ready = asyncio.new_event_loop(), threading.Event()
    loop.set_exception_handler(lambda *_: None)  # a browser that goes away is no fault

    def run() -> None:
        server = loop.run_until_complete(asyncio.start_server(line.serve, "127.0.0.1", 0))
        line.port = server.sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()
        server.close()
        open_ones = asyncio.all_tasks(loop)
        for task in open_ones:
            task.cancel()
        if open_ones:  # of none, no loop is known to gather them in
            loop.run_until_complete(asyncio.gather(*open_ones, return_exceptions=True))
        loop.call_soon(loop.stop)
        loop.run_forever()  # one turn more: what was aborted is closed in it
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield line
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
