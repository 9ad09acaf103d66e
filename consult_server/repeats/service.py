"""Doing a request once, in the transaction of the request itself."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.repeats.domain import KEPT, KEY, KEY_CHARACTERS_MAX, KeyReused, request_sha256
from consult_server.repeats.tables import Repeat

IdempotencyKey = Annotated[str | None, Header(max_length=KEY_CHARACTERS_MAX, pattern=KEY)]


@dataclass(frozen=True)
class Claimed:
    """A key in hand. `answer` is what the request was answered the first time; None: it is the first time."""

    row: Repeat | None
    answer: Mapping[str, Any] | None = None

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Remember the answer for whoever asks again."""
        if self.row is not None:
            self.row.answer = dict(answer)


async def claim(
    tx: AsyncSession, principal: Principal, key: str | None, act: str, body: Mapping[str, Any], now: datetime
) -> Claimed:
    """Take the key for this request; a request beside it with the same key waits for it to end.

    Raises KeyReused. Without a key every request is the first.
    """
    if key is None:
        return Claimed(None)
    await tx.execute(delete(Repeat).where(Repeat.created_at < now - KEPT))
    digest = request_sha256(act, body)
    fresh = Repeat(account_id=principal.account_id, key=key, request_sha256=digest, answer={}, created_at=now)
    with suppress(IntegrityError):
        async with tx.begin_nested():
            tx.add(fresh)
        return Claimed(fresh)
    known = await tx.get_one(Repeat, (principal.account_id, key), populate_existing=True)
    if known.request_sha256 != digest:
        raise KeyReused
    return Claimed(known, known.answer)
