"""uvicorn's HTTP, with an end to every wait: uvicorn itself lets a peer take for ever over a request.

- A request's head must be whole within `head_seconds` and `head_bytes_max` (431), or the connection
  is closed. Of connections that have not sent a whole head, the longest waiting go when there are too
  many, so that silent ones never keep anybody else out.
- A body must bring `window_bytes_min` in each `window_seconds` while we are ready to read.
- Who does not take what we send for `write_seconds` is let go.
- An idle connection between requests is uvicorn's `timeout_keep_alive`.

A body sent at just the least rate may last long; how many such requests there are is what
`http.concurrency_max` bounds. WebSockets have pings and rates of their own.
"""

import asyncio
import resource
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.joined_writes import JoinedWrites

OPEN_FILES = 8192
TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, and how much."""

    head_seconds: float = 10.0
    head_bytes_max: int = 64 * 1024
    headless_max: int = 256
    window_seconds: float = 20.0
    window_bytes_min: int = 4 * 1024
    write_seconds: float = 60.0
    connections_max: int = 4096


class PatientProtocol(HttpToolsProtocol):
    """One connection. Subclasses made by `patient_protocol` carry the limits and who still waits."""

    patience: ClassVar[Patience]
    headless: ClassVar[dict["PatientProtocol", None]]  # in the order of their coming

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._head_bytes = 0
        self._window_bytes = 0
        self._we_were_slow = False

    # --- What uvicorn is told by the transport --------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport = JoinedWrites(transport, self.loop)  # type: ignore[assignment]
        if len(self.connections) > self.patience.connections_max:
            transport.abort()
            return
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self in self.headless and self._head_bytes > self.patience.head_bytes_max:
            self.transport.write(TOO_LARGE_HEAD)
            self.transport.close()

    def handle_websocket_upgrade(self) -> None:
        self._wait_no_more()
        if isinstance(self.transport, JoinedWrites):
            self.transport = self.transport.as_it_was()
        super().handle_websocket_upgrade()

    def pause_writing(self) -> None:
        self._set("write", self.patience.write_seconds, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._cancel("write")
        super().resume_writing()

    # --- What uvicorn is told by the parser -----------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self.headless.pop(self, None)
        self._cancel("head")
        super().on_headers_complete()
        self._open_window()

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        self._window_bytes += len(body)

    def on_message_complete(self) -> None:
        self._cancel("body")
        super().on_message_complete()

    # --- The waits ------------------------------------------------------------------------------

    def _wait_for_head(self) -> None:
        if self in self.headless:
            return
        self._head_bytes = 0
        self.headless[self] = None
        self._set("head", self.patience.head_seconds, self._give_up_head)
        if len(self.headless) > self.patience.headless_max:
            next(iter(self.headless))._give_up_head()  # noqa: SLF001 - another of our own kind

    def _give_up_head(self) -> None:
        """Close, unless an answer to an earlier request is still on its way."""
        self.headless.pop(self, None)
        if getattr(self.cycle, "response_complete", True):
            self.transport.close()
        else:
            self._wait_for_head()

    def _weigh(self) -> None:
        if self._window_bytes < self.patience.window_bytes_min and not self._we_were_slow:
            self.transport.abort()
        else:
            self._open_window()

    def _open_window(self) -> None:
        self._window_bytes, self._we_were_slow = 0, self.flow.read_paused
        self._set("body", self.patience.window_seconds, self._weigh)

    def _wait_no_more(self) -> None:
        self.headless.pop(self, None)
        for name in list(self._timers):
            self._cancel(name)

    def _set(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._cancel(name)
        self._timers[name] = self.loop.call_later(seconds, act)

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()


def patient_protocol(patience: Patience | None = None) -> type[PatientProtocol]:
    """The protocol class of one server, for uvicorn's `http=`."""
    limits, waiting = patience or Patience(), dict[PatientProtocol, None]()
    return type("PatientProtocolOfOne", (PatientProtocol,), {"patience": limits, "headless": waiting})


def allow_open_files() -> None:
    """Use what the system allows of open files, up to what we may need: the usual soft limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
