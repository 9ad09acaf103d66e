"""Live push: stream entries become server-sent events for the browsers that may know of them.

An event says only what changed and its version; the client fetches the rest. Every client has a
bounded queue: one that does not read is let go and resumes by `Last-Event-ID`.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.kernel.envelope import Envelope
from config.kernel.redis import Entry, decode, groups, stream_name

logger = logging.getLogger(__name__)

OWNERS = ("consult", "dicom")
POSITION = re.compile(r"\d{1,20}-\d{1,20}")
QUEUE_MAX = 256
LISTENERS_MAX = 2_000
HEARTBEAT_SECONDS = 15.0
REPLAY_MAX = 500
BLOCK_MS = 5_000


@dataclass(eq=False)
class Listener:
    """One connected browser and whose news it gets."""

    institution_id: str
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))

    def offer(self, text: str) -> bool:
        """Queue one event; False when the listener is too slow."""
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True


def institutions_of(payload: dict[str, Any]) -> set[str]:
    """Whose people may know of an event."""
    return set(payload.get("institution_ids") or [payload.get("institution_id", "")])


def sse(position: str, envelope: Envelope) -> str:
    """An event in `text/event-stream` form (WHATWG HTML 9.2.6)."""
    body = {
        key: value for key, value in envelope.payload.items() if key not in {"institution_ids", "subject"}
    }
    return f"id: {position}\nevent: {envelope.name}\ndata: {json.dumps(body)}\n\n"


class LiveHub:
    """Follows the streams once for the whole process and fans out to the listeners."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._listeners: set[Listener] = set()
        self._positions = {stream_name(owner): "$" for owner in OWNERS}

    def position(self) -> str:
        """Where a new listener starts, in the form that `Last-Event-ID` carries."""
        return ",".join(self._positions.values())

    async def run(self) -> None:
        """Follow the streams for ever; a broken wire is waited out."""
        await self._start_at_end()
        while True:
            try:
                answer = await self._redis.xread(self._positions, count=200, block=BLOCK_MS)  # type: ignore[arg-type]
            except (RedisError, OSError) as error:
                logger.warning("live.waiting", extra={"reason": str(error)})
                await asyncio.sleep(1)
                continue
            for stream, entries in groups(answer):
                for entry_id, fields in entries:
                    self._positions[stream.decode()] = entry_id.decode()
                    self._fan_out(decode(fields))

    async def _start_at_end(self) -> None:
        for stream in self._positions:
            try:
                last = cast("list[Entry]", await self._redis.xrevrange(stream, count=1))
            except (RedisError, OSError):
                last = []
            self._positions[stream] = last[0][0].decode() if last else "0-0"

    def _fan_out(self, envelope: Envelope) -> None:
        audience = institutions_of(envelope.payload)
        text = sse(self.position(), envelope)
        for listener in list(self._listeners):
            if listener.institution_id in audience and not listener.offer(text):
                self._listeners.discard(listener)
                listener.queue.get_nowait()
                listener.queue.put_nowait(None)

    async def _missed(self, last_event_id: str, institution_id: str) -> list[str]:
        starts = last_event_id.split(",")
        if len(starts) != len(OWNERS) or not all(POSITION.fullmatch(start) for start in starts):
            return []
        missed = []
        for owner, start in zip(OWNERS, starts, strict=True):
            found = await self._redis.xrange(stream_name(owner), min=f"({start}", count=REPLAY_MAX)
            entries = cast("list[Entry]", found)
            for _entry_id, fields in entries:
                envelope = decode(fields)
                if institution_id in institutions_of(envelope.payload):
                    missed.append(sse(self.position(), envelope))
        return missed

    async def listen(self, institution_id: str, last_event_id: str) -> AsyncIterator[str]:
        """The events for one browser, first what it missed; ends when it falls behind."""
        listener = Listener(institution_id)
        if len(self._listeners) >= LISTENERS_MAX:
            return
        self._listeners.add(listener)
        try:
            yield f"retry: 2000\nid: {self.position()}\nevent: hello\ndata: {{}}\n\n"
            for text in await self._missed(last_event_id, institution_id) if last_event_id else []:
                yield text
            while True:
                try:
                    item = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if item is None:
                    return
                yield item
        finally:
            self._listeners.discard(listener)
