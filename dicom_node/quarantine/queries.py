"""What was set aside, as far as the caller reaches: `reach` is an institution's id, None for all of them.

What lies outside the reach is answered as what does not exist.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Conflict, NotFound
from config.kernel.limits import PAGE_ROWS_MAX
from dicom_node.archive.tables import Instance, Peer, Quarantine


class Decision(StrEnum):
    """What became of an object that was set aside."""

    ADMITTED = "admitted"
    DISCARDED = "discarded"


class QuarantineEntryNotFound(NotFound):
    """Nothing was set aside under that id, or not for this institution."""

    code = "dicom.quarantine_entry_not_found"


class QuarantineEntryDecided(Conflict):
    """Somebody has decided about this object already."""

    code = "dicom.quarantine_entry_decided"


class QuarantineFileNotKept(Conflict):
    """The object's bytes were not kept: it was too large, or it was discarded."""

    code = "dicom.quarantine_file_not_kept"


@dataclass(frozen=True, kw_only=True)
class Sender:
    """How many objects of one AE title wait for a decision."""

    ae_title: str
    count: int


def _within(reach: str | None) -> ColumnElement[bool]:
    return true() if reach is None else Quarantine.institution_id == reach


async def entries(
    view: AsyncSession, reach: str | None, *, ae_title: str = "", decided: bool = False
) -> list[Quarantine]:
    """The newest entries that wait, or with `decided` those that do not any more; at most a page of them."""
    waiting = Quarantine.decision.is_not(None) if decided else Quarantine.decision.is_(None)
    statement = select(Quarantine).where(_within(reach), waiting)
    if ae_title:
        statement = statement.where(Quarantine.source_ae_title == ae_title)
    newest = Quarantine.decided_at if decided else Quarantine.received_at
    ordered = statement.order_by(newest.desc(), Quarantine.quarantine_id).limit(PAGE_ROWS_MAX)
    return list(await view.scalars(ordered))


async def senders(view: AsyncSession, reach: str | None) -> list[Sender]:
    """Whose objects wait for a decision, most first."""
    count = func.count().label("count")
    rows = await view.execute(
        select(Quarantine.source_ae_title, count)
        .where(_within(reach), Quarantine.decision.is_(None))
        .group_by(Quarantine.source_ae_title)
        .order_by(count.desc(), Quarantine.source_ae_title)
        .limit(PAGE_ROWS_MAX)
    )
    return [Sender(ae_title=title, count=number) for title, number in rows]


async def waiting_count(view: AsyncSession, reach: str | None) -> int:
    """How many entries wait for a decision."""
    statement = select(func.count()).where(_within(reach), Quarantine.decision.is_(None))
    return int(await view.scalar(statement) or 0)


async def entry(
    view: AsyncSession, reach: str | None, quarantine_id: str, *, lock: bool = False
) -> Quarantine:
    """One entry, `lock`ed until the transaction ends if asked. Raises QuarantineEntryNotFound."""
    statement = select(Quarantine).where(_within(reach), Quarantine.quarantine_id == quarantine_id)
    found: Quarantine | None = await view.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise QuarantineEntryNotFound
    return found


async def waiting_entry(
    view: AsyncSession, reach: str | None, quarantine_id: str, *, lock: bool = False
) -> Quarantine:
    """One entry that nobody has decided about. Raises QuarantineEntryNotFound or QuarantineEntryDecided."""
    found = await entry(view, reach, quarantine_id, lock=lock)
    if found.decision is not None:
        raise QuarantineEntryDecided(decision=found.decision)
    return found


def decide(found: Quarantine, decision: Decision, reason: str, now: datetime) -> str | None:
    """Note a decision; the key of the bytes that may be deleted once it is committed, if any.

    Only bytes that were set aside are let go: those of a conflict lie among the archive's own
    objects, where another institution's copy may be the same file.
    """
    found.decision, found.decided_at, found.decision_reason = decision.value, now, reason
    key, in_quarantine = found.object_key, (found.object_key or "").startswith("quarantine/")
    found.object_key = None if in_quarantine else key
    return key if in_quarantine else None


async def is_wanted(view: AsyncSession, key: str) -> bool:
    """True while an entry or an instance still names these bytes."""
    asides = select(Quarantine.quarantine_id).where(Quarantine.object_key == key)
    instances = select(Instance.instance_key).where(Instance.object_key == key)
    return bool(await view.scalar(select(or_(asides.exists(), instances.exists()))))


async def issuer_of(view: AsyncSession, ae_title: str) -> str:
    """Who issues the patient numbers of a sender; '' when it is not registered any more."""
    peer = await view.get(Peer, ae_title)
    return peer.issuer_of_patient_id if peer else ""
