"""The receivers that live, as they said last."""

from datetime import datetime

from sqlalchemy import Engine, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from dicom_node.archive.tables import Receiver
from dicom_node.reporting.reporter import DEAD_AFTER


def _living(now: datetime) -> Select[Receiver]:
    return (
        select(Receiver)
        .where(Receiver.seen_at >= now - DEAD_AFTER)
        .order_by(Receiver.host_name, Receiver.number, Receiver.receiver_id)
    )


async def receivers(view: AsyncSession, now: datetime) -> list[Receiver]:
    """Every receiver that gave a sign of life lately."""
    return list(await view.scalars(_living(now)))


def receivers_now(engine: Engine, now: datetime) -> list[Receiver]:
    """The same, for a process without an event loop. Raises DatabaseUnavailable."""
    with sync_transaction(engine) as session:
        found = list(session.scalars(_living(now)))
        session.expunge_all()
        return found
