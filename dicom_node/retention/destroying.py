"""One approved study: judged once more, then its index rows go and its register entry stays, or it stays.

All of it in one transaction, so that a kill at any point leaves either; the bytes go afterwards
(`removal`). A study that is sent again afterwards is a new study.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, delete, exists, insert, literal, update
from sqlalchemy.dialects import postgresql, sqlite

from dicom_node.archive.tables import Instance, RejectedObject, RejectionNote, Series, Study, outbox
from dicom_node.events import StudyWithdrawn
from dicom_node.forward.notifying import destroyed
from dicom_node.quotas.use import grow
from dicom_node.rejection.note import Title
from dicom_node.retention import queries
from dicom_node.retention.domain import Kept
from dicom_node.retention.queries import Name, Needed, copies_of, judged, rules_now
from dicom_node.retention.tables import DestroyedStudy, Orphan

ORPHAN = Table(Orphan.__tablename__, Orphan.metadata)
INSERT: dict[str, sqlite.Insert | postgresql.Insert] = {
    "sqlite": sqlite.insert(ORPHAN),
    "postgresql": postgresql.insert(ORPHAN),
}


class State(StrEnum):
    """What became of an approved study."""

    APPROVED = "approved"
    DESTROYED = "destroyed"
    KEPT = "kept"


def carry_out(
    connection: Connection, destruction_id: str, name: Name, needed: Needed, now: datetime
) -> State | None:
    """Destroy an approved study unless something speaks against it now; None when that was done before."""
    if not queries.is_approved(connection, destruction_id, name):
        return None
    rows = copies_of(connection, [name], lock=True).get(name, [])
    found = judged(connection, [name], rules_now(connection), needed, now)
    why = found[0][1] if found else None
    state = State.KEPT if why is not None else State.DESTROYED
    if state is State.DESTROYED:
        _destroy(connection, name[0], rows, now)
    values = {"state": state.value, "kept_for": why.value if isinstance(why, Kept) else "", "decided_at": now}
    connection.execute(
        update(DestroyedStudy)
        .where(
            DestroyedStudy.destruction_id == destruction_id,
            DestroyedStudy.institution_id == name[0],
            DestroyedStudy.study_instance_uid == name[1],
        )
        .values(**values)
    )
    return state


def _destroy(
    connection: Connection, institution_id: str, rows: Collection[RowMapping], now: datetime
) -> None:
    """Every index row of a study, and what speaks of its objects."""
    studies = [str(row["study_key"]) for row in rows]
    mine = queries.of_studies(studies)
    lost = queries.bytes_of(connection, mine)
    moment = literal(now, ORPHAN.c.next_at.type)
    statement = INSERT[connection.dialect.name].from_select(
        ["object_key", "object_bytes", "orphaned_at", "next_at"], queries.keys_of(mine, moment)
    )
    connection.execute(statement.on_conflict_do_nothing())
    _forget_notes(connection, institution_id, mine, now)
    for row in rows:
        if row["institution_id"] == institution_id:
            destroyed(connection, row["study_key"], now)
    connection.execute(delete(Instance).where(mine))
    connection.execute(delete(Series).where(Series.study_key.in_(studies)))
    connection.execute(delete(Study).where(Study.study_key.in_(studies)))
    for row in rows:
        if row["institution_id"] == institution_id:
            event = StudyWithdrawn(
                subject=row["study_key"],
                institution_id=institution_id,
                study_instance_uid=row["study_instance_uid"],
            )
            connection.execute(insert(outbox.table).values(**outbox.row(event, now)))
    grow(connection, {institution_id: -lost})


def _forget_notes(
    connection: Connection, institution_id: str, mine: ColumnElement[bool], now: datetime
) -> None:
    """Rejection notes go with what they reject: sent again, a study brings its own notes with it.

    What a note rejects elsewhere stays rejected. A note elsewhere that only says that the keep time is over
    (113039) has nothing left to say; any other is held against what may come again.
    """
    notes_here = queries.notes_in(mine)
    names_what_stays = exists().where(
        Instance.institution_id == RejectedObject.institution_id,
        Instance.sop_instance_uid == RejectedObject.sop_instance_uid,
        ~mine,
    )
    past = queries.notes_titled(Title.RETENTION)
    of_us = RejectedObject.institution_id == institution_id
    named = RejectedObject.sop_instance_uid.in_(queries.uids_of(mine))
    connection.execute(
        delete(RejectedObject).where(RejectedObject.note_id.in_(notes_here), ~names_what_stays)
    )
    connection.execute(delete(RejectedObject).where(of_us, named, RejectedObject.note_id.in_(past)))
    left = exists().where(RejectedObject.note_id == RejectionNote.note_id)
    connection.execute(delete(RejectionNote).where(RejectionNote.note_id.in_(notes_here), ~left))
    others = queries.notes_about(of_us, named)
    in_force = RejectionNote.withdrawn_at.is_(None)
    connection.execute(
        update(RejectionNote).where(RejectionNote.note_id.in_(others), in_force).values(next_at=now)
    )
