"""What is above the node writes the worklist here, in its own transaction: a commit, and it is listed."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from dicom_node.archive.names import name_key
from dicom_node.worklist.domain import EntryState, Scheduled, StepBegun, StepUnknown, checked
from dicom_node.worklist.tables import WorklistEntry


async def schedule(tx: AsyncSession, step: Scheduled, now: datetime) -> None:
    """List a step, or list it anew with other values while nobody has begun it.

    Raises StepInvalid, StepBegun, or StepUnknown for another institution's.
    """
    values = asdict(checked(step)) | {
        "patient_name_key": name_key(step.patient_name),
        "state": EntryState.SCHEDULED.value,
        "changed_at": now,
    }
    row = await tx.get(WorklistEntry, step.entry_key, with_for_update=True)
    if row is None:
        tx.add(WorklistEntry(**values))
        await tx.flush()
        return
    if row.institution_id != step.institution_id:
        raise StepUnknown
    _require_scheduled(row)
    for name, value in values.items():
        setattr(row, name, value)
    await tx.flush()


async def withdraw(tx: AsyncSession, entry_key: str, now: datetime) -> None:
    """Take a step off the list. Raises StepUnknown, StepBegun."""
    row = await _known(tx, entry_key)
    _require_scheduled(row)
    row.state, row.changed_at = EntryState.WITHDRAWN.value, now
    await tx.flush()


async def finish(tx: AsyncSession, entry_key: str, now: datetime) -> None:
    """Take a step off the list that was made without a word of its modality.

    Raises StepUnknown, StepBegun.
    """
    row = await _known(tx, entry_key)
    _require_scheduled(row)
    row.state, row.changed_at = EntryState.COMPLETED.value, now
    await tx.flush()


async def _known(tx: AsyncSession, entry_key: str) -> WorklistEntry:
    row = await tx.get(WorklistEntry, entry_key, with_for_update=True)
    if row is None:
        raise StepUnknown
    return row


def _require_scheduled(row: WorklistEntry) -> None:
    if row.state != EntryState.SCHEDULED:
        raise StepBegun(state=row.state)
