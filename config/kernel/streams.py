"""Redis streams: how events travel, and the consumer that empties a stream.

At-least-once delivery plus one `inbox(event_id, handler)` row in the handler's own transaction
is exactly-once in effect. A handler that keeps failing is set aside as a dead letter, so that one bad
event never holds up the rest. A job is work that takes long and may be done twice, outside any transaction.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.clock import Clock
from config.kernel.database import Database
from config.kernel.envelope import Envelope
from config.kernel.errors import AppError
from config.kernel.inbox import Inbox
from config.kernel.outbox import Outbox
from config.kernel.redis import Entry, decode, groups, stream_name
from config.kernel.stopping import goes_on
from config.logging import told_of

logger = logging.getLogger(__name__)
Job: TypeAlias = Callable[[Envelope], Awaitable[None]]
Handler: TypeAlias = Callable[[AsyncSession, Envelope], Awaitable[None]]

BATCH = 100
ATTEMPTS_MAX = 5
RESEND_WINDOW = timedelta(hours=1)


class Consumer:
    """Runs handlers over one owner's stream as a named group, each in its own transaction."""

    retry_seconds = 1.0
    left_after_ms = 5_000

    def __init__(
        self,
        *,
        database: Database,
        redis: Redis,
        outbox: Outbox,
        inbox: Inbox,
        clock: Clock,
        group: str,
        handlers: Mapping[str, Sequence[Handler]] = MappingProxyType({}),
        jobs: Mapping[str, Sequence[Job]] = MappingProxyType({}),
    ) -> None:
        self._database, self._redis, self._outbox, self._inbox = database, redis, outbox, inbox
        self._clock, self._group, self._handlers, self._jobs = clock, group, handlers, jobs
        self._stream = stream_name(outbox.owner)

    async def prepare(self) -> None:
        """Make sure stream and group exist; if they did not, recent facts are sent again."""
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
            return
        async with self._database.write() as tx:
            await self._outbox.resend(tx, self._clock.now() - RESEND_WINDOW)

    async def once(self, block_ms: int = 1000) -> int:
        """Handle one batch, first what an earlier life left unacknowledged; how many entries."""
        await self.prepare()
        left = await self._redis.xautoclaim(
            self._stream, self._group, "worker", self.left_after_ms, "0-0", BATCH
        )
        entries = left[1] or await self._fresh(block_ms)
        for entry_id, fields in entries:
            await self._handle(decode(fields))
            await self._redis.xack(self._stream, self._group, entry_id)
        return len(entries)

    async def _fresh(self, block_ms: int) -> list[Entry]:
        answer = await self._redis.xreadgroup(
            self._group, "worker", {self._stream: ">"}, count=BATCH, block=block_ms
        )
        return [entry for _stream, entries in groups(answer) for entry in entries]

    async def _handle(self, envelope: Envelope) -> None:
        for handler in self._handlers.get(envelope.name, ()):
            await self._persist(_name(handler), envelope, partial(self._in_transaction, handler, envelope))
        for job in self._jobs.get(envelope.name, ()):
            await self._persist(_name(job), envelope, partial(self._outside, job, envelope))

    async def _in_transaction(self, handler: Handler, envelope: Envelope) -> None:
        async with self._database.write() as tx:
            if await self._inbox.claim(tx, envelope.event_id, _name(handler), self._clock.now()):
                await handler(tx, envelope)

    async def _outside(self, job: Job, envelope: Envelope) -> None:
        async with self._database.read() as view:
            if await self._inbox.knows(view, envelope.event_id, _name(job)):
                return
        await job(envelope)
        async with self._database.write() as tx:
            await self._inbox.claim(tx, envelope.event_id, _name(job), self._clock.now())

    async def _persist(self, name: str, envelope: Envelope, attempt: Callable[[], Awaitable[None]]) -> None:
        """Try several times, then set the event aside for this handler."""
        for number in range(1, ATTEMPTS_MAX + 1):
            try:
                await attempt()
            except Exception as error:  # noqa: BLE001 - the consumer is one of the four edges
                facts = {"handler": name, "event": envelope.name, "event_id": envelope.event_id}
                logger.warning("handler.failed", extra=facts | {"attempt": number} | told_of(error))
                await asyncio.sleep(min(0.1 * 2**number, self.retry_seconds))
            else:
                return
        async with self._database.write() as tx:
            await self._inbox.bury(tx, envelope, name, self._clock.now())

    async def run(self) -> None:
        """Consume until cancelled; a broken wire or database is waited out."""
        while goes_on():
            try:
                await self.once()
            except (AppError, RedisError, OSError) as error:
                logger.warning("consumer.waiting", extra={"group": self._group} | told_of(error))
                await asyncio.sleep(self.retry_seconds)


def _name(work: Handler | Job) -> str:
    return f"{work.__module__}.{work.__qualname__}"
