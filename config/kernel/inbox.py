"""What has been handled, and what could not be: `{owner}_inbox` and `{owner}_dead_letter`."""

from datetime import datetime

from sqlalchemy import JSON, Column, MetaData, String, Table, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.envelope import Envelope
from config.kernel.tables import UtcDateTime


class Inbox:
    """One owner's memory of handled events."""

    def __init__(self, owner: str, metadata: MetaData) -> None:
        self.handled = Table(
            f"{owner}_inbox",
            metadata,
            Column("event_id", String(36), primary_key=True),
            Column("handler", String(200), primary_key=True),
            Column("handled_at", UtcDateTime(), nullable=False),
        )
        self.buried = Table(
            f"{owner}_dead_letter",
            metadata,
            Column("event_id", String(36), primary_key=True),
            Column("handler", String(200), primary_key=True),
            Column("name", String(80), nullable=False),
            Column("payload", JSON().with_variant(JSONB(), "postgresql"), nullable=False),
            Column("buried_at", UtcDateTime(), nullable=False),
        )

    async def knows(self, view: AsyncSession, event_id: str, handler: str) -> bool:
        """True when this handler is done with this event."""
        return await self._has(view, self.handled, event_id, handler)

    @staticmethod
    async def _has(view: AsyncSession, table: Table, event_id: str, handler: str) -> bool:
        column = table.c
        known = await view.execute(
            select(column.event_id).where(column.event_id == event_id, column.handler == handler)
        )
        return known.first() is not None

    async def claim(self, tx: AsyncSession, event_id: str, handler: str, now: datetime) -> bool:
        """Mark (event, handler) as done in this transaction; False when it already was."""
        if await self.knows(tx, event_id, handler):
            return False
        await tx.execute(insert(self.handled).values(event_id=event_id, handler=handler, handled_at=now))
        return True

    async def bury(self, tx: AsyncSession, envelope: Envelope, handler: str, now: datetime) -> None:
        """Set an event aside that this handler could not take; once is enough."""
        if await self._has(tx, self.buried, envelope.event_id, handler):
            return
        key = {"event_id": envelope.event_id, "handler": handler}
        facts = {"name": envelope.name, "payload": envelope.payload, "buried_at": now}
        await tx.execute(insert(self.buried).values(**key, **facts))
