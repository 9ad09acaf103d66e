"""N-CREATE and N-SET of performed procedure steps: durable, with the worklist, before success is said."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection, insert, update

from config.kernel.ids import new_id
from dicom_node.archive.tables import outbox
from dicom_node.command import Answer
from dicom_node.events import StepPerformed
from dicom_node.intake.dicom_json import Document
from dicom_node.mpps import queries
from dicom_node.mpps.attributes import (
    StepRefused,
    merged,
    references,
    refused,
    require_known,
    require_new,
    status_of_step,
)
from dicom_node.mpps.domain import STATUS, Act, StepState, next_state, state_after
from dicom_node.mpps.tables import PerformedFor, PerformedStep
from dicom_node.status import (
    DUPLICATE_SOP_INSTANCE,
    INVALID_ATTRIBUTE_VALUE,
    MAY_NO_LONGER_BE_UPDATED,
    NO_SUCH_SOP_INSTANCE,
    PROCESSING_FAILURE,
    SUCCESS,
)
from dicom_node.worklist.domain import EntryState
from dicom_node.worklist.queries import entries_meant
from dicom_node.worklist.tables import WorklistEntry

Work: TypeAlias = Callable[[Connection, datetime], Answer]
STATUS_NAME = f"{STATUS:08X}"
OVER = Answer(
    PROCESSING_FAILURE,
    "Performed Procedure Step Object may no longer be updated",
    error_id=MAY_NO_LONGER_BE_UPDATED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """The peer that speaks, and the step it speaks of."""

    institution_id: str
    ae_title: str
    sop_instance_uid: str


def creation(whose: Whose, document: Document) -> Work:
    """A new step; what it must bring was not looked at yet. Raises StepRefused."""
    require_new(document)
    asked = status_of_step(document)
    state = next_state(Act.CREATE, None, asked) if asked else None
    if state is None:
        raise refused(INVALID_ATTRIBUTE_VALUE, STATUS, "must be IN PROGRESS at first")
    meant = references(document)

    def create(connection: Connection, now: datetime) -> Answer:
        if queries.step_of(connection, whose.institution_id, whose.sop_instance_uid) is not None:
            return Answer(DUPLICATE_SOP_INSTANCE, "a step of this SOP Instance UID exists already")
        step_key = new_id()
        connection.execute(
            insert(PerformedStep).values(
                step_key=step_key,
                institution_id=whose.institution_id,
                sop_instance_uid=whose.sop_instance_uid,
                state=state.value,
                study_instance_uid=meant[0].study_instance_uid,
                source_ae_title=whose.ae_title,
                document=document,
                created_at=now,
                changed_at=now,
            )
        )
        for entry_key in entries_meant(connection, whose.institution_id, meant):
            connection.execute(insert(PerformedFor).values(entry_key=entry_key, step_key=step_key))
        _tell(connection, whose, step_key, state, now)
        return Answer(SUCCESS, sop_instance_uid=whose.sop_instance_uid)

    return create


def change(whose: Whose, changes: Document) -> Work:
    """New values of a step that is in progress. Raises StepRefused."""
    asked = status_of_step(changes)

    def set_values(connection: Connection, now: datetime) -> Answer:
        step = queries.step_of(connection, whose.institution_id, whose.sop_instance_uid)
        if step is None:
            return Answer(NO_SUCH_SOP_INSTANCE, "no step of this SOP Instance UID")
        before = StepState(step.state)
        after = next_state(Act.SET, before, asked or before)
        if after is None:
            return OVER
        try:
            document = merged(step.document, changes) | {STATUS_NAME: {"vr": "CS", "Value": [after.value]}}
            require_known(document, after)
        except StepRefused as refusal:
            return refusal.answer
        connection.execute(
            update(PerformedStep)
            .where(PerformedStep.step_key == step.step_key)
            .values(document=document, state=after.value, changed_at=now)
        )
        if after is not before:
            _tell(connection, whose, step.step_key, after, now)
        return Answer(SUCCESS)

    return set_values


def _tell(connection: Connection, whose: Whose, step_key: str, state: StepState, now: datetime) -> None:
    """The entries that the step is about move with it, and whoever ordered them hears of it."""
    for entry_key in queries.entries_of(connection, step_key):
        entry = state_after(queries.states_for(connection, entry_key))
        connection.execute(
            update(WorklistEntry)
            .where(WorklistEntry.entry_key == entry_key, WorklistEntry.state != EntryState.WITHDRAWN.value)
            .values(state=entry.value, changed_at=now)
        )
        event = StepPerformed(
            subject=entry_key,
            institution_id=whose.institution_id,
            entry_key=entry_key,
            state=entry.value,
            performed=state.value,
            ae_title=whose.ae_title,
        )
        connection.execute(insert(outbox.table).values(**outbox.row(event, now)))
