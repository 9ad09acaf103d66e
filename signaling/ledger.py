"""Which tokens have been used: in Redis when several processes or restarts share it, else in memory."""

import heapq
from datetime import datetime
from math import ceil
from typing import Final, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

from signaling.errors import Unauthorized

KEY: Final = "sig:tok:{}"


class Ledger(Protocol):
    """Remembers the `jti` of each used token until it would have expired anyway."""

    async def use(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        """Mark as used; False when it had been used before."""
        ...


class MemoryLedger:
    """For one process; forgets at restart."""

    def __init__(self) -> None:
        self._used: set[str] = set()
        self._by_expiry: list[tuple[datetime, str]] = []

    async def use(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        while self._by_expiry and self._by_expiry[0][0] <= now:
            self._used.discard(heapq.heappop(self._by_expiry)[1])
        if jti in self._used:
            return False
        self._used.add(jti)
        heapq.heappush(self._by_expiry, (expires_at, jti))
        return True


class RedisLedger:
    """One `SET sig:tok:{jti} 1 NX EX seconds` for each token. No answer means no entry: default deny."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def use(self, jti: str, expires_at: datetime, now: datetime) -> bool:
        seconds = max(1, ceil((expires_at - now).total_seconds()))
        try:
            return bool(await self._redis.set(KEY.format(jti), 1, nx=True, ex=seconds))
        except (RedisError, OSError):
            raise Unauthorized from None
