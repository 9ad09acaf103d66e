"""Performed steps by what names them, inside the transaction that changes them."""

from typing import Any

from sqlalchemy import Connection, Row, select

from dicom_node.mpps.domain import StepState
from dicom_node.mpps.tables import PerformedFor, PerformedStep


def step_of(connection: Connection, institution_id: str, sop_instance_uid: str) -> Row[Any] | None:
    """The institution's step of this UID, locked; None when it has none."""
    question = (
        select(PerformedStep.step_key, PerformedStep.state, PerformedStep.document)
        .where(
            PerformedStep.institution_id == institution_id, PerformedStep.sop_instance_uid == sop_instance_uid
        )
        .with_for_update()
    )
    return connection.execute(question).first()


def entries_of(connection: Connection, step_key: str) -> list[str]:
    """The keys of the worklist entries that a step is about."""
    question = select(PerformedFor.entry_key).where(PerformedFor.step_key == step_key)
    return sorted(connection.scalars(question))


def states_for(connection: Connection, entry_key: str) -> list[StepState]:
    """The states of all steps that were performed for an entry."""
    question = (
        select(PerformedStep.state)
        .join(PerformedFor, PerformedFor.step_key == PerformedStep.step_key)
        .where(PerformedFor.entry_key == entry_key)
    )
    return [StepState(state) for state in connection.scalars(question)]
