"""Reading notes and where objects are filed. `reach` is an institution's id, None for all of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, Row, Select, and_, func, literal_column, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import sync_transaction
from config.kernel.errors import Conflict, NotFound
from config.kernel.limits import PAGE_ROWS_MAX
from dicom_node.archive.tables import Instance, RejectedObject, RejectionNote, Series, Study
from dicom_node.rejection.note import KEY_OBJECTS

PAGE: Final = 500
NOBODY: Final = "hidden-"
"""What the owner of rejected objects is called begins so; no institution's id does."""
Unread: TypeAlias = Row[str, str, str, str, str, bytes]
"""A Key Object Selection nobody has read: its key, institution, UID, study, sender and metadata."""
Placed: TypeAlias = Row[str, str, str]
"""Keys of an instance, its series and its study."""
ACTIVE = (RejectionNote.title != "", RejectionNote.withdrawn_at.is_(None))
OF_KEY_OBJECTS = Instance.sop_class_uid == literal_column(f"'{KEY_OBJECTS}'")
"""Spelled out, so that the partial index of these objects serves it."""


class RejectionNoteNotFound(NotFound):
    """There is no such rejection note, or not for this institution."""

    code = "dicom.rejection_note_not_found"


class RejectionNoteWithdrawn(Conflict):
    """Somebody has withdrawn this rejection already."""

    code = "dicom.rejection_note_withdrawn"


def nobodys(institution_id: str) -> str:
    """The owner under which an institution's rejected objects are filed: no institution has such an id."""
    return f"{NOBODY}{sha256(institution_id.encode()).hexdigest()[:28]}"


def unread(engine: Engine) -> Unread | None:
    """A Key Object Selection of an institution's that nobody has read yet."""
    question = (
        select(
            Instance.instance_key,
            Instance.institution_id,
            Instance.sop_instance_uid,
            Study.study_instance_uid,
            Study.source_ae_title,
            Instance.metadata_json,
        )
        .join(Series, Series.series_key == Instance.series_key)
        .join(Study, Study.study_key == Series.study_key)
        .outerjoin(RejectionNote, RejectionNote.note_id == Instance.instance_key)
        .where(OF_KEY_OBJECTS, RejectionNote.note_id.is_(None))
        .order_by(Instance.instance_key)
        .limit(1)
    )
    with sync_transaction(engine) as session:
        return session.execute(question).first()


def incomplete(engine: Engine, now: datetime) -> str | None:
    """The key of a note that names objects which had not come when they were looked for last."""
    question = select(RejectionNote.note_id).where(*ACTIVE, RejectionNote.next_at <= now).limit(1)
    with sync_transaction(engine) as session:
        found: str | None = session.scalar(question)
        return found


def note_row(connection: Connection, note_id: str) -> Row[str, str]:
    """Institution and title of a note that exists."""
    question = select(RejectionNote.institution_id, RejectionNote.title)
    return connection.execute(question.where(RejectionNote.note_id == note_id)).one()


def named_in(connection: Connection, note_id: str) -> list[str]:
    """What a note names, its own institution's notes left out: those stay to be seen."""
    question = select(RejectedObject.sop_instance_uid).where(RejectedObject.note_id == note_id)
    return list(connection.scalars(question.order_by(RejectedObject.sop_instance_uid)))


def notes_among(connection: Connection, institution_id: str, uids: Sequence[str]) -> set[str]:
    """Which of these objects are rejection notes themselves."""
    question = select(RejectionNote.sop_instance_uid).where(
        *ACTIVE,
        RejectionNote.institution_id == institution_id,
        RejectionNote.sop_instance_uid.in_(list(uids)),
    )
    return set(connection.scalars(question))


def rejecting(connection: Connection, institution_id: str, uids: Sequence[str]) -> list[tuple[str, str, str]]:
    """SOP Instance UID, note and title of every rejection in force of these objects."""
    question = (
        select(RejectedObject.sop_instance_uid, RejectionNote.note_id, RejectionNote.title)
        .join(RejectionNote, RejectionNote.note_id == RejectedObject.note_id)
        .where(
            *ACTIVE,
            RejectedObject.institution_id == institution_id,
            RejectedObject.sop_instance_uid.in_(list(uids)),
        )
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(question)]


def there(connection: Connection, institution_id: str, uids: Sequence[str]) -> int:
    """How many of these objects the institution has stored, in sight or not."""
    question = select(func.count()).select_from(Instance)
    mine = (Instance.institution_id == institution_id, Instance.sop_instance_uid.in_(list(uids)))
    return connection.scalar(question.where(*mine)) or 0


def placed(connection: Connection, institution_id: str, owner: str, uids: Sequence[str]) -> list[Placed]:
    """Where those of an institution's objects are that are filed under `owner`; studies in one order."""
    question = (
        select(Instance.instance_key, Series.series_key, Study.study_key)
        .join(Series, Series.series_key == Instance.series_key)
        .join(Study, Study.study_key == Series.study_key)
        .where(
            Study.institution_id == owner,
            Instance.institution_id == institution_id,
            Instance.sop_instance_uid.in_(list(uids)),
        )
        .order_by(Study.study_key, Series.series_key, Instance.instance_key)
    )
    return list(connection.execute(question))


def study_row(connection: Connection, study_key: str) -> dict[str, Any]:
    """All columns of a study, locked until the transaction ends."""
    table = Study.__table__
    question = select(table).where(table.c.study_key == study_key).with_for_update()
    return dict(connection.execute(question).mappings().one())


def series_row(connection: Connection, series_key: str) -> dict[str, Any]:
    """All columns of a series."""
    table = Series.__table__
    return dict(connection.execute(select(table).where(table.c.series_key == series_key)).mappings().one())


def twin_of_study(connection: Connection, study: dict[str, Any], owner: str) -> str | None:
    """The key of the same study filed under `owner`."""
    question = select(Study.study_key).where(
        Study.institution_id == owner, Study.study_instance_uid == study["study_instance_uid"]
    )
    found: str | None = connection.scalar(question.with_for_update())
    return found


def twin_of_series(connection: Connection, series: dict[str, Any], study_key: str) -> str | None:
    """The key of the same series in that study."""
    question = select(Series.series_key).where(
        Series.study_key == study_key, Series.series_instance_uid == series["series_instance_uid"]
    )
    found: str | None = connection.scalar(question)
    return found


def instances_in(connection: Connection, series_key: str) -> int:
    """How many objects are filed in a series."""
    question = select(func.count()).select_from(Instance).where(Instance.series_key == series_key)
    return connection.scalar(question) or 0


def contents_of(connection: Connection, study_key: str) -> tuple[int, int, int, list[str]]:
    """How many series, instances and bytes a study holds, and their modalities."""
    of_study = Series.study_key == study_key
    instances, total = connection.execute(
        select(func.count(), func.coalesce(func.sum(Instance.object_bytes), 0))
        .select_from(Instance)
        .join(Series, Series.series_key == Instance.series_key)
        .where(of_study)
    ).one()
    modalities = list(connection.scalars(select(Series.modality).where(of_study)))
    return len(modalities), int(instances), int(total), sorted(set(modalities) - {""})


def _notes(reach: str | None) -> Select[RejectionNote]:
    within = true() if reach is None else RejectionNote.institution_id == reach
    return select(RejectionNote).where(within, RejectionNote.title != "")


async def rejections(
    view: AsyncSession, reach: str | None, *, withdrawn: bool = False
) -> list[RejectionNote]:
    """The newest rejections in force, or with `withdrawn` those that were ended; at most a page."""
    ended = RejectionNote.withdrawn_at
    question = _notes(reach).where(ended.is_not(None) if withdrawn else ended.is_(None))
    newest = ended if withdrawn else RejectionNote.noted_at
    ordered = question.order_by(newest.desc(), RejectionNote.note_id.desc()).limit(PAGE_ROWS_MAX)
    return list(await view.scalars(ordered))


async def rejection(view: AsyncSession, reach: str | None, note_id: str) -> RejectionNote:
    """A rejection in force, locked until the transaction ends.

    Raises RejectionNoteNotFound or RejectionNoteWithdrawn.
    """
    found: RejectionNote | None = await view.scalar(
        _notes(reach).where(RejectionNote.note_id == note_id).with_for_update()
    )
    if found is None:
        raise RejectionNoteNotFound
    if found.withdrawn_at is not None:
        raise RejectionNoteWithdrawn
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What a note names and is stored: of the first study it is found in, and how much in all."""

    study_date: str
    accession_number: str
    modalities: list[str]
    studies: int
    series: int
    instances: int


NOTHING_NAMED: Final = Named(
    study_date="", accession_number="", modalities=[], studies=0, series=0, instances=0
)


async def named_by(view: AsyncSession, note_ids: Collection[str]) -> dict[str, Named]:
    """What these notes name, by note; one that names nothing that is stored is left out."""
    columns = (
        RejectedObject.note_id,
        Study.study_date,
        Study.accession_number,
        Study.study_instance_uid,
        Series.series_instance_uid,
        Series.modality,
    )
    question = (
        select(*columns, func.count().label("instances"))
        .join(
            Instance,
            and_(
                Instance.institution_id == RejectedObject.institution_id,
                Instance.sop_instance_uid == RejectedObject.sop_instance_uid,
            ),
        )
        .join(Series, Series.series_key == Instance.series_key)
        .join(Study, Study.study_key == Series.study_key)
        .where(RejectedObject.note_id.in_(note_ids))
        .group_by(*columns)
        .order_by(RejectedObject.note_id, Study.study_date, Study.study_instance_uid)
    )
    found: dict[str, list[Any]] = {}
    for row in await view.execute(question):
        found.setdefault(str(row.note_id), []).append(row)
    return {
        note_id: Named(
            study_date=rows[0].study_date,
            accession_number=rows[0].accession_number,
            modalities=sorted({row.modality for row in rows} - {""}),
            studies=len({row.study_instance_uid for row in rows}),
            series=len({row.series_instance_uid for row in rows}),
            instances=sum(row.instances for row in rows),
        )
        for note_id, rows in found.items()
    }
