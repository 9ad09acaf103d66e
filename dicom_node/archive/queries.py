"""Reading the archive. Every question carries the caller's scope; outside it nothing exists."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from dicom_node.archive.errors import InstanceNotFound, SeriesNotFound, SeriesTooLong, StudyNotFound
from dicom_node.archive.matching import (
    ANY_INSTANCE,
    ANY_SERIES,
    ANY_STUDY,
    InstanceFilter,
    SeriesFilter,
    StudyFilter,
    instance_conditions,
    series_conditions,
    study_conditions,
    visible,
)
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, Series, Study

LISTED = (
    Instance.sop_class_uid,
    Instance.sop_instance_uid,
    Instance.transfer_syntax_uid,
    Instance.instance_number,
    Instance.number_of_frames,
    Instance.rows,
    Instance.columns,
)
ListedInstance: TypeAlias = Row[str, str, str, int | None, int, int | None, int | None]
"""The columns of LISTED, by their names."""
ROWS_MAX = 20_000
OFFSET_MAX = 1_000_000
Question = TypeVar("Question", bound=Select[*tuple[Any, ...]])


async def find_study(view: AsyncSession, scope: StudyScope, study_instance_uid: str) -> Study:
    """The visible study of this UID; of several institutions' copies the caller's own comes first.

    Raises StudyNotFound.
    """
    found = await view.scalars(
        select(Study).where(Study.study_instance_uid == study_instance_uid, visible(scope)).limit(ROWS_MAX)
    )
    return _first_copy(found, scope, study_instance_uid)


def _first_copy(copies: Iterable[Study], scope: StudyScope, study_instance_uid: str) -> Study:
    """Of several institutions' copies the caller's own, else the fullest. Raises StudyNotFound."""
    found = sorted(
        copies, key=lambda s: (s.institution_id not in scope.institution_ids, -s.instance_count, s.study_key)
    )
    if not found:
        raise StudyNotFound(study_instance_uid=study_instance_uid[:64])
    return found[0]


async def find_series(
    view: AsyncSession, scope: StudyScope, study_instance_uid: str, series_instance_uid: str
) -> tuple[Study, Series]:
    """The visible study and its series of these UIDs. Raises StudyNotFound or SeriesNotFound."""
    of_study = and_(Series.study_key == Study.study_key, Series.series_instance_uid == series_instance_uid)
    rows = await view.execute(
        select(Study, Series)
        .outerjoin(Series, of_study)
        .where(Study.study_instance_uid == study_instance_uid, visible(scope))
        .limit(ROWS_MAX)
    )
    copies: dict[Study, Series | None] = {row[0]: row[1] for row in rows}
    study = _first_copy(copies, scope, study_instance_uid)
    series = copies[study]
    if series is None:
        raise SeriesNotFound(series_instance_uid=series_instance_uid[:64])
    return study, series


async def series_of(view: AsyncSession, study_key: str) -> list[Series]:
    """The series of a study, by Series Number."""
    found = await view.scalars(
        select(Series)
        .where(Series.study_key == study_key)
        .order_by(Series.series_number, Series.series_key)
        .limit(ROWS_MAX)
    )
    return list(found)


async def instances_of(view: AsyncSession, series_key: str) -> list[Instance]:
    """The instances of a series, by Instance Number, metadata included. Raises SeriesTooLong."""
    found = list(
        await view.scalars(
            select(Instance)
            .where(Instance.series_key == series_key)
            .order_by(Instance.instance_number, Instance.instance_key)
            .limit(ROWS_MAX + 1)
        )
    )
    if len(found) > ROWS_MAX:
        raise SeriesTooLong(instances_max=ROWS_MAX)
    return found


async def middle_image(view: AsyncSession, series_key: str) -> Instance | None:
    """The instance in the middle of those of a series that have images, None without any."""
    images = (Instance.series_key == series_key, Instance.rows.is_not(None))
    count = await view.scalar(select(func.count()).select_from(Instance).where(*images)) or 0
    question = select(Instance).where(*images).order_by(Instance.instance_number, Instance.instance_key)
    found: Instance | None = await view.scalar(question.limit(1).offset(count // 2))
    return found


async def find_instance(
    view: AsyncSession,
    scope: StudyScope,
    study_instance_uid: str,
    sop_instance_uid: str,
    series_instance_uid: str | None = None,
) -> Instance:
    """The visible instance of these UIDs, in that series if one is named.

    Raises StudyNotFound or InstanceNotFound.
    """
    holder = (
        select(Instance.instance_key, Series.study_key)
        .join(Series, Series.series_key == Instance.series_key)
        .where(Instance.sop_instance_uid == sop_instance_uid)
    )
    if series_instance_uid is not None:
        holder = holder.where(Series.series_instance_uid == series_instance_uid)
    held = holder.subquery()
    rows = await view.execute(
        select(Study, Instance)
        .outerjoin(held, held.c.study_key == Study.study_key)
        .outerjoin(Instance, Instance.instance_key == held.c.instance_key)
        .where(Study.study_instance_uid == study_instance_uid, visible(scope))
        .limit(ROWS_MAX)
    )
    copies: dict[Study, Instance | None] = {row[0]: row[1] for row in rows}
    instance = copies[_first_copy(copies, scope, study_instance_uid)]
    if instance is None:
        raise InstanceNotFound(sop_instance_uid=sop_instance_uid[:64])
    return instance


async def instance_by_uid(
    view: AsyncSession, scope: StudyScope, sop_instance_uid: str
) -> tuple[Study, Series, Instance]:
    """The visible instance of this UID whatever its study. Raises InstanceNotFound."""
    rows = await search_instances(
        view, scope, instances=InstanceFilter(sop_instance_uids=[sop_instance_uid]), limit=1
    )
    if not rows:
        raise InstanceNotFound(sop_instance_uid=sop_instance_uid[:64])
    return rows[0]


async def search_studies(
    view: AsyncSession,
    scope: StudyScope,
    studies: StudyFilter = ANY_STUDY,
    *,
    limit: int = 100,
    offset: int = 0,
) -> list[Study]:
    """Visible studies that match, newest Study Date first. `limit` ≤ ROWS_MAX."""
    question = select(Study).where(visible(scope), *study_conditions(studies))
    order = (Study.study_date.desc(), Study.study_time.desc(), Study.study_key.desc())
    return list(await view.scalars(_page(question.order_by(*order), limit, offset)))


async def search_series(
    view: AsyncSession,
    scope: StudyScope,
    studies: StudyFilter = ANY_STUDY,
    series: SeriesFilter = ANY_SERIES,
    *,
    limit: int = 100,
    offset: int = 0,
) -> list[tuple[Study, Series]]:
    """Visible series that match, each with its study, in the order of the studies."""
    question = (
        select(Study, Series)
        .join(Series, Series.study_key == Study.study_key)
        .where(visible(scope), *study_conditions(studies), *series_conditions(series))
        .order_by(Study.study_date.desc(), Study.study_key.desc(), Series.series_number, Series.series_key)
    )
    rows = await view.execute(_page(question, limit, offset))
    return [(study, one) for study, one in rows]


async def search_instances(
    view: AsyncSession,
    scope: StudyScope,
    studies: StudyFilter = ANY_STUDY,
    series: SeriesFilter = ANY_SERIES,
    instances: InstanceFilter = ANY_INSTANCE,
    *,
    limit: int = 100,
    offset: int = 0,
    metadata: bool = False,
) -> list[tuple[Study, Series, Instance]]:
    """Visible instances that match; their `metadata_json` is loaded only when `metadata` is true."""
    question = (
        select(Study, Series, Instance)
        .join(Series, Series.study_key == Study.study_key)
        .join(Instance, Instance.series_key == Series.series_key)
        .where(
            visible(scope),
            *study_conditions(studies),
            *series_conditions(series),
            *instance_conditions(instances),
        )
        .order_by(
            Study.study_date.desc(),
            Study.study_key.desc(),
            Series.series_number,
            Series.series_key,
            Instance.instance_number,
            Instance.instance_key,
        )
    )
    if not metadata:
        question = question.options(defer(Instance.metadata_json, raiseload=True))
    rows = await view.execute(_page(question, limit, offset))
    return [(study, one, instance) for study, one, instance in rows]


async def listed_instances(
    view: AsyncSession,
    series_key: str,
    instances: InstanceFilter = ANY_INSTANCE,
    *,
    limit: int = 100,
    offset: int = 0,
) -> Sequence[ListedInstance]:
    """What lists say of the instances of one series that match: plain rows, without metadata."""
    question = (
        select(*LISTED)
        .where(Instance.series_key == series_key, *instance_conditions(instances))
        .order_by(Instance.instance_number, Instance.instance_key)
    )
    return (await view.execute(_page(question, limit, offset))).all()


async def first_series_keys(view: AsyncSession, study_keys: Sequence[str]) -> dict[str, str]:
    """The key of one series of each study, by study key."""
    rows = await view.execute(
        select(Series.study_key, func.min(Series.series_key))
        .where(Series.study_key.in_(list(study_keys)))
        .group_by(Series.study_key)
    )
    return {row[0]: row[1] for row in rows}


async def first_metadata(view: AsyncSession, series_keys: Sequence[str]) -> dict[str, bytes]:
    """The compressed metadata of one instance of each series, by series key."""
    first = (
        select(func.min(Instance.instance_key))
        .where(Instance.series_key.in_(list(series_keys)))
        .group_by(Instance.series_key)
    )
    rows = await view.execute(
        select(Instance.series_key, Instance.metadata_json).where(Instance.instance_key.in_(first))
    )
    return {row[0]: row[1] for row in rows}


def _page(question: Question, limit: int, offset: int) -> Question:
    return question.limit(max(0, min(limit, ROWS_MAX))).offset(max(0, min(offset, OFFSET_MAX)))
