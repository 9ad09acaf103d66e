"""Objects moved out of sight and back, with every count and version that speaks of them.

Each function runs inside one transaction of the node's writer or of a route. Studies are locked in
the order of their keys, so that writers queue and never cross.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from config.kernel.ids import new_id
from dicom_node.archive.tables import Instance, RejectedObject, RejectionNote, Series, Study, outbox
from dicom_node.events import StudyWithdrawn
from dicom_node.rejection.note import Note, Title
from dicom_node.rejection.queries import (
    NOBODY,
    PAGE,
    Placed,
    Unread,
    contents_of,
    instances_in,
    named_in,
    nobodys,
    note_row,
    notes_among,
    placed,
    rejecting,
    series_row,
    study_row,
    there,
    twin_of_series,
    twin_of_study,
)

LOOK_AGAIN: Final = timedelta(minutes=1)
"""How long until a note is held against the archive again whose objects have not all come."""


def take_note(connection: Connection, found: Unread, note: Note | None, now: datetime) -> None:
    """Remember what a Key Object Selection says, and hide what it rejects."""
    connection.execute(
        insert(RejectionNote).values(
            note_id=found.instance_key,
            institution_id=found.institution_id,
            sop_instance_uid=found.sop_instance_uid,
            study_instance_uid=found.study_instance_uid,
            source_ae_title=found.source_ae_title,
            title=note.title if note else "",
            referenced=len(note.sop_instance_uids) if note else 0,
            missing=0,
            noted_at=now,
            next_at=None,
            withdrawn_at=None,
            withdrawn_reason=None,
        )
    )
    rows = [
        {"note_id": found.instance_key, "institution_id": found.institution_id, "sop_instance_uid": uid}
        for uid in (note.sop_instance_uids if note else ())
    ]
    if rows:
        connection.execute(insert(RejectedObject), rows)
        apply(connection, found.instance_key, now)


def apply(connection: Connection, note_id: str, now: datetime) -> None:
    """Hide what a note names; what has not come is looked for again."""
    institution_id, _title = note_row(connection, note_id)
    uids = named_in(connection, note_id)
    found = 0
    for page in _pages(uids):
        seen = notes_among(connection, institution_id, page)
        _file(connection, institution_id, [uid for uid in page if uid not in seen], now, hidden=True)
        found += there(connection, institution_id, page)
    missing = len(uids) - found
    connection.execute(
        update(RejectionNote)
        .where(RejectionNote.note_id == note_id)
        .values(missing=missing, next_at=now + LOOK_AGAIN if missing else None)
    )


def withdraw(connection: Connection, note_id: str, reason: str, now: datetime) -> None:
    """End a rejection: what it names is seen again, unless another note rejects it too."""
    connection.execute(
        update(RejectionNote)
        .where(RejectionNote.note_id == note_id)
        .values(withdrawn_at=now, withdrawn_reason=reason, next_at=None)
    )
    institution_id, _title = note_row(connection, note_id)
    for page in _pages(named_in(connection, note_id)):
        _show(connection, institution_id, page, now)


def came_again(connection: Connection, institution_id: str, sop_instance_uid: str, now: datetime) -> None:
    """An object that is stored was sent again: what was only past its retention is wanted again.

    What was rejected for any other reason stays out of sight (RAD TF-2 4.66.4.1.3).
    """
    notes = rejecting(connection, institution_id, [sop_instance_uid])
    past = [note_id for _uid, note_id, title in notes if title == Title.RETENTION]
    if not past or len(past) < len(notes):
        return
    connection.execute(
        delete(RejectedObject).where(
            RejectedObject.note_id.in_(past), RejectedObject.sop_instance_uid == sop_instance_uid
        )
    )
    _show(connection, institution_id, [sop_instance_uid], now)


def _pages(uids: Sequence[str]) -> list[Sequence[str]]:
    return [uids[start : start + PAGE] for start in range(0, len(uids), PAGE)]


def _show(connection: Connection, institution_id: str, uids: Sequence[str], now: datetime) -> None:
    still = {uid for uid, _note, _title in rejecting(connection, institution_id, uids)}
    _file(connection, institution_id, [uid for uid in uids if uid not in still], now, hidden=False)


def _file(
    connection: Connection, institution_id: str, uids: Sequence[str], now: datetime, *, hidden: bool
) -> None:
    """Move these objects under nobody, or back under their institution."""
    owners = institution_id, nobodys(institution_id)
    source, target = owners if hidden else owners[::-1]
    rows = placed(connection, institution_id, source, uids)
    for study_key, of_study in groupby(rows, key=lambda row: row.study_key):
        _move(connection, study_key, list(of_study), target, now)


def _move(connection: Connection, study_key: str, rows: Sequence[Placed], owner: str, now: datetime) -> None:
    study = study_row(connection, study_key)
    twin = twin_of_study(connection, study, owner) or _begin(
        connection, Study, study, {"study_key": new_id(), "institution_id": owner, "modalities": []}
    )
    for series_key, of_series in groupby(rows, key=lambda row: row.series_key):
        series = series_row(connection, series_key)
        target = twin_of_series(connection, series, twin) or _begin(
            connection, Series, series, {"series_key": new_id(), "study_key": twin}
        )
        keys = [row.instance_key for row in of_series]
        connection.execute(update(Instance).where(Instance.instance_key.in_(keys)).values(series_key=target))
        for each in (series_key, target):
            _count_series(connection, each)
    _count_study(connection, study_key, study, now)
    _count_study(connection, twin, study | {"institution_id": owner}, now)


def _begin(
    connection: Connection, table: type[Study] | type[Series], row: dict[str, Any], change: dict[str, Any]
) -> str:
    """The same study or series once more, filed elsewhere and still empty; its key."""
    counters = {name: 0 for name in ("series_count", "instance_count", "byte_count") if name in row}
    connection.execute(insert(table).values(**row | counters | change))
    return str(next(iter(change.values())))


def _count_series(connection: Connection, series_key: str) -> None:
    """What a series holds now; an empty one goes."""
    count = instances_in(connection, series_key)
    if not count:
        connection.execute(delete(Series).where(Series.series_key == series_key))
        return
    connection.execute(
        update(Series)
        .where(Series.series_key == series_key)
        .values(instance_count=count, version=Series.version + 1)
    )


def _count_study(connection: Connection, study_key: str, study: dict[str, Any], now: datetime) -> None:
    """What a study holds now; one in sight settles anew, an empty one goes, which is told."""
    series, instances, total, modalities = contents_of(connection, study_key)
    in_sight = not study["institution_id"].startswith(NOBODY)
    if instances:
        connection.execute(
            update(Study)
            .where(Study.study_key == study_key)
            .values(
                series_count=series,
                instance_count=instances,
                byte_count=total,
                modalities=modalities,
                settled_at=None if in_sight else now,
                version=Study.version + 1,
            )
        )
        return
    connection.execute(delete(Study).where(Study.study_key == study_key))
    if not in_sight:
        return
    event = StudyWithdrawn(
        subject=study_key,
        institution_id=study["institution_id"],
        study_instance_uid=study["study_instance_uid"],
    )
    connection.execute(insert(outbox.table).values(**outbox.row(event, now)))
