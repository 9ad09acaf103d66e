"""Live push: stream entries become server-sent events for the browsers that may know of them.

An event says only what changed and its version; the client fetches the rest. Every client has a
bounded queue: one that does not read is let go and resumes by `Last-Event-ID`. Every line begins
with `hello`, on which a client looks at everything once more: a replay that Redis can no longer
give in full therefore loses nothing.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.kernel.envelope import Envelope
from config.kernel.errors import Unavailable
from config.kernel.redis import Entry, decode, groups, stream_name
from config.kernel.stopping import goes_on
from config.logging import told_of

logger = logging.getLogger(__name__)

OWNERS = ("consult", "dicom")
POSITION = re.compile(r"\d{1,20}-\d{1,20}")
QUEUE_MAX = 256
LISTENERS_MAX = 2_000
LISTENERS_PER_ACCOUNT_MAX = 16
HEARTBEAT_SECONDS = 15.0
REPLAY_MAX = 500
BLOCK_MS = 5_000


class LiveLinesFull(Unavailable):
    """There are too many live lines already."""

    code = "notices.lines_full"


@dataclass(eq=False, kw_only=True)
class Listener:
    """One connected browser: whose it is, and whose news it gets ('' for nobody's)."""

    account_id: str
    institution_id: str
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))

    def may_know(self, envelope: Envelope) -> bool:
        """True when the event is about a case or study of this institution."""
        return self.institution_id in institutions_of(envelope.payload)

    def offer(self, text: str) -> bool:
        """Queue one event; False when the listener is too slow."""
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True

    def let_go(self) -> None:
        """End the line of a listener whose queue is full."""
        self.queue.get_nowait()
        self.queue.put_nowait(None)


def institutions_of(payload: dict[str, Any]) -> set[str]:
    """Whose people may know of an event; nobody's when it names no institution."""
    named = payload.get("institution_ids") or [payload.get("institution_id", "")]
    return {institution_id for institution_id in named if institution_id}


def sse(position: str, envelope: Envelope) -> str:
    """An event in `text/event-stream` form (WHATWG HTML 9.2.6)."""
    body = {
        key: value for key, value in envelope.payload.items() if key not in {"institution_ids", "subject"}
    }
    return f"id: {position}\nevent: {envelope.name}\ndata: {json.dumps(body)}\n\n"


def read_entry(fields: dict[bytes, bytes]) -> Envelope | None:
    """The envelope of a stream entry; None, and a line in the log, when it is none."""
    try:
        return decode(fields)
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("live.entry_unreadable", extra=told_of(error))
        return None


class LiveHub:
    """Follows the streams once for the whole process and fans out to the listeners."""

    def __init__(self, redis: Redis, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._redis = redis
        self._listeners: set[Listener] = set()
        self._positions = {stream_name(owner): "$" for owner in OWNERS}
        self.heartbeat_seconds = heartbeat_seconds

    def position(self) -> str:
        """Where a new listener starts, in the form that `Last-Event-ID` carries."""
        return ",".join(self._positions.values())

    async def run(self) -> None:
        """Follow the streams for ever; a broken wire is waited out."""
        await self._start_at_end()
        while goes_on():
            try:
                answer = await self._redis.xread(self._positions, count=200, block=BLOCK_MS)  # type: ignore[arg-type]
            except (RedisError, OSError) as error:
                logger.warning("live.waiting", extra=told_of(error))
                await asyncio.sleep(1)
                continue
            for stream, entries in groups(answer):
                for entry_id, fields in entries:
                    self._positions[stream.decode()] = entry_id.decode()
                    envelope = read_entry(fields)
                    if envelope is not None:
                        self._fan_out(envelope)

    async def _start_at_end(self) -> None:
        for stream in self._positions:
            try:
                last = cast("list[Entry]", await self._redis.xrevrange(stream, count=1))
            except (RedisError, OSError):
                last = []
            self._positions[stream] = last[0][0].decode() if last else "0-0"

    def _fan_out(self, envelope: Envelope) -> None:
        text = sse(self.position(), envelope)
        for listener in list(self._listeners):
            if listener.may_know(envelope) and not listener.offer(text):
                self._listeners.discard(listener)
                listener.let_go()

    async def _missed(self, starts: list[str], listener: Listener) -> list[str]:
        """What came after `starts`; each with the position it stood at, so that a cut replay resumes."""
        missed, positions = [], list(starts)
        for number, owner in enumerate(OWNERS):
            found = await self._redis.xrange(
                stream_name(owner), min=f"({positions[number]}", count=REPLAY_MAX
            )
            for entry_id, fields in cast("list[Entry]", found):
                positions[number] = entry_id.decode()
                envelope = read_entry(fields)
                if envelope is not None and listener.may_know(envelope):
                    missed.append(sse(",".join(positions), envelope))
        return missed

    def refuse_when_full(self, account_id: str) -> None:
        """Raises LiveLinesFull when this person, or the whole process, has too many lines."""
        own = sum(1 for listener in self._listeners if listener.account_id == account_id)
        if own >= LISTENERS_PER_ACCOUNT_MAX or len(self._listeners) >= LISTENERS_MAX:
            raise LiveLinesFull

    async def listen(
        self, listener: Listener, last_event_id: str, still_in: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        """The events for one browser, first what it missed.

        Ends when it falls behind, when the wire breaks, and soon after `still_in` says no.
        """
        starts = last_event_id.split(",")
        resumes = len(starts) == len(OWNERS) and all(POSITION.fullmatch(start) for start in starts)
        self._listeners.add(listener)
        try:
            hello = ",".join(starts) if resumes else self.position()
            yield f"retry: 2000\nid: {hello}\nevent: hello\ndata: {{}}\n\n"
            try:
                missed = await self._missed(starts, listener) if resumes else []
            except (RedisError, OSError):
                return
            for text in missed:
                yield text
            async for text in self._follow(listener, still_in):
                yield text
        finally:
            self._listeners.discard(listener)

    async def _follow(
        self, listener: Listener, still_in: Callable[[], Awaitable[bool]]
    ) -> AsyncIterator[str]:
        checked = time.monotonic()
        while True:
            try:
                item = await asyncio.wait_for(listener.queue.get(), self.heartbeat_seconds)
            except TimeoutError:
                item = ": still here\n\n"
            if time.monotonic() - checked >= self.heartbeat_seconds:
                if not await still_in():
                    return
                checked = time.monotonic()
            if item is None:
                return
            yield item
