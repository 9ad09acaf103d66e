"""Facts leave with the rows they speak of: one outbox table for each owner.

A service adds an event in its own transaction; the relay appends it to the owner's Redis stream
afterwards. Redis is a wire, never the record: `resend` repeats recent rows, the inbox drops repeats.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.envelope import Envelope
from config.kernel.ids import new_id
from config.kernel.tables import UtcDateTime


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense. `subject` names the one thing whose events stay in order."""

    name: ClassVar[str]
    subject: str

    def payload(self) -> dict[str, Any]:
        """The event's own fields, JSON-ready."""
        return asdict(self)


class Outbox:
    """One owner's outbox table and its reads and writes."""

    def __init__(self, owner: str, metadata: MetaData) -> None:
        self.owner = owner
        self.table = Table(
            f"{owner}_outbox",
            metadata,
            Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
            Column("event_id", String(36), nullable=False, unique=True),
            Column("name", String(80), nullable=False),
            Column("subject", String(80), nullable=False),
            Column("payload", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
            Column("occurred_at", UtcDateTime(), nullable=False),
            Column("relayed_at", UtcDateTime(), nullable=True),
            Index(f"ix_{owner}_outbox_relayed_at_position", "relayed_at", "position"),
        )

    @staticmethod
    def row(event: Event, now: datetime) -> dict[str, Any]:
        """The row that records `event`, for callers that insert in bulk."""
        return {
            "event_id": new_id(),
            "name": event.name,
            "subject": event.subject,
            "payload": event.payload(),
            "occurred_at": now,
        }

    async def add(self, tx: AsyncSession, event: Event, now: datetime) -> None:
        """Record `event` in the caller's transaction."""
        await tx.execute(insert(self.table).values(**self.row(event, now)))

    async def pending(self, tx: AsyncSession, limit: int) -> list[tuple[int, Envelope]]:
        """Up to `limit` rows that have not been relayed, oldest first, with their positions."""
        table = self.table.c
        rows = await tx.execute(
            select(self.table).where(table.relayed_at.is_(None)).order_by(table.position).limit(limit)
        )
        return [(row.position, _envelope(row)) for row in rows]

    async def mark_relayed(self, tx: AsyncSession, positions: list[int], now: datetime) -> None:
        """Remember that these rows are on the stream."""
        table = self.table
        await tx.execute(update(table).where(table.c.position.in_(positions)).values(relayed_at=now))

    async def resend(self, tx: AsyncSession, since: datetime) -> None:
        """Put everything relayed after `since` on the wire again (Redis lost its memory)."""
        await tx.execute(update(self.table).where(self.table.c.relayed_at > since).values(relayed_at=None))


def _envelope(row: Any) -> Envelope:
    moment = row.occurred_at.isoformat()
    return Envelope(event_id=row.event_id, name=row.name, occurred_at=moment, payload=row.payload)
