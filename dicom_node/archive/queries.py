"""Reading the archive. Every question carries the caller's scope; outside it nothing exists."""

import heapq
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from config.kernel.view import View
from config.prepared import Prepared
from dicom_node.archive.errors import InstanceNotFound, SeriesNotFound, SeriesTooLong, StudyNotFound
from dicom_node.archive.matching import (
    ANY_INSTANCE,
    ANY_SERIES,
    ANY_STUDY,
    IN_SCOPE,
    InstanceFilter,
    SeriesFilter,
    StudyFilter,
    instance_conditions,
    parts,
    reach,
    series_conditions,
    study_conditions,
    visible,
)
from dicom_node.archive.name_index import narrowed
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.study_lists import FEW, NEWEST, ListedStudy, StudyLists, listed
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


class ListedInstance(NamedTuple):
    """The columns of LISTED, in their order."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    instance_number: int | None
    number_of_frames: int
    rows: int | None
    columns: int | None


class Documented(NamedTuple):
    """What documents of a series are made of."""

    sop_instance_uid: str
    metadata_json: bytes


ROWS_MAX = 20_000
NAMES_AT_ONCE = 500
OFFSET_MAX = 1_000_000
LISTS = StudyLists()
Question = TypeVar("Question", bound=Select[*tuple[Any, ...]])


SERIES_OF_STUDY = (
    select(Series)
    .where(Series.study_key == bindparam("study_key"))
    .order_by(Series.series_number, Series.series_key)
    .limit(ROWS_MAX)
)
DOCUMENTS = (
    select(Instance.sop_instance_uid, Instance.metadata_json)
    .where(Instance.series_key == bindparam("series_key"))
    .order_by(Instance.instance_number, Instance.instance_key)
    .limit(ROWS_MAX + 1)
)
STUDIES = select(Study).order_by(*NEWEST)
PLACES = select(Study.study_date, Study.study_time, Study.study_key)
STUDY = select(Study).where(Study.study_instance_uid == bindparam("study"), IN_SCOPE).limit(ROWS_MAX)
STUDY_AND_SERIES = (
    select(Study, Series)
    .outerjoin(
        Series, and_(Series.study_key == Study.study_key, Series.series_instance_uid == bindparam("series"))
    )
    .where(Study.study_instance_uid == bindparam("study"), IN_SCOPE)
    .limit(ROWS_MAX)
)


def _study_and_instance(*of_series: ColumnElement[bool]) -> Select[Study, Instance]:
    held = (
        select(Instance.instance_key, Series.study_key)
        .join(Series, Series.series_key == Instance.series_key)
        .where(Instance.sop_instance_uid == bindparam("instance"), *of_series)
        .subquery()
    )
    return (
        select(Study, Instance)
        .outerjoin(held, held.c.study_key == Study.study_key)
        .outerjoin(Instance, Instance.instance_key == held.c.instance_key)
        .where(Study.study_instance_uid == bindparam("study"), IN_SCOPE)
        .limit(ROWS_MAX)
    )


STUDY_AND_INSTANCE = _study_and_instance()
STUDY_AND_INSTANCE_OF_SERIES = _study_and_instance(Series.series_instance_uid == bindparam("series"))
LISTED_OF_SERIES = (
    select(*LISTED)
    .where(Instance.series_key == bindparam("series_key"))
    .order_by(Instance.instance_number, Instance.instance_key)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_STUDY, _STUDY_AND_SERIES = Prepared(STUDY), Prepared(STUDY_AND_SERIES)
_INSTANCE, _INSTANCE_OF_SERIES = Prepared(STUDY_AND_INSTANCE), Prepared(STUDY_AND_INSTANCE_OF_SERIES)
_SERIES_OF_STUDY, _DOCUMENTS, _LISTED = map(Prepared, (SERIES_OF_STUDY, DOCUMENTS, LISTED_OF_SERIES))
"""What is asked with every image, hence made once."""


async def find_study(view: AsyncSession, scope: StudyScope, study_instance_uid: str) -> Study:
    """The visible study of this UID; of several institutions' copies the caller's own comes first.

    Raises StudyNotFound.
    """
    found = await _STUDY.rows(view, {"study": study_instance_uid} | reach(scope))
    return _first_copy((study for (study,) in found), scope, study_instance_uid)


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
    rows = await _STUDY_AND_SERIES.rows(
        view, {"study": study_instance_uid, "series": series_instance_uid} | reach(scope)
    )
    copies: dict[Study, Series | None] = {row[0]: row[1] for row in rows}
    study = _first_copy(copies, scope, study_instance_uid)
    series = copies[study]
    if series is None:
        raise SeriesNotFound(series_instance_uid=series_instance_uid[:64])
    return study, series


async def series_of(view: AsyncSession, study_key: str) -> list[Series]:
    """The series of a study, by Series Number."""
    return [series for (series,) in await _SERIES_OF_STUDY.rows(view, {"study_key": study_key})]


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


async def documents_of(view: AsyncSession, series_key: str) -> Sequence[Documented]:
    """Names and metadata of the instances of a series, by Instance Number. Raises SeriesTooLong."""
    found = [Documented(*row) for row in await _DOCUMENTS.rows(view, {"series_key": series_key})]
    if len(found) > ROWS_MAX:
        raise SeriesTooLong(instances_max=ROWS_MAX)
    return found


async def images_named(
    view: AsyncSession, study_key: str, sop_instance_uids: Collection[str]
) -> list[tuple[Series, Instance]]:
    """The instances of a study that have these names, each with its series, metadata included."""
    found: list[tuple[Series, Instance]] = []
    wanted = sorted(sop_instance_uids)
    for start in range(0, len(wanted), NAMES_AT_ONCE):
        rows = await view.execute(
            select(Series, Instance)
            .join(Instance, Instance.series_key == Series.series_key)
            .where(
                Series.study_key == study_key,
                Instance.sop_instance_uid.in_(wanted[start : start + NAMES_AT_ONCE]),
            )
            .order_by(Instance.instance_key)
        )
        found += [(series, instance) for series, instance in rows]
    return found


async def of_classes(
    view: AsyncSession, study_key: str, sop_class_uids: Collection[str], limit: int
) -> list[tuple[Series, Instance]]:
    """The instances of a study of these SOP classes, the last ones to come first; at most `limit`."""
    rows = await view.execute(
        select(Series, Instance)
        .join(Instance, Instance.series_key == Series.series_key)
        .where(Series.study_key == study_key, Instance.sop_class_uid.in_(sorted(sop_class_uids)))
        .order_by(Instance.received_at.desc(), Instance.instance_key.desc())
        .limit(min(limit, ROWS_MAX))
    )
    return [(series, instance) for series, instance in rows]


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
    question = _INSTANCE if series_instance_uid is None else _INSTANCE_OF_SERIES
    rows = await question.rows(
        view,
        {"study": study_instance_uid, "series": series_instance_uid, "instance": sop_instance_uid}
        | reach(scope),
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
    """Visible studies that match, newest Study Date first. `limit` ≤ ROWS_MAX.

    Each part of a wide scope is asked by itself, in the order of its index: one question about several
    would have to sort all that matches. Pages after the first are found in the index alone.
    """
    found = await narrowed(view, scope, studies)
    return [] if found is None else await _search_studies(view, scope, found, limit, offset)


async def _search_studies(
    view: AsyncSession, scope: StudyScope, studies: StudyFilter, limit: int, offset: int
) -> list[Study]:
    wanted, within = study_conditions(studies), parts(scope)
    orders = [FEW if studies.names_few or part.few else NEWEST for part in within]
    if len(within) == 1 and (offset <= 0 or studies.names_few):
        question = select(Study).where(within[0].condition, *wanted).order_by(*orders[0])
        return list(await view.scalars(_page(question, limit, offset)))
    first, last = min(offset, OFFSET_MAX), min(offset, OFFSET_MAX) + min(limit, ROWS_MAX)
    places = [
        await _places(view, PLACES.where(part.condition, *wanted).order_by(*order), last)
        for part, order in zip(within, orders, strict=True)
    ]
    newest = list(dict.fromkeys(heapq.merge(*places, reverse=True)))[first:last]
    found = await view.scalars(STUDIES.where(Study.study_key.in_([key for _, _, key in newest])))
    return list(found)


async def listed_studies(
    view: AsyncSession, scope: StudyScope, studies: StudyFilter, *, limit: int, offset: int
) -> list[ListedStudy]:
    """What lists say of the studies that `search_studies` finds."""
    among = await narrowed(view, scope, studies)
    if among is None:
        return []
    own = scope.whole
    if own is not None and isinstance(view, View):
        page = min(limit, ROWS_MAX), min(offset, OFFSET_MAX)
        found = await LISTS.find(view, own, among, *page)
        if found is not None:
            return found
    return list(map(listed, await _search_studies(view, scope, among, limit, offset)))


async def _places(
    view: AsyncSession, question: Select[str, str, str], limit: int
) -> list[tuple[str, str, str]]:
    """Where the newest studies stand: date, time and key."""
    rows = await view.execute(question.limit(limit))
    return [(date, time, key) for date, time, key in rows]


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
    among = await narrowed(view, scope, studies)
    if among is None:
        return []
    question = (
        select(Study, Series)
        .join(Series, Series.study_key == Study.study_key)
        .where(visible(scope), *study_conditions(among), *series_conditions(series))
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
    among = await narrowed(view, scope, studies)
    if among is None:
        return []
    question = (
        select(Study, Series, Instance)
        .join(Series, Series.study_key == Study.study_key)
        .join(Instance, Instance.series_key == Series.series_key)
        .where(
            visible(scope),
            *study_conditions(among),
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
    page = {"limit": max(0, min(limit, ROWS_MAX)), "offset": max(0, min(offset, OFFSET_MAX))}
    values = {"series_key": series_key, **page}
    if instances == ANY_INSTANCE:
        return [ListedInstance(*row) for row in await _LISTED.rows(view, values)]
    found = await view.execute(LISTED_OF_SERIES.where(*instance_conditions(instances)), values)
    return [ListedInstance(*row) for row in found]


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
