"""Fills an owner's stream from its outbox."""

import asyncio
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.kernel.clock import Clock
from config.kernel.database import Database
from config.kernel.errors import AppError
from config.kernel.outbox import Outbox
from config.kernel.redis import encode, stream_name
from config.kernel.stopping import goes_on
from config.logging import told_of

logger = logging.getLogger(__name__)

STREAM_LENGTH_MAX = 100_000
BATCH = 100
POLL_SECONDS = 0.1
RETRY_SECONDS = 1.0


class Relay:
    """Moves one owner's outbox rows to its stream, in order, marking what has left."""

    def __init__(self, database: Database, redis: Redis, outbox: Outbox, clock: Clock) -> None:
        self._database, self._redis, self._outbox, self._clock = database, redis, outbox, clock

    async def once(self) -> int:
        """Relay one batch; how many rows left."""
        async with self._database.read() as view:
            rows = await self._outbox.pending(view, BATCH)
        if not rows:
            return 0
        stream = stream_name(self._outbox.owner)
        async with self._redis.pipeline(transaction=False) as pipe:
            for _position, envelope in rows:
                pipe.xadd(stream, encode(envelope), maxlen=STREAM_LENGTH_MAX, approximate=True)
            await pipe.execute()
        async with self._database.write() as tx:
            await self._outbox.mark_relayed(tx, [p for p, _ in rows], self._clock.now())
        return len(rows)

    async def run(self) -> None:
        """Relay until cancelled; a broken wire or database is waited out."""
        while goes_on():
            try:
                if not await self.once():
                    await asyncio.sleep(POLL_SECONDS)
            except (AppError, RedisError, OSError) as error:
                logger.warning("relay.waiting", extra={"owner": self._outbox.owner} | told_of(error))
                await asyncio.sleep(RETRY_SECONDS)
