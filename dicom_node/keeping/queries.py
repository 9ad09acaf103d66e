"""What is known of the stored objects, for the chores, each in a view of its own, and for people.

`reach` is an institution's id, None for all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from config.kernel.database import sync_transaction
from config.kernel.limits import PAGE_ROWS_MAX
from dicom_node.archive.name_index import ENTRY_END, GONE, GROUP_END, NAMES
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.archive.verification import Expected, Integrity
from dicom_node.keeping.damages import CHECK, DAMAGE
from dicom_node.keeping.tables import Check
from dicom_node.keeping.whereabouts import TABLE, UNSENT, State
from dicom_node.quotas.tables import Quota, Use

NAMED_BY_CONTENT = or_(*(TABLE.c.object_key.like(f"{kind}/%") for kind in ("dicom", "quarantine")))
"""What is not named by its content stays in the folder: a second `put` could not see the first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How the objects are on the whole: not yet in the bucket, failed on the way there, not whole."""

    unsent: int
    unsent_bytes: int
    failed: int
    oldest_unsent: datetime | None
    missing: int
    damaged: int
    round_began_at: datetime | None

    def facts(self) -> dict[str, int]:
        """What a health page says of it."""
        return {"missing": self.missing, "damaged": self.damaged, "unsent": self.unsent}


@dataclass(frozen=True, slots=True)
class Due:
    """An object that is to be sent now, after so many failures."""

    key: str
    size: int
    attempts: int


def noted(reader: Engine, keys: Sequence[str]) -> set[str]:
    """Which of these keys are known to lie in the folder."""
    with reader.connect() as connection:
        found = select(TABLE.c.object_key).where(TABLE.c.object_key.in_(keys), TABLE.c.is_local)
        return set(connection.scalars(found))


def due(reader: Engine, now: datetime, most: int) -> list[Due]:
    """What is to be sent now, longest due first."""
    with reader.connect() as connection:
        rows = connection.execute(
            select(TABLE.c.object_key, TABLE.c.object_bytes, TABLE.c.attempts)
            .where(TABLE.c.state.in_(UNSENT), TABLE.c.next_attempt_at <= now)
            .order_by(TABLE.c.next_attempt_at, TABLE.c.object_key)
            .limit(most)
        )
        return [Due(*row) for row in rows]


def local_bytes(reader: Engine) -> int:
    """How much lies in the folder."""
    with reader.connect() as connection:
        return int(connection.scalar(select(func.sum(TABLE.c.object_bytes)).where(TABLE.c.is_local)) or 0)


def longest_unread(reader: Engine, most: int) -> list[tuple[str, int, datetime]]:
    """Key, size and last known reading of what may leave the folder, longest unread first."""
    with reader.connect() as connection:
        rows = connection.execute(
            select(TABLE.c.object_key, TABLE.c.object_bytes, TABLE.c.read_at)
            .where(TABLE.c.is_local, TABLE.c.state == State.STORED, NAMED_BY_CONTENT)
            .order_by(TABLE.c.read_at, TABLE.c.object_key)
            .limit(most)
        )
        return [tuple(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that instances name, what they expect of it, and whether the bucket should have it too."""

    key: str
    expected: Expected
    in_bucket: bool


@dataclass(frozen=True, slots=True)
class Round:
    """How far the reading of everything has come; `ended_at` is None while it goes on."""

    began_at: datetime
    ended_at: datetime | None
    reached_key: str


def _stored(connection: Connection, *which: ColumnElement[bool], most: int) -> list[Stored]:
    rows = connection.execute(
        select(
            Instance.object_key,
            func.min(Instance.object_bytes),
            func.min(Instance.dataset_offset),
            func.min(Instance.dataset_sha256),
            func.max(case((TABLE.c.state == State.STORED, 1), else_=0)),
        )
        .outerjoin(TABLE, TABLE.c.object_key == Instance.object_key)
        .where(*which)
        .group_by(Instance.object_key)
        .order_by(Instance.object_key)
        .limit(most)
    )
    return [
        Stored(
            key,
            Expected(object_bytes=size, dataset_offset=offset, dataset_sha256=sha256),
            in_bucket=bool(in_bucket),
        )
        for key, size, offset, sha256, in_bucket in rows
    ]


def stored_after(reader: Engine, key: str, most: int) -> list[Stored]:
    """The next objects by key."""
    with reader.connect() as connection:
        return _stored(connection, Instance.object_key > key, most=most)


def stored_as(reader: Engine, keys: Sequence[str]) -> dict[str, Stored]:
    """These objects, as far as instances name them."""
    with reader.connect() as connection:
        found = _stored(connection, Instance.object_key.in_(keys), most=len(keys))
        return {one.key: one for one in found}


def not_whole(reader: Engine, before: datetime, most: int) -> list[str]:
    """Objects known not to be whole that were last looked at before that moment."""
    with reader.connect() as connection:
        return list(
            connection.scalars(
                select(DAMAGE.c.object_key)
                .where(DAMAGE.c.mended_by == "", DAMAGE.c.checked_at <= before)
                .order_by(DAMAGE.c.checked_at)
                .limit(most)
            )
        )


def the_round(reader: Engine) -> Round | None:
    """The round at hand, or the last one."""
    with reader.connect() as connection:
        row = connection.execute(select(CHECK.c.began_at, CHECK.c.ended_at, CHECK.c.reached_key)).first()
        return Round(*row) if row else None


def _figures(session: Session) -> Figures:
    unsent = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(TABLE.c.object_bytes), 0),
            func.count().filter(TABLE.c.state == State.FAILED),
            func.min(TABLE.c.noted_at),
        ).where(TABLE.c.state.in_(UNSENT))
    ).one()
    faults = select(DAMAGE.c.integrity, func.count()).where(DAMAGE.c.mended_by == "")
    counts = {row[0]: row[1] for row in session.execute(faults.group_by(DAMAGE.c.integrity))}
    return Figures(
        unsent=unsent[0],
        unsent_bytes=int(unsent[1]),
        failed=unsent[2],
        oldest_unsent=unsent[3],
        missing=counts.get(Integrity.MISSING, 0),
        damaged=counts.get(Integrity.DAMAGED, 0),
        round_began_at=session.scalar(select(CHECK.c.began_at)),
    )


async def figures(view: AsyncSession) -> Figures:
    """How the objects are on the whole."""
    return await view.run_sync(_figures)


def figures_now(reader: Engine) -> Figures:
    """The same, for a process without an event loop. Raises DatabaseUnavailable."""
    with sync_transaction(reader) as session:
        return _figures(session)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An object that is not whole, or was not, and the study it belongs to. Names no patient."""

    object_key: str
    integrity: str
    found_at: datetime
    checked_at: datetime
    mended_at: datetime | None
    mended_by: str
    institution_id: str
    source_ae_title: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modality: str
    series_number: int | None
    instance_number: int | None
    sop_instance_uid: str


FAULT_COLUMNS = (
    *(
        DAMAGE.c[name]
        for name in ("object_key", "integrity", "found_at", "checked_at", "mended_at", "mended_by")
    ),
    Study.institution_id,
    Study.source_ae_title,
    Study.study_instance_uid,
    Study.study_date,
    Study.accession_number,
    Series.modality,
    Series.series_number,
    Instance.instance_number,
    Instance.sop_instance_uid,
)


async def faults(view: AsyncSession, reach: str | None, *, mended: bool) -> list[Fault]:
    """The newest objects that are not whole, or those that are again; of one institution or of all."""
    within = true() if reach is None else Study.institution_id == reach
    rows = await view.execute(
        select(*FAULT_COLUMNS)
        .join(Instance, Instance.object_key == DAMAGE.c.object_key)
        .join(Series, Series.series_key == Instance.series_key)
        .join(Study, Study.study_key == Series.study_key)
        .where(within, DAMAGE.c.mended_by != "" if mended else DAMAGE.c.mended_by == "")
        .order_by((DAMAGE.c.mended_at if mended else DAMAGE.c.found_at).desc(), Instance.sop_instance_uid)
        .limit(PAGE_ROWS_MAX)
    )
    return [Fault(**row) for row in rows.mappings()]


async def fault_counts(view: AsyncSession, reach: str | None) -> dict[str, int]:
    """How many objects are not whole, by what they are."""
    within = true() if reach is None else Instance.institution_id == reach
    rows = await view.execute(
        select(DAMAGE.c.integrity, func.count(DAMAGE.c.object_key.distinct()))
        .join(Instance, Instance.object_key == DAMAGE.c.object_key)
        .where(within, DAMAGE.c.mended_by == "")
        .group_by(DAMAGE.c.integrity)
    )
    return {row[0]: row[1] for row in rows}


async def the_check(view: AsyncSession) -> Check | None:
    """The round of reading at hand, or the last one."""
    found: Check | None = await view.scalar(select(Check))
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class InUse:
    """How many bytes an institution has, and may have; 0 is any number."""

    used: int
    quota: int


def _in_use(session: Session) -> dict[str, InUse]:
    used = dict[str, int]()
    for institution_id, count in session.execute(select(Use.institution_id, Use.bytes)):
        used[institution_id] = used.get(institution_id, 0) + count
    quotas = {row[0]: row[1] for row in session.execute(select(Quota.institution_id, Quota.bytes))}
    return {
        institution_id: InUse(used=used.get(institution_id, 0), quota=quotas.get(institution_id, 0))
        for institution_id in used.keys() | quotas.keys()
    }


def in_use(reader: Engine) -> dict[str, InUse]:
    """What each institution has and may have, of those with either. Raises DatabaseUnavailable."""
    with sync_transaction(reader) as session:
        return _in_use(session)


async def uses(view: AsyncSession) -> dict[str, InUse]:
    """The same, for people."""
    return await view.run_sync(_in_use)


def waiting_names(connection: Connection, most: int) -> list[int]:
    """Names that the index of names does not hold yet."""
    waiting = NAMES.c.noted == literal_column("0")
    return list(connection.scalars(select(NAMES.c.name_id).where(waiting).limit(most)))


def gone_names(connection: Connection, most: int) -> list[int]:
    """Names that it still holds, though nobody has them any more."""
    return list(connection.scalars(select(GONE.c.name_id).limit(most)))


def names_as_indexed(name_ids: Sequence[int]) -> Select[int, str, str]:
    """These names and their keys, as the index holds them."""
    group, entry = literal(GROUP_END), literal(ENTRY_END)
    name, key = group + Study.patient_name + group, entry + Study.patient_name_key + entry
    named = select(NAMES.c.name_id, name, key).join(Study, Study.study_key == NAMES.c.study_key)
    return named.where(NAMES.c.name_id.in_(name_ids))
